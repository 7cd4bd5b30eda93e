"""An approval request: its states and what moves it. No clock, no I/O. Whose word counts stands
in bot.domain.votes.

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

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.accounts import Provider
from bot.domain.orders import Order
from bot.domain.policy import Requirement


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
WATCH = timedelta(minutes=10)  # between two looks at an order while people decide


class Outcome(StrEnum):
    """Why a request stands where it stands, where the status alone does not tell. Pairs in use:

    pending    no_answer (votes complete, but the cloud or Slack does not answer), votes (they were
               enough, but some of them no longer count)
    approved   no_answer, throttled, not_sent (the latter two: asked once, to no effect)
    unknown    no_receipt (restarted during the call), no_answer (the call's answer was unclear),
               unconfirmed (the cloud said yes, but does not show it)
    expired    expired_deadline (the order's own), gone, paid, restored (the database was, from a
               backup that is older than what happened to the request); where people had approved:
               no_answer (of the cloud or Slack), not_done (for any other reason)
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
    RESTORED = "restored"
    LATE_EFFECT = "late_effect"  # failed, yet the order turned out to be cancelled later
    NOT_DONE = "not_done"


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


def next_look(expires_at: datetime, now: datetime) -> datetime:
    """When the order of a pending request is read again, although nobody decides."""
    return min(expires_at, now + WATCH)
