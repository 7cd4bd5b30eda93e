"""Huawei Cloud's numbers and what they mean. Open tables: an unknown number is shown as itself.

Source: BSS OpenAPI v2, CustomerOrderV2, CustomerOrderV3, OrderLineItemEntityV2, DiscountItemV2 and
OrderInstanceV2. Keys are text, for the same value comes as a number or as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.domain.orders import Field, OrderType, PaymentStatus

UNPAID_STATUS: Final = "6"  # the one status that has a payment deadline

PAYMENT_STATUS: Final = MappingProxyType(
    {
        UNPAID_STATUS: PaymentStatus.UNPAID,
        "4": PaymentStatus.CANCELLED,
        **dict.fromkeys(("2", "3", "5", "10", "11", "12", "13"), PaymentStatus.PAID),
    }
)

# The list takes one status; only these two stand for one payment status alone.
STATUS_FILTER: Final[Mapping[PaymentStatus | None, str]] = MappingProxyType(
    {PaymentStatus.UNPAID: UNPAID_STATUS, PaymentStatus.CANCELLED: "4"}
)

ORDER_TYPE: Final = MappingProxyType(
    {
        "1": OrderType.NEW,
        "2": OrderType.RENEWAL,
        "3": OrderType.CHANGE,
        "4": OrderType.REFUND,
        "10": OrderType.CONVERT,
        "11": OrderType.CONVERT,
        "13": OrderType.TRIAL,
        "14": OrderType.CONVERT,
    }
)

STATUS_WORDS: Final = MappingProxyType(
    {
        "1": "pending approval",
        "2": "pending refund",
        "3": "processing",
        "4": "canceled",
        "5": "completed",
        "6": "pending payment",
        "9": "pending confirmation",
        "10": "to be shipped",
        "11": "to be received",
        "12": "awaiting pick-up",
        "13": "being exchanged",
    }
)

ORDER_TYPE_WORDS: Final = MappingProxyType(
    {
        "1": "new subscription",
        "2": "renewal",
        "3": "change",
        "4": "unsubscription",
        "10": "yearly/monthly to pay-per-use",
        "11": "pay-per-use to yearly/monthly",
        "13": "trial",
        "14": "trial to commercial use",
        "15": "fee adjustment",
    }
)

SOURCE_TYPE_WORDS: Final = MappingProxyType(
    {
        "1": "customer",
        "2": "agent",
        "3": "contract",
        "4": "distributor",
        "5": "resource deleted on the console",
        "6": "recorded afterwards",
        "7": "compensation order",
        "8": "created by the system",
    }
)

PERIOD_TYPE_WORDS: Final = MappingProxyType(
    {
        "0": "day",
        "1": "week",
        "2": "month",
        "3": "year",
        "4": "hour",
        "5": "one-off",
        "6": "pay-per-use",
        "7": "by usage report",
    }
)
UNCOUNTED_PERIODS: Final = frozenset({"5", "6", "7"})  # say all without a number

DISCOUNT_TYPE_WORDS: Final = MappingProxyType(
    {
        "200": "promotional product discount",
        "300": "promotional discount coupon",
        "301": "promotional cash coupon",
        "302": "promotional flexi-purchase coupon",
        "500": "discount set by the ordering agent",
        "501": "reduction set by the ordering agent",
        "502": "fixed price set by the ordering agent",
        "600": "discount and rebate contract",
        "601": "channel framework contract",
        "602": "earmarked-funds contract",
        "603": "contract signed offline",
        "604": "telesales authorization contract",
        "605": "commercial contract discount",
        "606": "channel commercial contract discount",
        "607": "discount granted by the partner",
        "609": "order price adjustment",
        "610": "amount waived",
        "700": "promotion discount",
        "800": "top-up account discount",
        "900": "discount of the product itself",
        "901": "discount to a fixed base price",
    }
)

RESOURCE_STATE_WORDS: Final = MappingProxyType(
    {"2": "in use", "3": "closed", "4": "frozen", "5": "expired"}
)

EXPIRE_POLICY_WORDS: Final = MappingProxyType(
    {
        "0": "grace period",
        "1": "to pay-per-use",
        "2": "deleted at once",
        "3": "renews itself",
        "4": "frozen",
        "5": "deleted after retention",
    }
)

# Fields of an order whose value is a number out of one of these tables.
_CODED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "status": STATUS_WORDS,
        "order_type": ORDER_TYPE_WORDS,
        "source_type": SOURCE_TYPE_WORDS,
        "period_type": PERIOD_TYPE_WORDS,
        "discount_type": DISCOUNT_TYPE_WORDS,
    }
)


def worded(value: str, words: MappingProxyType[str, str]) -> str:
    """`6 pending payment`; the number alone where it is not in the table."""
    return f"{value} {words[value]}" if value in words else value


def explained(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields of an order with the meaning of each coded number beside it."""
    return tuple(
        replace(field, word=_CODED.get(field.path.rpartition(".")[2], {}).get(field.value, ""))
        for field in fields
    )
