"""Alibaba Cloud's room: the billing API at `/`, GET and POST, both signatures, JSON answers.

Source: BSS OpenAPI 2017-12-14 (QueryProductList, QueryOrders, GetOrderDetail, CancelOrder). Where
its documents leave the answer open, both known shapes occur, fixed per order id: an unknown order
is an empty list or an error, a refused cancel HTTP 200 with `Success: false` or HTTP 400.
One port serves both sites, so an account of the wrong site cannot be told here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from bot.sandbox.clouds import alibaba_orders
from bot.sandbox.clouds import alibaba_wire as wire
from bot.sandbox.clouds.alibaba_queries import (
    Refusal,
    order_id_of,
    query_orders,
    query_product_list,
)
from bot.sandbox.clouds.alibaba_signature import (
    HttpCall,
    Presented,
    matches,
    parse_timestamp,
    present,
)
from bot.sandbox.clouds.book import Book, CloudAccount, Operation
from bot.sandbox.clouds.room import Reply, Turn, handle_call

PROVIDER = "alibaba"

seed = alibaba_orders.seed
place = alibaba_orders.place

_VERSION = "2017-12-14"
_CLOCK_TOLERANCE = timedelta(minutes=15)
_OPERATIONS: dict[str, Operation] = {
    "QueryProductList": "list_products",
    "QueryOrders": "list_orders",
    "GetOrderDetail": "get_order",
    "CancelOrder": "cancel_order",
}


def routes(book: Book) -> list[web.RouteDef]:
    return [web.route("*", "/", _Room(book).answer)]


def list_row_ids(book: Book, account: str) -> list[str]:
    """Every order is a row of its own."""
    return list(book.orders[account])


@dataclass(frozen=True, slots=True)
class _Room:
    """*nonces*: those used within the clock tolerance, each with the time it was used."""

    book: Book
    nonces: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        call = await _http_call(request)
        claims = present(call)
        visit = _Visit(self, call, claims, dict(call.parameters()), _request_id(self.book))
        account = visit.account()
        return await handle_call(
            self.book,
            request,
            account=account.name if account else "",
            operation=_OPERATIONS.get(claims.action if claims else "", "other"),
            order_id=visit.sent.get("OrderId"),
            act=visit.act,
            throttled=visit.throttled,
            broken=visit.broken,
        )

    def use_nonce(self, access_key_id: str, nonce: str, now: datetime) -> bool:
        """False if this key has used the nonce already. Old ones are forgotten: a request that
        carries one is refused by its time."""
        for used in [used for used, at in self.nonces.items() if now - at > 2 * _CLOCK_TOLERANCE]:
            del self.nonces[used]
        if (access_key_id, nonce) in self.nonces:
            return False
        self.nonces[access_key_id, nonce] = now
        return True


@dataclass(frozen=True, slots=True)
class _Visit:
    """One call in the room: what it claims and the parameters it sent."""

    room: _Room
    call: HttpCall
    claims: Presented | None
    sent: dict[str, str]
    request_id: str

    def account(self) -> CloudAccount | None:
        """Whom the call speaks for, as far as it claims: the key's own account, or the customer
        that OwnerId names."""
        own: CloudAccount | None = None
        for account in self._behind_key():
            if account.owner_id is not None and account.owner_id == self.sent.get("OwnerId"):
                return account
            if account.owner_id is None:
                own = account
        return own

    def act(self, turn: Turn) -> Reply:
        try:
            account = self._verified(turn)
            return self._operation()(account, turn)
        except Refusal as refusal:
            return Reply(self._error(refusal), ok=False)

    def throttled(self, seconds: float | None) -> web.Response:
        """Flow control; the SDK reads the wait in milliseconds from x-acs-retry-after."""
        headers = {}
        if seconds is not None:
            headers = {
                "x-acs-retry-after": str(round(seconds * 1000)),
                "Retry-After": str(round(seconds)),
            }
        message = "Request was denied due to user flow control."
        return self._error(Refusal(400, "Throttling.User", message), headers)

    def broken(self) -> web.Response:
        message = "The request processing has failed due to some unknown error."
        return self._error(Refusal(500, "InternalError", message))

    def _error(self, refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
        return wire.error(
            self.request_id,
            refusal.status,
            refusal.code,
            refusal.message,
            account=self.account(),
            headers=headers,
        )

    def _behind_key(self) -> list[CloudAccount]:
        key = self.claims.access_key_id if self.claims else ""
        return self.room.book.by_key(PROVIDER, key)

    def _verified(self, turn: Turn) -> CloudAccount:
        """The account, once method, key, time, signature, nonce, token and owner are in order."""
        if self.call.method not in {"GET", "POST"}:
            raise Refusal(403, "UnsupportedHTTPMethod", "This http method is not supported.")
        claims, account = self.claims, self.account()
        if claims is None:
            raise Refusal(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")
        if account is None:
            message = "Specified access key is not found."
            raise Refusal(404, "InvalidAccessKeyId.NotFound", message)
        self._verify_time(claims.timestamp, turn.now)
        if not matches(self.call, account.access_key_secret):
            message = "Specified signature is not matched with our calculation."
            raise Refusal(400, "SignatureDoesNotMatch", message)
        self._verify_nonce(claims, turn.now)
        if claims.security_token != (account.security_token or ""):
            message = "Specified SecurityToken mismatch with the AccessKey."
            raise Refusal(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
        if self.sent.get("OwnerId", account.owner_id) != account.owner_id:
            message = "The specified owner doesn’t belong to caller."
            raise Refusal(400, "InvalidOwner", message)
        return account

    def _verify_time(self, timestamp: str, now: datetime) -> None:
        at = parse_timestamp(timestamp)
        if at is None:
            message = "Specified time stamp or date value is not well formatted."
            raise Refusal(400, "InvalidTimeStamp.Format", message)
        if abs(now - at) > _CLOCK_TOLERANCE:
            message = "Specified time stamp or date value is expired."
            raise Refusal(400, "InvalidTimeStamp.Expired", message)

    def _verify_nonce(self, claims: Presented, now: datetime) -> None:
        if not claims.nonce:
            message = "SignatureNonce is mandatory for this action."
            raise Refusal(400, "MissingSignatureNonce", message)
        if not self.room.use_nonce(claims.access_key_id, claims.nonce, now):
            message = "Specified signature nonce was used already."
            raise Refusal(400, "SignatureNonceUsed", message)

    def _operation(self) -> Callable[[CloudAccount, Turn], Reply]:
        operations = {
            "QueryProductList": self._query_product_list,
            "QueryOrders": self._query_orders,
            "GetOrderDetail": self._get_order_detail,
            "CancelOrder": self._cancel_order,
        }
        claims = self.claims
        if claims and claims.version == _VERSION and claims.action in operations:
            return operations[claims.action]
        message = "Specified api is not found, please check your url and method."
        raise Refusal(404, "InvalidApi.NotFound", message)

    def _query_product_list(self, account: CloudAccount, _turn: Turn) -> Reply:
        return Reply(wire.success(self.request_id, query_product_list(account.site, self.sent)))

    def _query_orders(self, account: CloudAccount, turn: Turn) -> Reply:
        orders = self.room.book.orders[account.name].values()
        return Reply(wire.success(self.request_id, query_orders(orders, self.sent, turn.order_now)))

    def _get_order_detail(self, account: CloudAccount, turn: Turn) -> Reply:
        asked = order_id_of(self.sent)
        order = self.room.book.orders[account.name].get(turn.order_id or asked)
        if order is None and _odd(asked):
            raise _no_such_order()
        rows = wire.detail_rows(order) if order else []
        payload = {
            "HostName": "sandbox",
            "PageNum": 1,
            "PageSize": 20,
            "TotalCount": len(rows),
            "OrderList": {"Order": rows},
        }
        return Reply(wire.success(self.request_id, payload))

    def _cancel_order(self, account: CloudAccount, turn: Turn) -> Reply:
        done = wire.success(self.request_id, {"HostId": "cn"})
        order_id = order_id_of(self.sent)
        if turn.lie:
            return Reply(done)
        order = self.room.book.orders[account.name].get(order_id)
        if order is None:
            raise _no_such_order()
        if not order.cancellable():
            code, message = "ResourceStatusError", "The resource status error."
            if _odd(order_id):
                raise Refusal(400, code, message)
            return Reply(wire.refusal_in_200(self.request_id, code, message), ok=False)
        order.payment_status = "cancelled"
        return Reply(done, effect=True)


async def _http_call(request: web.Request) -> HttpCall:
    path, _, query = request.raw_path.partition("?")
    return HttpCall(
        method=request.method,
        path=path,
        query=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )


def _no_such_order() -> Refusal:
    return Refusal(400, "ResourceNotExists", "The specific resource is not exists.")


def _odd(order_id: str) -> bool:
    """Chooses between two answers, always alike for one order."""
    return sum(map(int, order_id)) % 2 == 1


def _request_id(book: Book) -> str:
    """In the provider's form, repeatable: it counts the calls."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"countersign sandbox {len(book.calls)}")).upper()
