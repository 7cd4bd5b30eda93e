"""What a provider's room is, and the one way a call goes through it.

A room is a module of this package (`alibaba`, `huawei`, `unicloud`) with five names, held to the
`Room` protocol by the type checker where `world.ROOMS` lists them:

    PROVIDER: str                                   "alibaba", as accounts carry it
    seed(book, rng, start) -> None                  adds the provider's accounts and their orders;
                                                    all chance from *rng*, all times from *start*
    place(book, account, *, renewal, deadline)      an unpaid order like those, made now, which the
                                                    caller adds; a deadline of None is the
                                                    provider's usual one, ValueError for one that
                                                    it cannot have
    routes(book) -> list[web.RouteDef]              the provider's own paths, with a catch-all for
                                                    the rest of its prefix; state of its own (used
                                                    nonces, tokens) lives in what this call makes
    list_row_ids(book, account) -> list[str]        the ids that the provider's list answers over
                                                    all time (a combined order yes, its parts no)

A handler reads the body, finds out *account* (by the key id or token as presented; "" if unknown),
*operation* and *order_id* without judging them, and hands the rest to `handle_call`:

    return await handle_call(
        book, request, account=..., operation=..., order_id=...,
        act=act,                # (turn) -> Reply: verify the signature, check, act, render
        throttled=throttled,    # (seconds | None) -> web.Response in the provider's shape
        broken=broken,          # () -> web.Response: the provider's own HTTP 500
    )

`handle_call` writes the ledger and plays faults, so a room knows of them only through its `Turn`:

- verify signature and clock against `turn.now` (clock_skew moves it), not against `book.now()`;
- read the times of orders against `turn.order_now`;
- read the order `turn.order_id` (wrong_order names another one of the account);
- when `turn.lie` is true, a cancel answers success and changes nothing, whatever the order's state.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.clouds.book import Book, CloudOrder, Fault, Operation

SLOW_S = 5.0
SKEW_S = 3600.0


class Room(Protocol):
    """A provider's module; the names are explained on top of this file."""

    PROVIDER: str

    def seed(self, book: Book, rng: random.Random, start: datetime) -> None: ...

    def place(
        self, book: Book, account: str, *, renewal: bool, deadline: datetime | None
    ) -> CloudOrder: ...

    def routes(self, book: Book) -> list[web.RouteDef]: ...

    def list_row_ids(self, book: Book, account: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """How a room has to take one call: *now* is the clock it judges the caller by, *order_now* the
    one it judges orders by, both aware UTC."""

    now: datetime
    order_now: datetime
    order_id: str | None
    lie: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """*ok* is false for a refusal; *effect* is true if the call changed an order."""

    response: web.Response
    ok: bool = True
    effect: bool = False


async def handle_call(
    book: Book,
    request: web.Request,
    *,
    account: str,
    operation: Operation,
    order_id: str | None,
    act: Callable[[Turn], Reply],
    throttled: Callable[[float | None], web.Response],
    broken: Callable[[], web.Response],
) -> web.StreamResponse:
    """Answer one call, with the fault ordered for it if there is one, and record it.

    The call is in the ledger from its arrival on. Its outcome is `fault` if one was played on it,
    whichever kind. `throttle`, `error_500`, `garbage` and `drop_before` never reach *act*; `slow`
    waits first and then acts, even if the caller has left meanwhile: an effect may show late.
    """
    call = book.record(account, operation, order_id, "fault")
    fault = book.take_fault(account, operation)
    if fault is not None:
        spoilt = await _before_acting(fault, request, throttled, broken)
        if spoilt is not None:
            return spoilt
    reply = act(_turn(book, fault, account, operation, order_id))
    call.effect = reply.effect
    if fault is None:
        call.outcome = "ok" if reply.ok else "refused"
    elif fault.kind == "drop_after":
        return hang_up(request)
    return reply.response


async def _before_acting(
    fault: Fault,
    request: web.Request,
    throttled: Callable[[float | None], web.Response],
    broken: Callable[[], web.Response],
) -> web.Response | None:
    """The answer of a fault that keeps the call from its room; None lets it pass."""
    match fault.kind:
        case "drop_before":
            return hang_up(request)
        case "throttle":
            return throttled(fault.seconds)
        case "error_500":
            return broken()
        case "garbage":
            return web.Response(
                text="<html><body>The proxy is being serviced.</body></html>",
                content_type="text/html",
            )
        case "slow":
            await asyncio.sleep(SLOW_S if fault.seconds is None else fault.seconds)
            return None
        case "drop_after" | "wrong_order" | "lie" | "clock_skew":
            return None


def _turn(
    book: Book, fault: Fault | None, account: str, operation: Operation, order_id: str | None
) -> Turn:
    now, kind = book.now(), fault.kind if fault else None
    if fault is not None and kind == "clock_skew":
        now += timedelta(seconds=SKEW_S if fault.seconds is None else fault.seconds)
    if kind == "wrong_order" and operation == "get_order" and order_id is not None:
        order_id = _another(book, account, order_id)
    book.lapse()
    return Turn(now, now + book.shift, order_id, lie=kind == "lie")


def _another(book: Book, account: str, order_id: str) -> str:
    """The id of some other order of the account; the same one if it has no other."""
    return next((other for other in book.orders.get(account, {}) if other != order_id), order_id)


def hang_up(request: web.Request) -> web.Response:
    """Close the connection without a byte of an answer (aiohttp then finds it closed)."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def json_reply(
    payload: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """JSON as these providers send it: UTF-8 text, nothing escaped."""
    return web.Response(
        body=json.dumps(payload, ensure_ascii=False).encode(),
        status=status,
        headers={"Content-Type": "application/json;charset=utf-8", **(headers or {})},
    )


def utc_text(moment: datetime) -> str:
    """`2026-11-20T02:00:00Z`: seconds, UTC."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def json_number(amount: Decimal) -> int | float:
    """An amount as a JSON number. A float prints as written up to 15 digits, so none is lost here;
    nothing is computed with it."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
