"""Order, line item, payment status. No provider's words are interpreted here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.accounts import Provider
from bot.domain.money import Money


class PaymentStatus(StrEnum):
    UNPAID = "unpaid"  # the account owner acts next: pay or cancel
    PAID = "paid"  # settled; only a refund changes it
    CANCELLED = "cancelled"  # terminal
    UNKNOWN = "unknown"  # the provider sent a word we do not know: shown, never acted on


class OrderType(StrEnum):
    """What an order does; the provider's own word stays beside it in `Order.order_type_word`."""

    NEW = "new"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    CHANGE = "change"
    CONVERT = "convert"
    REFUND = "refund"
    TRIAL = "trial"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the provider's answer: its path there (`order_info.amount_info.coupon_amount`,
    list positions from 0: `Items.0.productSku`) and its text, exactly as sent. No value is lost:
    whatever the provider adds later is here too. Nulls and empty containers are left out. *word*
    says what a bare code means ("6" is "pending payment"), where the documents tell."""

    path: str
    value: str
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One row of an order: a sub-order (Alibaba), an order line (Huawei), an item (Unicloud)."""

    line_id: str = ""
    product_code: str = ""
    product_name: str = ""
    description: str = ""
    quantity: Decimal | None = None
    amount: Money | None = None
    period: str = ""  # the length bought as the provider gives it, e.g. "3 month"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    region: str = ""
    instance_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that an order created or renews."""

    resource_id: str
    name: str = ""
    kind: str = ""
    region: str = ""
    state: str = ""
    ends_at: datetime | None = None
    expire_policy: str = ""
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order as one account sees it. Times are aware UTC; ids are text.

    `payment_word` and `order_type_word` are the provider's own words, always kept and shown.
    `payable` is what the customer pays, tax included; None where the provider gave no amount.
    `parts` are the ids of the orders under a combined transaction, paid or cancelled together.
    `detailed` is True when the order came from the details call and not from a list row.
    `inferred` is True when no word of the provider states the payment status: it was concluded
    from other fields and is shown as probable.
    """

    provider: Provider
    account: str
    order_id: str
    payment_status: PaymentStatus
    payment_word: str
    order_type: OrderType
    order_type_word: str
    payable: Money | None
    created_at: datetime | None
    order_number: str | None = None  # a second number for people (Unicloud's P217...)
    owner_id: str | None = None
    paid_at: datetime | None = None
    deadline: datetime | None = None  # pay by; None where the provider gives none
    product_code: str = ""
    product_name: str = ""
    region: str = ""
    placed_by: str = ""  # the cloud user who placed it
    line_items: tuple[LineItem, ...] = ()
    parts: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    fields: tuple[Field, ...] = ()
    detailed: bool = False
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """One row of a provider's product list; *variant* tells rows of one code apart."""

    provider: Provider
    account: str
    code: str
    name: str
    variant: str = ""


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What `list_orders` asks a cloud for: orders created in [created_from, created_until).

    *payment_status* narrows at the provider where it can (`Capabilities.filters_payment_status`);
    an adapter whose provider cannot ignores it.
    """

    created_from: datetime
    created_until: datetime
    payment_status: PaymentStatus | None = None


class CancelEffect(StrEnum):
    """What is known after a cancel call."""

    YES = "yes"  # the provider says that it is done
    NO = "no"  # the provider refused: nothing was done
    THROTTLED = "throttled"  # refused before it was looked at, by the provider's word
    NOT_SENT = "not_sent"  # provably never left this machine
    UNKNOWN = "unknown"  # no answer, or one that says neither


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReceipt:
    """What a cancel call came to. *code* and *request_id* are the provider's own, *text* a sentence
    without secrets. *combined* is True when the order is part of a combined transaction that can
    only be cancelled whole."""

    effect: CancelEffect
    code: str = ""
    request_id: str = ""
    text: str = ""
    combined: bool = False
