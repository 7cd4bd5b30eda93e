"""Unicloud's order JSON, rendered from the book.

Shapes: api.unicloud.com /transaction, QueryOrders and OrderDetail. `CloudOrder.wire` holds `order`
(OrderDetail's fields, amounts and state as they began), `payment_status` (the book's word for that
state) and `row` (what only the list has).
Times are epoch milliseconds, amounts JSON numbers, descriptions JSON inside a string; items have
lower camel case and numeric ids. Of the words for a state only PAID is documented.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.room import json_number

_PAYMENT_LIMIT = timedelta(hours=24)
_IN_LIST = (
    "Id",
    "OrderNo",
    "UserName",
    "OrderStatus",
    "OrderCategory",
    "PayType",
    "ChargeType",
    "ProductCategory",
    "PayTime",
    "TotalPrice",
    "FinalPrice",
    "PaidAmount",
    "ProductRegionId",
    "ProductRegionName",
    "CreateTime",
    "UpdateTime",
    "Note",
)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def list_row(order: CloudOrder, now: datetime) -> dict[str, Any]:
    """One element of `OrderList.Order`: no DueTime, CancelType or items here."""
    shown = detail(order, now)
    return {**{name: shown[name] for name in _IN_LIST}, **_numbers(order.wire["row"])}


def detail(order: CloudOrder, now: datetime) -> dict[str, Any]:
    """The `Order` of OrderDetail, with what was changed in the book laid over it."""
    shown = _numbers(order.wire["order"])
    shown["FinalPrice"] = json_number(order.payable)
    if order.payment_status != order.wire["payment_status"]:
        shown.update(_changed_state(order, shown, now))
    return shown


def row_fields(
    instance_id: Any, *, promotion: Decimal = Decimal(0), coupon: Decimal = Decimal(0)
) -> dict[str, Any]:
    """What QueryOrders has and OrderDetail has not. `IsOffine` is spelt so."""
    return {
        "UserId": "1002003",
        "AccountId": "1002001",
        "AccountName": "haha",
        "IsOffine": False,
        "IsInvoice": False,
        "CouponAmount": coupon,
        "PromotionAmount": promotion,
        "PromotionRule": None,
        "InstanceId": instance_id,
    }


def _changed_state(order: CloudOrder, shown: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A state set from outside has no moment of its own: paid then means paid when created."""
    state = {"PayTime": None, "PaidAmount": 0, "CancelType": None}
    match order.payment_status:
        case "paid":
            payment = {"PayTime": shown["CreateTime"], "PaidAmount": shown["FinalPrice"]}
            return {**state, "OrderStatus": "PAID", **payment}
        case "unpaid":
            due = order.deadline or now.replace(microsecond=0) + _PAYMENT_LIMIT
            return {**state, "OrderStatus": "UNPAID", "DueTime": milliseconds(due)}
        case "cancelled":
            cancel_type = "OVERTIME" if order.lapsed else "MANUAL"
            return {**state, "OrderStatus": "CANCELED", "CancelType": cancel_type}
        case _:
            return {**state, "OrderStatus": "PROCESSING"}


def _numbers(fields: dict[str, Any]) -> dict[str, Any]:
    """A copy with each Decimal as a JSON number, in items too."""
    copied: dict[str, Any] = {
        name: json_number(value) if isinstance(value, Decimal) else value
        for name, value in fields.items()
    }
    if "Items" in copied:
        copied["Items"] = [_numbers(item) for item in copied["Items"]]
    return copied
