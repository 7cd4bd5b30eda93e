"""Makes a digest out of what is unpaid now, the digest before, and what people noted. Pure: what
came and what went since the digest before adds up to what is unpaid now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

from bot.domain.accounts import Capabilities
from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.digest_contents import (
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Section,
    Total,
    TrendPoint,
    Week,
)
from bot.domain.digests import NoteKind, OrderNote
from bot.domain.filters import Snapshot
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.domain.policy import Humans
from bot.domain.subjects import subject

LAPSES_SOON = timedelta(hours=24)
RENEWAL_LAPSES = timedelta(days=7)
TWO = 2  # people agree to a cancel: whoever asked and an approver

_NEVER = datetime.max.replace(tzinfo=UTC)
_EVER = datetime.min.replace(tzinfo=UTC)
_SECTIONS = tuple(Section)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the orders: the accounts' *capabilities*, who a cloud's user is
    (`account:user` -> Slack id), and what people noted about orders in this channel."""

    capabilities: Mapping[str, Capabilities]
    cloud_users: Mapping[str, str]
    notes: Sequence[OrderNote]


def lines_of(
    orders: Iterable[Order], known: Known, *, previous: DigestContents | None, now: datetime
) -> tuple[DigestLine, ...]:
    """A line for each unpaid order, in the order of showing. What an account has that was not part
    of the digest before, or was never read by then, is not new."""
    before = {_key(line): line for line in previous.lines} if previous else {}
    shown = {each.name for each in previous.accounts if each.good_at} if previous else set()
    notes = {(each.account, each.order_id, each.kind): each for each in known.notes}
    lines = [
        _line(order, known, notes, before, now, is_measured=order.account in shown)
        for order in orders
    ]
    return tuple(sorted(lines, key=_place))


def left(
    previous: DigestContents, lines: Sequence[DigestLine], accounts: Collection[str]
) -> tuple[DigestLine, ...]:
    """Lines of the digest before without one now; an account that is no longer shown is not
    asked about."""
    now = keys(lines)
    return tuple(
        line
        for line in previous.lines
        if line.account in accounts and (line.account, line.order_id) not in now
    )


def gone_line(
    line: DigestLine,
    snapshot: Snapshot | None,
    requests: Iterable[ApprovalRequest],
    *,
    now: datetime,
    since: datetime,
) -> GoneLine:
    """What became of a line's order, by what was seen last and all its requests. One that is still
    unpaid left what the digest looks at: the orders placed *since* then that its filters let
    through."""
    status = PaymentStatus.UNKNOWN if snapshot is None else snapshot.order.payment_status
    ended = status in (PaymentStatus.CANCELLED, PaymentStatus.UNKNOWN)
    here = _cancelled_by(requests) if ended else ""
    return GoneLine(
        account=line.account,
        order_id=line.order_id,
        order_number=line.order_number,
        amount=line.amount,
        subject=line.subject,
        why=Gone.CANCELLED_HERE if here else _why(line, snapshot, now, since),
        request_id=here,
    )


def totals_of(lines: Iterable[DigestLine]) -> tuple[Total, ...]:
    """By account and currency. An order without an amount counts under currency "", where a
    provider that states no currency has its amounts, too; how many those are is told apart."""
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    counts: Counter[tuple[str, str]] = Counter()
    snoozed: Counter[tuple[str, str]] = Counter()
    without: Counter[tuple[str, str]] = Counter()
    for line in lines:
        key = (line.account, line.amount.currency if line.amount else "")
        amounts[key] += line.amount.amount if line.amount else 0
        counts[key] += 1
        snoozed[key] += line.snoozed_until is not None
        without[key] += line.amount is None
    return tuple(
        Total(*key, amounts[key], counts[key], snoozed[key], without[key]) for key in sorted(counts)
    )


def week_of(
    lines: Sequence[DigestLine],
    gone: Iterable[GoneLine],
    *,
    created: int,
    at_least: bool = False,
    alone: int,
    trend: tuple[TrendPoint, ...],
    now: datetime,
) -> Week:
    """*gone* of all digests of the week, this one too. *at_least*: more may have been created."""
    why = Counter(line.why for line in gone)
    ages = [now - line.created_at for line in lines if line.created_at is not None]
    hours = [max(age, timedelta(0)) // timedelta(hours=1) for age in ages]
    return Week(
        created=created,
        paid=why[Gone.PAID],
        cancelled=why[Gone.CANCELLED_HERE] + why[Gone.CANCELLED_OUTSIDE],
        lapsed=why[Gone.LAPSED],
        median_age_hours=int(median(hours)) if hours else None,
        alone=alone,
        trend=trend,
        at_least=at_least,
    )


def trend_point(day: date, totals: Iterable[Total]) -> TrendPoint:
    """Currencies are summed over accounts, never added to each other."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for total in totals:
        if total.currency or total.amount:
            sums[total.currency] += total.amount
    return TrendPoint(day, tuple(sorted(sums.items())))


def cancelled_alone(requests: Iterable[ApprovalRequest], humans: Humans) -> int:
    """Of these cancels, those that fewer than two people had agreed to."""
    return sum(
        len({humans.human_of(each) for each in _agreed(request)}) < TWO for request in requests
    )


def keys(lines: Iterable[DigestLine]) -> frozenset[tuple[str, str]]:
    """(account, order id) of each."""
    return frozenset(map(_key, lines))


def _key(line: DigestLine) -> tuple[str, str]:
    return line.account, line.order_id


def _line(
    order: Order,
    known: Known,
    notes: Mapping[tuple[str, str, NoteKind], OrderNote],
    before: Mapping[tuple[str, str], DigestLine],
    now: datetime,
    *,
    is_measured: bool,
) -> DigestLine:
    key = (order.account, order.order_id)
    claim, snooze = notes.get((*key, NoteKind.CLAIMED)), notes.get((*key, NoteKind.SNOOZED))
    if snooze is not None and (snooze.until is None or snooze.until <= now):
        snooze = None
    last = before.get(key)
    is_new = is_measured and last is None
    is_repriced = last is not None and last.amount != order.payable
    can = known.capabilities.get(order.account)
    return DigestLine(
        section=_section(order, is_new=is_new, is_snoozed=snooze is not None, now=now),
        provider=order.provider,
        account=order.account,
        order_id=order.order_id,
        order_number=order.order_number or "",
        amount=order.payable,
        subject=subject(order),
        order_type=order.order_type,
        payment_word=order.payment_word,
        inferred=order.inferred,
        created_at=order.created_at,
        deadline=order.deadline,
        placed_by=order.placed_by,
        person=known.cloud_users.get(f"{order.account}:{order.placed_by}", ""),
        new=is_new,
        repriced=is_repriced,
        was=last.amount if last is not None and is_repriced else None,
        back=last is not None and last.snoozed_until is not None and snooze is None,
        can_cancel=can is not None and can.can_cancel and not order.inferred,
        claimed_by=claim.user_id if claim else "",
        snoozed_until=snooze.until if snooze else None,
        snoozed_by=snooze.user_id if snooze else "",
        snooze_reason=snooze.reason if snooze else "",
    )


def _section(order: Order, *, is_new: bool, is_snoozed: bool, now: datetime) -> Section:
    """A snooze hides nothing that lapses within a day. A deadline that is past is not about to
    lapse: the cloud has not said yet what became of it."""
    ahead = None if order.deadline is None else order.deadline - now
    is_renewal = order.order_type is OrderType.RENEWAL
    if _within(ahead, LAPSES_SOON):
        return Section.RENEWAL if is_renewal else Section.LAPSING
    if is_snoozed:
        return Section.SNOOZED
    if is_renewal and _within(ahead, RENEWAL_LAPSES):
        return Section.RENEWAL
    return Section.NEW if is_new else Section.REST


def _within(ahead: timedelta | None, limit: timedelta) -> bool:
    return ahead is not None and timedelta(0) < ahead <= limit


def _place(line: DigestLine) -> tuple[int, datetime, datetime, str, str]:
    """Section by section what lapses first, without a deadline the oldest."""
    return (
        _SECTIONS.index(line.section),
        line.deadline or _NEVER,
        line.created_at or _EVER,
        line.account,
        line.order_id,
    )


def _why(line: DigestLine, snapshot: Snapshot | None, now: datetime, since: datetime) -> Gone:
    if snapshot is None:
        return Gone.LAPSED if _is_past(line.deadline, now) else Gone.NOT_KNOWN
    order = snapshot.order
    if order.payment_status is PaymentStatus.PAID:
        return Gone.PAID
    if order.payment_status is PaymentStatus.UNPAID:
        return Gone.TOO_OLD if order.created_at and order.created_at < since else Gone.FILTERED
    if _is_past(order.deadline or line.deadline, snapshot.seen_at):
        return Gone.LAPSED
    is_cancelled = order.payment_status is PaymentStatus.CANCELLED
    return Gone.CANCELLED_OUTSIDE if is_cancelled else Gone.NOT_KNOWN


def _is_past(deadline: datetime | None, now: datetime) -> bool:
    return deadline is not None and deadline <= now


def _cancelled_by(requests: Iterable[ApprovalRequest]) -> str:
    """The request whose cancel took effect, late effects too; "" for none."""
    return next(
        (
            each.request_id
            for each in requests
            if each.status is RequestStatus.CANCELLED or each.outcome == Outcome.LATE_EFFECT
        ),
        "",
    )


def _agreed(request: ApprovalRequest) -> Iterable[str]:
    yield request.requested_by
    for vote in request.approvals():
        yield vote.user_id
