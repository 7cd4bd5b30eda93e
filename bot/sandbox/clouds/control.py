"""The control API under `/_sandbox/`: what tests and the demo do behind the clouds' back.

JSON in and out. Unknown names (accounts, orders, operations, kinds) answer 404, bad values 400,
both with `{"error": sentence}`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, get_args

from aiohttp import web

from bot.sandbox.clouds.book import Book, Call, CloudOrder, Fault, FaultKind, Operation
from bot.sandbox.clouds.world import list_row_ids, place

PREFIX = "/_sandbox/"

_STATUSES = ("unpaid", "paid", "cancelled", "unknown")
_TOO_LARGE, _PLACES = Decimal(10**15), 6
_MAX_SECONDS = 10**8  # three years: a skew beyond it would leave the calendar
_FARTHEST = timedelta(days=400)  # that the orders' time can be moved in all
_Name = TypeVar("_Name", bound=str)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlError(Exception):
    """A request that the control API refuses, with its HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def routes(book: Book) -> list[web.RouteDef]:
    control = _Control(book)
    return [
        web.get(f"{PREFIX}accounts", control.accounts),
        web.get(f"{PREFIX}orders", control.orders),
        web.post(f"{PREFIX}orders", control.place_order),
        web.post(PREFIX + "orders/{order_id}", control.change_order),
        web.get(f"{PREFIX}clock", control.clock),
        web.post(f"{PREFIX}clock", control.move_clock),
        web.get(f"{PREFIX}calls", control.calls),
        web.post(f"{PREFIX}faults", control.add_fault),
        web.delete(f"{PREFIX}faults", control.clear_faults),
    ]


@web.middleware
async def errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Every refusal under the prefix is JSON, the router's own included."""
    if not request.path.startswith(PREFIX):
        return await handler(request)
    try:
        return await handler(request)
    except ControlError as error:
        return web.json_response({"error": str(error)}, status=error.status)
    except web.HTTPException as error:
        sentence = f"{request.method} {request.path}: {error.reason}"
        return web.json_response({"error": sentence}, status=error.status)


class _Control:
    def __init__(self, book: Book) -> None:
        self._book = book

    async def accounts(self, _request: web.Request) -> web.Response:
        return web.json_response([account.public() for account in self._book.accounts.values()])

    async def orders(self, request: web.Request) -> web.Response:
        account = request.query.get("account")
        if account is None:
            raise ControlError(400, "say which account: ?account=NAME")
        self._check_account(account)
        self._book.lapse()
        orders = self._book.orders[account]
        return web.json_response([_order(orders[i]) for i in list_row_ids(self._book, account)])

    async def place_order(self, request: web.Request) -> web.Response:
        """A new unpaid order, made now by the orders' own time."""
        body = await _json_object(request, allowed={"account", "renewal", "deadline"})
        if "account" not in body:
            raise ControlError(400, "say in which account")
        self._check_account(body["account"])
        renewal, deadline = body.get("renewal", False), _moment(body.get("deadline"))
        if not isinstance(renewal, bool):
            raise ControlError(400, "renewal is true or false")
        try:
            order = place(self._book, body["account"], renewal=renewal, deadline=deadline)
        except ValueError as error:
            raise ControlError(400, f"deadline: {error}") from error
        return web.json_response(_order(order))

    async def change_order(self, request: web.Request) -> web.Response:
        self._book.lapse()
        order = self._book.order(request.match_info["order_id"])
        if order is None:
            raise ControlError(404, f"no order {request.match_info['order_id']}")
        body = await _json_object(request, allowed={"payment_status", "payable"})
        status = body.get("payment_status", order.payment_status)
        if status not in _STATUSES:
            raise ControlError(400, f"payment_status is one of {', '.join(_STATUSES)}")
        if status == "unpaid" and order.is_past(self._book.order_now()):
            raise ControlError(400, "the order's payment deadline has passed: place a new one")
        # Both are checked before either is changed.
        payable = _amount(body["payable"]) if "payable" in body else order.payable
        order.lapsed = order.lapsed and "payment_status" not in body
        order.payment_status, order.payable = status, payable
        return web.json_response(_order(order))

    async def clock(self, _request: web.Request) -> web.Response:
        """The orders' own time; signatures and calls go by the real one."""
        now, shift = self._book.order_now(), self._book.shift
        return web.json_response({"now": _utc(now), "shift_seconds": shift.total_seconds()})

    async def move_clock(self, request: web.Request) -> web.Response:
        body = await _json_object(request, allowed={"move_seconds"})
        by = _span(body.get("move_seconds"))
        if self._book.shift + by > _FARTHEST:
            days = _FARTHEST.days
            raise ControlError(400, f"the clock can be moved {days} days in all, no more")
        self._book.move(by)
        return await self.clock(request)

    async def calls(self, _request: web.Request) -> web.Response:
        return web.json_response([_call(call) for call in self._book.calls])

    async def add_fault(self, request: web.Request) -> web.Response:
        allowed = {"account", "operation", "kind", "seconds", "times"}
        body = await _json_object(request, allowed=allowed)
        if "kind" not in body:
            raise ControlError(400, "say which kind of fault")
        kind: FaultKind = _one_of(body["kind"], get_args(FaultKind), "kind")
        operation: Operation | None = None
        if body.get("operation") is not None:
            operation = _one_of(body["operation"], get_args(Operation), "operation")
        account = body.get("account")
        if account is not None:
            self._check_account(account)
        fault = Fault(kind, account, operation, _seconds(body, kind), _times(body))
        self._book.faults.append(fault)
        return web.json_response(asdict(fault))

    async def clear_faults(self, _request: web.Request) -> web.Response:
        cleared = len(self._book.faults)
        self._book.faults.clear()
        return web.json_response({"cleared": cleared})

    def _check_account(self, name: object) -> None:
        if not isinstance(name, str):
            raise ControlError(400, "account is a text")
        if name not in self._book.accounts:
            raise ControlError(404, f"no account {name}")


def _order(order: CloudOrder) -> dict[str, str | None]:
    return {
        "order_id": order.order_id,
        "payment_status": order.payment_status,
        "payable": f"{order.payable:f}",
        "currency": order.currency,
        "created_at": _utc(order.created_at),
        "deadline": None if order.deadline is None else _utc(order.deadline),
    }


def _call(call: Call) -> dict[str, object]:
    """A call with an unknown key has no account: null."""
    return {**asdict(call), "at": _utc(call.at), "account": call.account or None}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def _json_object(request: web.Request, *, allowed: set[str]) -> dict[str, Any]:
    try:
        body = json.loads(await request.read(), parse_float=Decimal)
    except ValueError as error:
        raise ControlError(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise ControlError(400, "the body is not a JSON object")
    unknown = sorted(set(body) - allowed)
    if unknown:
        raise ControlError(400, f"no such field: {', '.join(unknown)}")
    return body


def _one_of(value: object, known: tuple[_Name, ...], field: str) -> _Name:
    if not isinstance(value, str):
        raise ControlError(400, f"{field} is a text")
    for name in known:
        if name == value:
            return name
    raise ControlError(404, f"no {field} {value}; there are {', '.join(known)}")


def _amount(value: object) -> Decimal:
    """A decimal text or a JSON number, below 10^15 and with at most six places."""
    refused = ControlError(400, "payable is a decimal text, for example 12.50")
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise refused
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise refused from error
    if not amount.is_finite() or abs(amount) >= _TOO_LARGE or amount != round(amount, _PLACES):
        raise refused
    return amount


def _seconds(body: dict[str, Any], kind: FaultKind) -> float | None:
    value = body.get("seconds")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ControlError(400, "seconds is a number")
    least = -_MAX_SECONDS if kind == "clock_skew" else 0
    if not least <= value <= _MAX_SECONDS:
        raise ControlError(400, "seconds is out of range; only clock_skew takes negative ones")
    return float(value)


def _span(value: object) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ControlError(400, "move_seconds is a number")
    if not 0 <= value <= _FARTHEST.total_seconds():
        raise ControlError(400, f"the clock moves forward, {_FARTHEST.days} days at most")
    return timedelta(seconds=float(value))


def _moment(value: object) -> datetime | None:
    """ISO 8601 with its offset from UTC, in whole seconds; None where there is none."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise ControlError(400, "deadline is a time such as 2026-11-20T18:00:00Z")


def _times(body: dict[str, Any]) -> int:
    value: object = body.get("times", 1)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ControlError(400, "times is a whole number; 0 lasts until DELETE")
