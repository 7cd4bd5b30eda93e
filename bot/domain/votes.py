"""Who may decide, withdraw or stop a request, and how many approvals count. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.approvals import ApprovalRequest, RequestStatus, Vote, VoteKind
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals, Requirement


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an input counts; if not, *rule* names what stopped it, for the record and
    `/order why`: `requester`, `identity`, `approvers`, `status`, `voted`, `expired` …"""

    counts: bool
    rule: str = ""


COUNTS = Verdict(counts=True)


@dataclass(frozen=True, slots=True)
class Company:
    """Who people are at this moment: *groups* holds the members of each user group that a rule
    names, *team_id* is the bot's workspace."""

    team_id: str
    humans: Humans
    groups: Mapping[str, frozenset[str]]

    def holds(self, principals: Principals, person: Person) -> bool:
        """Whether *principals* name this full member, by this very id: a second account of the
        same human counts as that human against a right, and never grants one."""
        if not person.full_member_of(self.team_id):
            return False
        return (
            principals.members
            or person.user_id in principals.people
            or any(person.user_id in self.groups.get(each, ()) for each in principals.groups)
        )


def may_decide(
    request: ApprovalRequest, today: Requirement, person: Person, company: Company
) -> Verdict:
    """Whether *person* may approve or deny, by the rule stored with the request and by today's."""
    if not person.full_member_of(company.team_id):
        return Verdict(counts=False, rule="identity")
    if company.humans.same(person.user_id, request.requested_by):
        return Verdict(counts=False, rule="requester")
    for requirement in (request.requirement, today):
        if not company.holds(requirement.approvers, person):
            return Verdict(counts=False, rule="approvers")
    return COUNTS


def may_vote(
    request: ApprovalRequest,
    kind: VoteKind,
    today: Requirement,
    person: Person,
    company: Company,
    *,
    now: datetime,
) -> Verdict:
    """The same, at this moment: the request must still be pending, and one vote is enough."""
    allowed = may_decide(request, today, person, company)
    if not allowed.counts:
        return allowed
    if request.status is not RequestStatus.PENDING:
        return Verdict(counts=False, rule="status")
    if now >= request.expires_at:
        return Verdict(counts=False, rule="expired")
    if kind is VoteKind.APPROVE and _voted(request, person.user_id, company.humans):
        return Verdict(counts=False, rule="voted")
    return COUNTS


def may_take_back(request: ApprovalRequest, user_id: str, humans: Humans) -> Verdict:
    """An approval may be taken back by whoever gave it, while the request is pending."""
    if request.status is not RequestStatus.PENDING:
        return Verdict(counts=False, rule="status")
    return COUNTS if _voted(request, user_id, humans) else Verdict(counts=False, rule="no_vote")


def may_withdraw(request: ApprovalRequest, user_id: str, humans: Humans) -> Verdict:
    """Only the requester withdraws, and only while the request is pending."""
    if not humans.same(user_id, request.requested_by):
        return Verdict(counts=False, rule="requester_only")
    if request.status is not RequestStatus.PENDING:
        return Verdict(counts=False, rule="status")
    return COUNTS


def may_stop(
    request: ApprovalRequest, today: Requirement, person: Person, company: Company
) -> Verdict:
    """The requester, or whoever may decide, stops it during the hold. As with withdrawing, nothing
    but the id is asked of the requester: stopping is the safe side."""
    own = company.humans.same(person.user_id, request.requested_by)
    allowed = COUNTS if own else may_decide(request, today, person, company)
    if not allowed.counts:
        return allowed
    if request.status is not RequestStatus.APPROVED:
        return Verdict(counts=False, rule="status")
    return COUNTS


def counting_approvals(
    request: ApprovalRequest,
    today: Requirement,
    people: Iterable[Person],
    company: Company,
) -> int:
    """How many distinct humans' approvals count now. *people* are the voters as they are now;
    one whom Slack does not name is missing and does not count."""
    known = {person.user_id: person for person in people}
    humans = {
        company.humans.human_of(vote.user_id)
        for vote in request.approvals()
        if vote.user_id in known and may_decide(request, today, known[vote.user_id], company).counts
    }
    return len(humans)


def needed(request: ApprovalRequest, today: Requirement) -> int:
    """The greater quorum of the stored rule and today's; never less than one."""
    return max(1, request.requirement.quorum, today.quorum)


def could_be_complete(request: ApprovalRequest, today: Requirement, humans: Humans) -> bool:
    """Whether the approvals are enough as long as each of them still counts."""
    voters = {humans.human_of(vote.user_id) for vote in request.approvals()}
    return len(voters) >= needed(request, today)


def can_ever_be_approved(
    requirement: Requirement, requested_by: str, company: Company, members: Iterable[Person]
) -> bool:
    """Whether enough people other than the requester may approve: a rule whose approvers are
    empty, or only the requester, blocks a request instead of waiting for nobody. *members* are the
    people named by the rule, as they are now; a rule that names all full members always has some.
    """
    if requirement.approvers.members:
        return True
    humans = {
        company.humans.human_of(person.user_id)
        for person in members
        if company.holds(requirement.approvers, person)
        and not company.humans.same(person.user_id, requested_by)
    }
    return len(humans) >= max(1, requirement.quorum)


def hold_of(request: ApprovalRequest, today: Requirement) -> timedelta:
    """The longer hold of the stored rule and today's."""
    return max(request.requirement.hold, today.hold)


def with_vote(request: ApprovalRequest, vote: Vote, humans: Humans) -> tuple[Vote, ...]:
    """The votes once *vote* stands; an earlier one of the same human falls."""
    return (*without_votes(request, vote.user_id, humans), vote)


def without_votes(request: ApprovalRequest, user_id: str, humans: Humans) -> tuple[Vote, ...]:
    """The votes of all other humans."""
    return tuple(vote for vote in request.votes if not humans.same(vote.user_id, user_id))


def _voted(request: ApprovalRequest, user_id: str, humans: Humans) -> bool:
    return any(humans.same(vote.user_id, user_id) for vote in request.approvals())
