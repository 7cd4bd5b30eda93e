"""Parameters of the embedded Huawei Cloud's operations: read, judged, applied.

Each parser raises `Refused`: CBC.0100 for what cannot be read, CBC.0101 for what is out of range.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.clouds.huawei_catalogue import CHINESE, ENGLISH, Language
from bot.sandbox.clouds.huawei_errors import INVALID_PARAMETER, PARAMETER_ERROR, refusal

_STATUS_FILTER = frozenset({1, 3, 4, 5, 6, 9})
_ORDER_TYPE_FILTER = frozenset({1, 2, 3, 4, 10, 11, 13, 14, 15})
_TEXTS = ("order_id", "service_type_code")
_TIMES = ("create_time", "payment_time")
_LARGEST_OFFSET = 2**31 - 1
_LONGEST_NAME = 128
_MOST_RESOURCE_IDS = 50
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TIME_LENGTH = 20

Row = Mapping[str, Any]
Test = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Page:
    """*offset* counts rows, not pages."""

    offset: int
    limit: int

    def of(self, rows: Sequence[Any]) -> list[Any]:
        return list(rows[self.offset : self.offset + self.limit])


def page(query: Mapping[str, Any], *, largest: int = 100) -> Page:
    """offset and limit; absent, empty and null mean 0 and 10."""
    return Page(
        _integer(query.get("offset"), 0, range(_LARGEST_OFFSET + 1)),
        _integer(query.get("limit"), 10, range(1, largest + 1)),
    )


def language(header: str) -> Language:
    """What an X-Language header asks for; Chinese unless it says English."""
    return ENGLISH if header.lower().startswith("en") else CHINESE


def order_id_in(body: Any) -> str | None:
    """The order a cancel names, unjudged."""
    order_id = body.get("order_id") if isinstance(body, dict) else None
    return order_id if isinstance(order_id, str) and order_id else None


def select_orders(rows: Sequence[Row], query: Mapping[str, str]) -> list[Row]:
    """The list rows that fit ListCustomerOrders' filters, in the order asked for."""
    tests = [_window(query, name) for name in _TIMES]
    tests += [_same_text(name, query[name]) for name in _TEXTS if name in query]
    if "customer_id" in query:
        wanted = query["customer_id"]
        tests.append(lambda row: row["customer_id"] == wanted)
    if "status" in query:
        status = _one_of(query["status"], _STATUS_FILTER)
        tests.append(lambda row: row["status"] == status)
    if "order_type" in query:
        order_type = _one_of(query["order_type"], _ORDER_TYPE_FILTER)
        tests.append(lambda row: row["order_type"] == order_type)
    if _method(query) == "sub_customer" or "indirect_partner_id" in query:
        return []  # the made-up accounts have neither members nor resellers
    return _sorted([row for row in rows if all(test(row) for test in tests)], query)


def select_resources(rows: Sequence[Row], body: Mapping[str, Any]) -> list[Row]:
    """The resources that fit ListPayPerUseCustomerResources' body; without an order id, of all."""
    tests: list[Test] = [_window(body, "expire_time")]
    if body.get("order_id"):
        tests.append(lambda row: row["order_id"] == body["order_id"])
    if "service_type_code" in body:
        if not body["service_type_code"]:
            raise refusal(PARAMETER_ERROR)
        tests.append(_same_text("service_type_code", str(body["service_type_code"])))
    if _integer(body.get("only_main_resource"), 0, range(2)):
        tests.append(lambda row: row["is_main_resource"] == 1)
    if body.get("status_list"):
        statuses = _list(body["status_list"])
        tests.append(lambda row: row["status"] in statuses)
    if "resource_ids" in body:
        wanted = _list(body["resource_ids"])
        if len(wanted) > _MOST_RESOURCE_IDS:
            raise refusal(INVALID_PARAMETER)
        tests.append(lambda row: row["resource_id"] in wanted)
    return [row for row in rows if all(test(row) for test in tests)]


def name_filter(query: Mapping[str, str]) -> str:
    """A piece of a service type's name, "" for any."""
    name = query.get("service_type_name", "")
    if ("service_type_name" in query and not name) or len(name) > _LONGEST_NAME:
        raise refusal(PARAMETER_ERROR)
    return name.lower()


def required_service(query: Mapping[str, str]) -> str:
    if not query.get("service_type_code"):
        raise refusal(PARAMETER_ERROR)
    return query["service_type_code"]


def _integer(value: Any, default: int, allowed: range) -> int:
    if value in (None, "", "null"):
        return default
    number = _whole(value)
    if number not in allowed:
        raise refusal(INVALID_PARAMETER)
    return number


def _one_of(value: str, allowed: frozenset[int]) -> int:
    number = _whole(value)
    if number not in allowed:
        raise refusal(INVALID_PARAMETER)
    return number


def _whole(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise refusal(PARAMETER_ERROR) from None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refusal(PARAMETER_ERROR)
    return value


def _same_text(name: str, wanted: str) -> Test:
    return lambda row: str(row[name]).lower() == wanted.lower()


def _window(query: Mapping[str, Any], name: str) -> Test:
    """Both bounds are inclusive and either may be missing; a row without the time never fits. Any
    length is taken, where Huawei itself takes a year at most."""
    begin, end = _moment(query, f"{name}_begin"), _moment(query, f"{name}_end")
    if not begin and not end:
        return lambda _: True
    if begin and end and begin > end:
        raise refusal(INVALID_PARAMETER)

    def fits(row: Row) -> bool:
        if row[name] is None:
            return False
        moment = _parsed_time(row[name])
        return (begin is None or begin <= moment) and (end is None or moment <= end)

    return fits


def _moment(query: Mapping[str, Any], name: str) -> datetime | None:
    if query.get(name) is None:
        return None
    try:
        return _parsed_time(str(query[name]))
    except ValueError:
        raise refusal(PARAMETER_ERROR) from None


def _parsed_time(text: str) -> datetime:
    if len(text) != _TIME_LENGTH:
        raise ValueError(text)
    return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)


def _method(query: Mapping[str, str]) -> str:
    method = query.get("method", "oneself")
    if method not in {"oneself", "sub_customer"}:
        raise refusal(INVALID_PARAMETER)
    return method


def _sorted(rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    """Without `order_by` the order is the book's, which means nothing."""
    if "order_by" not in query:
        return rows
    wanted = query["order_by"].lower()
    if wanted not in {"createtime", "-createtime"}:
        raise refusal(INVALID_PARAMETER)
    return sorted(rows, key=lambda row: str(row["create_time"]), reverse=wanted.startswith("-"))
