"""Our own ports in memory. Each store passes the contract tests of its real counterpart."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.filters import (
    AccountAnswer,
    Coverage,
    OrderFilter,
    Snapshot,
    SnapshotPage,
    Sort,
)
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.errors import StorageError
from tests.builders import NOON
from tests.fake_audit import FakeAuditLog, whole_ms
from tests.fake_requests import FakeOutboxStore, FakeRequestStore
from tests.fake_slack import FakeDirectory, FakeMessenger

__all__ = [
    "FakeAuditLog",
    "FakeConversationStore",
    "FakeDirectory",
    "FakeMessenger",
    "FakeOutboxStore",
    "FakeRequestStore",
    "FakeSnapshotStore",
    "FixedClock",
]

_DAY = timedelta(hours=24)


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


class FakeSnapshotStore:
    """`saves` counts the transactions with orders; when the disk is `full` none succeeds."""

    def __init__(self) -> None:
        self.saves = 0
        self.full = False
        self._snapshots: dict[tuple[str, str], Snapshot] = {}
        self._rows: dict[tuple[str, str], Order] = {}
        self._stale: set[tuple[str, str]] = set()
        self._coverage: dict[str, Coverage] = {}
        self._answers: dict[str, AccountAnswer] = {}

    async def save(self, orders: Sequence[Order], *, seen_at: datetime) -> None:
        if self.full:
            raise StorageError("the disk is full")
        self.saves += 1
        for order in orders:
            key = (order.account, order.order_id)
            merged = self._details(key, order) if order.detailed else self._row(key, order)
            self._snapshots[key] = Snapshot(merged, whole_ms(seen_at))

    def _details(self, key: tuple[str, str], order: Order) -> Order:
        self._stale.discard(key)
        return order

    def _row(self, key: tuple[str, str], row: Order) -> Order:
        last, self._rows[key] = self._rows.get(key), row
        known = self._snapshots[key].order if key in self._snapshots else None
        if known is None or not known.detailed:
            return row
        if last is None:
            same = row.payment_status is known.payment_status
            same = same and row.payable in (None, known.payable)
        else:
            same = row == last
        if same:
            return known
        self._stale.add(key)
        return replace(
            known,
            payment_status=row.payment_status,
            payment_word=row.payment_word,
            payable=row.payable or known.payable,
            paid_at=row.paid_at or known.paid_at,
            deadline=row.deadline or known.deadline,
        )

    async def get(self, account: str, order_id: str) -> Snapshot | None:
        return self._snapshots.get((account, order_id))

    async def find_by_id(self, order_id: str, accounts: frozenset[str]) -> tuple[Snapshot, ...]:
        found = [
            each
            for each in self._snapshots.values()
            if each.order.account in accounts
            and order_id in (each.order.order_id, each.order.order_number)
        ]
        return tuple(sorted(found, key=lambda each: (each.order.account, each.order.order_id)))

    async def page(self, wanted: OrderFilter, *, offset: int, limit: int) -> SnapshotPage:
        fitting = [each for each in self._snapshots.values() if _fits(each.order, wanted)]
        status = wanted.payment_status
        shown = [each for each in fitting if status in (None, each.order.payment_status)]
        if wanted.sort is Sort.NEWEST:
            shown.sort(key=lambda each: (each.order.account, each.order.order_id))
            shown.sort(key=lambda each: _created(each.order), reverse=True)
        else:
            shown.sort(key=_lapse)
        unknown = sum(each.order.payment_status is PaymentStatus.UNKNOWN for each in fitting)
        return SnapshotPage(tuple(shown[offset : offset + limit]), len(shown), unknown)

    async def pages(self, wanted: OrderFilter, *, limit: int) -> AsyncGenerator[SnapshotPage, None]:
        whole = await self.page(wanted, offset=0, limit=limit)
        for start in range(0, max(1, len(whole.snapshots)), 2):
            yield replace(whole, snapshots=whole.snapshots[start : start + 2])

    async def due_for_details(self, account: str, *, limit: int) -> tuple[str, ...]:
        return self._newest_ids(
            [
                order
                for key, order in self._orders(account)
                if order.payment_status in (PaymentStatus.UNPAID, PaymentStatus.UNKNOWN)
                and (not order.detailed or key in self._stale)
            ],
            limit,
        )

    async def open_ids(self, account: str, *, since: datetime, limit: int) -> tuple[str, ...]:
        return self._newest_ids(
            [
                order
                for _key, order in self._orders(account)
                if order.payment_status is PaymentStatus.UNPAID
                and (order.created_at is None or order.created_at >= since)
            ],
            limit,
        )

    async def doubtful_ids(
        self, account: str, *, since: datetime, seen_before: datetime, limit: int
    ) -> tuple[str, ...]:
        return self._newest_ids(
            [
                order
                for key, order in self._orders(account)
                if order.payment_status is PaymentStatus.UNKNOWN
                and order.order_type is not OrderType.REFUND
                and order.created_at is not None
                and order.created_at >= since
                and order.detailed
                and self._snapshots[key].seen_at < seen_before
            ],
            limit,
        )

    def _orders(self, account: str) -> list[tuple[tuple[str, str], Order]]:
        return [(key, each.order) for key, each in self._snapshots.items() if key[0] == account]

    @staticmethod
    def _newest_ids(orders: list[Order], limit: int) -> tuple[str, ...]:
        orders.sort(key=lambda order: order.order_id)
        orders.sort(key=_created, reverse=True)
        return tuple(order.order_id for order in orders[:limit])

    async def coverage(self, account: str) -> Coverage | None:
        return self._coverage.get(account)

    async def coverages(self) -> dict[str, Coverage]:
        return dict(self._coverage)

    async def cover(self, coverage: Coverage) -> None:
        self._coverage[coverage.account] = Coverage(
            coverage.account,
            whole_ms(coverage.since),
            whole_ms(coverage.until),
            coverage.unpaid_since and whole_ms(coverage.unpaid_since),
            coverage.unpaid_at and whole_ms(coverage.unpaid_at),
        )

    async def answered(self, account: str, *, at: datetime) -> None:
        self._answers[account] = AccountAnswer(account, whole_ms(at))

    async def failed(self, account: str, *, at: datetime, error: str) -> None:
        before = self._answers.get(account, AccountAnswer(account, None))
        self._answers[account] = replace(before, failed_at=whole_ms(at), error=error)

    async def answers(self) -> dict[str, AccountAnswer]:
        return dict(self._answers)


@dataclass(frozen=True, slots=True)
class FakeCard:
    kind: str
    state: str
    user: str
    at: datetime


class FakeConversationStore:
    def __init__(self) -> None:
        self.cards: dict[str, FakeCard] = {}
        self._recent: dict[tuple[str, str, str, str], datetime] = {}
        self._drafts: dict[tuple[str, str], tuple[dict[str, str], datetime]] = {}
        self._inputs: dict[str, datetime] = {}

    async def put(
        self, kind: str, states: Sequence[dict[str, object]], *, user: str, at: datetime
    ) -> tuple[str, ...]:
        made = {secrets.token_urlsafe(12): state for state in states}
        for card_id, state in made.items():
            self.cards[card_id] = FakeCard(kind, json.dumps(state), user, at)
        return tuple(made)

    async def get(self, card_id: str, kind: str, *, at: datetime) -> dict[str, object] | None:
        card = self.cards.get(card_id)
        if card is None or card.kind != kind or at - card.at > _DAY:
            return None
        state: dict[str, object] = json.loads(card.state)
        return state

    async def remember(
        self, user: str, channel: str, account: str, order_id: str, *, at: datetime
    ) -> None:
        self._recent[user, channel, account, order_id] = at

    async def recent(
        self, user: str, channel: str, *, at: datetime, limit: int
    ) -> tuple[tuple[str, str], ...]:
        mine = [
            (key[2:], seen)
            for key, seen in sorted(self._recent.items())
            if key[:2] == (user, channel) and at - seen <= _DAY
        ]
        mine.sort(key=lambda each: each[1], reverse=True)
        return tuple(pair for pair, _seen in mine[:limit])

    async def save_draft(
        self, user: str, form: str, values: dict[str, str], *, at: datetime
    ) -> None:
        self._drafts[user, form] = (dict(values), at)

    async def draft(self, user: str, form: str, *, at: datetime) -> dict[str, str]:
        values, saved_at = self._drafts.get((user, form), ({}, at))
        return dict(values) if at - saved_at <= _DAY else {}

    async def drop_draft(self, user: str, form: str) -> None:
        self._drafts.pop((user, form), None)

    async def first_time(self, input_id: str, *, at: datetime) -> bool:
        seen = self._inputs.get(input_id)
        if seen is not None and at - seen <= _DAY:
            return False
        self._inputs[input_id] = at
        return True


def _fits(order: Order, wanted: OrderFilter) -> bool:
    """All parts of the filter but the payment status."""
    words = [order.product_code, order.product_name]
    for line in order.line_items:
        words += [line.product_code, line.product_name]
    created, payable = order.created_at, order.payable
    return all(
        (
            order.account in wanted.accounts,
            created is None or wanted.since <= created < wanted.until,
            wanted.provider in (None, order.provider),
            wanted.order_type in (None, order.order_type),
            wanted.product is None
            or any(wanted.product.casefold() in word.casefold() for word in words),
            wanted.over is None or payable is None or payable.amount > wanted.over,
        )
    )


def _created(order: Order) -> float:
    return order.created_at.timestamp() if order.created_at else 0.0


def _lapse(snapshot: Snapshot) -> tuple[float, float, str, str]:
    order = snapshot.order
    deadline = order.deadline.timestamp() if order.deadline else float("inf")
    return (deadline, _created(order), order.account, order.order_id)
