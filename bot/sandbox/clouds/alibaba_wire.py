"""How Alibaba Cloud's billing API writes orders, answers and errors.

Source: BSS OpenAPI 2017-12-14, QueryOrders, GetOrderDetail, CancelOrder. Amounts are strings in its
tables and JSON numbers in its samples, so both occur here, fixed per order by `wire["numbers"]`.

`CloudOrder.wire` of an order: `rows` (one mapping per sub-order, provider-shaped, with the weights
`AfterTaxAmount` and `Tax` as Decimal), `numbers` (bool) and `order_type`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from bot.sandbox.clouds.book import CloudAccount, CloudOrder
from bot.sandbox.clouds.room import json_number, json_reply, utc_text

STATUS_WORDS = {"unpaid": "Unpaid", "paid": "Paid", "cancelled": "Cancelled"}

_SUMMED = ("PretaxGrossAmount", "PretaxAmount", "PretaxAmountLocal", "Tax", "AfterTaxAmount")
_LIST_FIELDS = (
    *("OrderId", "RelatedOrderId", "OrderType", "PaymentStatus", "SubscriptionType"),
    *("ProductCode", "ProductType", "CommodityCode", "CreateTime", "PaymentTime"),
    *("Currency", "PaymentCurrency"),
    *_SUMMED,
)
_PAID_AFTER = timedelta(minutes=5)


def list_row(order: CloudOrder) -> dict[str, Any]:
    """The order's one row in QueryOrders: its main product, amounts summed over its sub-orders."""
    rows = _rows(order)
    summed = {name: sum((r[name] for r in rows if name in r), Decimal(0)) for name in _SUMMED}
    row = {**rows[0], **{name: total for name, total in summed.items() if name in rows[0]}}
    return _written({name: row[name] for name in _LIST_FIELDS if name in row}, order)


def detail_rows(order: CloudOrder) -> list[dict[str, Any]]:
    """The rows of GetOrderDetail, one per sub-order."""
    return [_written(row, order) for row in _rows(order)]


def success(request_id: str, payload: Mapping[str, Any]) -> web.Response:
    return json_reply(
        {
            "Code": "Success",
            "Message": "Successful!",
            "RequestId": request_id,
            "Success": True,
            "Data": payload,
        }
    )


def refusal_in_200(request_id: str, code: str, message: str) -> web.Response:
    """A refusal as HTTP 200, which the API also uses."""
    return json_reply({"Code": code, "Message": message, "RequestId": request_id, "Success": False})


def error(
    request_id: str,
    status: int,
    code: str,
    message: str,
    *,
    account: CloudAccount | None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """An error body of the gateway; *account* tells which site's host it names."""
    international = account is not None and account.site == "international"
    host = "business.ap-southeast-1.aliyuncs.com" if international else "business.aliyuncs.com"
    body = {"RequestId": request_id, "HostId": host, "Code": code, "Message": message}
    return json_reply(body, status=status, headers=headers)


def _rows(order: CloudOrder) -> list[dict[str, Any]]:
    """The sub-orders with state and amounts filled in; the amounts still Decimal."""
    shares = _shares(order)
    return [
        {**_without_weights(row), **_state(order, row), **_amounts(row, share)}
        for row, share in zip(order.wire["rows"], shares, strict=True)
    ]


def _without_weights(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"Tax", "PaymentTime"}}


def _state(order: CloudOrder, row: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from the order itself and may change."""
    state: dict[str, Any] = {
        "OrderId": order.order_id,
        "OrderType": order.wire["order_type"],
        "CreateTime": utc_text(order.created_at),
        "Currency": order.currency,
    }
    status = STATUS_WORDS.get(order.payment_status)
    if status is not None or not order.wire.get("omits_status"):
        state["PaymentStatus"] = status
    if order.payment_status != "unpaid" and "PaymentTime" in row:
        state["PaymentTime"] = row["PaymentTime"]
    elif order.payment_status == "paid":
        state["PaymentTime"] = utc_text(order.created_at + _PAID_AFTER)
    return state


def _amounts(row: Mapping[str, Any], after_tax: Decimal) -> dict[str, Decimal]:
    """The row's amounts for its share; gross and tax stay as ordered."""
    tax = row.get("Tax")
    pretax = after_tax - (tax or Decimal(0))
    amounts = {"PretaxAmount": pretax, "PretaxAmountLocal": pretax, "AfterTaxAmount": after_tax}
    return amounts if tax is None else {**amounts, "Tax": tax}


def _shares(order: CloudOrder) -> list[Decimal]:
    """The payable amount split over the sub-orders as they were ordered, exact in sum."""
    weights = [row["AfterTaxAmount"] for row in order.wire["rows"]]
    whole = sum(weights, Decimal(0))
    if whole in (order.payable, 0):
        rest = weights[1:]
    else:
        rest = [(order.payable * w / whole).quantize(Decimal("0.01")) for w in weights[1:]]
    return [order.payable - sum(rest, Decimal(0)), *rest]


def _written(row: Mapping[str, Any], order: CloudOrder) -> dict[str, Any]:
    """Amounts and quantities as this order writes them: strings or JSON numbers."""
    numbers = order.wire["numbers"]
    written = dict(row)
    for name, value in row.items():
        if isinstance(value, Decimal):
            written[name] = json_number(value) if numbers else f"{value:f}"
    if "Quantity" in row:
        written["Quantity"] = row["Quantity"] if numbers else str(row["Quantity"])
    return written
