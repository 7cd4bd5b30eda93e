"""What a cancel call came to, and what reads make of an outcome that is not known. Pure.

A request is `cancelled` only once a read shows it. It is `failed` once the cloud refused, or a read
shows the order paid or gone, or four reads that lie 80 s apart still show it unpaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.orders import CancelEffect, CancelReceipt, Order
from bot.services.reading import Found, Reading
from bot.services.steps import Facts, Step, ended, step

FIRST_READ = timedelta(seconds=2)
BETWEEN_UNPAID = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
UNANSWERED_MOST = timedelta(hours=1)  # between reads that get no answer
WATCHED = timedelta(hours=24)  # how long an order that seems untouched is looked at
WATCH_FIRST = timedelta(minutes=5)
RELEASED = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))

S = RequestStatus
_OVER = {Found.PAID: Outcome.PAID, Found.GONE: Outcome.GONE}


@dataclass(frozen=True, slots=True)
class Call:
    """A cancel call that was made. *reading* is the order afterwards, of no use where nothing was
    sent or no answer came; *whole* the combined transaction that the order belongs to, if the
    cloud spoke of one and it was found."""

    receipt: CancelReceipt
    reading: Reading
    whole: Order | None
    at: datetime

    @property
    def said(self) -> str:
        return " ".join(word for word in (self.receipt.code, self.receipt.text) if word)

    @property
    def facts(self) -> Facts:
        return {
            "effect": self.receipt.effect.value,
            "code": self.receipt.code,
            "provider_request_id": self.receipt.request_id,
            "read": self.reading.found.value,
        }


def after_call(claimed: ApprovalRequest, call: Call) -> Step:
    effect, reading = call.receipt.effect, call.reading
    if effect is CancelEffect.NOT_SENT:
        return _released(claimed, Outcome.NOT_SENT, call)
    if effect is CancelEffect.THROTTLED and reading.found is Found.UNPAID:
        return _released(claimed, Outcome.THROTTLED, call)
    if effect is CancelEffect.NO:
        return _refused(claimed, call)
    unclear = Outcome.UNCONFIRMED if effect is CancelEffect.YES else Outcome.NO_ANSWER
    settled = _settled(claimed, reading, call.at, call.said, call.facts)
    return settled or unknown(claimed, unclear, call.at, call.said, call.facts)


def after_read(request: ApprovalRequest, reading: Reading, now: datetime) -> Step:
    """The next step of an unknown request."""
    facts: Facts = {"read": reading.found.value, "unpaid_reads": request.reads}
    settled = _settled(request, reading, now, request.outcome_text, facts)
    if settled is not None:
        return settled
    if reading.found is not Found.UNPAID:
        return step(
            request,
            AuditKind.REQUEST_READ,
            facts=facts,
            texts={"problem": reading.problem},
            quiet=True,
            due_at=now + _unanswered(request, now),
        )
    if request.reads < len(BETWEEN_UNPAID):
        return step(
            request,
            AuditKind.REQUEST_READ,
            facts=facts,
            quiet=True,
            reads=request.reads + 1,
            due_at=now + BETWEEN_UNPAID[request.reads],
        )
    return ended(
        request,
        S.FAILED,
        at=now,
        outcome=Outcome.STILL_UNPAID,
        outcome_text=request.outcome_text,
        due_at=now + WATCH_FIRST,
        facts=facts,
    )


def after_watch(request: ApprovalRequest, reading: Reading, now: datetime) -> Step:
    """The next step of a failed request whose order was still unpaid when it ended."""
    facts: Facts = {"read": reading.found.value}
    if reading.found is Found.CANCELLED:
        return step(
            request,
            AuditKind.LATE_EFFECT,
            facts=facts,
            outcome=Outcome.LATE_EFFECT,
            current=reading.order,
            due_at=None,
        )
    asked_for = now - (request.claimed_at or now)
    is_over = reading.found in _OVER or asked_for >= WATCHED
    due_at = None if is_over else now + max(WATCH_FIRST, asked_for)
    return step(request, AuditKind.REQUEST_READ, facts=facts, quiet=True, due_at=due_at)


def unwatched(request: ApprovalRequest) -> Step:
    """A later request asked the cloud for the same order: what shows now is no late effect."""
    return step(
        request, AuditKind.REQUEST_READ, facts={"read": "not_needed"}, quiet=True, due_at=None
    )


def unknown(
    claimed: ApprovalRequest,
    outcome: Outcome,
    now: datetime,
    said: str = "",
    facts: Facts | None = None,
) -> Step:
    return step(
        claimed,
        AuditKind.REQUEST_UNKNOWN,
        facts=facts,
        texts={"outcome": said},
        status=S.UNKNOWN,
        due_at=now + FIRST_READ,
        reads=0,
        outcome=outcome,
        outcome_text=said,
    )


def _settled(
    request: ApprovalRequest, reading: Reading, now: datetime, said: str, facts: Facts
) -> Step | None:
    """None while a read settles nothing."""
    if reading.found is Found.CANCELLED:
        return ended(request, S.CANCELLED, at=now, current=reading.order, facts=facts)
    if reading.found in _OVER:
        return ended(
            request,
            S.FAILED,
            at=now,
            outcome=_OVER[reading.found],
            outcome_text=said,
            current=reading.order,
            facts=facts,
        )
    return None


def _refused(claimed: ApprovalRequest, call: Call) -> Step:
    """The cloud's no stands; the read tells why, where it can. An order that is cancelled though
    the cloud refused was cancelled by somebody else."""
    over = _OVER | {Found.CANCELLED: Outcome.GONE}
    refusal = Outcome.COMBINED if call.receipt.combined else Outcome.REFUSED
    outcome = over.get(call.reading.found, refusal)
    return ended(
        claimed,
        S.FAILED,
        at=call.at,
        outcome=outcome,
        outcome_text=call.said,
        current=call.whole if outcome is Outcome.COMBINED else call.reading.order,
        facts=call.facts,
    )


def _released(claimed: ApprovalRequest, outcome: Outcome, call: Call) -> Step:
    """Nothing happened at the cloud: approved again, and tried again after a while."""
    wait = RELEASED[min(claimed.fence, len(RELEASED)) - 1]
    return step(
        claimed,
        AuditKind.REQUEST_RELEASED,
        facts=call.facts,
        texts={"outcome": call.said},
        status=S.APPROVED,
        due_at=min(call.at + wait, claimed.expires_at),
        reads=0,
        outcome=outcome,
        outcome_text=call.said,
    )


def _unanswered(request: ApprovalRequest, now: datetime) -> timedelta:
    """As long as it has been since the claim, so that waiting doubles."""
    waited = now - (request.claimed_at or now)
    return min(max(waited, FIRST_READ), UNANSWERED_MOST)
