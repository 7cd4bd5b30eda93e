"""What is checked before the cloud is asked: time, people, votes, the order itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import Order, PaymentStatus
from bot.domain.policy import Principals, Rule
from bot.errors import ProviderError, ProviderRefused, ProviderThrottled
from tests.builders import a_detailed_order, a_line_item, an_account, money
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    HOLD,
    ORDER_ID,
    Office,
    a_policy,
    people_named,
)
from tests.scripted_cloud import (
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


async def test_pitfall_24_silence_cancels_nothing() -> None:
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
async def test_pitfall_28_an_order_that_lapsed_closes_the_request_as_gone_and_not_as_failed(
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


async def test_pitfall_28_a_click_on_a_request_whose_order_is_gone_closes_it_as_gone() -> None:
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
async def test_pitfall_26_27_an_order_that_changed_ends_the_request_before_any_call(
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


async def test_pitfall_27_a_change_between_two_approvals_voids_the_first() -> None:
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
    assert office.stands(request_id) == (S.EXPIRED, "no_answer")
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
async def test_pitfall_18_a_vote_that_no_longer_counts_ends_the_request_before_the_call(
    changes: dict[str, object], outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()
    bob = office.directory.people[BOB]
    office.directory.people[BOB] = replace(bob, **changes)  # type: ignore[arg-type]
    await office.later(HOLD)
    assert office.stands(request_id) == (S.OUTDATED, outcome)
    assert not office.cancel_calls


async def test_pitfall_18_a_vote_of_somebody_removed_from_the_rule_ends_it_too() -> None:
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
    assert office.stands(request_id) == (S.PENDING, "votes")
    assert office.facts(AuditKind.REQUEST_READ)["approvals"] == 0
    await office.press(K.APPROVE, CAROL, request_id)
    assert office.stands(request_id) == (S.PENDING, "")
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
