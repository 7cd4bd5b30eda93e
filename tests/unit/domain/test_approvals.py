"""The machine and its rules, as whole tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.domain.approvals import (
    OPEN,
    TRANSITIONS,
    ApprovalRequest,
    RequestStatus,
    Vote,
    VoteKind,
    next_look,
)
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals, Requirement
from bot.domain.votes import (
    COUNTS,
    Company,
    Verdict,
    can_ever_be_approved,
    could_be_complete,
    counting_approvals,
    hold_of,
    may_decide,
    may_stop,
    may_take_back,
    may_vote,
    may_withdraw,
    needed,
    with_vote,
    without_votes,
)
from tests.builders import NOON, a_person
from tests.request_builders import a_request, a_requirement, a_vote

S = RequestStatus
TEAM = "T0HOME"
ALICE, BOB, CAROL, DAVE = (
    a_person(user_id=f"U0{name}") for name in ("ALICE", "BOB", "CAROL", "DAVE")
)
BOB_TOO = a_person(user_id="U0BOB2")
ALICE_TOO = a_person(user_id="U0ALICE2")
HUMANS = Humans((frozenset({"U0BOB", "U0BOB2"}), frozenset({"U0ALICE", "U0ALICE2"})))
FINANCE = frozenset({"U0CAROL", "U0ALICE2"})
COMPANY = Company(TEAM, HUMANS, {"S0FINANCE": FINANCE})
MEMBERS = Principals(members=True)
NOBODY = Principals()
BOB_ONLY = Principals(people=frozenset({"U0BOB"}))
FINANCE_ONLY = Principals(groups=frozenset({"S0FINANCE"}))

EXPECTED = {
    S.PENDING: {S.WITHDRAWN, S.DENIED, S.EXPIRED, S.OUTDATED, S.APPROVED},
    S.APPROVED: {S.STOPPED, S.EXPIRED, S.OUTDATED, S.EXECUTING},
    S.EXECUTING: {S.CANCELLED, S.FAILED, S.UNKNOWN, S.APPROVED},
    S.UNKNOWN: {S.CANCELLED, S.FAILED},
}


def approvers(principals: Principals, **parts: Any) -> Requirement:
    return a_requirement(approvers=principals, **parts)


def a_request_for(principals: Principals, **parts: Any) -> ApprovalRequest:
    return a_request(requirement=approvers(principals), **parts)


@pytest.mark.parametrize(("start", "end"), list(product(RequestStatus, repeat=2)))
def test_only_the_listed_transitions_are_possible(start: RequestStatus, end: RequestStatus) -> None:
    assert (end in TRANSITIONS[start]) is (end in EXPECTED.get(start, set()))


def test_a_request_is_open_as_long_as_something_can_follow() -> None:
    assert set(EXPECTED) == OPEN
    assert [a_request(status=status).is_open for status in S] == [s in EXPECTED for s in S]


@pytest.mark.parametrize(
    ("person", "principals", "rule"),
    [
        (BOB, BOB_ONLY, ""),
        (BOB, MEMBERS, ""),
        (CAROL, FINANCE_ONLY, ""),
        (CAROL, Principals(people=frozenset({"U0BOB"}), groups=frozenset({"S0FINANCE"})), ""),
        (DAVE, MEMBERS, ""),
        (DAVE, BOB_ONLY, "approvers"),
        (DAVE, FINANCE_ONLY, "approvers"),
        (CAROL, Principals(groups=frozenset({"S0OTHER"})), "approvers"),
        (BOB, NOBODY, "approvers"),
        (BOB_TOO, BOB_ONLY, "approvers"),  # a second account never grants a right
        (BOB_TOO, MEMBERS, ""),
        (ALICE, MEMBERS, "requester"),
        (ALICE, Principals(people=frozenset({"U0ALICE"})), "requester"),
        (ALICE_TOO, MEMBERS, "requester"),  # the requester's second account
        (ALICE_TOO, FINANCE_ONLY, "requester"),  # and through a group
        (replace(BOB, deleted=True), BOB_ONLY, "identity"),
        (replace(BOB, bot=True), BOB_ONLY, "identity"),
        (replace(BOB, guest=True), BOB_ONLY, "identity"),
        (replace(BOB, stranger=True), BOB_ONLY, "identity"),
        (replace(BOB, team_id="T0OTHER"), BOB_ONLY, "identity"),
        (replace(BOB, team_id=""), BOB_ONLY, "identity"),
        (replace(BOB, guest=True), MEMBERS, "identity"),
    ],
)
def test_who_may_decide(person: Person, principals: Principals, rule: str) -> None:
    request = a_request_for(principals)
    verdict = may_decide(request, request.requirement, person, COMPANY)
    assert (verdict.counts, verdict.rule) == (not rule, rule)


def test_the_stored_rule_and_todays_must_both_name_the_approver() -> None:
    both = [BOB_ONLY, MEMBERS]
    for stored, today in product([*both, FINANCE_ONLY], repeat=2):
        verdict = may_decide(a_request_for(stored), approvers(today), BOB, COMPANY)
        assert verdict.counts is (stored in both and today in both)


@pytest.mark.parametrize(
    ("status", "kind", "votes", "late", "rule"),
    [
        (S.PENDING, VoteKind.APPROVE, (), False, ""),
        (S.PENDING, VoteKind.DENY, (), False, ""),
        (S.PENDING, VoteKind.APPROVE, (a_vote("U0BOB"),), False, "voted"),
        (S.PENDING, VoteKind.APPROVE, (a_vote("U0BOB2"),), False, "voted"),
        (S.PENDING, VoteKind.APPROVE, (a_vote("U0CAROL"),), False, ""),
        (S.PENDING, VoteKind.DENY, (a_vote("U0BOB"),), False, ""),
        (S.PENDING, VoteKind.APPROVE, (), True, "expired"),
        (S.PENDING, VoteKind.DENY, (), True, "expired"),
        *[
            (status, kind, (), False, "status")
            for status in S
            if status is not S.PENDING
            for kind in VoteKind
        ],
    ],
)
def test_when_a_vote_counts(
    status: RequestStatus, kind: VoteKind, votes: tuple[Vote, ...], late: bool, rule: str
) -> None:
    request = a_request(status=status, votes=votes)
    now = request.expires_at - timedelta(0 if late else 1)
    verdict = may_vote(request, kind, request.requirement, BOB, COMPANY, now=now)
    assert (verdict.counts, verdict.rule) == (not rule, rule)


def test_a_person_without_the_right_is_told_so_whatever_the_status() -> None:
    for status in S:
        request = a_request(status=status)
        now = request.created_at
        verdict = may_vote(request, VoteKind.APPROVE, request.requirement, DAVE, COMPANY, now=now)
        assert verdict.rule == "approvers"


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize(
    ("user_id", "has_voted"),
    [("U0BOB", True), ("U0BOB2", True), ("U0CAROL", False), ("U0ALICE", False)],
)
def test_an_approval_is_taken_back_by_whoever_gave_it_while_pending(
    status: RequestStatus, user_id: str, has_voted: bool
) -> None:
    denial = replace(a_vote("U0CAROL"), kind=VoteKind.DENY)
    request = a_request(status=status, votes=(a_vote("U0BOB"), denial))
    verdict = may_take_back(request, user_id, HUMANS)
    if status is not S.PENDING:
        assert verdict == Verdict(counts=False, rule="status")
    else:
        assert (verdict.counts, verdict.rule) == (has_voted, "" if has_voted else "no_vote")


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize(
    ("user_id", "is_own"), [("U0ALICE", True), ("U0ALICE2", True), ("U0BOB", False)]
)
def test_only_the_requester_withdraws_and_only_while_pending(
    status: RequestStatus, user_id: str, is_own: bool
) -> None:
    verdict = may_withdraw(a_request(status=status), user_id, HUMANS)
    rule = "" if status is S.PENDING else "status"
    rule = rule if is_own else "requester_only"
    assert (verdict.counts, verdict.rule) == (not rule, rule)


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize(
    ("person", "rule"),
    [
        (ALICE, ""),
        (ALICE_TOO, ""),
        (replace(ALICE, deleted=True), ""),  # stopping is the safe side
        (Person(user_id="U0ALICE", team_id=""), ""),
        (BOB, ""),
        (DAVE, "approvers"),
        (replace(BOB, guest=True), "identity"),
    ],
)
def test_requester_and_approvers_stop_a_request_in_its_hold(
    status: RequestStatus, person: Person, rule: str
) -> None:
    request = a_request(status=status)
    verdict = may_stop(request, request.requirement, person, COMPANY)
    expected = rule or ("" if status is S.APPROVED else "status")
    assert (verdict.counts, verdict.rule) == (not expected, expected)


@pytest.mark.parametrize(
    ("votes", "people", "count"),
    [
        ([], [], 0),
        (["U0BOB"], [BOB], 1),
        (["U0BOB", "U0CAROL"], [BOB, CAROL], 2),
        (["U0BOB", "U0BOB2"], [BOB, BOB_TOO], 1),  # two accounts, one human
        (["U0BOB", "U0CAROL"], [BOB], 1),  # whom Slack does not name does not count
        (["U0BOB", "U0CAROL"], [BOB, replace(CAROL, deleted=True)], 1),
        (["U0BOB", "U0CAROL"], [BOB, replace(CAROL, guest=True)], 1),
        (["U0BOB", "U0CAROL"], [BOB, replace(CAROL, stranger=True)], 1),
        (["U0BOB", "U0CAROL"], [BOB, replace(CAROL, team_id="T0OTHER")], 1),
        (["U0BOB", "U0ALICE"], [BOB, ALICE], 1),  # never the requester's own
        (["U0BOB", "U0ALICE2"], [BOB, ALICE_TOO], 1),
    ],
)
def test_distinct_humans_who_may_decide_are_counted(
    votes: list[str], people: list[Person], count: int
) -> None:
    request = a_request_for(MEMBERS, votes=tuple(a_vote(user_id) for user_id in votes))
    assert counting_approvals(request, request.requirement, people, COMPANY) == count


def test_a_person_in_two_groups_counts_once() -> None:
    groups = {"S0ONE": frozenset({"U0CAROL"}), "S0TWO": frozenset({"U0CAROL"})}
    rule = approvers(Principals(groups=frozenset(groups)))
    request = a_request(requirement=rule, votes=(a_vote("U0CAROL"),))
    assert counting_approvals(request, rule, [CAROL], Company(TEAM, HUMANS, groups)) == 1


def test_a_denial_is_no_approval() -> None:
    request = a_request(votes=(replace(a_vote("U0BOB"), kind=VoteKind.DENY),))
    assert counting_approvals(request, request.requirement, [BOB], COMPANY) == 0


def test_a_vote_falls_with_a_stricter_rule_of_today() -> None:
    request = a_request_for(MEMBERS, votes=(a_vote("U0BOB"), a_vote("U0CAROL")))
    assert counting_approvals(request, approvers(BOB_ONLY), [BOB, CAROL], COMPANY) == 1


@pytest.mark.parametrize(
    ("stored", "today", "count"), [(1, 1, 1), (1, 2, 2), (2, 1, 2), (0, 0, 1), (-1, 0, 1)]
)
def test_the_greater_quorum_holds_and_is_never_less_than_one(
    stored: int, today: int, count: int
) -> None:
    request = a_request(requirement=a_requirement(quorum=stored))
    assert needed(request, a_requirement(quorum=today)) == count


def test_the_longer_hold_holds() -> None:
    half, whole = (a_requirement(hold=timedelta(seconds=each)) for each in (30, 60))
    assert hold_of(a_request(requirement=half), whole) == timedelta(seconds=60)
    assert hold_of(a_request(requirement=whole), half) == timedelta(seconds=60)


@pytest.mark.parametrize(
    ("principals", "quorum", "members", "possible"),
    [
        (MEMBERS, 1, [], True),
        (NOBODY, 1, [], False),
        (BOB_ONLY, 1, [BOB], True),
        (BOB_ONLY, 0, [BOB], True),
        (BOB_ONLY, 0, [], False),
        (BOB_ONLY, 1, [], False),
        (BOB_ONLY, 2, [BOB], False),
        (BOB_ONLY, 1, [replace(BOB, deleted=True)], False),
        (Principals(people=frozenset({"U0ALICE"})), 1, [ALICE], False),
        (Principals(people=frozenset({"U0ALICE", "U0ALICE2"})), 1, [ALICE, ALICE_TOO], False),
        (Principals(people=frozenset({"U0BOB", "U0BOB2"})), 2, [BOB, BOB_TOO], False),
        (Principals(people=frozenset({"U0BOB", "U0CAROL"})), 2, [BOB, CAROL], True),
        (FINANCE_ONLY, 1, [CAROL, ALICE_TOO], True),
        (FINANCE_ONLY, 2, [CAROL, ALICE_TOO], False),
    ],
)
def test_a_rule_that_nobody_else_could_satisfy_blocks_the_request(
    principals: Principals, quorum: int, members: list[Person], possible: bool
) -> None:
    rule = approvers(principals, quorum=quorum)
    assert can_ever_be_approved(rule, "U0ALICE", COMPANY, members) is possible


@pytest.mark.parametrize(
    ("votes", "stored", "today", "possible"),
    [
        ([], 1, 1, False),
        (["U0BOB"], 1, 1, True),
        (["U0BOB"], 1, 2, False),
        (["U0BOB"], 2, 1, False),
        (["U0BOB", "U0BOB2"], 2, 1, False),  # two accounts, one human
        (["U0BOB", "U0CAROL"], 2, 2, True),
        (["U0BOB", "U0CAROL"], 1, 1, True),
    ],
)
def test_approvals_could_be_enough_by_the_number_of_humans(
    votes: list[str], stored: int, today: int, possible: bool
) -> None:
    given = tuple(a_vote(user_id) for user_id in votes)
    request = a_request(requirement=a_requirement(quorum=stored), votes=given)
    assert could_be_complete(request, a_requirement(quorum=today), HUMANS) is possible


def test_a_pending_order_is_read_every_ten_minutes_and_when_its_time_is_over() -> None:
    minutes = [timedelta(minutes=each) for each in (10, 11, 9)]
    assert next_look(NOON + minutes[1], NOON) == NOON + minutes[0]
    assert next_look(NOON + minutes[2], NOON) == NOON + minutes[2]


def test_the_newest_vote_of_a_human_stands() -> None:
    request = a_request(votes=(a_vote("U0BOB"), a_vote("U0CAROL")))
    denial = Vote("U0BOB2", VoteKind.DENY, NOON)
    assert with_vote(request, denial, HUMANS) == (a_vote("U0CAROL"), denial)
    assert without_votes(request, "U0BOB2", HUMANS) == (a_vote("U0CAROL"),)


def test_a_verdict_that_counts_names_no_rule() -> None:
    assert COUNTS.counts
    assert not COUNTS.rule
