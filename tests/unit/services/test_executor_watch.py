"""An order is looked at while people decide, so that nobody decides about what is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approvals import WATCH, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import OrderQuery, PaymentStatus
from bot.domain.policy import Principals, Rule
from tests.builders import a_detailed_order, money
from tests.fake_cloud import answer_at_once
from tests.request_office import ALICE, BOB, CAROL, HOLD, ORDER_ID, Office, a_policy, people_named
from tests.scripted_cloud import no_answer

S = RequestStatus
K = InputKind
MS = timedelta(milliseconds=1)
PAID = {"payment_status": PaymentStatus.PAID}
CANCELLED = {"payment_status": PaymentStatus.CANCELLED}


async def notified(office: Office) -> list[str]:
    await office.outbox.step()
    return [user for user, _text in office.slack.notices]


@pytest.mark.parametrize(
    ("becomes", "outcome"),
    [
        (PAID, "paid"),
        (CANCELLED, "gone"),
        (None, "gone"),
        ({"payable": money("1 CNY")}, "changed"),
        ({"payment_status": PaymentStatus.UNKNOWN}, "changed"),
    ],
)
@pytest.mark.parametrize("voted", [False, True])
async def test_pitfall_26_28_an_order_that_is_no_longer_the_same_closes_its_open_request(
    voted: bool, becomes: dict[str, object] | None, outcome: str
) -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    if voted:
        await office.press(K.APPROVE, BOB, request_id)
    await office.outbox.step()
    if becomes is None:
        office.cloud.orders.clear()
    else:
        office.cloud.change(ORDER_ID, **becomes)
    await office.later(WATCH - MS)
    assert office.status(request_id) is S.PENDING
    await office.later(MS)
    assert office.stands(request_id) == (S.OUTDATED, outcome)
    assert not office.cancel_calls
    assert await notified(office) == [ALICE, BOB, CAROL]


async def test_an_order_that_stays_the_same_is_looked_at_in_silence() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    request, kinds, calls = office.request(request_id), office.kinds(), office.slack.calls
    for _look in range(5):
        await office.later(WATCH)
        assert office.due_in(request_id) == WATCH
    await office.outbox.step()
    assert len(office.cloud.asked("get_order")) == 1 + 5
    assert office.kinds() == kinds
    assert office.slack.calls == calls
    assert replace(office.request(request_id), due_at=None) == replace(request, due_at=None)


async def test_a_cloud_that_does_not_answer_a_look_is_asked_at_the_next_one() -> None:
    office = Office()
    request_id = await office.asked()
    kinds = office.kinds()
    office.cloud.change(ORDER_ID, **PAID)
    office.cloud.reads = [no_answer()]
    await office.later(WATCH)
    assert (office.stands(request_id), office.kinds()) == ((S.PENDING, ""), kinds)
    await office.later(WATCH)
    assert office.stands(request_id) == (S.OUTDATED, "paid")


async def test_the_last_look_is_the_expiry_itself() -> None:
    office = Office(a_policy(expires=WATCH + timedelta(minutes=3)))
    request_id = await office.asked()
    await office.later(WATCH)
    assert office.due_in(request_id) == timedelta(minutes=3)
    await office.later(timedelta(minutes=3))
    assert office.status(request_id) is S.EXPIRED


async def test_a_request_that_nobody_voted_on_is_watched_while_slack_is_silent() -> None:
    office = Office(a_policy(approvers=Principals(groups=frozenset({"S0FINANCE"}))))
    office.directory.groups["S0FINANCE"] = frozenset({CAROL})
    request_id = await office.asked()
    office.directory.groups.clear()
    office.directory.people.clear()
    await office.later(WATCH)
    assert office.stands(request_id) == (S.PENDING, "")
    office.cloud.change(ORDER_ID, **PAID)
    await office.later(WATCH)
    assert office.stands(request_id) == (S.OUTDATED, "paid")


async def test_votes_that_are_not_enough_put_no_look_off() -> None:
    office = Office(a_policy(quorum=3, approvers=people_named(BOB, CAROL, "U0DAVE")))
    request_id = await office.asked()
    office.cloud.change(ORDER_ID, **PAID)
    minutes = timedelta(minutes=3)
    for kind in (K.APPROVE, K.TAKE_BACK, K.APPROVE):
        await office.later(minutes)
        await office.press(kind, BOB, request_id)
    assert office.due_in(request_id) == WATCH - 3 * minutes
    await office.later(WATCH - 3 * minutes)
    assert office.stands(request_id) == (S.OUTDATED, "paid")


async def test_an_approval_that_no_longer_counts_is_said_once_and_the_order_still_watched() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    bob = office.directory.people[BOB]
    office.directory.people[BOB] = replace(bob, deleted=True)
    for _look in range(4):
        await office.later(WATCH)
    assert office.stands(request_id) == (S.PENDING, "votes")
    assert office.kinds().count(AuditKind.REQUEST_READ) == 1
    assert office.due_in(request_id) == WATCH
    office.directory.people[BOB] = bob
    await office.later(WATCH)
    assert office.stands(request_id) == (S.APPROVED, "")
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED


async def test_a_rule_that_asks_for_more_meanwhile_ends_the_wait_for_an_answer() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    office.cloud.reads = [no_answer()]
    await office.executor.step()
    assert office.stands(request_id) == (S.PENDING, "no_answer")
    office.policy = a_policy(Rule(over=(money("1 CNY"),), quorum=2))
    office.restart()
    await office.later(WATCH)
    assert office.stands(request_id) == (S.PENDING, "")


async def test_a_vote_that_arrives_during_a_look_is_not_put_off_by_it() -> None:
    office = Office()
    request_id = await office.asked()

    async def meanwhile(_operation: str, _about: OrderQuery | str) -> None:
        office.cloud.script = answer_at_once
        await office.press(K.APPROVE, BOB, request_id)

    office.cloud.script = meanwhile
    await office.later(WATCH)
    assert office.due_in(request_id) == timedelta(0)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_a_denial_that_arrives_during_a_look_wins() -> None:
    office = Office(orders=[a_detailed_order()])
    request_id = await office.asked()
    office.cloud.change(ORDER_ID, **PAID)

    async def meanwhile(_operation: str, _about: OrderQuery | str) -> None:
        await office.press(K.DENY, CAROL, request_id, reason="still needed")

    office.cloud.script = meanwhile
    await office.later(WATCH)
    assert office.status(request_id) is S.DENIED
