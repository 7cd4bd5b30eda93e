"""QueryOrders and QueryProductList: parameters, windows, filters and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.clouds import alibaba_wire as wire
from bot.sandbox.clouds.alibaba_products import BY_CODE, product_rows
from bot.sandbox.clouds.alibaba_signature import parse_timestamp
from bot.sandbox.clouds.book import CloudOrder

DEFAULT_WINDOW = timedelta(hours=1)
DEFAULT_PAGE_SIZE = 20
MAX_PRODUCT_PAGE_SIZE = 300
_LONGEST_NUMBER = 9

# parameter -> the values it takes; None: any text
_FILTERS: dict[str, frozenset[str] | None] = {
    "OrderType": None,
    "PaymentStatus": frozenset(wire.STATUS_WORDS.values()),
    "SubscriptionType": frozenset({"Subscription", "PayAsYouGo"}),
    "ProductCode": frozenset(BY_CODE),
    "ProductType": None,
}


class Refusal(Exception):
    """A call that the API refuses: HTTP status, code and message as it words them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message


def query_orders(
    orders: Iterable[CloudOrder], sent: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """`Data` of QueryOrders, newest first. Without bounds only the last hour is searched; a single
    bound leaves the other side open. Both bounds count as inside."""
    begin, end = _bound(sent, "CreateTimeStart"), _bound(sent, "CreateTimeEnd")
    if begin is None and end is None:
        begin = now - DEFAULT_WINDOW
    if begin is not None and end is not None and begin > end:
        raise _invalid("CreateTimeStart")
    filters = _filters(sent)
    page, size = _positive(sent, "PageNum", 1), _positive(sent, "PageSize", DEFAULT_PAGE_SIZE)
    inside = [
        order
        for order in orders
        if (begin is None or order.created_at >= begin) and (end is None or order.created_at <= end)
    ]
    inside.sort(key=lambda order: (order.created_at, order.order_id), reverse=True)
    rows = [row for row in map(wire.list_row, inside) if _passes(row, filters)]
    return {
        "HostName": "sandbox",
        "PageNum": page,
        "PageSize": size,
        "TotalCount": len(rows),
        "OrderList": {"Order": rows[(page - 1) * size : page * size]},
    }


def query_product_list(site: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """`Data` of QueryProductList; the total only where QueryTotalCount asks for it."""
    if not sent.get("PageNum"):
        raise _missing("PageNum")
    page, size = _positive(sent, "PageNum", 1), _positive(sent, "PageSize", DEFAULT_PAGE_SIZE)
    if size > MAX_PRODUCT_PAGE_SIZE:
        raise _invalid("PageSize")
    rows = product_rows(site)
    total = {"TotalCount": len(rows)} if sent.get("QueryTotalCount", "").lower() == "true" else {}
    return {
        "PageNum": page,
        "PageSize": size,
        **total,
        "ProductList": {"Product": rows[(page - 1) * size : page * size]},
    }


def order_id_of(sent: Mapping[str, str]) -> str:
    """The required OrderId: digits."""
    order_id = sent.get("OrderId", "")
    if not order_id:
        raise _missing("OrderId")
    if not (order_id.isascii() and order_id.isdigit()):
        raise _invalid("OrderId")
    return order_id


def _filters(sent: Mapping[str, str]) -> dict[str, str]:
    filters = {name: sent[name] for name in _FILTERS if sent.get(name)}
    for name, value in filters.items():
        allowed = _FILTERS[name]
        if allowed is None or value in allowed:
            continue
        if name == "ProductCode":
            message = "Can not find inquired product, it may not exist."
            raise Refusal(400, "ProductNotFind", message)
        raise _invalid(name)
    return filters


def _passes(row: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    return all(row.get(name) == value for name, value in filters.items())


def _bound(sent: Mapping[str, str], name: str) -> datetime | None:
    if not sent.get(name):
        return None
    moment = parse_timestamp(sent[name])
    if moment is None:
        raise _invalid(name)
    return moment


def _positive(sent: Mapping[str, str], name: str, default: int) -> int:
    text = sent.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER) or int(text) < 1:
        raise _invalid(name)
    return int(text)


def _missing(name: str) -> Refusal:
    message = f"The specified parameter {name} is mandatory for this request."
    return Refusal(400, "MissingParameter", message)


def _invalid(name: str) -> Refusal:
    return Refusal(400, "InvalidParameter", f"The specified parameter {name} is not valid.")
