"""The embedded Huawei Cloud: BSS v2 orders and products, and the corner of IAM that signs in.

Paths and replies: BSS v2 ListCustomerOrders, ShowCustomerOrderDetails, CancelCustomerOrder,
ListServiceTypes, ListResourceTypes, ListServiceResources, ListPayPerUseCustomerResources;
IAM v3 auth/tokens, auth/domains. Undocumented upstream and decided here: cancelling an unknown
order is CBC.0100, and the details of a part of a combined order can be read by its own id.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sandbox.clouds import huawei_queries as queries
from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder, Operation
from bot.sandbox.clouds.huawei_access import PROVIDER, Access
from bot.sandbox.clouds.huawei_catalogue import (
    CHINESE,
    ENGLISH,
    RESOURCE_TYPES,
    SERVICE_TYPES,
    Language,
)
from bot.sandbox.clouds.huawei_errors import (
    NO_SUCH_API,
    NO_SUCH_ORDER,
    NOT_CANCELLABLE,
    PARAMETER_ERROR,
    PART_OF_COMBINED,
    Refused,
    broken,
    error_reply,
    no_content,
    refusal,
    reply,
    throttled,
)
from bot.sandbox.clouds.huawei_generate import place, seed_accounts
from bot.sandbox.clouds.huawei_orders import details, find, list_row, resource_row
from bot.sandbox.clouds.huawei_signature import SignedRequest
from bot.sandbox.clouds.room import Reply, Turn, handle_call

__all__ = ["PROVIDER", "list_row_ids", "place", "routes", "seed"]

_LARGEST_CATALOGUE_PAGE = 1000
_Answer = Callable[[Turn, CloudAccount], Reply]


def seed(book: Book, rng: random.Random, start: datetime) -> None:
    seed_accounts(book, rng, start)


def list_row_ids(book: Book, account: str) -> list[str]:
    return list(book.orders[account])


def routes(book: Book) -> list[web.RouteDef]:
    room = _Room(book)
    orders, products = "/v2/orders/customer-orders", "/v2/products"
    return [
        web.get(orders, room.list_orders, allow_head=False),
        web.get(f"{orders}/details/{{order_id}}", room.get_order, allow_head=False),
        web.put(f"{orders}/cancel", room.cancel_order),
        web.post("/v2/orders/suscriptions/resources/query", room.list_resources),
        web.get(f"{products}/service-types", room.list_service_types, allow_head=False),
        web.get(f"{products}/resource-types", room.list_resource_types, allow_head=False),
        web.get(f"{products}/service-resources", room.list_service_resources, allow_head=False),
        web.post("/v3/auth/tokens", room.issue_token),
        web.get("/v3/auth/domains", room.list_domains, allow_head=False),
        web.route("*", "/v2/{path:.*}", room.no_such_api),
        web.route("*", "/v3/{path:.*}", room.no_such_api),
    ]


class _Room:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._access = Access(book)

    async def list_orders(self, request: web.Request) -> web.StreamResponse:
        def answer(_: Turn, account: CloudAccount) -> Reply:
            rows = [list_row(order, _language_of(account)) for order in self._orders(account)]
            page = queries.page(request.query)
            found = queries.select_orders(rows, request.query)
            return Reply(reply({"total_count": len(found), "order_infos": page.of(found)}))

        return await self._call(request, "list_orders", answer)

    async def get_order(self, request: web.Request) -> web.StreamResponse:
        def answer(turn: Turn, account: CloudAccount) -> Reply:
            page = queries.page(request.query)
            order_id = turn.order_id or ""
            order = find(self._orders(account), order_id)
            if order is None:
                raise refusal(NO_SUCH_ORDER)
            language = queries.language(request.headers.get("X-Language", ""))
            shown = details(order, order_id, language, offset=page.offset, limit=page.limit)
            return Reply(reply(shown))

        order_id = request.match_info["order_id"]
        return await self._call(request, "get_order", answer, order_id=order_id)

    async def cancel_order(self, request: web.Request) -> web.StreamResponse:
        def answer(turn: Turn, account: CloudAccount) -> Reply:
            if not turn.lie:
                self._cancellable(account, turn.order_id).payment_status = "cancelled"
            return Reply(no_content(), effect=not turn.lie)

        order_id = queries.order_id_in(_json(await request.read()))
        return await self._call(request, "cancel_order", answer, order_id=order_id)

    async def list_resources(self, request: web.Request) -> web.StreamResponse:
        body = _json(await request.read())

        def answer(_: Turn, account: CloudAccount) -> Reply:
            if not isinstance(body, dict):
                raise refusal(PARAMETER_ERROR)
            page = queries.page(body)
            found = queries.select_resources(self._resources(account), body)
            shown = [{**row} for row in page.of(found)]
            for row in shown:
                del row["order_id"]
            return Reply(reply({"total_count": len(found), "data": shown}))

        return await self._call(request, "other", answer, order_id=queries.order_id_in(body))

    async def list_service_types(self, request: web.Request) -> web.StreamResponse:
        def rows(language: Language) -> list[Any]:
            name = queries.name_filter(request.query)
            services = [service.wire(language) for service in SERVICE_TYPES]
            return [row for row in services if name in row["service_type_name"].lower()]

        return await self._catalogue(request, "service_types", rows)

    async def list_resource_types(self, request: web.Request) -> web.StreamResponse:
        def rows(language: Language) -> list[Any]:
            return [resource.wire(language) for resource in RESOURCE_TYPES]

        return await self._catalogue(request, "resource_types", rows)

    async def list_service_resources(self, request: web.Request) -> web.StreamResponse:
        def rows(language: Language) -> list[Any]:
            code = queries.required_service(request.query)
            resources = [one for one in RESOURCE_TYPES if one.service_code == code]
            return [resource.wire_of_service(language) for resource in resources]

        return await self._catalogue(request, "infos", rows)

    async def issue_token(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        user = self._access.user(body)

        def act(turn: Turn) -> Reply:
            with_catalog = request.query.get("nocatalog") != "true"
            try:
                return Reply(self._access.issue_token(body, turn.now, with_catalog=with_catalog))
            except Refused as refused:
                return Reply(refused.response, ok=False)

        return await handle_call(
            self._book,
            request,
            account=user.name if user else "",
            operation="token",
            order_id=None,
            act=act,
            throttled=throttled,
            broken=broken,
        )

    async def list_domains(self, request: web.Request) -> web.StreamResponse:
        def answer(_: Turn, account: CloudAccount) -> Reply:
            domain = {
                "id": account.domain_id,
                "name": account.iam_domain or account.name,
                "enabled": True,
                "description": "",
            }
            links = {"self": str(request.url), "previous": None, "next": None}
            return Reply(reply({"domains": [domain], "links": links}))

        return await self._call(request, "other", answer)

    async def no_such_api(self, request: web.Request) -> web.StreamResponse:
        """The gateway looks for the path before it looks at the signature."""
        signed = await _signed(request)
        return await handle_call(
            self._book,
            request,
            account=self._access.presented(signed),
            operation="other",
            order_id=None,
            act=lambda _: Reply(error_reply(NO_SUCH_API), ok=False),
            throttled=throttled,
            broken=broken,
        )

    async def _catalogue(
        self, request: web.Request, key: str, rows: Callable[[Language], list[Any]]
    ) -> web.StreamResponse:
        def answer(_: Turn, _account: CloudAccount) -> Reply:
            page = queries.page(request.query, largest=_LARGEST_CATALOGUE_PAGE)
            found = rows(queries.language(request.headers.get("X-Language", "")))
            return Reply(reply({"total_count": len(found), key: page.of(found)}))

        return await self._call(request, "list_products", answer)

    async def _call(
        self,
        request: web.Request,
        operation: Operation,
        answer: _Answer,
        *,
        order_id: str | None = None,
    ) -> web.StreamResponse:
        """Prove the caller, then *answer*; a refusal of either is the reply."""
        signed = await _signed(request)

        def act(turn: Turn) -> Reply:
            try:
                return answer(turn, self._access.check(signed, turn.now))
            except Refused as refused:
                return Reply(refused.response, ok=False)

        return await handle_call(
            self._book,
            request,
            account=self._access.presented(signed),
            operation=operation,
            order_id=order_id,
            act=act,
            throttled=throttled,
            broken=broken,
        )

    def _orders(self, account: CloudAccount) -> list[CloudOrder]:
        return list(self._book.orders[account.name].values())

    def _cancellable(self, account: CloudAccount, order_id: str | None) -> CloudOrder:
        order = find(self._orders(account), order_id) if order_id else None
        if order is None:
            raise refusal(PARAMETER_ERROR)
        if order.order_id != order_id:
            raise refusal(PART_OF_COMBINED)
        if not order.cancellable():
            raise refusal(NOT_CANCELLABLE)
        return order

    def _resources(self, account: CloudAccount) -> list[dict[str, Any]]:
        """Every resource of the account with the order that brought it."""
        language = _language_of(account)
        return [
            {**resource_row(resource, language), "order_id": order.order_id}
            for order in self._orders(account)
            for resource in order.wire["resources"]
        ]


async def _signed(request: web.Request) -> SignedRequest:
    return SignedRequest(
        method=request.method,
        target=request.raw_path,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )


def _language_of(account: CloudAccount) -> Language:
    """For operations that know no X-Language: the site's own."""
    return ENGLISH if account.site == "international" else CHINESE


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
