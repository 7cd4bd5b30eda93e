"""Whose click counts: people, groups and today's policy as they are at that moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals
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

S = RequestStatus
K = InputKind


async def refused(  # noqa: PLR0917 - a table's columns
    office: Office, rule: str, kind: InputKind, user_id: str, request_id: str, reason: str = ""
) -> str:
    """The sentence for a click that *rule* stops; the request stays as it is."""
    before = office.store.requests.get(request_id)
    told = await office.press(kind, user_id, request_id, reason=reason)
    assert office.refusals()[-1] == (user_id, rule)
    assert office.store.requests.get(request_id) == before
    assert not await office.store.waiting_inputs(limit=1)
    assert not office.cancel_calls
    assert told.text
    return told.text


async def test_pitfall_13_the_requester_does_not_approve_not_even_with_a_second_account() -> None:
    policy = a_policy(
        approvers=Principals(people=frozenset({ALICE, BOB}), groups=frozenset({"S0FINANCE"}))
    )
    office = Office(policy, humans=Humans((frozenset({ALICE, "U0ALICE2"}),)))
    office.directory.add("U0ALICE2")
    office.directory.groups["S0FINANCE"] = frozenset({ALICE, "U0ALICE2"})
    request_id = await office.asked()
    for user_id in (ALICE, "U0ALICE2"):
        told = await refused(office, "requester", K.APPROVE, user_id, request_id)
        assert "somebody else" in told


async def test_pitfall_16_a_request_that_needs_two_still_needs_two_after_a_restart() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    office.restart()
    await office.recover()
    await office.later(HOLD * 2)
    assert office.status(request_id) is S.PENDING
    await office.press(K.APPROVE, CAROL, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_pitfall_17_one_person_counts_once_in_two_groups_and_with_two_accounts() -> None:
    groups = {"S0ONE": frozenset({BOB, "U0BOB2"}), "S0TWO": frozenset({BOB, CAROL})}
    office = Office(
        a_policy(approvers=Principals(groups=frozenset(groups)), quorum=2),
        humans=Humans((frozenset({BOB, "U0BOB2"}),)),
    )
    office.directory.add("U0BOB2")
    office.directory.groups.update(groups)
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await refused(office, "voted", K.APPROVE, "U0BOB2", request_id)
    await office.executor.step()
    assert office.status(request_id) is S.PENDING


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"deleted": True}, "identity"),
        ({"guest": True}, "identity"),
        ({"bot": True}, "identity"),
        ({"stranger": True}, "identity"),
        ({"team_id": "T0OTHER"}, "identity"),
        ({"team_id": ""}, "identity"),
    ],
)
async def test_pitfall_18_an_approver_who_changed_since_the_card_was_posted_is_refused(
    changes: dict[str, object], rule: str
) -> None:
    office = Office()
    request_id = await office.asked()
    bob: Person = office.directory.people[BOB]
    office.directory.people[BOB] = replace(bob, **changes)  # type: ignore[arg-type]
    await refused(office, rule, K.APPROVE, BOB, request_id)


async def test_pitfall_18_an_approver_removed_from_the_rule_is_refused() -> None:
    office = Office()
    request_id = await office.asked()
    office.policy = a_policy(approvers=people_named(CAROL))
    office.restart()
    await refused(office, "approvers", K.APPROVE, BOB, request_id)
    await office.press(K.APPROVE, CAROL, request_id)
    assert len(office.request(request_id).votes) == 1


async def test_pitfall_29_the_stricter_stored_rule_holds_after_the_policy_was_loosened() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    office.policy = a_policy(quorum=1, approvers=Principals(members=True))
    office.restart()
    await refused(office, "approvers", K.APPROVE, DAVE, request_id)
    await office.press(K.APPROVE, BOB, request_id)
    await office.later(HOLD)
    assert office.status(request_id) is S.PENDING


async def test_identity_that_slack_does_not_tell_refuses_and_asks_to_press_again() -> None:
    office = Office()
    request_id = await office.asked()
    bob = office.directory.people.pop(BOB)
    told = await refused(office, "unreadable", K.APPROVE, BOB, request_id)
    assert "press again" in told
    office.directory.people[BOB] = bob
    await office.press(K.APPROVE, BOB, request_id)
    assert len(office.request(request_id).votes) == 1


async def test_a_group_that_cannot_be_read_refuses_too() -> None:
    office = Office(a_policy(approvers=Principals(groups=frozenset({"S0FINANCE"}))))
    office.directory.groups["S0FINANCE"] = frozenset({BOB})
    request_id = await office.asked()
    office.directory.groups.clear()
    await refused(office, "unreadable", K.APPROVE, BOB, request_id)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (K.APPROVE, "approvers"),
        (K.DENY, "approvers"),
        (K.STOP, "approvers"),
        (K.WITHDRAW, "requester_only"),
        (K.TAKE_BACK, "no_vote"),
    ],
)
async def test_pitfall_20_50_a_person_without_rights_is_refused_in_private_and_recorded(
    kind: InputKind, rule: str
) -> None:
    office = Office()
    request_id = await office.asked()
    assert await refused(office, rule, kind, DAVE, request_id, "because")
    assert office.kinds()[-2:] == [AuditKind.INPUT_STORED, AuditKind.INPUT_REFUSED]


async def test_pitfall_21_no_right_follows_from_anything_but_the_id() -> None:
    office = Office()
    request_id = await office.asked()
    office.directory.add(BOB.lower(), f"{BOB} ")
    for user_id in (BOB.lower(), f"{BOB} "):
        await refused(office, "approvers", K.APPROVE, user_id, request_id)


async def test_pitfall_50_each_way_to_end_leaves_one_record_with_its_actor() -> None:
    for kind, user, record in (
        (K.DENY, BOB, AuditKind.REQUEST_DENIED),
        (K.WITHDRAW, ALICE, AuditKind.REQUEST_WITHDRAWN),
    ):
        office = Office()
        await office.press(kind, user, await office.asked(), reason="no")
        (entry,) = [each for each in office.store.audit.entries if each.kind is record]
        assert (entry.actor, entry.subject) == (user, f"order:huawei-main/{ORDER_ID}")
    office = Office()
    request_id = await office.asked()
    await office.later(timedelta(hours=24))
    (entry,) = [e for e in office.store.audit.entries if e.kind is AuditKind.REQUEST_EXPIRED]
    assert (entry.actor, entry.facts["request_id"]) == ("countersign", request_id)
