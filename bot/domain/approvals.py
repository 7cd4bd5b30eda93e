"""An approval request: its states, who moves it, and when a vote counts. No clock, no I/O.

    pending    withdraw | deny | expiry | the order differs or is gone
                                            -> withdrawn | denied | expired | outdated
    pending    votes complete, order re-read and the same                      -> approved
    approved   stop | expiry | the order differs, or a vote no longer counts
                                            -> stopped | expired | outdated
    approved   hold over, order re-read and the same, claimed                  -> executing
    executing  receipt yes | receipt no | no receipt      -> cancelled | failed | unknown
    executing  provably not sent, or throttled and a read shows it unpaid      -> approved
    unknown    a read shows it cancelled                                       -> cancelled
    unknown    a read shows it paid or gone, or unpaid in 3 reads over 60 s    -> failed

All others are final.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.accounts import Provider
from bot.domain.orders import Order
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals, Requirement


class RequestStatus(StrEnum):
    """The word says who acts next."""

    PENDING = "pending"  # approvers decide, or the requester withdraws
    APPROVED = "approved"  # the hold runs: requester or approvers may stop
    EXECUTING = "executing"  # claimed; the cloud is being asked
    UNKNOWN = "unknown"  # asked, but not known to what effect; reads settle it
    WITHDRAWN = "withdrawn"
    DENIED = "denied"
    EXPIRED = "expired"
    OUTDATED = "outdated"
    STOPPED = "stopped"
    CANCELLED = "cancelled"  # the cloud says the order is void
    FAILED = "failed"  # the order was not cancelled by this request


S = RequestStatus
TRANSITIONS: Mapping[RequestStatus, frozenset[RequestStatus]] = {
    S.PENDING: frozenset({S.WITHDRAWN, S.DENIED, S.EXPIRED, S.OUTDATED, S.APPROVED}),
    S.APPROVED: frozenset({S.STOPPED, S.EXPIRED, S.OUTDATED, S.EXECUTING}),
    S.EXECUTING: frozenset({S.CANCELLED, S.FAILED, S.UNKNOWN, S.APPROVED}),
    S.UNKNOWN: frozenset({S.CANCELLED, S.FAILED}),
    S.WITHDRAWN: frozenset(),
    S.DENIED: frozenset(),
    S.EXPIRED: frozenset(),
    S.OUTDATED: frozenset(),
    S.STOPPED: frozenset(),
    S.CANCELLED: frozenset(),
    S.FAILED: frozenset(),
}
OPEN = frozenset(status for status, following in TRANSITIONS.items() if following)


class Outcome(StrEnum):
    """Why a request stands where it stands, where the status alone does not tell. Pairs in use:

    pending    no_answer (votes complete, but the cloud or Slack does not answer)
    approved   no_answer, throttled, not_sent (the latter two: asked once, to no effect)
    unknown    no_receipt (restarted during the call), no_answer (the call's answer was unclear),
               unconfirmed (the cloud said yes, but does not show it)
    expired    expired_deadline (the order's own), gone, paid
    outdated   changed, gone, paid, votes, identity (the requester is no longer active)
    failed     refused, combined, paid, gone, still_unpaid, late_effect
    All statuses, these too, also stand with none ("").
    """

    CHANGED = "changed"
    GONE = "gone"  # the cloud says cancelled, or no longer knows it
    PAID = "paid"
    VOTES = "votes"
    IDENTITY = "identity"
    DEADLINE = "expired_deadline"
    NO_ANSWER = "no_answer"
    NO_RECEIPT = "no_receipt"
    UNCONFIRMED = "unconfirmed"
    THROTTLED = "throttled"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    COMBINED = "combined"  # part of a combined transaction; `current` is the whole where known
    STILL_UNPAID = "still_unpaid"
    LATE_EFFECT = "late_effect"  # failed, yet the order turned out to be cancelled later


class VoteKind(StrEnum):
    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Vote:
    """A decision that counted when it was made. One person has one vote; the newest stands."""

    user_id: str
    kind: VoteKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A wish to cancel one unpaid order. Times are aware UTC.

    *order* is the order as read when the request was made, *fingerprint* what decides whether it
    is still the same one. *requirement* is the rule of that moment. *expires_at* is the earlier of
    the policy's limit and the order's own deadline. *due_at* is when the executor looks again,
    None when nobody waits for it. *fence* numbers the claims. *outcome* is an Outcome or "",
    *outcome_text* the provider's own words for it, or "".
    """

    request_id: str
    version: int
    status: RequestStatus
    provider: Provider
    account: str
    order_id: str
    order: Order
    fingerprint: str
    requested_by: str
    reason: str
    requirement: Requirement
    created_at: datetime
    expires_at: datetime
    votes: tuple[Vote, ...] = ()
    due_at: datetime | None = None
    approved_at: datetime | None = None
    hold_until: datetime | None = None
    fence: int = 0
    claimed_at: datetime | None = None
    reads: int = 0  # unknown: reads that said unpaid; else re-reads in a row without an answer
    ended_at: datetime | None = None
    ended_by: str = ""  # a user id, or "" when no person ended it
    end_reason: str = ""  # a denial's reason
    outcome: str = ""
    outcome_text: str = ""
    current: Order | None = None  # the order as read last, where it differs from *order*

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def approvals(self) -> tuple[Vote, ...]:
        return tuple(vote for vote in self.votes if vote.kind is VoteKind.APPROVE)


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
    if request.status is not S.PENDING:
        return Verdict(counts=False, rule="status")
    if now >= request.expires_at:
        return Verdict(counts=False, rule="expired")
    if kind is VoteKind.APPROVE and _voted(request, person.user_id, company.humans):
        return Verdict(counts=False, rule="voted")
    return COUNTS


def may_take_back(request: ApprovalRequest, user_id: str, humans: Humans) -> Verdict:
    """An approval may be taken back by whoever gave it, while the request is pending."""
    if request.status is not S.PENDING:
        return Verdict(counts=False, rule="status")
    return COUNTS if _voted(request, user_id, humans) else Verdict(counts=False, rule="no_vote")


def may_withdraw(request: ApprovalRequest, user_id: str, humans: Humans) -> Verdict:
    """Only the requester withdraws, and only while the request is pending."""
    if not humans.same(user_id, request.requested_by):
        return Verdict(counts=False, rule="requester_only")
    if request.status is not S.PENDING:
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
    if request.status is not S.APPROVED:
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
