"""Alibaba Cloud orders. Source: BSS OpenAPI 2017-12-14, QueryOrders, GetOrderDetail,
QueryProductList, CancelOrder, sent as POST with every parameter in the query."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from bot.domain.accounts import Account, Capabilities
from bot.domain.orders import (
    CancelEffect,
    CancelReceipt,
    Order,
    OrderQuery,
    PaymentStatus,
    Product,
    Resource,
)
from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    Remedy,
)
from bot.i18n import _
from bot.ports import Clock
from bot.providers.alibaba.errors import check_cancelled, data_of
from bot.providers.alibaba.paging import Incomplete, all_rows
from bot.providers.alibaba.signing import Key, canonical_query, signed_headers
from bot.providers.alibaba.wire import Page, to_order, to_product
from bot.providers.clients import Request
from bot.providers.credentials import Credentials
from bot.providers.receipts import receipt_of
from bot.providers.transport import Answer, Transport

T = TypeVar("T")

VERSION = "2017-12-14"
ENDPOINTS = {  # by site of the account, whatever the region of its resources
    "china": "https://business.aliyuncs.com",
    "international": "https://business.ap-southeast-1.aliyuncs.com",
}
ORDERS_PER_PAGE = 20  # the documents warn that larger pages may time out
PRODUCTS_PER_PAGE = 300  # the documented maximum
_STATUS_WORDS = {
    PaymentStatus.UNPAID: "Unpaid",
    PaymentStatus.PAID: "Paid",
    PaymentStatus.CANCELLED: "Cancelled",
}
_CAPABILITIES = Capabilities(can_cancel=True, has_deadline=False)


class AlibabaAdapter:
    """One account. *endpoint* replaces the site's own host, *nonce* gives a new text per call,
    *cancel_credentials* cancel in place of *credentials*."""

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        transport: Transport,
        *,
        endpoint: str | None,
        clock: Clock,
        nonce: Callable[[], str],
        cancel_credentials: Credentials | None = None,
    ) -> None:
        self._account = account
        self._credentials = credentials
        self._transport = transport
        self._cancel_credentials = cancel_credentials or credentials
        self._cancels = transport.for_another_key() if cancel_credentials else transport
        url = httpx.URL(endpoint or ENDPOINTS[account.site])
        self._host, self._address = url.netloc.decode("ascii"), str(url.copy_with(path="/"))
        self._clock = clock
        self._nonce = nonce

    @property
    def account(self) -> Account:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def list_orders(self, query: OrderQuery) -> AsyncIterator[tuple[Order, ...]]:
        """Yield the orders created in [created_from, created_until), in the provider's order.

        Both bounds are always sent: without them QueryOrders answers the last hour only. Raises
        ProviderMalformed when rows are missing even after a second walk through all pages.
        """
        if query.created_from >= query.created_until:
            raise ProviderInvalid(
                _("the window of creation times ends before it starts"),
                account=self._account.name,
                operation="QueryOrders",
            )
        parameters = {
            "CreateTimeStart": _whole_second(query.created_from),
            "CreateTimeEnd": _whole_second(query.created_until + timedelta(microseconds=999_999)),
        }
        word = _STATUS_WORDS.get(query.payment_status) if query.payment_status else None
        if word:
            parameters["PaymentStatus"] = word
        parameters |= self._owner()
        yielded: set[str] = set()
        pages = self._all_rows("QueryOrders", parameters, ORDERS_PER_PAGE)
        async with aclosing(pages):
            async for rows in pages:
                orders = self._orders(rows)
                yield tuple(
                    order
                    for order in orders
                    if order.order_id not in yielded and _within(query, order)
                )
                yielded |= {order.order_id for order in orders}

    async def get_order(self, order_id: str, *, language: str) -> Order:  # noqa: ARG002 - no choice
        """Read one order. Raises ProviderNotFound for an empty list (how an unknown order is
        answered is not documented) and ProviderMalformed for rows of other orders only."""
        operation = "GetOrderDetail"
        page = await self._read(operation, {"OrderId": order_id} | self._owner())
        rows = [row for row in page.rows if _order_id(row) == order_id]
        if rows:
            return self._convert(operation, partial(to_order, self._account, rows, detailed=True))
        if page.rows:
            raise self._malformed(operation, _("the cloud answered with another order"))
        raise ProviderNotFound(_("no such order"), account=self._account.name, operation=operation)

    async def list_resources(self, order_id: str) -> tuple[Resource, ...]:  # noqa: ARG002
        """Nothing: the API has no such call; instance ids are in the lines of the order."""
        return ()

    async def list_products(self, *, language: str) -> tuple[Product, ...]:  # noqa: ARG002
        """All products, in the language of the site."""
        operation = "QueryProductList"
        found: dict[tuple[str, str], Product] = {}
        pages = self._all_rows(operation, {"QueryTotalCount": "true"}, PRODUCTS_PER_PAGE)
        async with aclosing(pages):
            async for rows in pages:
                for row in rows:
                    product = self._convert(operation, partial(to_product, self._account, row))
                    found.setdefault((product.code, product.variant), product)
        return tuple(found.values())

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        """CancelOrder, sent once: it takes no token that would make a second call harmless. After a
        refused temporary key the next cancel reads its sources again."""
        operation, credentials = "CancelOrder", self._cancel_credentials
        key = _key(credentials)

        def check(answer: Answer) -> tuple[str, str]:
            return check_cancelled(answer, account=self._account.name, operation=operation, key=key)

        request = self._request(operation, {"OrderId": order_id} | self._owner(), key)
        try:
            code, request_id = await self._cancels.send_once(request, check, operation=operation)
        except ProviderError as error:
            if error.remedy is Remedy.RENEW_TOKEN:
                credentials.refresh()
            return receipt_of(error)
        return CancelReceipt(effect=CancelEffect.YES, code=code, request_id=request_id)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _owner(self) -> dict[str, str]:
        """A distributor's customer, on the calls that take one."""
        return {"OwnerId": self._account.owner_id} if self._account.owner_id else {}

    async def _all_rows(
        self, operation: str, parameters: dict[str, str], size: int
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        async def read_page(number: int) -> Page:
            paging = {"PageNum": str(number), "PageSize": str(size)}
            page = await self._read(operation, parameters | paging)
            if not page.tells:
                raise self._malformed(operation, _("the answer holds neither rows nor a total"))
            return page

        try:
            rows_of = all_rows(read_page, size, at_once=self._transport.at_once)
            async with aclosing(rows_of) as pages:
                async for rows in pages:
                    yield rows
        except Incomplete as error:
            text = _(
                "only {read} of {total} rows could be read", read=error.read, total=error.total
            )
            raise self._malformed(operation, text, Remedy.TRY_AGAIN) from error

    def _orders(self, rows: list[dict[str, Any]]) -> list[Order]:
        """Orders of one page of the list, rows of one order together."""
        grouped: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            grouped.setdefault(_order_id(row), []).append(row)
        return [
            self._convert("QueryOrders", partial(to_order, self._account, same, detailed=False))
            for same in grouped.values()
        ]

    async def _read(self, operation: str, parameters: dict[str, str]) -> Page:
        """One call; a temporary key that ran out is read anew and the call repeated once."""
        try:
            return await self._ask(operation, parameters)
        except ProviderRefused as error:
            if error.remedy is not Remedy.RENEW_TOKEN:
                raise
        self._credentials.refresh()
        return await self._ask(operation, parameters)

    async def _ask(self, operation: str, parameters: dict[str, str]) -> Page:
        def check(answer: Answer) -> Page:
            key = _key(self._credentials)
            content = data_of(answer, account=self._account.name, operation=operation, key=key)
            return self._convert(operation, partial(Page.model_validate, content))

        def build() -> Request:
            return self._request(operation, parameters, _key(self._credentials))

        return await self._transport.read(build, check, operation=operation)

    def _request(self, operation: str, parameters: dict[str, str], key: Key) -> Request:
        query = canonical_query(parameters)
        headers = signed_headers(
            key,
            host=self._host,
            operation=operation,
            version=VERSION,
            query=query,
            at=self._clock.now(),
            nonce=self._nonce(),
        )
        return Request("POST", f"{self._address}?{query}", headers)

    def _convert(self, operation: str, convert: Callable[[], T]) -> T:
        """The result of *convert*; values of another shape than documented become our error."""
        try:
            return convert()
        except ValidationError as error:
            # Without the cause: its text quotes the values.
            places = ", ".join(str(part["loc"][0]) for part in error.errors() if part["loc"])
            text = _("the answer has another shape than documented ({places})", places=places)
            raise self._malformed(operation, text) from None

    def _malformed(
        self, operation: str, text: str, remedy: Remedy | None = None
    ) -> ProviderMalformed:
        return ProviderMalformed(
            text, account=self._account.name, operation=operation, remedy=remedy
        )


def _key(credentials: Credentials) -> Key:
    return Key(
        credentials.access_key_id,
        credentials.get("access_key_secret"),
        credentials.get("security_token"),
    )


def _order_id(row: dict[str, Any]) -> str:
    return str(row.get("OrderId", row.get("OrderID", "")))


def _within(query: OrderQuery, order: Order) -> bool:
    """Bounds are sent in whole seconds, so the list may hold a little more than was asked for."""
    created = order.created_at
    return created is None or query.created_from <= created < query.created_until


def _whole_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
