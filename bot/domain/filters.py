"""OrderFilter: which of the orders last seen a list shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.accounts import Provider
from bot.domain.orders import Order, OrderType, PaymentStatus


class Sort(StrEnum):
    NEWEST = "newest"  # created_at, newest first
    LAPSES_FIRST = "lapses_first"  # earliest deadline on top, without a deadline oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Every part that is None lets all through. `since <= created_at < until`, aware UTC.

    *over* is strictly more, in the order's own currency; an order without an amount passes, for
    what is not known is never hidden. *product* matches code or name, case folded, anywhere.
    """

    accounts: frozenset[str]  # names; always the viewable ones at most
    since: datetime
    until: datetime
    provider: Provider | None = None
    payment_status: PaymentStatus | None = None
    order_type: OrderType | None = None
    product: str | None = None
    over: Decimal | None = None
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An order as last seen at *seen_at* (aware UTC)."""

    order: Order
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """One page of a filtered list. *total* counts all pages, *status_unknown* the orders in the
    same filter, payment status aside, whose status is not known."""

    snapshots: tuple[Snapshot, ...]
    total: int
    status_unknown: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Snapshots of *account* hold every order created in [since, until), read at *until*; and
    every order created since *unpaid_since* that was unpaid at *unpaid_at*. Both are None until
    what is unpaid was read once."""

    account: str
    since: datetime
    until: datetime
    unpaid_since: datetime | None = None
    unpaid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """How an account answered last: *good_at* is its last good answer, None if there was none;
    *failed_at* and *error* tell of the latest failure after it."""

    account: str
    good_at: datetime | None
    failed_at: datetime | None = None
    error: str = ""
