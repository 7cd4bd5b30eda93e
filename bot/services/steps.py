"""The next state of a request as one value, with its record and the messages that it owes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.audit import AuditEntry, AuditKind, about_order
from bot.domain.orders import Order
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.services.sentences import news

BOT = "countersign"  # the actor where no person acted

S = RequestStatus
_ENDED = {
    S.WITHDRAWN: AuditKind.REQUEST_WITHDRAWN,
    S.DENIED: AuditKind.REQUEST_DENIED,
    S.EXPIRED: AuditKind.REQUEST_EXPIRED,
    S.OUTDATED: AuditKind.REQUEST_OUTDATED,
    S.STOPPED: AuditKind.REQUEST_STOPPED,
    S.CANCELLED: AuditKind.REQUEST_CANCELLED,
    S.FAILED: AuditKind.REQUEST_FAILED,
}
_TELLS_REQUESTER = frozenset(
    {S.DENIED, S.STOPPED, S.EXPIRED, S.OUTDATED, S.CANCELLED, S.FAILED, S.UNKNOWN}
)
_TELLS_VOTERS = frozenset({S.EXPIRED, S.OUTDATED, S.FAILED})

Facts = Mapping[str, str | bool | int | None]


@dataclass(frozen=True, slots=True)
class Step:
    before: ApprovalRequest
    after: ApprovalRequest
    entry: AuditEntry
    owed: tuple[Owed, ...]


def step(
    before: ApprovalRequest,
    kind: AuditKind,
    *,
    actor: str = BOT,
    facts: Facts | None = None,
    texts: Mapping[str, str] | None = None,
    quiet: bool = False,
    **changes: Any,
) -> Step:
    """*changes* are fields of the request. A *quiet* step shows on no card."""
    after = replace(before, version=before.version + 1, **changes)
    told: dict[str, str | bool | int | None] = {
        "request_id": after.request_id,
        "status": after.status.value,
        "outcome": after.outcome,
        "fence": after.fence,
    }
    entry = AuditEntry(
        kind=kind,
        actor=actor,
        subject=about_order(after.account, after.order_id),
        facts=told | dict(facts or {}),
        texts={name: text for name, text in (texts or {}).items() if text},
    )
    is_news = after.status is not before.status or after.outcome == Outcome.LATE_EFFECT
    notices = _notices(after, actor) if is_news else ()
    return Step(before, after, entry, () if quiet else (card(after), *notices))


def ended(
    before: ApprovalRequest,
    status: RequestStatus,
    *,
    at: datetime,
    by: str = "",
    end_reason: str = "",
    outcome: Outcome | None = None,
    outcome_text: str = "",
    current: Order | None = None,
    due_at: datetime | None = None,
    facts: Facts | None = None,
) -> Step:
    """The last step of a request. *by* is the person who ended it, "" if none did."""
    return step(
        before,
        _ENDED[status],
        actor=by or BOT,
        facts=facts,
        texts={"reason": end_reason, "outcome": outcome_text},
        status=status,
        ended_at=at,
        ended_by=by,
        end_reason=end_reason,
        outcome=outcome or "",
        outcome_text=outcome_text,
        current=current,
        due_at=due_at,
        reads=0,
    )


def card(request: ApprovalRequest) -> Owed:
    return _card(request.request_id, str(request.version))


def redraw(request_id: str, cause: str) -> Owed:
    """The card once more though the record stands as it is; *cause* makes it unique."""
    return _card(request_id, f"redraw:{cause}")


def notice(request_id: str, user_id: str, text: str, cause: str) -> Owed:
    """A sentence for one person; *cause* makes it unique."""
    return Owed(
        dedup=f"notice:{request_id}:{cause}:{user_id}",
        lane=Lane.NOTICES,
        kind=OwedKind.NOTICE,
        request_id=request_id,
        user_id=user_id,
        text=text,
    )


def _card(request_id: str, cause: str) -> Owed:
    return Owed(
        dedup=f"card:{request_id}:{cause}",
        lane=Lane.DECISIONS,
        kind=OwedKind.CARD,
        request_id=request_id,
    )


def _notices(after: ApprovalRequest, actor: str) -> tuple[Owed, ...]:
    """Cards change in silence, so whoever waits for an end is told; not whoever caused it."""
    readers: set[str] = set()
    if after.status in _TELLS_REQUESTER:
        readers.add(after.requested_by)
    if after.status in _TELLS_VOTERS:
        readers.update(vote.user_id for vote in after.votes)
    readers.discard(actor)
    return tuple(
        notice(after.request_id, user_id, news(after), str(after.version))
        for user_id in sorted(readers)
    )
