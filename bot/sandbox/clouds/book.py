"""The state behind the embedded clouds: accounts, orders, the calls that arrived, faults ordered.

One `Book` serves all providers. It knows no protocol: each provider's room renders orders in its
own wire format and asks the book what to do with a call. Signatures and calls go by the real time;
orders go by a time of their own, which can be moved ahead of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

Operation = Literal["list_orders", "get_order", "cancel_order", "list_products", "token", "other"]
Outcome = Literal["ok", "refused", "fault"]
FaultKind = Literal[
    "slow",
    "drop_before",
    "drop_after",
    "throttle",
    "error_500",
    "garbage",
    "wrong_order",
    "lie",
    "clock_skew",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAccount:
    """One set of made-up credentials; None fields are left out of `GET /_sandbox/accounts`."""

    name: str
    provider: str
    site: str
    access_key_id: str
    access_key_secret: str
    security_token: str | None = None
    iam_user: str | None = None
    iam_password: str | None = None
    iam_domain: str | None = None
    domain_id: str | None = None
    owner_id: str | None = None

    def public(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(slots=True, kw_only=True)
class CloudOrder:
    """One row of the provider's list. *wire* holds the provider-shaped rest, rendered by its room;
    status, payable and currency always come from here, so that they can be changed from outside.

    *payment_status* is unpaid, paid, cancelled or unknown. *deadline* is None where there is none.
    *lapsed* tells of a cancelled order that it was the deadline's doing.
    """

    account: str
    order_id: str
    payment_status: str
    payable: Decimal
    currency: str
    created_at: datetime
    deadline: datetime | None = None
    lapsed: bool = False
    wire: dict[str, Any] = field(default_factory=dict)

    def cancellable(self) -> bool:
        return self.payment_status == "unpaid"

    def is_past(self, now: datetime) -> bool:
        """Whether its deadline has passed."""
        return self.deadline is not None and self.deadline <= now


@dataclass(slots=True)
class Fault:
    """*times* calls left (0 = until DELETE); None in *account* or *operation* means any."""

    kind: FaultKind
    account: str | None = None
    operation: Operation | None = None
    seconds: float | None = None
    times: int = 1


@dataclass(slots=True)
class Call:
    at: datetime
    account: str
    operation: Operation
    order_id: str | None
    outcome: Outcome
    effect: bool


class Book:
    """All state of the embedded clouds. *now* is the clouds' clock (aware UTC) for all but the
    orders; theirs is *shift* ahead of it. *chance* makes up orders that are placed later."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.shift = timedelta()
        self.chance = random.Random(0)
        self.accounts: dict[str, CloudAccount] = {}
        self.orders: dict[str, dict[str, CloudOrder]] = {}  # account name -> order id -> order
        self.calls: list[Call] = []
        self.faults: list[Fault] = []

    def order_now(self) -> datetime:
        """The moment by which orders are created, listed and lapse."""
        return self.now() + self.shift

    def move(self, by: timedelta) -> None:
        """Let time pass for the orders; raises ValueError for a step back."""
        if by < timedelta():
            raise ValueError("time only moves forward")
        self.shift += by
        self.lapse()

    def lapse(self) -> None:
        """Cancel every unpaid order whose deadline has passed."""
        now = self.order_now()
        for rows in self.orders.values():
            for order in rows.values():
                if order.cancellable() and order.is_past(now):
                    order.payment_status, order.lapsed = "cancelled", True

    def add_account(self, account: CloudAccount) -> None:
        self.accounts[account.name] = account
        self.orders[account.name] = {}

    def add_order(self, order: CloudOrder) -> None:
        self.orders[order.account][order.order_id] = order

    def order(self, order_id: str) -> CloudOrder | None:
        """Order ids are unique over all accounts."""
        found = (rows[order_id] for rows in self.orders.values() if order_id in rows)
        return next(found, None)

    def by_key(self, provider: str, access_key_id: str) -> list[CloudAccount]:
        """The accounts behind a key: several where a distributor's customers share one."""
        return [
            account
            for account in self.accounts.values()
            if account.provider == provider and account.access_key_id == access_key_id
        ]

    def take_fault(self, account: str, operation: Operation) -> Fault | None:
        """The first fault that fits this call, counted down."""
        for fault in self.faults:
            if fault.account in (None, account) and fault.operation in (None, operation):
                if fault.times:
                    fault.times -= 1
                    if fault.times == 0:
                        self.faults.remove(fault)
                return fault
        return None

    def record(
        self,
        account: str,
        operation: Operation,
        order_id: str | None,
        outcome: Outcome,
        *,
        effect: bool = False,
    ) -> Call:
        """Add a call to the ledger; its outcome and effect may be completed later."""
        call = Call(self.now(), account, operation, order_id, outcome, effect)
        self.calls.append(call)
        return call
