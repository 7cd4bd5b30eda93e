"""Huawei Cloud as a provider: orders, their resources, and cloud service types.

Source: BSS OpenAPI v2, ListCustomerOrders, ShowCustomerOrderDetails, CancelCustomerOrder,
ListServiceTypes and ListPayPerUseCustomerResources (which answers for yearly/monthly orders in
spite of its name). An order's deadline, its operator and its lines come from the details alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from bot.domain.accounts import Account, Capabilities
from bot.domain.orders import CancelReceipt, Order, OrderQuery, PaymentStatus, Product, Resource
from bot.errors import ConfigurationError, ProviderError, ProviderNotFound, ProviderUnavailable
from bot.i18n import _
from bot.ports import Clock
from bot.providers.credentials import Credentials
from bot.providers.huawei import pages, words
from bot.providers.huawei.auth import Call
from bot.providers.huawei.client import HuaweiClient
from bot.providers.huawei.convert import to_order, to_product, to_resource
from bot.providers.huawei.token import authenticator_of
from bot.providers.huawei.windows import time_text, whole_seconds, years
from bot.providers.huawei.wire import Row, WireOrder
from bot.providers.receipts import receipt_of
from bot.providers.transport import Transport

T = TypeVar("T")

HOSTS: Final = {
    "china": "https://bss.myhuaweicloud.com",
    "international": "https://bss-intl.myhuaweicloud.com",
}
IAM_HOST: Final = "https://iam.myhuaweicloud.com"
CAPABILITIES: Final = Capabilities(
    can_cancel=True,
    filters_payment_status=True,
    lists_deadline=False,
    has_deadline=True,
    has_resources=True,
    max_window_days=365,
)
_PAGE: Final = 100  # the most that a question about orders may ask for
_SERVICE_TYPES_PAGE: Final = 1000
_NAMES_LAST: Final = timedelta(hours=24)
_NAMES_MISSING_LAST: Final = timedelta(minutes=10)
_LANGUAGES: Final = {"en": "en_US", "zh": "zh_CN"}
_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a slash would be signed unlike it is sent


class HuaweiAdapter:
    """One Huawei Cloud account. AK and SK where the account has them, else an IAM token."""

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        transport: Transport,
        *,
        endpoint: str | None,
        iam_endpoint: str | None,
        domain_id: str | None,
        clock: Clock,
        cancel_credentials: Credentials | None = None,
    ) -> None:
        """*endpoint* replaces the site's host, and IAM's too where *iam_endpoint* is None.
        *domain_id* is the account id, sent and signed as X-Domain-Id with a key.
        *cancel_credentials* cancel in place of *credentials*.

        Raises ConfigurationError for a site that Huawei Cloud does not have.
        """
        self._account = account
        self._base = (endpoint or _host(account)).rstrip("/")
        self._transport = transport
        self._clock = clock
        self._names: dict[str, tuple[datetime, dict[str, str]]] = {}
        iam = (iam_endpoint or endpoint or IAM_HOST).rstrip("/")

        def client(credentials: Credentials, transport: Transport) -> HuaweiClient:
            authenticator = authenticator_of(
                account,
                credentials,
                transport,
                domain_id=domain_id,
                iam_endpoint=iam,
                clock=clock,
            )
            return HuaweiClient(account, authenticator, transport, clock)

        self._client = self._cancels = client(credentials, transport)
        if cancel_credentials:
            self._cancels = client(cancel_credentials, transport.for_another_key())

    @property
    def account(self) -> Account:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def list_orders(self, query: OrderQuery) -> AsyncIterator[tuple[Order, ...]]:
        """Yield list rows newest first; a window over a year is asked for year by year.

        Raises ProviderUnavailable when rows are missing from the pages twice in a row.
        """
        seen: set[str] = set()
        for begin, end in years(*whole_seconds(query.created_from, query.created_until)):
            rows_of = self._list_rows(begin, end, query.payment_status, seen)
            async with aclosing(rows_of):
                async for rows in rows_of:
                    names = await self._names_in("en") if rows else {}
                    orders = (
                        to_order(wire, account=self._account, raw=raw, names=names)
                        for wire, raw in rows
                    )
                    yield tuple(order for order in orders if _within(order, query))

    async def get_order(self, order_id: str, *, language: str) -> Order:
        """Read one order with all its lines. Raises ProviderNotFound, also for text that cannot be
        an id, and ProviderMalformed where the answer is about another order."""
        operation = "get_order"
        self._check_id(order_id, operation)
        details = pages.Details(order_id, self._client.malformed)
        rows_of = self._rows(
            lambda offset: self._get(
                f"/v2/orders/customer-orders/details/{order_id}", offset=offset, language=language
            ),
            details.lines,
            seen=set(),
            operation=operation,
            distinct=True,
        )
        lines = [line async for rows in rows_of for line in rows]
        order = details.order
        named = order.service_type_name and all(line.service_type_name for line, _raw in lines)
        return to_order(
            order,
            account=self._account,
            raw={**details.raw, "order_line_items": [raw for _line, raw in lines]},
            names={} if named else await self._names_in(language),
            lines=[line for line, _raw in lines],
        )

    async def list_resources(self, order_id: str) -> tuple[Resource, ...]:
        """What the order created or renews; only what is provisioned already.

        The order id always goes along: without it the answer is about the whole account.
        """
        operation = "list_resources"
        self._check_id(order_id, operation)
        rows_of = self._rows(
            lambda offset: Call(
                "POST",
                self._base,
                "/v2/orders/suscriptions/resources/query",  # spelt so
                body=json.dumps({"order_id": order_id, "offset": offset, "limit": _PAGE}).encode(),
            ),
            pages.resources,
            seen=set(),
            operation=operation,
        )
        return tuple([to_resource(wire, raw) async for rows in rows_of for wire, raw in rows])

    async def list_products(self, *, language: str) -> tuple[Product, ...]:
        """All cloud service types; `variant` is the abbreviation, e.g. ECS."""
        rows_of = self._rows(
            lambda offset: self._get(
                "/v2/products/service-types",
                offset=offset,
                limit=_SERVICE_TYPES_PAGE,
                language=language,
            ),
            pages.service_types,
            seen=set(),
            operation="list_products",
        )
        products = [to_product(wire, self._account) async for rows in rows_of for wire in rows]
        names = {product.code: product.name for product in products}
        self._names[language] = (self._clock.now() + _NAMES_LAST, names)
        return tuple(products)

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        """CancelCustomerOrder, sent once: nothing says what a second call would do."""
        operation = "cancel_order"
        try:
            self._check_id(order_id, operation)
        except ProviderNotFound as error:
            return receipt_of(error)
        body = json.dumps({"order_id": order_id}).encode()
        call = Call("PUT", self._base, "/v2/orders/customer-orders/cancel", body=body)
        return await self._cancels.cancel(call, operation=operation)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _list_rows(
        self, begin: datetime, end: datetime, status: PaymentStatus | None, seen: set[str]
    ) -> AsyncGenerator[tuple[tuple[WireOrder, Row], ...], None]:
        asked = [
            ("create_time_begin", time_text(begin)),
            ("create_time_end", time_text(end)),
            ("order_by", "-createTime"),
        ]
        if status in words.STATUS_FILTER:
            asked.append(("status", words.STATUS_FILTER[status]))
        return self._rows(
            lambda offset: self._get("/v2/orders/customer-orders", asked, offset=offset),
            pages.orders,
            seen=seen,
            operation="list_orders",
        )

    async def _names_in(self, language: str) -> dict[str, str]:
        """Product names by service type code, kept for a day. A list without them is still a
        list, so a failure only leaves the provider's own names for a while."""
        until, names = self._names.get(language, (None, {}))
        now = self._clock.now()
        if until is None or now >= until:
            try:
                await self.list_products(language=language)
            except ProviderError:
                self._names[language] = (now + _NAMES_MISSING_LAST, names)
        return self._names[language][1]

    def _rows(
        self,
        call_at: Callable[[int], Call],
        parse: Callable[[dict[str, Any], int], pages.Page[T]],
        *,
        seen: set[str],
        operation: str,
        distinct: bool = False,
    ) -> AsyncGenerator[tuple[T, ...], None]:
        async def fetch(offset: int) -> pages.Page[T]:
            return await self._client.read(
                call_at(offset), lambda body: parse(body, offset), operation=operation
            )

        def incomplete(received: int, total: int) -> ProviderUnavailable:
            return ProviderUnavailable(
                _(
                    "Huawei Cloud sent {received} of {total} rows, twice",
                    received=received,
                    total=total,
                ),
                account=self._account.name,
                operation=operation,
            )

        return pages.read_pages(fetch, seen=seen, incomplete=incomplete, distinct=distinct)

    def _get(
        self,
        path: str,
        query: list[tuple[str, str]] | None = None,
        *,
        offset: int,
        limit: int = _PAGE,
        language: str = "",
    ) -> Call:
        paged = [*(query or ()), ("limit", str(limit)), ("offset", str(offset))]
        spoken = _LANGUAGES.get(language, _LANGUAGES["en"]) if language else ""
        return Call("GET", self._base, path, paged, spoken)

    def _check_id(self, order_id: str, operation: str) -> None:
        if not _ORDER_ID.fullmatch(order_id):
            raise ProviderNotFound(
                _("an order id of Huawei Cloud has 1 to 64 letters, digits, - and _"),
                account=self._account.name,
                operation=operation,
                sent=False,
            )


def _host(account: Account) -> str:
    if account.site not in HOSTS:
        raise ConfigurationError(
            _('account {name}: site must be "china" or "international"', name=account.name)
        )
    return HOSTS[account.site]


def _within(order: Order, query: OrderQuery) -> bool:
    """Whether the window's end itself is part of it is not documented at the provider; here it
    is not."""
    created = order.created_at
    return created is None or query.created_from <= created < query.created_until
