"""Adapters in front of the embedded clouds, for the questions that are put to each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.accounts import Account, Provider
from bot.domain.orders import Order, OrderQuery, PaymentStatus, Product
from bot.ports import ProviderAdapter
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder, Fault, FaultKind, Operation
from bot.sandbox.clouds.server import Clouds
from tests.fake_cloud import FakeAdapter

BY_TOKEN = "huawei-main by token"
NOTHING_HELD_BACK = 10.0  # seconds


@dataclass(frozen=True)
class CloudClock:
    book: Book

    def now(self) -> datetime:
        return self.book.now()


@dataclass(frozen=True)
class Connected:
    """An adapter, and the cloud behind it as the cloud itself sees it."""

    adapter: ProviderAdapter
    book: Book
    name: str
    calls_before: int

    def all_time(self, status: PaymentStatus | None = None) -> OrderQuery:
        """From before the documents' own samples, the oldest orders of the clouds."""
        return OrderQuery(
            datetime(2018, 1, 1, tzinfo=UTC), self.book.now() + timedelta(days=1), status
        )

    async def listed(self, query: OrderQuery) -> list[Order]:
        return [order async for page in self.adapter.list_orders(query) for order in page]

    def at_the_cloud(self) -> dict[str, CloudOrder]:
        """What the account's list has to show, by id."""
        orders = self.book.orders[self.name]
        return {order_id: orders[order_id] for order_id in world.list_row_ids(self.book, self.name)}

    def an_order(self) -> str:
        return next(iter(self.at_the_cloud()))

    def fault(
        self, kind: FaultKind, operation: Operation, *, times: int = 1, seconds: float | None = None
    ) -> None:
        self.book.faults.append(Fault(kind, self.name, operation, seconds, times))

    def calls(self) -> list[tuple[str, str]]:
        """Operation and outcome of each call that arrived since the test began."""
        return [(call.operation, call.outcome) for call in self.book.calls[self.calls_before :]]


@asynccontextmanager
async def connected(
    clouds: Clouds,
    name: str,
    *,
    timeout_s: float = NOTHING_HELD_BACK,
    wrong: dict[str, str] | None = None,
) -> AsyncIterator[Connected]:
    """An adapter for an account of the clouds; *wrong* replaces some of its secrets."""
    book = clouds.book
    row = replace(book.accounts["huawei-main" if name == BY_TOKEN else name], **(wrong or {}))
    account = Account(row.name, Provider(row.provider), row.site, row.owner_id)
    clock = CloudClock(book)
    adapter = build_adapter(
        account,
        _credentials(row, by_token=name == BY_TOKEN),
        Transport(account.name, requests_per_second=500, timeout_s=timeout_s, clock=clock),
        clock,
        {"endpoint": clouds.url, "domain_id": row.domain_id or ""},
    )
    try:
        yield Connected(adapter, book, account.name, len(book.calls))
    finally:
        await adapter.aclose()
        book.faults.clear()


def _credentials(row: CloudAccount, *, by_token: bool) -> Credentials:
    if by_token:
        names = ("iam_user", "iam_password", "iam_domain")
        return Credentials("", {name: getattr(row, name) for name in names})
    secrets = {
        "access_key_secret": row.access_key_secret,
        "secret_access_key": row.access_key_secret,
        "security_token": row.security_token or "",
    }
    return Credentials(row.access_key_id, secrets)


@dataclass(frozen=True)
class Faked(Connected):
    """The fake that services are tested with, holding some orders of the embedded clouds."""

    held: dict[str, CloudOrder]

    def at_the_cloud(self) -> dict[str, CloudOrder]:
        return self.held


@dataclass(frozen=True)
class Read:
    """What a fake tells: read through the adapter of its account, once for the module."""

    rows: dict[str, CloudOrder]
    orders: list[Order]
    products: tuple[Product, ...]


async def read(real: Connected) -> Read:
    rows = real.at_the_cloud()
    statuses = {row.payment_status: row for row in rows.values()}
    held = dict(list(rows.items())[:30]) | {row.order_id: row for row in statuses.values()}
    return Read(
        held,
        [await real.adapter.get_order(order_id, language="en") for order_id in held],
        await real.adapter.list_products(language="en"),
    )


@asynccontextmanager
async def faked(
    clouds: Clouds, name: str, already_read: dict[str, Read]
) -> AsyncIterator[Connected]:
    """A fake of the account *name*, as able as its adapter is."""
    async with connected(clouds, name) as real:
        if name not in already_read:
            already_read[name] = await read(real)
        known = already_read[name]
        adapter = FakeAdapter(
            real.adapter.account, known.orders, **asdict(real.adapter.capabilities)
        )
        adapter.products = known.products
        yield Faked(adapter, real.book, name, real.calls_before, known.rows)
