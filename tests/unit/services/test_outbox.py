"""What is owed to Slack arrives, once where that can be known, and is given up on the record."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.outbox import CardCopy, CopyRole, Lane, Owed, OwedKind
from bot.domain.policy import Rule
from bot.errors import MessageDelayed, MessageUnsure
from bot.services.outbox import BROKEN, CARD_AGAIN, LEASE, NOTICE_AGAIN, UPDATE_AGAIN, UPDATES
from tests.builders import a_detailed_order, money
from tests.fake_slack import FakeMessenger
from tests.request_office import (
    ALICE,
    BOB,
    CHANNEL,
    HOLD,
    Office,
    a_policy,
)

S = RequestStatus
K = InputKind
UNCLEAR = MessageUnsure("line dropped", code="timeout")


def a_notice(user_id: str = BOB, text: str = "something ended") -> Owed:
    return Owed(
        dedup=f"notice:{user_id}:{text}",
        lane=Lane.NOTICES,
        kind=OwedKind.NOTICE,
        request_id="R-1",
        user_id=user_id,
        text=text,
    )


def open_rows(office: Office) -> list[str]:
    return [row.owed.dedup for row in office.rows.unsettled()]


async def later(office: Office, span: timedelta) -> None:
    office.clock.move(span)
    await office.outbox.step()


def posted(office: Office) -> list[tuple[str, bool]]:
    return [(post.to, post.again) for post in office.slack.posts]


def given_up(office: Office) -> list[tuple[str, str]]:
    return [
        (str(entry.facts["to"]), str(entry.facts["code"]))
        for entry in office.store.audit.entries
        if entry.kind is AuditKind.MESSAGE_GIVEN_UP
    ]


async def test_every_copy_shows_the_record_after_each_step() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    assert posted(office) == [(CHANNEL, False), (ALICE, False)]
    await office.press(K.APPROVE, BOB, request_id)
    for _step in range(3):
        await office.later(HOLD)
        await office.outbox.step()
        now = office.status(request_id)
        assert office.shown(request_id) == [(CopyRole.APPROVALS, now), (CopyRole.REQUESTER, now)]
    assert len(office.slack.posts) == 2
    assert not open_rows(office)


async def test_a_rule_may_name_a_channel_of_its_own() -> None:
    office = Office(a_policy(Rule(over=(money("1 CNY"),), approvals_channel="C0BIG")))
    await office.asked()
    await office.outbox.step()
    assert posted(office)[0] == ("C0BIG", False)


async def test_decisions_go_first() -> None:
    office = Office()
    await office.rows.owe([a_notice(text=str(n)) for n in range(3)], at=office.clock.now())
    office.clock.move(timedelta(seconds=1))
    await office.asked()
    office.slack.failures = [None, None, MessageDelayed("slow down", retry_after_s=30)]
    await office.outbox.step()
    assert posted(office) == [(CHANNEL, False), (ALICE, False)]
    assert not office.slack.notices
    await later(office, timedelta(seconds=30))
    assert len(office.slack.notices) == 3


async def test_pitfall_41_everything_waits_as_long_as_slack_asks_and_nothing_is_sent_twice() -> (
    None
):
    office = Office()
    await office.rows.owe([a_notice(text=str(n)) for n in range(3)], at=office.clock.now())
    office.slack.failures = [None, MessageDelayed("slow down", retry_after_s=30)]
    await office.outbox.step()
    assert (office.slack.calls, len(office.slack.notices)) == (2, 1)
    await office.asked()
    await later(office, timedelta(seconds=29))
    assert office.slack.calls == 2
    await later(office, timedelta(seconds=1))
    assert [text for _user, text in office.slack.notices] == ["0", "1", "2"]
    assert posted(office) == [(CHANNEL, False), (ALICE, False)]


async def test_a_wait_of_no_length_is_still_a_wait() -> None:
    office = Office()
    await office.rows.owe([a_notice()], at=office.clock.now())
    office.slack.failures = [MessageDelayed("slow down", retry_after_s=0)]
    await office.outbox.step()
    assert open_rows(office)
    await later(office, timedelta(seconds=1))
    assert len(office.slack.notices) == 1


async def test_a_post_whose_outcome_is_unclear_is_sent_once_more_saying_so() -> None:
    office = Office()
    await office.asked()
    office.slack.failures = [UNCLEAR]
    await office.outbox.step()
    assert posted(office) == [(CHANNEL, False), (ALICE, False)]
    await later(office, CARD_AGAIN)
    assert posted(office) == [(CHANNEL, False), (ALICE, False), (CHANNEL, True)]
    assert [copy.unsure for copy in office.rows.kept.values()] == [False, True]
    assert not open_rows(office)
    assert not given_up(office)


async def test_two_rows_of_one_request_share_the_one_repetition() -> None:
    """Withdrawn before the card was sent once more: the next row does it, and no third one does."""
    office = Office()
    request_id = await office.asked()
    office.slack.failures = [UNCLEAR]
    await office.outbox.step()
    await office.press(K.WITHDRAW, ALICE, request_id)
    office.slack.failures = [None, UNCLEAR]  # hers is redrawn
    await office.outbox.step()
    await later(office, CARD_AGAIN)
    assert [again for to, again in posted(office) if to == CHANNEL] == [False, True]
    assert given_up(office) == [(CHANNEL, "timeout")]
    assert not open_rows(office)


async def test_a_post_that_slack_delayed_surely_did_not_arrive() -> None:
    office = Office()
    await office.asked()
    office.slack.failures = [MessageDelayed("slow down", retry_after_s=5)]
    await office.outbox.step()
    await later(office, timedelta(seconds=5))
    assert posted(office) == [(CHANNEL, False), (ALICE, False)]


async def test_the_card_of_a_request_that_ended_is_sent_once_more_only() -> None:
    office = Office()
    await office.press(K.WITHDRAW, ALICE, await office.asked())
    (made, withdrawn) = open_rows(office)
    await office.rows.lease(now=office.clock.now(), until=office.clock.now() + LEASE, limit=1)
    office.slack.failures = [UNCLEAR, None, None, UNCLEAR]
    await office.outbox.step()
    assert open_rows(office) == [made, withdrawn]
    await later(office, CARD_AGAIN)
    assert [again for to, again in posted(office) if to == CHANNEL] == [False, True]
    assert open_rows(office) == [made]
    assert given_up(office) == [(CHANNEL, "timeout")]
    assert not office.slack.notices


async def test_a_notice_whose_outcome_is_unclear_is_sent_once_more_saying_so() -> None:
    office = Office()
    await office.rows.owe([a_notice()], at=office.clock.now())
    office.slack.failures = [UNCLEAR, UNCLEAR]
    await office.outbox.step()
    await later(office, NOTICE_AGAIN)
    await later(office, timedelta(days=1))
    first, second = (text for _user, text in office.slack.notices)
    assert "earlier attempt" not in first
    assert "earlier attempt" in second
    assert given_up(office) == [(BOB, "timeout")]
    assert not open_rows(office)


async def test_a_notice_that_slack_never_takes_is_given_up_on_the_record() -> None:
    office = Office()
    await office.rows.owe([a_notice()], at=office.clock.now())
    office.slack.gone.add(BOB)
    await office.outbox.step()
    assert given_up(office) == [(BOB, "channel_not_found")]
    assert not open_rows(office)


async def test_a_message_given_up_is_part_of_its_order_s_history() -> None:
    office = Office()
    request_id = await office.asked()
    request = office.request(request_id)
    office.slack.gone.add(CHANNEL)
    await office.outbox.step()
    subjects = {
        entry.subject
        for entry in office.store.audit.entries
        if entry.kind is AuditKind.MESSAGE_GIVEN_UP
    }
    assert subjects == {f"order:{request.account}/{request.order_id}"}


async def test_a_row_leased_by_a_process_that_died_may_have_arrived() -> None:
    """Killed between the post and the note of where it stands."""
    office = Office()
    await office.asked()
    now = office.clock.now()
    (leased,) = await office.rows.lease(now=now, until=now + timedelta(minutes=2), limit=1)
    assert leased.attempts == 1
    office.restart()
    await office.outbox.step()
    assert not office.slack.posts
    await office.recover()
    await office.outbox.step()
    assert posted(office) == [(CHANNEL, True), (ALICE, True)]


async def test_what_a_process_that_died_may_have_sent_is_sent_once_more_only() -> None:
    office = Office()
    await office.asked()
    await office.rows.lease(now=office.clock.now(), until=office.clock.now() + LEASE, limit=1)
    office.restart()
    await office.recover()
    office.slack.failures = [UNCLEAR]
    await office.outbox.step()
    await later(office, timedelta(days=1))
    assert posted(office) == [(CHANNEL, True), (ALICE, True)]
    assert given_up(office) == [(CHANNEL, "timeout")]


async def test_an_update_that_is_unclear_is_simply_made_again() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    await office.press(K.WITHDRAW, ALICE, request_id)
    office.slack.failures = [MessageUnsure("line dropped")]
    await office.outbox.step()
    assert open_rows(office)
    await later(office, UPDATE_AGAIN[0])
    assert not open_rows(office)
    assert len(office.slack.posts) == 2
    assert {status for _role, status in office.shown(request_id)} == {S.WITHDRAWN}


async def test_an_update_that_stays_unclear_for_a_day_is_given_up_on_the_record() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    await office.press(K.WITHDRAW, ALICE, request_id)
    office.slack.failures = [MessageUnsure("trouble inside Slack"), None] * (UPDATES + 1)
    await office.outbox.step()
    for _hour in range(UPDATES):
        assert open_rows(office)
        await later(office, UPDATE_AGAIN[-1])
    assert not open_rows(office)
    first = office.slack.posts[0].copy
    assert given_up(office) == [(f"{first.channel}:{first.ts}", "unsure")]
    assert len(office.slack.posts) == 2


async def test_a_fault_of_ours_in_one_message_holds_up_no_other() -> None:
    class Broken(FakeMessenger):
        broken = True

        async def post_card(
            self, request: ApprovalRequest, role: CopyRole, to: str, **parts: Any
        ) -> CardCopy:
            if self.broken and request.reason == "breaks":
                raise RuntimeError("a fault of ours")
            return await super().post_card(request, role, to, **parts)

    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(2)]
    office = Office(orders=orders)
    office.slack = slack = Broken()
    office.restart()
    await office.asked(order_id=orders[0].order_id, reason="breaks")
    await office.asked(order_id=orders[1].order_id)
    with capture_logs() as lines:
        await office.outbox.step()
    assert "message_broke" in [line["event"] for line in lines]
    assert len(slack.posts) == 2
    slack.broken = False
    await later(office, BROKEN)
    assert len(slack.posts) == 4


async def test_two_steps_at_the_same_time_send_once() -> None:
    class Slow(FakeMessenger):
        async def post_card(
            self, request: ApprovalRequest, role: CopyRole, to: str, **parts: Any
        ) -> CardCopy:
            await asyncio.sleep(0)
            return await super().post_card(request, role, to, **parts)

    office = Office()
    office.slack = Slow()
    office.restart()
    await office.asked()
    await asyncio.gather(office.outbox.step(), office.outbox.step())
    assert len(office.slack.posts) == 2


async def test_more_than_one_batch_is_sent_in_one_step() -> None:
    office = Office()
    await office.rows.owe([a_notice(text=str(n)) for n in range(25)], at=office.clock.now())
    await office.outbox.step()
    assert len(office.slack.notices) == 25


@pytest.mark.parametrize("request_id", ["R-NOTHING", ""])
async def test_a_card_of_no_request_is_settled(request_id: str) -> None:
    office = Office()
    card = Owed(dedup="card:x", lane=Lane.DECISIONS, kind=OwedKind.CARD, request_id=request_id)
    await office.rows.owe([card], at=office.clock.now())
    await office.outbox.step()
    assert not open_rows(office)
    assert office.slack.calls == 0


async def test_inputs_remembered_are_bounded() -> None:
    from bot.services.once import KEPT, Once

    once = Once()
    assert all(once.take(str(n)) for n in range(KEPT + 1))
    assert once.take("0")
    assert not once.take(str(KEPT))
