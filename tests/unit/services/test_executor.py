"""The cancel call, and all that has to be true before and after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import CancelReceipt, Order, OrderQuery, PaymentStatus
from bot.domain.policy import Principals, Rule
from bot.errors import ProviderError, ProviderRefused, ProviderThrottled
from bot.services.executor import CLAIM
from bot.services.settling import WATCHED
from tests.builders import a_detailed_order, a_line_item, an_account, money
from tests.fake_cloud import waiting_for
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOLD,
    ORDER_ID,
    Office,
    a_policy,
    people_named,
)
from tests.scripted_cloud import (
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    NOT_SENT,
    REFUSES,
    THROTTLES,
    Answer,
    ScriptedCloud,
    no_answer,
)

S = RequestStatus
K = InputKind
MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
PAID = {"payment_status": PaymentStatus.PAID}
CANCELLED = {"payment_status": PaymentStatus.CANCELLED}


def notified(office: Office) -> list[str]:
    return [user for user, _text in office.slack.notices]


async def test_the_hold_is_exactly_as_long_as_the_rule_says() -> None:
    office = Office()
    request_id = await office.approved()
    await office.later(HOLD - MS)
    assert not office.cancel_calls
    await office.later(MS)
    assert office.cancel_calls == [ORDER_ID]
    assert office.stands(request_id) == (S.CANCELLED, "")


async def test_a_hold_of_todays_policy_that_is_longer_holds() -> None:
    office = Office()
    request_id = await office.asked()
    office.policy = a_policy(hold=HOLD * 2)
    office.restart()
    await office.press(K.APPROVE, BOB, request_id)
    await office.executor.step()
    await office.later(HOLD * 2 - MS)
    assert not office.cancel_calls
    await office.later(MS)
    assert office.cancel_calls == [ORDER_ID]


async def test_a_clock_that_is_set_back_does_not_shorten_the_hold() -> None:
    office = Office()
    request_id = await office.approved()
    held = office.request(request_id)
    office.store.requests[request_id] = replace(held, due_at=office.clock.now())
    await office.executor.step()
    assert office.request(request_id).status is S.APPROVED
    assert not office.cancel_calls


async def test_everything_on_the_way_is_recorded_once_and_told() -> None:
    office = Office()
    await office.approved()
    await office.later(HOLD)
    await office.outbox.step()
    assert office.kinds() == [
        AuditKind.INPUT_STORED,
        AuditKind.REQUEST_MADE,
        AuditKind.INPUT_STORED,
        AuditKind.REQUEST_VOTED,
        AuditKind.REQUEST_APPROVED,
        AuditKind.REQUEST_CLAIMED,
        AuditKind.REQUEST_CANCELLED,
    ]
    facts = office.facts(AuditKind.REQUEST_CANCELLED)
    assert (facts["effect"], facts["read"], facts["fence"]) == ("yes", "cancelled", 1)
    assert notified(office) == [ALICE]
    assert (await office.snapshots.get("huawei-main", ORDER_ID)) is not None


async def test_what_is_done_is_done_once_however_often_the_executor_looks() -> None:
    office = Office()
    await office.approved()
    office.clock.move(HOLD)
    await asyncio.gather(*(office.executor.step() for _each in range(5)))
    await office.executor.step()
    assert office.cancel_calls == [ORDER_ID]


async def test_a_slow_cloud_holds_up_its_own_request_only() -> None:
    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(2)]
    office = Office(orders=orders)
    for order in orders:
        await office.press(K.APPROVE, BOB, await office.asked(order_id=order.order_id))
    release = asyncio.Event()
    slow = waiting_for(release)

    async def script(operation: str, about: OrderQuery | str) -> None:
        if about == orders[0].order_id:
            await slow(operation, about)

    office.cloud.script = script
    first = asyncio.create_task(office.executor.step())
    while len(office.cloud.asked("get_order")) < 4:  # noqa: ASYNC110 - a fake has no event
        await asyncio.sleep(0)
    await office.executor.step()
    await office.later(HOLD)
    assert office.cancel_calls == [orders[1].order_id]
    release.set()
    await first
    await office.later(HOLD)
    assert sorted(office.cancel_calls) == [order.order_id for order in orders]


async def test_an_error_of_ours_stops_no_other_request() -> None:
    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(2)]
    office = Office(orders=orders)
    for order in orders:
        await office.press(K.APPROVE, BOB, await office.asked(order_id=order.order_id))

    async def script(_operation: str, about: OrderQuery | str) -> None:
        if about == orders[0].order_id:
            raise RuntimeError("a fault of ours")

    office.cloud.script = script
    with capture_logs() as lines:
        await office.executor.step()
    assert [line["event"] for line in lines] == ["request_not_moved"]
    assert [each.status for each in office.store.requests.values()] == [S.PENDING, S.APPROVED]


async def test_24_silence_cancels_nothing() -> None:
    office = Office()
    request_id = await office.asked()
    await office.later(timedelta(hours=24) - MS)
    assert office.status(request_id) is S.PENDING
    await office.later(MS)
    assert office.stands(request_id) == (S.EXPIRED, "")
    await office.later(timedelta(days=9))
    assert not office.cancel_calls
    await office.outbox.step()
    assert notified(office) == [ALICE]


@pytest.mark.parametrize(
    ("becomes", "outcome"),
    [
        ({}, "expired_deadline"),
        (CANCELLED, "gone"),
        (None, "gone"),
        (PAID, "paid"),
    ],
)
async def test_28_an_order_that_lapsed_closes_the_request_as_gone_and_not_as_failed(
    becomes: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.asked()
    expires_at = office.clock.now() + timedelta(hours=2)
    order = replace(office.request(request_id).order, deadline=expires_at)
    office.store.requests[request_id] = replace(
        office.request(request_id), order=order, expires_at=expires_at, due_at=expires_at
    )
    if becomes is None:
        office.cloud.orders.clear()
    else:
        office.cloud.change(ORDER_ID, **becomes)
    await office.later(timedelta(hours=2))
    assert office.stands(request_id) == (S.EXPIRED, outcome)


async def test_28_a_click_on_a_request_whose_order_is_gone_closes_it_as_gone() -> None:
    office = Office()
    request_id = await office.asked()
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.press(K.APPROVE, BOB, request_id)
    await office.executor.step()
    assert office.stands(request_id) == (S.OUTDATED, "gone")
    assert not office.cancel_calls


async def test_a_hold_longer_than_the_time_left_ends_as_expired() -> None:
    office = Office(a_policy(hold=timedelta(hours=25)))
    request_id = await office.approved()
    await office.later(timedelta(hours=24))
    assert office.status(request_id) is S.EXPIRED
    assert not office.cancel_calls


@pytest.mark.parametrize(
    ("becomes", "outcome"),
    [
        (PAID, "paid"),
        (CANCELLED, "gone"),
        (None, "gone"),
        ({"payable": money("1 CNY")}, "changed"),
        ({"payment_status": PaymentStatus.UNKNOWN}, "changed"),
        ({"line_items": (a_line_item(), a_line_item(line_id="2"))}, "changed"),
    ],
)
@pytest.mark.parametrize("when", ["votes complete", "hold over"])
async def test_26_27_an_order_that_changed_ends_the_request_before_any_call(
    when: str, becomes: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    if when == "hold over":
        await office.executor.step()
    if becomes is None:
        office.cloud.orders.clear()
    else:
        office.cloud.change(ORDER_ID, **becomes)
    await office.later(HOLD)
    assert office.stands(request_id) == (S.OUTDATED, outcome)
    assert not office.cancel_calls
    current = office.request(request_id).current
    assert (current is None) is (becomes is None)
    await office.outbox.step()
    assert notified(office) == [ALICE, BOB]


async def test_27_a_change_between_two_approvals_voids_the_first() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    office.cloud.change(ORDER_ID, payable=money("99999 CNY"))
    await office.press(K.APPROVE, CAROL, request_id)
    await office.executor.step()
    request = office.request(request_id)
    assert (request.status, request.outcome) == (S.OUTDATED, "changed")
    assert request.current is not None
    assert str(request.current.payable) == "99,999.00 CNY"


async def test_votes_that_are_complete_wait_for_a_cloud_that_does_not_answer() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    problems: list[ProviderError | Order | None] = [
        no_answer(),
        ProviderRefused("key disabled", account="huawei-main"),
        ProviderThrottled("busy", account="huawei-main"),
        a_detailed_order(order_id="CS2611171200OTHER"),
        a_detailed_order(account="huawei-other"),
        no_answer(),
    ]
    office.cloud.reads.extend(problems)
    waits = []
    for _problem in problems:
        await office.executor.step()
        assert office.stands(request_id) == (S.PENDING, "no_answer")
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in.total_seconds())
        office.clock.move(due_in)
    assert waits == [2, 5, 15, 60, 300, 300]
    await office.executor.step()
    assert office.stands(request_id) == (S.APPROVED, "")


async def test_a_cloud_that_never_answers_lets_the_request_expire() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.reads.extend([no_answer()] * 400)
    office.clock.move(HOLD)
    while office.status(request_id) is S.APPROVED:
        await office.executor.step()
        office.clock.move(office.due_in(request_id) or timedelta(0))
    assert office.stands(request_id) == (S.EXPIRED, "")
    assert not office.cancel_calls


async def test_the_card_says_once_that_nobody_answers() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    office.cloud.reads.extend([no_answer()] * 3)
    await office.executor.step()
    cards = len(office.rows.rows)
    await office.later(timedelta(seconds=2))
    await office.later(timedelta(seconds=5))
    assert len(office.rows.rows) == cards
    assert office.request(request_id).reads == 3


async def test_an_account_that_is_no_longer_configured_is_never_called() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud = ScriptedCloud(an_account(name="huawei-new"), [])
    office.restart()
    await office.later(HOLD)
    assert office.stands(request_id) == (S.APPROVED, "no_answer")
    assert "not configured" in office.request(request_id).outcome_text


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({"deleted": True}, "votes"), ({"guest": True}, "votes"), ({"team_id": "T1"}, "votes")],
)
async def test_18_a_vote_that_no_longer_counts_ends_the_request_before_the_call(
    changes: dict[str, object], outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()
    bob = office.directory.people[BOB]
    office.directory.people[BOB] = replace(bob, **changes)  # type: ignore[arg-type]
    await office.later(HOLD)
    assert office.stands(request_id) == (S.OUTDATED, outcome)
    assert not office.cancel_calls


async def test_18_a_vote_of_somebody_removed_from_the_rule_ends_it_too() -> None:
    office = Office()
    request_id = await office.approved()
    office.policy = a_policy(approvers=people_named(CAROL))
    office.restart()
    await office.later(HOLD)
    assert office.stands(request_id) == (S.OUTDATED, "votes")


async def test_a_quorum_raised_meanwhile_ends_it_too() -> None:
    office = Office()
    request_id = await office.approved()
    office.policy = a_policy(Rule(over=(money("1 CNY"),), quorum=2))
    office.restart()
    await office.later(HOLD)
    assert office.stands(request_id) == (S.OUTDATED, "votes")


async def test_a_requester_who_is_no_longer_active_ends_the_request() -> None:
    office = Office()
    request_id = await office.approved()
    alice = office.directory.people[ALICE]
    office.directory.people[ALICE] = replace(alice, deleted=True)
    await office.later(HOLD)
    assert office.stands(request_id) == (S.OUTDATED, "identity")
    assert not office.cancel_calls


@pytest.mark.parametrize("missing", [ALICE, BOB, "S0FINANCE"])
@pytest.mark.parametrize("when", ["votes complete", "hold over"])
async def test_nothing_is_called_while_slack_does_not_say_who_people_are(
    when: str, missing: str
) -> None:
    group = Principals(people=frozenset({BOB}), groups=frozenset({"S0FINANCE"}))
    office = Office(a_policy(approvers=group))
    office.directory.groups["S0FINANCE"] = frozenset({CAROL})
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    if when == "hold over":
        await office.executor.step()
    people, groups = dict(office.directory.people), dict(office.directory.groups)
    office.directory.people.pop(missing, None)
    office.directory.groups.pop(missing, None)
    await office.later(HOLD)
    if when == "votes complete" and missing == ALICE:
        assert office.stands(request_id) == (S.APPROVED, "")  # she is asked for at the claim
    else:
        status = S.PENDING if when == "votes complete" else S.APPROVED
        assert office.stands(request_id) == (status, "no_answer")
    assert not office.cancel_calls
    office.directory.people, office.directory.groups = people, groups
    for _wait in range(4):
        await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED


async def test_votes_that_fell_short_before_the_re_read_wait_for_more() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    bob = office.directory.people[BOB]
    office.directory.people[BOB] = replace(bob, deleted=True)
    await office.executor.step()
    request = office.request(request_id)
    assert (request.status, request.due_at) == (S.PENDING, request.expires_at)
    await office.press(K.APPROVE, CAROL, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_enough_readable_votes_make_an_unreadable_one_needless() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.APPROVE, CAROL, request_id)
    del office.directory.people[BOB]
    await office.executor.step()
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED


@pytest.mark.parametrize(
    ("kind", "user"), [(K.STOP, ALICE), (K.WITHDRAW, ALICE), (K.DENY, CAROL), (K.STOP, BOB)]
)
async def test_a_stop_that_was_acknowledged_but_not_judged_yet_keeps_the_claim_waiting(
    kind: InputKind, user: str
) -> None:
    office = Office()
    request_id = await office.approved()
    given = office.an_input(kind, user, request_id, reason="no")
    await office.store.accept(given)
    await office.later(HOLD)
    assert office.status(request_id) is S.APPROVED
    await office.decisions.handle(given)
    await office.later(HOLD)
    assert office.status(request_id) is S.STOPPED
    assert not office.cancel_calls


async def test_inputs_of_other_requests_and_other_kinds_do_not_hold_it_up() -> None:
    office = Office()
    request_id = await office.approved()
    await office.store.accept(office.an_input(K.STOP, ALICE, "R-OTHER"))
    await office.store.accept(office.an_input(K.APPROVE, CAROL, request_id))
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED


async def test_a_stop_that_lands_while_the_order_is_read_wins_over_the_claim() -> None:
    office = Office()
    request_id = await office.approved()

    async def meanwhile(operation: str, _about: OrderQuery | str) -> None:
        if operation == "get_order":
            await office.press(K.STOP, ALICE, request_id)

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.status(request_id) is S.STOPPED
    assert not office.cancel_calls


async def test_an_expiry_that_comes_while_the_order_is_read_wins_over_the_claim() -> None:
    office = Office()
    request_id = await office.approved()

    async def meanwhile(_operation: str, _about: OrderQuery | str) -> None:
        office.clock.move(timedelta(hours=24))

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.status(request_id) is S.EXPIRED
    assert not office.cancel_calls


async def test_04_a_second_copy_that_lost_the_race_changes_nothing() -> None:
    """Two executors over one store, as two processes would be."""
    office = Office()
    request_id = await office.approved()
    first = office.executor
    office.restart()
    office.clock.move(HOLD)
    await asyncio.gather(first.step(), office.executor.step())
    assert office.cancel_calls == [ORDER_ID]
    assert office.stands(request_id) == (S.CANCELLED, "")
    assert office.kinds().count(AuditKind.REQUEST_CLAIMED) == 1


async def test_07_a_claim_without_a_receipt_is_unknown_after_a_restart_and_never_called_again() -> (
    None
):
    office = Office()
    request_id = await office.approved()
    office.cloud.script = waiting_for(asyncio.Event(), "cancel_order")
    office.clock.move(HOLD)
    call = asyncio.create_task(office.executor.step())
    while not office.cancel_calls:  # noqa: ASYNC110 - a fake has no event
        await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert office.status(request_id) is S.EXECUTING
    office.cloud = ScriptedCloud(office.cloud.account, office.cloud.orders.values())
    office.restart()
    await office.recover()
    assert office.stands(request_id) == (S.UNKNOWN, "no_receipt")
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.later(timedelta(seconds=2))
    assert office.status(request_id) is S.CANCELLED
    assert not office.cancel_calls


async def test_a_claim_that_lost_its_receipt_in_a_running_bot_becomes_unknown_too() -> None:
    office = Office()
    request_id = await office.approved()
    original = office.request(request_id)
    office.store.requests[request_id] = replace(
        original, status=S.EXECUTING, fence=1, due_at=office.clock.now() + CLAIM
    )
    await office.later(CLAIM - MS)
    assert office.status(request_id) is S.EXECUTING
    await office.later(MS)
    assert office.stands(request_id) == (S.UNKNOWN, "no_receipt")


async def test_an_adapter_that_raises_leaves_the_outcome_unknown() -> None:
    class Broken(ScriptedCloud):
        async def cancel_order(self, order_id: str) -> CancelReceipt:
            await super().cancel_order(order_id)
            raise RuntimeError("a fault of ours")

    office = Office(cloud=Broken(an_account(), [a_detailed_order()]))
    request_id = await office.approved()
    with capture_logs() as lines:
        await office.later(HOLD)
    assert [line["event"] for line in lines] == ["cancel_raised"]
    assert office.stands(request_id) == (S.UNKNOWN, "no_answer")
    await office.later(timedelta(seconds=2))
    assert office.status(request_id) is S.CANCELLED
    assert office.cancel_calls == [ORDER_ID]


async def test_09_a_refused_cancel_never_shows_as_cancelled() -> None:
    office = Office()
    request_id = await office.approved()
    await office.outbox.step()
    office.cloud.answers.append(REFUSES)
    await office.later(HOLD)
    await office.outbox.step()
    assert office.stands(request_id) == (S.FAILED, "refused")
    request = office.request(request_id)
    assert request.outcome_text == "CBC.0151 access denied"
    facts = office.facts(AuditKind.REQUEST_FAILED)
    assert (facts["effect"], facts["code"], facts["read"]) == ("no", "CBC.0151", "unpaid")
    drawn = {post.request.status for post in office.slack.posts}
    assert S.CANCELLED not in drawn | {card.status for card in office.slack.cards.values()}
    assert not any("cancelled" in text for _user, text in office.slack.notices)


@pytest.mark.parametrize(
    ("truth", "outcome"),
    [(PAID, "paid"), (CANCELLED, "gone"), (None, "gone"), ({}, "refused")],
)
async def test_32_a_refusal_is_followed_by_a_read_that_tells_the_true_state(
    truth: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()

    async def meanwhile(operation: str, _about: OrderQuery | str) -> None:
        if operation == "cancel_order":
            office.cloud.answers.append(Answer(REFUSES.effect, acts=False, code="CBC.99003106"))
            if truth is None:
                office.cloud.orders.clear()
            else:
                office.cloud.change(ORDER_ID, **truth)

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, outcome)


@pytest.mark.parametrize("listed", [True, False])
async def test_32_a_part_of_a_combined_order_names_the_whole_to_ask_again_for(
    listed: bool,
) -> None:
    whole = a_detailed_order(order_id="CS2611171200WHOLE", parts=("CS1", ORDER_ID))
    others = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(5)]
    office = Office(orders=[a_detailed_order(), *others, *([whole] if listed else [])])
    request_id = await office.approved()
    office.cloud.answers.append(
        Answer(REFUSES.effect, acts=False, code="CBC.99000089", combined=True)
    )
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, "combined")
    current = office.request(request_id).current
    assert (current.order_id if current else None) == ("CS2611171200WHOLE" if listed else None)
    again = await office.asked(order_id="CS2611171200WHOLE" if listed else ORDER_ID)
    assert office.status(again) is S.PENDING


@pytest.mark.parametrize("created", [True, False])
async def test_32_a_whole_that_cannot_be_looked_for_is_left_out(created: bool) -> None:
    order = a_detailed_order() if created else a_detailed_order(created_at=None)
    office = Office(orders=[order])
    request_id = await office.approved()
    office.cloud.answers.append(
        Answer(REFUSES.effect, acts=False, code="CBC.99000089", combined=True)
    )

    async def no_list(operation: str, _about: OrderQuery | str) -> None:
        if operation == "list_orders":
            raise no_answer()

    office.cloud.script = no_list
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, "combined")
    assert office.request(request_id).current is None


async def test_a_yes_that_a_read_does_not_show_is_unknown_until_reads_settle_it() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(LIES)
    await office.later(HOLD)
    assert office.stands(request_id) == (S.UNKNOWN, "unconfirmed")
    waits = []
    while office.status(request_id) is S.UNKNOWN:
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in.total_seconds())
        await office.later(due_in)
    assert waits == [2, 5, 15, 60]
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    assert office.cancel_calls == [ORDER_ID]


async def test_a_yes_is_believed_once_a_later_read_shows_it() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(LIES)
    await office.later(HOLD)
    await office.later(timedelta(seconds=2))
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.later(timedelta(seconds=5))
    assert office.stands(request_id) == (S.CANCELLED, "")


@pytest.mark.parametrize(("truth", "outcome"), [(PAID, "paid"), (None, "gone")])
@pytest.mark.parametrize("answer", [LIES, THROTTLES])
async def test_a_read_after_the_call_that_shows_it_paid_or_gone_ends_it(
    answer: Answer, truth: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(answer)

    async def meanwhile(operation: str, _about: OrderQuery | str) -> None:
        if operation == "cancel_order":
            if truth is None:
                office.cloud.orders.clear()
            else:
                office.cloud.change(ORDER_ID, **truth)

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, outcome)


@pytest.mark.parametrize("answer", [DROPS_AFTER_ACTING, DROPS_BEFORE_ACTING])
async def test_34_a_call_without_a_clear_answer_is_read_back_and_not_repeated(
    answer: Answer,
) -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(answer)
    reads = len(office.cloud.asked("get_order"))
    await office.later(HOLD)
    assert office.stands(request_id) == (S.UNKNOWN, "no_answer")
    await office.later(timedelta(seconds=2) - MS)
    assert len(office.cloud.asked("get_order")) == reads + 1
    await office.later(timedelta(hours=1))
    for _read in range(4):
        await office.later(timedelta(minutes=1))
    expected = (S.CANCELLED, "") if answer.acts else (S.FAILED, "still_unpaid")
    assert office.stands(request_id) == expected
    assert office.cancel_calls == [ORDER_ID]
    await office.outbox.step()
    assert ALICE in notified(office)


@pytest.mark.parametrize(("truth", "outcome"), [(PAID, "paid"), (None, "gone")])
async def test_an_unknown_outcome_is_settled_by_paid_or_gone(
    truth: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.unknown()
    if truth is None:
        office.cloud.orders.clear()
    else:
        office.cloud.change(ORDER_ID, **truth)
    await office.later(timedelta(seconds=2))
    assert office.stands(request_id) == (S.FAILED, outcome)


async def test_reads_without_an_answer_settle_nothing_and_get_rarer() -> None:
    office = Office()
    request_id = await office.unknown()
    office.cloud.reads.extend([no_answer()] * 30)
    waits = []
    for _read in range(30):
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in)
        await office.later(due_in)
    assert office.status(request_id) is S.UNKNOWN
    assert waits[0] == timedelta(seconds=2)
    assert all(one <= other for one, other in pairwise(waits))
    assert waits[-1] == timedelta(hours=1)


async def test_unpaid_reads_far_apart_do_not_need_fewer_and_close_ones_not_less_time() -> None:
    office = Office()
    request_id = await office.unknown()
    first = office.clock.now() + timedelta(seconds=2)
    reads = 0
    while office.status(request_id) is S.UNKNOWN:
        office.cloud.reads.append(no_answer() if reads % 2 else None)
        reads += 1
        await office.later(office.due_in(request_id) or timedelta(0))
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    assert office.clock.now() - first >= timedelta(seconds=60)


async def test_expiry_is_of_no_account_once_the_cloud_was_asked() -> None:
    office = Office()
    request_id = await office.unknown()
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.later(timedelta(days=3))
    assert office.status(request_id) is S.CANCELLED


async def test_a_late_effect_is_recorded_and_both_are_told() -> None:
    office = Office()
    request_id = await office.unknown()
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    office.cloud.change(ORDER_ID, **CANCELLED)
    office.slack.notices.clear()
    await office.outbox.step()
    office.slack.notices.clear()
    await office.later(timedelta(minutes=5))
    assert office.stands(request_id) == (S.FAILED, "late_effect")
    assert office.request(request_id).due_at is None
    assert office.kinds()[-1] is AuditKind.LATE_EFFECT
    await office.outbox.step()
    assert notified(office) == [ALICE, BOB]


@pytest.mark.parametrize("found", ["unpaid", "paid", "no answer"])
async def test_an_order_that_seems_untouched_is_watched_for_a_day(found: str) -> None:
    office = Office()
    request_id = await office.unknown()
    claimed_at = office.clock.now()
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    if found == "paid":
        office.cloud.change(ORDER_ID, **PAID)
    if found == "no answer":
        office.cloud.reads.extend([no_answer()] * 20)
    looks = 0
    while due_in := office.due_in(request_id):
        await office.later(due_in)
        looks += 1
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    if found == "paid":
        assert looks == 1
    else:
        assert office.clock.now() - claimed_at >= WATCHED
        assert looks < 12


async def test_an_effect_of_a_later_request_is_no_late_effect_of_the_first() -> None:
    office = Office()
    first = await office.unknown()
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    office.clock.move(SECOND)
    second = await office.approved(CAROL)
    await office.later(HOLD)
    assert office.status(second) is S.CANCELLED
    await office.later(timedelta(minutes=5))
    assert office.stands(first) == (S.FAILED, "still_unpaid")
    assert office.request(first).due_at is None
    assert AuditKind.LATE_EFFECT not in office.kinds()


@pytest.mark.parametrize(("answer", "outcome"), [(NOT_SENT, "not_sent"), (THROTTLES, "throttled")])
async def test_a_call_without_effect_is_made_again_after_a_while_with_a_new_fence(
    answer: Answer, outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.extend([answer] * 4)
    office.clock.move(HOLD)
    waits = []
    for attempt in range(1, 5):
        await office.executor.step()
        assert office.stands(request_id) == (S.APPROVED, outcome)
        assert office.request(request_id).fence == attempt
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in.total_seconds())
        office.clock.move(due_in)
    assert waits == [5, 15, 60, 60]
    await office.executor.step()
    assert office.status(request_id) is S.CANCELLED
    assert office.cloud.effects == [ORDER_ID]


async def test_a_throttled_call_is_repeated_only_after_a_read_showed_no_effect() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(THROTTLES)
    office.cloud.reads.extend([None, no_answer()])
    await office.later(HOLD)
    assert office.stands(request_id) == (S.UNKNOWN, "no_answer")
    assert office.cancel_calls == [ORDER_ID]


async def test_a_throttled_call_that_acted_all_the_same_is_seen_by_the_read() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(replace(THROTTLES, acts=True))
    await office.later(HOLD)
    assert office.stands(request_id) == (S.CANCELLED, "")
    assert office.cancel_calls == [ORDER_ID]


async def test_a_released_request_can_still_be_stopped_and_still_expires() -> None:
    for stopped in (True, False):
        office = Office()
        request_id = await office.approved()
        office.cloud.answers.append(THROTTLES)
        await office.later(HOLD)
        if stopped:
            await office.press(K.STOP, ALICE, request_id)
        await office.later(timedelta(hours=24))
        assert office.status(request_id) is (S.STOPPED if stopped else S.EXPIRED)
        assert office.cancel_calls == [ORDER_ID]


async def test_08_after_a_restart_a_pending_request_goes_on_as_before() -> None:
    office = Office()
    request_id = await office.asked()
    office.restart()
    await office.recover()
    await office.press(K.APPROVE, BOB, request_id)
    office.restart()
    await office.recover()
    await office.executor.step()
    office.restart()
    await office.recover()
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED
    assert office.cancel_calls == [ORDER_ID]


async def test_10_a_cancel_that_worked_stays_a_success_while_slack_is_away() -> None:
    office = Office()
    request_id = await office.approved()
    await office.outbox.step()
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED
    assert {status for _role, status in office.shown(request_id)} == {S.APPROVED}
    await office.outbox.step()
    assert {status for _role, status in office.shown(request_id)} == {S.CANCELLED}


async def test_a_request_that_ended_while_it_was_fetched_is_left_alone() -> None:
    office = Office()
    request_id = await office.approved()
    office.store.requests[request_id] = replace(
        office.request(request_id), status=S.STOPPED, due_at=office.clock.now()
    )
    await office.executor.step()
    assert office.status(request_id) is S.STOPPED


async def test_two_people_stand_behind_every_call() -> None:
    """Dave is nobody's approver; with him alone nothing happens, whatever is pressed."""
    office = Office()
    request_id = await office.asked()
    for kind in (K.APPROVE, K.DENY, K.STOP, K.WITHDRAW, K.TAKE_BACK):
        await office.press(kind, DAVE, request_id, reason="x")
        await office.press(K.APPROVE, ALICE, request_id)
        await office.later(HOLD)
    assert office.status(request_id) is S.PENDING
    assert not office.cancel_calls
