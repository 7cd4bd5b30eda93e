"""The embedded Unicloud: /transaction (QueryOrders, OrderDetail), /product (GetProductList,
GetRegion).

Source: unicloud.com/document, pages 37835198, 37845199, 37785193, 37775192, 18452004, 37965207.
No Action cancels an order, and any unknown Action is refused. Undocumented upstream and decided
here: the body of an error (Code, Message, RequestId); an unknown order is 400 InvalidParameter; a
wrong signature, an old timestamp and a repeated nonce are 403; StartTime and EndTime are UTC+08:00
and filter CreateTime; the numbers of OrderStatus and OrderCategory are refused; pages hold at most
200; the regions of GetRegion stand under Data.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web

from bot.sandbox.clouds.alibaba_signature import RPC, HttpCall, matches, parse_timestamp, present
from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder, Operation
from bot.sandbox.clouds.room import Reply, Turn, handle_call
from bot.sandbox.clouds.unicloud_errors import (
    INVALID_ACTION,
    INVALID_CALLER,
    INVALID_PARAMETER,
    MISSING_PARAMETER,
    NONCE_USED,
    TIMESTAMP_EXPIRED,
    UNSUPPORTED_METHOD,
    WRONG_SIGNATURE,
    Refused,
    broken,
    refusal,
    reply,
    throttled,
)
from bot.sandbox.clouds.unicloud_generate import place, seed_accounts
from bot.sandbox.clouds.unicloud_orders import detail, list_row
from bot.sandbox.clouds.unicloud_queries import find_products, find_regions, select_orders

__all__ = ["PROVIDER", "list_row_ids", "place", "routes", "seed"]

PROVIDER = "unicloud"
_CLOCK_TOLERANCE = timedelta(minutes=15)
_COMMON_PARAMETERS = (
    "Action",
    "Format",
    "Version",
    "AccessKeyId",
    "SignatureMethod",
    "Timestamp",
    "SignatureVersion",
    "SignatureNonce",
    "Signature",
)
_FIXED_PARAMETERS = {"Format": "json", "SignatureMethod": RPC, "SignatureVersion": "1.0"}

Parameters = dict[str, str]
_Answer = Callable[[Turn, CloudAccount, Parameters], Reply]


def seed(book: Book, rng: random.Random, start: datetime) -> None:
    seed_accounts(book, rng, start)


def list_row_ids(book: Book, account: str) -> list[str]:
    return list(book.orders[account])


def routes(book: Book) -> list[web.RouteDef]:
    room = _Room(book)
    return [
        web.route("*", "/transaction", room.transaction),
        web.route("*", "/product", room.product),
        web.route("*", "/transaction/{path:.*}", room.unknown),
        web.route("*", "/product/{path:.*}", room.unknown),
    ]


class _Room:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._nonces: set[tuple[str, str]] = set()

    async def transaction(self, request: web.Request) -> web.StreamResponse:
        actions: dict[str, tuple[Operation, _Answer]] = {
            "QueryOrders": ("list_orders", self._query_orders),
            "OrderDetail": ("get_order", self._order_detail),
        }
        return await self._call(request, actions)

    async def product(self, request: web.Request) -> web.StreamResponse:
        actions: dict[str, tuple[Operation, _Answer]] = {
            "GetProductList": ("list_products", _product_list),
            "GetRegion": ("list_products", _regions),
        }
        return await self._call(request, actions)

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        return await self._call(request, {})

    async def _call(
        self, request: web.Request, actions: dict[str, tuple[Operation, _Answer]]
    ) -> web.StreamResponse:
        call = await _http_call(request)
        sent = dict(call.parameters())
        action = sent.get("Action", "")
        operation, answer = actions.get(action, (_operation_of(action), _no_such_action))

        def act(turn: Turn) -> Reply:
            try:
                return answer(turn, self._caller(call, sent, turn.now), sent)
            except Refused as refused:
                return Reply(refused.response, ok=False)

        keys = self._book.by_key(PROVIDER, sent.get("AccessKeyId", ""))
        return await handle_call(
            self._book,
            request,
            account=keys[0].name if keys else "",
            operation=operation,
            order_id=sent.get("OrderId"),
            act=act,
            throttled=throttled,
            broken=broken,
        )

    def _caller(self, call: HttpCall, sent: Parameters, now: datetime) -> CloudAccount:
        """
        The account that proved itself; its nonce is then used up.

        Raises:
            Refused: a common parameter is missing, wrong, stale or repeated.
        """
        _check_common(call.method, sent)
        account = next(iter(self._book.by_key(PROVIDER, sent["AccessKeyId"])), None)
        if account is None:
            raise refusal(INVALID_CALLER)
        claims = present(call)
        if claims is None or claims.scheme != RPC or not matches(call, account.access_key_secret):
            raise refusal(WRONG_SIGNATURE)
        stamped = parse_timestamp(sent["Timestamp"])
        if stamped is None or abs(now - stamped) > _CLOCK_TOLERANCE:
            raise refusal(TIMESTAMP_EXPIRED)
        nonce = (account.name, sent["SignatureNonce"])
        if nonce in self._nonces:
            raise refusal(NONCE_USED)
        self._nonces.add(nonce)
        return account

    def _query_orders(self, turn: Turn, account: CloudAccount, sent: Parameters) -> Reply:
        rows = [list_row(order, turn.order_now) for order in self._orders(account)]
        return Reply(reply(select_orders(rows, sent)))

    def _order_detail(self, turn: Turn, account: CloudAccount, sent: Parameters) -> Reply:
        """By id alone: an order number is no id, and refused like any unknown one."""
        if not sent.get("OrderId"):
            raise refusal(MISSING_PARAMETER, "OrderId")
        order = self._book.orders[account.name].get(turn.order_id or "")
        if order is None:
            raise refusal(INVALID_PARAMETER, "OrderId")
        return Reply(reply({"Order": detail(order, turn.order_now)}))

    def _orders(self, account: CloudAccount) -> list[CloudOrder]:
        return list(self._book.orders[account.name].values())


def _check_common(method: str, sent: Parameters) -> None:
    """GET, all common parameters present, those with only one value having it."""
    if method != "GET":
        raise refusal(UNSUPPORTED_METHOD)
    for name in _COMMON_PARAMETERS:
        if not sent.get(name):
            raise refusal(MISSING_PARAMETER, name)
    for name, only in _FIXED_PARAMETERS.items():
        if sent[name] != only:
            raise refusal(INVALID_PARAMETER, name)


def _product_list(_: Turn, _account: CloudAccount, sent: Parameters) -> Reply:
    return Reply(reply(find_products(sent)))


def _regions(_: Turn, _account: CloudAccount, sent: Parameters) -> Reply:
    return Reply(reply(find_regions(sent)))


def _no_such_action(_: Turn, _account: CloudAccount, _sent: Parameters) -> Reply:
    raise refusal(INVALID_ACTION)


def _operation_of(action: str) -> Operation:
    """An attempt to cancel shows as one in the ledger, although no Action does it."""
    return "cancel_order" if "cancel" in action.lower() else "other"


async def _http_call(request: web.Request) -> HttpCall:
    path, _, query = request.raw_path.partition("?")
    return HttpCall(
        method=request.method,
        path=path,
        query=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )
