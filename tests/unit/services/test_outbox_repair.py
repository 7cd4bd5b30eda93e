"""Cards that were deleted, channels that are gone, outages: no decision is lost."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.policy import Principals
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure, StorageError
from bot.services.outbox import BROKEN, CARD_AGAIN
from tests.fake_requests import FakeOutboxStore
from tests.fake_slack import FakeMessenger
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    CHANNEL,
    HOLD,
    Office,
    a_policy,
    people_named,
)

S = RequestStatus
K = InputKind
UNCLEAR = MessageUnsure("line dropped", code="timeout")


def given_up(office: Office) -> list[tuple[str, str]]:
    return [
        (str(entry.facts["to"]), str(entry.facts["code"]))
        for entry in office.store.audit.entries
        if entry.kind is AuditKind.MESSAGE_GIVEN_UP
    ]


def posted(office: Office) -> list[tuple[str, bool]]:
    return [(post.to, post.again) for post in office.slack.posts]


async def later(office: Office, span: timedelta) -> None:
    office.clock.move(span)
    await office.outbox.step()


async def test_pitfall_10_cards_are_repaired_after_an_outage_of_slack() -> None:
    office = Office()
    request_id = await office.approved()
    await office.outbox.step()
    copies = 2  # each is tried each time
    office.slack.failures = [MessageDelayed("down", retry_after_s=60)] * (10 * copies)
    await office.later(HOLD)
    for _minute in range(10):
        await later(office, timedelta(seconds=60))
    assert {status for _role, status in office.shown(request_id)} == {S.APPROVED}
    await later(office, timedelta(seconds=60))
    assert {status for _role, status in office.shown(request_id)} == {S.CANCELLED}
    assert [user for user, _text in office.slack.notices] == [ALICE]


async def test_a_deleted_card_of_an_open_request_is_posted_anew() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.outbox.step()
    gone = office.slack.posts[0].copy
    del office.slack.cards[gone.channel, gone.ts]
    await office.press(K.APPROVE, BOB, request_id)
    await office.outbox.step()
    assert posted(office)[2:] == [(CHANNEL, False)]
    assert await office.rows.copy_at(gone.channel, gone.ts) is None
    assert len(office.shown(request_id)) == 2


async def test_a_deleted_card_whose_first_post_was_unclear_is_posted_anew_saying_so() -> None:
    """The first one may still stand there."""
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    office.slack.failures = [UNCLEAR]
    await office.outbox.step()
    await later(office, CARD_AGAIN)
    gone = office.slack.posts[-1].copy
    del office.slack.cards[gone.channel, gone.ts]
    await office.press(K.APPROVE, BOB, request_id)
    await office.outbox.step()
    assert [again for to, again in posted(office) if to == CHANNEL] == [False, True, True]


async def test_a_card_whose_place_cannot_be_noted_is_posted_anew_saying_so() -> None:
    class Full(FakeOutboxStore):
        failing = True

        async def keep_copy(self, copy: CardCopy) -> None:
            if self.failing:
                self.failing = False
                raise StorageError("the disk is full")
            await super().keep_copy(copy)

    office = Office()
    office.rows = office.store.outbox = Full()
    office.restart()
    request_id = await office.asked()
    await office.outbox.step()
    await later(office, BROKEN)
    assert posted(office) == [(CHANNEL, False), (CHANNEL, True), (ALICE, False)]
    assert [copy.unsure for copy in await office.rows.copies(request_id)] == [True, False]
    await office.press(K.WITHDRAW, ALICE, request_id)
    await office.outbox.step()
    assert len(posted(office)) == 3


async def test_the_result_goes_into_the_thread_of_a_card_that_can_no_longer_be_redrawn() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    for post in office.slack.posts:
        del office.slack.cards[post.copy.channel, post.copy.ts]
    await office.press(K.WITHDRAW, ALICE, request_id)
    office.slack.failures = [None, None, MessageDelayed("slow down", retry_after_s=1)]
    await office.outbox.step()
    await later(office, timedelta(seconds=1))
    told = [(copy.role, request.status) for request, copy in office.slack.results]
    assert told == [(CopyRole.APPROVALS, S.WITHDRAWN), (CopyRole.REQUESTER, S.WITHDRAWN)]
    assert len(office.slack.posts) == 2


async def test_a_result_that_no_thread_takes_is_posted_as_a_card() -> None:
    class Closed(FakeMessenger):
        async def reply_result(self, request: ApprovalRequest, copy: CardCopy) -> None:
            raise MessageRefused(f"{request.request_id} in {copy.channel}", code="no_thread")

    office = Office()
    office.slack = Closed()
    office.restart()
    request_id = await office.asked()
    await office.outbox.step()
    office.slack.cards.clear()
    await office.press(K.WITHDRAW, ALICE, request_id)
    await office.outbox.step()
    assert posted(office)[2:] == [(CHANNEL, False), (ALICE, False)]


async def test_a_result_that_a_thread_may_have_taken_is_sent_once_more_as_a_card() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    lost = office.slack.posts[0].copy
    del office.slack.cards[lost.channel, lost.ts]
    await office.press(K.WITHDRAW, ALICE, request_id)
    office.slack.failures = [None, UNCLEAR]
    await office.outbox.step()
    assert [copy for _request, copy in office.slack.results] == [lost]
    assert posted(office)[2:] == [(CHANNEL, True)]
    await later(office, timedelta(days=1))
    assert (len(office.slack.results), len(office.slack.posts)) == (1, 3)


async def test_an_open_request_whose_card_is_unclear_twice_ends_in_direct_messages() -> None:
    """The line drops after Slack took the card, both times: the way out is that of a channel out
    of reach, and whichever card is there still decides."""
    office = Office()
    request_id = await office.asked()
    office.slack.failures = [UNCLEAR, None, None, UNCLEAR]
    await office.outbox.step()
    assert not office.slack.notices
    await later(office, CARD_AGAIN)
    told = dict(office.slack.notices)
    assert set(told) == {ALICE, BOB, CAROL}
    assert request_id in told[BOB]
    assert "/order inbox" in told[BOB]
    assert "told directly" in told[ALICE]
    assert given_up(office) == [(CHANNEL, "timeout")]
    assert office.status(request_id) is S.PENDING
    await later(office, timedelta(days=1) - HOLD)
    assert [again for to, again in posted(office) if to == CHANNEL] == [False, True]
    first = next(post.copy for post in office.slack.posts if post.to == CHANNEL)
    place = {"channel": first.channel, "message_ts": first.ts}
    await office.press(K.DENY, BOB, request_id, reason="kept", **place)
    await office.outbox.step()
    assert [to for to, _again in posted(office)] == [CHANNEL, ALICE, CHANNEL]
    assert office.slack.cards[first.channel, first.ts].status is S.DENIED
    assert given_up(office) == [(CHANNEL, "timeout")]


async def test_news_of_a_request_whose_card_was_given_up_is_posted_saying_so() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    office.slack.failures = [UNCLEAR, None, None, UNCLEAR]
    await office.outbox.step()
    await later(office, CARD_AGAIN)
    await office.press(K.APPROVE, BOB, request_id)  # by way of his inbox
    await office.outbox.step()
    assert posted(office)[-1] == (CHANNEL, True)
    assert len(office.slack.notices) == 3
    await office.press(K.APPROVE, CAROL, request_id)
    await office.outbox.step()
    assert len(posted(office)) == 4


async def test_a_channel_out_of_reach_ends_in_direct_messages_and_in_no_lost_decision() -> None:
    office = Office()
    office.slack.gone.add(CHANNEL)
    request_id = await office.asked()
    await office.outbox.step()
    assert posted(office) == [(ALICE, False)]
    told = dict(office.slack.notices)
    assert set(told) == {ALICE, BOB, CAROL}
    assert request_id in told[BOB]
    assert "told directly" in told[ALICE]
    assert given_up(office) == [(CHANNEL, "channel_not_found")]
    await office.press(K.APPROVE, BOB, request_id)
    await office.outbox.step()
    assert len(office.slack.notices) == 3
    await office.executor.step()
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED
    await office.outbox.step()
    assert office.shown(request_id) == [(CopyRole.REQUESTER, S.CANCELLED)]


async def test_a_channel_that_comes_back_gets_the_card_with_the_next_step() -> None:
    office = Office(a_policy(quorum=2))
    office.slack.gone.add(CHANNEL)
    request_id = await office.asked()
    await office.outbox.step()
    office.slack.gone.clear()
    await office.press(K.APPROVE, BOB, request_id)
    await office.outbox.step()
    assert len(office.shown(request_id)) == 2


async def test_approvers_of_a_group_are_told_directly_where_slack_names_them() -> None:
    group = Principals(people=frozenset({CAROL}), groups=frozenset({"S0FINANCE"}))
    for readable, told in ((True, {ALICE, BOB, CAROL}), (False, {ALICE, CAROL})):
        office = Office(a_policy(approvers=group))
        office.directory.groups["S0FINANCE"] = frozenset({BOB, ALICE})
        office.slack.gone.add(CHANNEL)
        await office.asked()
        if not readable:
            office.directory.groups.clear()
        await office.outbox.step()
        assert {user for user, _text in office.slack.notices} == told


async def test_where_no_approver_is_known_by_name_the_requester_hears_that() -> None:
    office = Office(a_policy(approvers=Principals(members=True)))
    office.slack.gone.add(CHANNEL)
    await office.asked()
    await office.outbox.step()
    ((user, text),) = office.slack.notices
    assert user == ALICE
    assert "no approver is known" in text


async def test_a_requester_who_takes_no_messages_stops_nothing() -> None:
    office = Office()
    office.slack.gone.add(ALICE)
    request_id = await office.asked()
    await office.outbox.step()
    assert posted(office) == [(CHANNEL, False)]
    assert given_up(office) == [(ALICE, "channel_not_found")]
    await office.press(K.APPROVE, BOB, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_after_the_end_a_lost_channel_makes_no_noise() -> None:
    office = Office(a_policy(approvers=people_named(BOB)))
    office.slack.gone.add(CHANNEL)
    await office.press(K.WITHDRAW, ALICE, await office.asked())
    await office.outbox.step()
    assert not office.slack.notices
