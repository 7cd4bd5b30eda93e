"""Asking for a cancellation, and asking about requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.approvals import WATCH, ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import Input, InputKind
from bot.domain.money import Money
from bot.domain.orders import PaymentStatus
from bot.domain.outbox import Owed
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals, Requirement, Rule, requirement_for
from tests.builders import a_detailed_order, an_account, money
from tests.fake_requests import FakeRequestStore
from tests.fake_slack import FakeDirectory
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    CHANNEL,
    DAVE,
    HOLD,
    ORDER_ID,
    Office,
    a_policy,
    people_named,
)
from tests.scripted_cloud import REFUSES, ScriptedCloud, no_answer

S = RequestStatus
K = InputKind


class EndsAtOnce(FakeRequestStore):
    """The request that was in the way ends right after it was."""

    async def create(
        self, request: ApprovalRequest, *, given: Input, owed: Sequence[Owed], at: datetime
    ) -> bool:
        made = await super().create(request, given=given, owed=owed, at=at)
        self.requests.clear()
        return made


class CountingDirectory(FakeDirectory):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def person(self, user_id: str) -> Person:
        self.asked.append(user_id)
        return await super().person(user_id)


async def refused(office: Office, rule: str, user_id: str = ALICE, **parts: str) -> str:
    """The sentence that a wish which *rule* stops is answered with."""
    told = await office.ask(user_id, **parts)
    assert office.refusals()[-1] == (user_id, rule)
    assert not await office.store.waiting_inputs(limit=1)
    assert not office.cancel_calls
    return told.text


async def test_a_wish_becomes_a_request_that_waits_for_approvers() -> None:
    office = Office()
    request = office.request(await office.asked(reason="  bought twice  "))
    assert (request.status, request.version, request.requested_by) == (S.PENDING, 1, ALICE)
    assert request.reason == "bought twice"
    assert request.expires_at == office.clock.now() + timedelta(hours=24)
    assert request.due_at == office.clock.now() + WATCH
    assert request.requirement == requirement_for(
        office.policy, office.cloud.account, request.order
    )
    assert office.wake.is_set()
    await office.outbox.step()
    assert [(post.role, post.to) for post in office.slack.posts] == [
        ("approvals", CHANNEL),
        ("requester", ALICE),
    ]


async def test_an_id_of_a_request_is_typed_easily_and_looks_like_no_order() -> None:
    office = Office()
    request_id = await office.asked()
    assert request_id.startswith("R-")
    assert len(request_id) == 10
    assert request_id.isascii()
    assert request_id == request_id.upper()


async def test_the_orders_own_deadline_shortens_the_time_to_decide() -> None:
    soon = timedelta(hours=2)
    office = Office()
    office.cloud.change(ORDER_ID, deadline=office.clock.now() + soon)
    request = office.request(await office.asked())
    assert request.expires_at - request.created_at == soon


async def test_a_deadline_that_has_passed_leaves_nothing_to_ask() -> None:
    office = Office()
    office.cloud.change(ORDER_ID, deadline=office.clock.now())
    assert "deadline" in await refused(office, "deadline")


async def test_an_order_without_a_deadline_waits_as_long_as_the_policy_says() -> None:
    office = Office()
    office.cloud.change(ORDER_ID, deadline=None)
    request = office.request(await office.asked())
    assert request.expires_at - request.created_at == timedelta(hours=24)


async def test_pitfall_5_an_open_request_is_pointed_to_until_it_failed() -> None:
    office = Office()
    first = await office.asked()
    told = await office.ask(DAVE)
    assert (told.request_id, told.by) == (first, ALICE)
    assert office.refusals() == [(DAVE, "open")]
    await office.press(K.APPROVE, BOB, first)
    await office.executor.step()
    office.cloud.answers.append(REFUSES)
    await office.later(HOLD)
    assert office.status(first) is S.FAILED
    assert await office.asked(DAVE) != first


@pytest.mark.parametrize("still_open", [True, False])
async def test_two_wishes_at_the_same_moment_make_one_request(still_open: bool) -> None:
    """The other one is stored while the cloud is read."""
    office = Office()
    other = office.request(await office.asked(DAVE))
    del office.store.requests[other.request_id]

    async def meanwhile(operation: str, _about: object) -> None:
        assert operation == "get_order"
        office.store.requests[other.request_id] = other

    office.cloud.script = meanwhile
    if not still_open:
        office.store = EndsAtOnce(office.rows, office.store.audit)
        office.restart()
    told = await office.ask()
    assert told.request_id == (other.request_id if still_open else "")
    assert "same moment" in told.text or "already asked" in told.text
    assert office.refusals() == [(ALICE, "open")]


async def test_a_wish_without_a_reason_is_refused() -> None:
    assert "reason" in await refused(Office(), "reason", reason=" \n ")


async def test_an_account_that_one_may_not_view_reads_like_one_that_is_not_there() -> None:
    office = Office(a_policy(viewers=people_named(BOB)))
    assert "may not view" in await refused(office, "viewers")
    office = Office()
    given = office.an_input(K.REQUEST, ALICE, account="other", order_id=ORDER_ID, reason="x")
    await office.store.accept(given)
    assert "other" in (await office.requests.ask(given)).text
    assert office.refusals() == [(ALICE, "viewers")]


async def test_whom_slack_does_not_name_cannot_ask() -> None:
    office = Office()
    del office.directory.people[ALICE]
    await refused(office, "identity")


async def test_a_guest_who_may_look_may_still_not_ask() -> None:
    office = Office(a_policy(viewers=people_named(ALICE)))
    office.directory.people[ALICE] = replace(office.directory.people[ALICE], guest=True)
    await refused(office, "requesters")


async def test_who_may_ask_is_said_by_the_rule_of_the_order() -> None:
    office = Office(a_policy(Rule(over=(money("100 CNY"),), requesters=people_named(DAVE))))
    assert "may not ask" in await refused(office, "requesters")
    assert office.request(await office.asked(DAVE)).requirement.rule == 1


async def test_an_account_that_cannot_cancel_says_why() -> None:
    cloud = ScriptedCloud(an_account(), [a_detailed_order()], can_cancel=False)
    assert "cannot cancel orders" in await refused(Office(cloud=cloud), "provider")
    told = "Unicloud documents no such call."
    cloud = ScriptedCloud(an_account(), [], can_cancel=False, cancel_reason=told)
    assert await refused(Office(cloud=cloud), "provider") == told


async def test_an_order_that_the_cloud_does_not_know_is_refused() -> None:
    assert ORDER_ID in await refused(Office(orders=[]), "order")


async def test_a_cloud_that_does_not_answer_or_answers_for_another_order_makes_no_request() -> None:
    office = Office()
    office.cloud.reads.append(no_answer())
    assert "does not answer" in await refused(office, "cloud")
    office.cloud.reads.append(a_detailed_order(order_id="CS2611171200OTHER"))
    assert "does not answer" in await refused(office, "cloud")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"payment_status": PaymentStatus.PAID, "payment_word": "5"}, "5"),
        ({"payment_status": PaymentStatus.CANCELLED, "payment_word": "4"}, "4"),
        ({"payment_status": PaymentStatus.UNKNOWN, "payment_word": ""}, "unknown"),
        ({"inferred": True}, "6"),
    ],
)
async def test_only_an_order_that_its_provider_calls_unpaid_can_be_asked_for(
    changes: dict[str, object], word: str
) -> None:
    office = Office()
    office.cloud.change(ORDER_ID, **changes)
    assert f"“{word}”" in await refused(office, "payment_status")


@pytest.mark.parametrize(
    "approvers",
    [
        Principals(),
        people_named(ALICE),
        people_named("U0GONE"),
        people_named(ALICE, "U0ALICE2"),
        Principals(groups=frozenset({"S0EMPTY"})),
    ],
)
async def test_pitfall_14_a_rule_that_nobody_could_satisfy_blocks_the_request(
    approvers: Principals,
) -> None:
    humans = Humans((frozenset({ALICE, "U0ALICE2"}),))
    office = Office(a_policy(approvers=approvers), humans=humans)
    office.directory.add("U0ALICE2")
    office.directory.groups["S0EMPTY"] = frozenset()
    assert "Nobody could approve" in await refused(office, "no_approvers")


async def test_no_more_approvers_are_looked_up_than_are_needed() -> None:
    crowd = frozenset(f"U1{n:03}" for n in range(500))
    office = Office(a_policy(approvers=Principals(groups=frozenset({"S0ALL"})), quorum=2))
    office.directory.groups["S0ALL"] = crowd
    office.directory.add("U1000", "U1001")
    counting = CountingDirectory()
    counting.people, counting.groups = office.directory.people, office.directory.groups
    office.directory = counting
    office.restart()
    await office.asked()
    assert counting.asked == [ALICE, "U1000", "U1001"]


async def test_a_group_that_cannot_be_read_blocks_the_request() -> None:
    office = Office(a_policy(approvers=Principals(groups=frozenset({"S0FINANCE"}))))
    await refused(office, "groups")
    office.directory.groups["S0FINANCE"] = frozenset({BOB})
    await office.asked()


async def test_an_amount_that_cannot_be_compared_takes_the_strict_rule() -> None:
    strict = Rule(over=(Money(money("100000 CNY").amount, "CNY"),), quorum=2)
    office = Office(a_policy(strict))
    office.cloud.change(ORDER_ID, payable=None)
    assert office.request(await office.asked()).requirement.quorum == 2


async def test_an_input_is_judged_once() -> None:
    office = Office()
    given = office.an_input(
        K.REQUEST, ALICE, account="huawei-main", order_id=ORDER_ID, reason="twice"
    )
    assert await office.store.accept(given)
    assert (await office.requests.ask(given)).request_id
    assert (await office.requests.ask(given)).text == ""
    office.restart()
    await office.requests.ask(given)
    assert len(office.store.requests) == 1
    assert office.kinds().count(AuditKind.REQUEST_MADE) == 1
    assert not office.refusals()


async def test_an_input_that_could_not_be_stored_is_judged_later() -> None:
    office = Office()
    given = office.an_input(
        K.REQUEST, ALICE, account="huawei-main", order_id=ORDER_ID, reason="twice"
    )
    await office.store.accept(given)
    office.store.audit.full = True
    with pytest.raises(Exception, match="disk is full"):
        await office.requests.ask(given)
    office.store.audit.full = False
    await office.decisions.recover()
    assert len(office.store.requests) == 1


async def test_a_wish_left_over_by_a_crash_is_judged_and_its_refusal_sent_directly() -> None:
    office = Office()
    given = office.an_input(K.REQUEST, ALICE, account="huawei-main", order_id=ORDER_ID, reason=" ")
    await office.store.accept(given)
    office.restart()
    await office.recover()
    await office.outbox.step()
    assert office.slack.notices == [(ALICE, "A reason is required.")]


async def test_pitfall_15_a_quorum_that_is_none_counts_as_one() -> None:
    """The configuration refuses it; a request that carries it still waits for one approval."""
    office = Office(a_policy(quorum=0))
    request_id = await office.asked()
    await office.later(timedelta(hours=1))
    assert office.status(request_id) is S.PENDING
    requirement: Requirement = office.request(request_id).requirement
    assert requirement.quorum == 0
    await office.press(K.APPROVE, BOB, request_id)
    office.directory.people[BOB] = replace(office.directory.people[BOB], deleted=True)
    await office.executor.step()
    assert office.status(request_id) is S.PENDING, "no approval counts any more"
    await office.press(K.APPROVE, CAROL, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED
