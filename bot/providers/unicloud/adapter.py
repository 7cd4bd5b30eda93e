"""Unicloud orders and products, read only.

Sources: Unicloud documents 37845199 (OrderDetail), 37835198 (QueryOrders), 37785193
(GetProductList), 37775192 (GetRegion). The provider documents no call that cancels an order, no
numbers for its status filter and no zone for its time filter.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.accounts import Account, Capabilities
from bot.domain.orders import CancelEffect, CancelReceipt, Order, OrderQuery, Product, Resource
from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderNotFound,
    ProviderUnavailable,
)
from bot.i18n import _
from bot.ports import Clock
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.providers.unicloud.client import UnicloudClient
from bot.providers.unicloud.errors import INVALID_PARAMETER, NO_PRODUCT, NO_REGION_RIGHT
from bot.providers.unicloud.wire import OrderPage, ProductPage, RegionPage, WireProduct, to_order

ENDPOINT: Final = "https://api.unicloud.com"
_GET = "get_order"
_ORDERS = "/transaction"
_PRODUCTS = "/product"
_ORDERS_PER_PAGE = 50  # the largest size is not documented; a smaller page in return is fine
_PRODUCTS_PER_PAGE = 200  # the documented most
_REGIONS_AT_MOST = 50
_WALKS = 2
_ZONE_DOUBT = timedelta(hours=8)  # the zone of the time filter is not documented
_YEAR = timedelta(days=366)
_YEARS_BACK = 10  # how far back an order number is looked for, the last year first
_ORDER_ID = re.compile(r"[0-9]{1,19}")  # a 64-bit number
_ORDER_NUMBER = re.compile(r"[Pp][0-9]+")


class UnicloudAdapter:
    """One account at Unicloud. *endpoint* is scheme and host; *nonce* gives a new text per call.

    *time_zone* (IANA) is the zone in which the time filter is written, *currency* what amounts are
    in ("" shows the bare number): the provider documents neither. *region_id* narrows products.
    """

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        transport: Transport,
        *,
        endpoint: str = ENDPOINT,
        version: str = "2020-07-30",
        region_id: str | None = None,
        time_zone: str = "Asia/Shanghai",
        currency: str = "",
        clock: Clock,
        wall: Clock | None = None,
        nonce: Callable[[], str],
    ) -> None:
        self._account = account
        self._client = UnicloudClient(
            account.name,
            credentials,
            transport,
            endpoint=endpoint,
            version=version,
            clock=wall or clock,
            nonce=nonce,
        )
        self._region_id = region_id
        self._zone = ZoneInfo(time_zone)
        self._currency = currency
        self._clock = clock

    @property
    def account(self) -> Account:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            can_cancel=False,
            cancel_reason=_(
                "Unicloud documents no API for it. Cancel the order in Unicloud's console, or let"
                " it lapse at its due time."
            ),
            filters_payment_status=False,
        )

    async def list_orders(self, query: OrderQuery) -> AsyncIterator[tuple[Order, ...]]:
        """Yield the rows of the window page by page, in the provider's own (unstated) order.

        The time filter is widened by eight hours on both sides and the rows are cut here, exactly,
        by their own time; a row without a readable time is kept. The list does not tell which
        orders are unpaid: a row is paid or its status is unknown.

        Raises ProviderUnavailable where the pages hold fewer orders than the provider counts.
        """
        start, end = query.created_from, query.created_until
        async with aclosing(self._pages(start, end, "list_orders")) as pages:
            async for page in pages:
                yield tuple(
                    order
                    for order in page
                    if order.created_at is None or start <= order.created_at < end
                )

    async def get_order(self, order_id: str, *, language: str) -> Order:  # noqa: ARG002 - has one
        """Read an order by its id, or by its number (`P217...`), looked up year by year."""
        if _ORDER_NUMBER.fullmatch(order_id):
            order_id = await self._id_of(order_id.upper())
        if not _ORDER_ID.fullmatch(order_id):
            raise self._not_found(order_id)

        def parse(body: dict[str, Any]) -> Order:
            if body["Order"] is None:
                raise self._not_found(order_id)
            order = self._to_order(body["Order"], detailed=True)
            if order.order_id != order_id:
                raise self._another_order(order_id)
            return order

        params = {"Action": "OrderDetail", "OrderId": order_id}
        try:
            return await self._client.get(_ORDERS, params, parse, key="Order", operation=_GET)
        except ProviderInvalid as error:
            # The id is the one parameter of its own, and its form was checked before it was sent.
            if error.code.casefold() != INVALID_PARAMETER:
                raise
            raise self._not_found(order_id, said=error) from error

    async def cancel_order(self, order_id: str) -> CancelReceipt:  # noqa: ARG002 - no such call
        """Always "not done" with the reason: nothing is sent."""
        return CancelReceipt(effect=CancelEffect.NO, text=self.capabilities.cancel_reason)

    async def list_resources(self, order_id: str) -> tuple[Resource, ...]:  # noqa: ARG002 - no such call
        return ()

    async def list_products(self, *, language: str) -> tuple[Product, ...]:  # noqa: ARG002 - has one
        """The products of the configured region, or of all regions that sell machines.

        `variant` names the ways to pay for a product, those of all regions together.
        """
        names: dict[str, str] = {}
        methods: dict[str, dict[str, None]] = {}  # used as an ordered set
        for region_id in await self._region_ids():
            async for product in self._products_in(region_id):
                names.setdefault(product.code, product.name)
                ways = methods.setdefault(product.code, {})
                ways.update((str(method), None) for method in product.payment_methods)
        return tuple(
            Product(
                self._account.provider, self._account.name, code, name, ", ".join(methods[code])
            )
            for code, name in names.items()
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _pages(
        self, start: datetime, end: datetime, operation: str
    ) -> AsyncGenerator[tuple[Order, ...], None]:
        """Pages without repeats, until as many orders are read as the provider counts.

        The list may move while it is read; what a first walk missed, a second one looks for.
        """
        seen: set[str] = set()
        total: int | None = None
        for _walk in range(_WALKS):
            async with aclosing(self._walk(start, end, operation)) as pages:
                async for rows, counted in pages:
                    total = counted
                    new = {order.order_id: order for order in rows if order.order_id not in seen}
                    seen.update(new)
                    yield tuple(new.values())
            if total is None or len(seen) >= total:
                return
        raise ProviderUnavailable(
            _("Unicloud counts {total} orders but listed {count}", total=total, count=len(seen)),
            account=self._account.name,
            operation=operation,
        )

    async def _walk(
        self, start: datetime, end: datetime, operation: str
    ) -> AsyncGenerator[tuple[list[Order], int | None], None]:
        """The rows of each page with the provider's count, until it is reached or a page brings
        nothing new: pages may be smaller than asked for, and the count may be left out."""
        seen: set[str] = set()
        for number in count(1):
            rows, total = await self._page(number, start, end, operation)
            before = len(seen)
            seen.update(order.order_id for order in rows)
            yield rows, total
            if len(seen) == before or (total is not None and len(seen) >= total):
                return

    async def _page(
        self, number: int, start: datetime, end: datetime, operation: str
    ) -> tuple[list[Order], int | None]:
        def parse(body: dict[str, Any]) -> tuple[list[Order], int | None]:
            page = OrderPage.model_validate(body)
            return [self._to_order(row, detailed=False) for row in page.rows], page.total

        params = {
            "Action": "QueryOrders",
            "Page": str(number),
            "Size": str(_ORDERS_PER_PAGE),
            "StartTime": self._local(start - _ZONE_DOUBT),
            "EndTime": self._local(end + _ZONE_DOUBT),
        }
        return await self._client.get(_ORDERS, params, parse, key="OrderList", operation=operation)

    async def _id_of(self, order_number: str) -> str:
        end = self._clock.now()
        for _year in range(_YEARS_BACK):
            start = end - _YEAR
            async with aclosing(self._pages(start, end, _GET)) as pages:
                async for page in pages:
                    for order in page:
                        if order.order_number == order_number:
                            return order.order_id
            end = start
        raise self._not_found(order_number)

    async def _region_ids(self) -> list[str]:
        if self._region_id:
            return [self._region_id]
        params = {"Action": "GetRegion", "ProductCode": "VM"}
        page = await self._client.get(
            _PRODUCTS, params, RegionPage.in_body, operation="list_products"
        )
        return [region.region_id for region in page.regions[:_REGIONS_AT_MOST]]

    async def _products_in(self, region_id: str) -> AsyncIterator[WireProduct]:
        """All pages of one region. One that the key may not see is empty, unless it was asked for
        in the configuration."""
        empty = {NO_PRODUCT} if self._region_id else {NO_PRODUCT, NO_REGION_RIGHT}
        seen: set[str] = set()
        for number in count(1):
            params = {
                "Action": "GetProductList",
                "RegionId": region_id,
                "Page": str(number),
                "Size": str(_PRODUCTS_PER_PAGE),
                "TotalCount": "true",
            }
            page = await self._client.get(
                _PRODUCTS,
                params,
                ProductPage.model_validate,
                key="Data",
                empty=frozenset(empty),
                operation="list_products",
            )
            new = [product for product in page.products if product.code not in seen]
            for product in new:
                seen.add(product.code)
                yield product
            if not new or (page.total is not None and len(seen) >= page.total):
                return

    def _to_order(self, sent: dict[str, Any], *, detailed: bool) -> Order:
        return to_order(
            sent, self._account, currency=self._currency, now=self._clock.now(), detailed=detailed
        )

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def _not_found(self, order_id: str, *, said: ProviderError | None = None) -> ProviderNotFound:
        return ProviderNotFound(
            _("Unicloud knows no order {order_id}", order_id=order_id),
            account=self._account.name,
            operation=_GET,
            code=said.code if said else "",
            request_id=said.request_id if said else "",
            http_status=said.http_status if said else None,
        )

    def _another_order(self, order_id: str) -> ProviderMalformed:
        return ProviderMalformed(
            _("Unicloud answered with another order than {order_id}", order_id=order_id),
            account=self._account.name,
            operation=_GET,
        )
