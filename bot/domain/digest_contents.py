"""What one digest says: a value that is stored before it is posted, and that the next day's digest
is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.accounts import Provider
from bot.domain.money import Money
from bot.domain.orders import OrderType


class Section(StrEnum):
    """Where a line stands; each line stands once. In the order of the message."""

    RENEWAL = "renewal"  # a renewal that lapses within a week: it stops a live resource
    LAPSING = "lapsing"  # lapses within 24 hours
    NEW = "new"  # not in the digest before
    REST = "rest"
    SNOOZED = "snoozed"  # counted in the totals, not listed above the fold


class Gone(StrEnum):
    """Why an order that was in the digest before is not in this one."""

    PAID = "paid"
    LAPSED = "lapsed"  # cancelled or unknown to its cloud after its own deadline
    CANCELLED_HERE = "cancelled_here"  # through countersign
    CANCELLED_OUTSIDE = "cancelled_outside"  # by somebody else, before its deadline
    NOT_KNOWN = "not_known"  # the cloud's word for its status has no known meaning
    FILTERED = "filtered"  # still unpaid, but no longer within the digest's filters
    TOO_OLD = "too_old"  # still unpaid, but placed before the year that a digest looks back on


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One unpaid order. *subject* is what it is for, as lists show it. *placed_by* is the cloud's
    user, *person* that user's Slack id where the configuration names it; *person_name* and
    *claimer_name* are what Slack calls them, "" where it does not say. *new* is True beside the
    section, too. *repriced*: its amount differs from *was*, that of the digest before. *back*: its
    snooze has ended since then. *inferred*: probably unpaid, by *payment_word*."""

    section: Section
    provider: Provider
    account: str
    order_id: str
    order_number: str = ""
    amount: Money | None = None
    subject: str = ""
    order_type: OrderType = OrderType.OTHER
    payment_word: str = ""
    inferred: bool = False
    created_at: datetime | None = None
    deadline: datetime | None = None
    placed_by: str = ""
    person: str = ""
    person_name: str = ""
    new: bool = False
    repriced: bool = False
    was: Money | None = None
    back: bool = False
    can_cancel: bool = False
    claimed_by: str = ""
    claimer_name: str = ""
    snoozed_until: datetime | None = None
    snoozed_by: str = ""
    snooze_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneLine:
    account: str
    order_id: str
    order_number: str = ""
    amount: Money | None = None
    subject: str = ""
    why: Gone = Gone.NOT_KNOWN
    request_id: str = ""  # the request that cancelled it


@dataclass(frozen=True, slots=True)
class AccountShown:
    """How current an account's part is: *problem* is a sentence without secrets, "" when it
    answered; *good_at* is its last good answer, None when there was none."""

    name: str
    good_at: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """The unpaid orders of an account in one currency, snoozed ones included. *currency* "" is that
    of amounts without one, and of those *without* an amount."""

    account: str
    currency: str
    amount: Decimal
    count: int
    snoozed: int = 0
    without: int = 0


@dataclass(frozen=True, slots=True)
class TrendPoint:
    day: date
    totals: tuple[tuple[str, Decimal], ...]  # currency, amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The seven days up to a Monday. *created* counts what the clouds list of them, *at_least* True
    where one did not tell; *paid*, *cancelled* and *lapsed* count orders that stood in a digest.
    *median_age_hours* is of the orders unpaid now, None when none is; *alone* counts cancels that
    fewer than two people had agreed to; *trend* is the unpaid total of the last 30 days."""

    created: int
    paid: int
    cancelled: int
    lapsed: int
    median_age_hours: int | None
    alone: int
    trend: tuple[TrendPoint, ...] = ()
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestContents:
    """*lines* are all unpaid orders of the digest, snoozed ones too, in the order of showing.
    *previous_at* is the digest before it measures against, None for the first or after the
    filters changed. *uncounted* unpaid orders are too many for *lines* and *totals*;
    *status_unknown* counts orders whose status is not known.
    *left_out* names accounts that the owner may no longer view. *head_seq* and *head_hash* are the
    record's head when it was composed."""

    as_of: datetime
    zone: str
    lines: tuple[DigestLine, ...]
    gone: tuple[GoneLine, ...] = ()
    accounts: tuple[AccountShown, ...] = ()
    totals: tuple[Total, ...] = ()
    previous_at: datetime | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    status_unknown: int = 0
    uncounted: int = 0
    left_out: tuple[str, ...] = ()
    head_seq: int = 0
    head_hash: str = ""
    week: Week | None = None

    @property
    def unchanged(self) -> bool:
        """Nothing came, went or is different, nothing is about to lapse, every cloud answered."""
        urgent = {Section.RENEWAL, Section.LAPSING}
        return (
            self.previous_at is not None
            and not self.gone
            and not any(
                line.new or line.repriced or line.back or line.section in urgent
                for line in self.lines
            )
            and not any(account.problem for account in self.accounts)
            and not self.left_out
        )
