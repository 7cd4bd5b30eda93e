"""Huawei Cloud's order JSON, rendered from the book: list rows, details, resources.

Shapes: BSS v2 ListCustomerOrders, ShowCustomerOrderDetails, ListPayPerUseCustomerResources.
`CloudOrder.wire` holds the reply's own parts in Chinese: `order` (order_info, with its parts under
`sub_order_infos`), `lines` (order_line_items), `resources`, and what only the list has,
`enterprise_projects` and `agent_pay_info`. What the book can change is laid over them here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.huawei_catalogue import (
    ENGLISH,
    RESOURCE_NAMES,
    SERVICE_NAMES,
    SPEC_NAMES,
    Language,
)
from bot.sandbox.clouds.room import json_number, utc_text

UNPAID = 6
CANCELLED = 4
COMPLETED = 5
_PENDING_APPROVAL = 1
_PAID_STATUSES = frozenset({2, 3, COMPLETED, 10, 11, 12, 13})
_STATUS_TO_SHOW = {
    "unpaid": UNPAID,
    "paid": COMPLETED,
    "cancelled": CANCELLED,
    "unknown": _PENDING_APPROVAL,
}
_ONLY_IN_DETAILS = ("user_name", "pending_payment_end_time")


def payment_status_of(status: int) -> str:
    """The book's word for a Huawei status number."""
    if status in _PAID_STATUSES:
        return "paid"
    return {UNPAID: "unpaid", CANCELLED: "cancelled"}.get(status, "unknown")


def list_row(order: CloudOrder, language: Language) -> dict[str, Any]:
    """One row of `order_infos`."""
    row = _order_info(order, language)
    parts = [_without_details(part) for part in row["sub_order_infos"]]
    return {
        **_without_details(row),
        "enterprise_projects": order.wire["enterprise_projects"],
        "agent_pay_info": order.wire["agent_pay_info"],
        "sub_order_infos": [{**part, "enterprise_projects": []} for part in parts],
    }


def details(
    order: CloudOrder, order_id: str, language: Language, *, offset: int, limit: int
) -> dict[str, Any]:
    """The whole reply for *order*, or for the part of it that *order_id* names."""
    info, lines = _order_info(order, language), order.wire["lines"]
    if order_id != order.order_id:
        part = next(part for part in info["sub_order_infos"] if part["order_id"] == order_id)
        info = {**part, "sub_order_infos": []}
        lines = [line for line in lines if line["order_id"] == order_id]
    shown = lines[offset : offset + limit]
    return {
        "total_count": len(lines),
        "order_info": info,
        "order_line_items": [_line(line, order.currency, language) for line in shown],
    }


def part_ids(order: CloudOrder) -> list[str]:
    """The orders inside a combined transaction; none for an ordinary order."""
    return [part["order_id"] for part in order.wire["order"]["sub_order_infos"]]


def resource_row(resource: dict[str, Any], language: Language) -> dict[str, Any]:
    return dict(numbers(_in_language(resource, language)))


def numbers(value: Any) -> Any:
    """*value* with every Decimal in it as a JSON number."""
    match value:
        case Decimal():
            return json_number(value)
        case dict():
            return {name: numbers(part) for name, part in value.items()}
        case list():
            return [numbers(part) for part in value]
        case _:
            return value


def _order_info(order: CloudOrder, language: Language) -> dict[str, Any]:
    stored = order.wire["order"]
    info = _with_state(order, stored, language)
    info["amount_after_discount"] = json_number(order.payable)
    info["sub_order_infos"] = [
        _with_state(order, part, language) for part in stored["sub_order_infos"]
    ]
    return info


def _with_state(order: CloudOrder, stored: dict[str, Any], language: Language) -> dict[str, Any]:
    """*stored* with the book's status, currency and deadline; parts share them.

    A status changed from outside has no moment of its own: paid then means paid when created.
    """
    info = numbers(_in_language(stored, language))
    info["currency"] = order.currency
    if payment_status_of(info["status"]) != order.payment_status:
        info["status"] = _STATUS_TO_SHOW[order.payment_status]
        info["payment_time"] = info["create_time"] if info["status"] == COMPLETED else None
        info["pending_payment_end_time"] = None
    if info["status"] == UNPAID:
        info["pending_payment_end_time"] = utc_text(order.deadline) if order.deadline else None
    return dict(info)


def _line(line: dict[str, Any], currency: str, language: Language) -> dict[str, Any]:
    translated = _in_language(line, language)
    if line["base_product_info"] is not None:
        translated["base_product_info"] = _in_language(line["base_product_info"], language)
    return dict(numbers({**translated, "currency": currency}))


def _in_language(fields: dict[str, Any], language: Language) -> dict[str, Any]:
    """Names are stored in Chinese; a specification without a translation stays as it is."""
    fields = dict(fields)
    if language != ENGLISH:
        return fields
    if "service_type_name" in fields:
        fields["service_type_name"] = SERVICE_NAMES[fields["service_type_code"]].english
    if "resource_type_name" in fields:
        fields["resource_type_name"] = RESOURCE_NAMES[fields["resource_type_code"]].english
    specification = fields.get("product_spec_desc")
    if specification in SPEC_NAMES:
        fields["product_spec_desc"] = SPEC_NAMES[specification].english
    return fields


def _without_details(info: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name not in _ONLY_IN_DETAILS}


def find(orders: Iterable[CloudOrder], order_id: str) -> CloudOrder | None:
    """The order with this id, or the combined order that it is a part of."""
    return next(
        (order for order in orders if order_id == order.order_id or order_id in part_ids(order)),
        None,
    )
