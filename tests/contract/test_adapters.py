"""The same questions to every adapter, answered by the embedded clouds.

The clouds serve the whole module from a thread of their own; faults are cleared after each test,
and calls are counted from its start.
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from bot.domain.accounts import Account, Provider
from bot.domain.orders import Order, OrderQuery, PaymentStatus
from bot.errors import (
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    ProviderUnavailable,
    Remedy,
)
from bot.ports import ProviderAdapter
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.sandbox.clouds.book import Book
from bot.sandbox.clouds.server import Clouds, start_clouds
from tests.fake_cloud import FakeAdapter

BY_TOKEN = "huawei-main by token"
ACCOUNTS = (
    "alibaba-main",
    "alibaba-intl",
    "alibaba-sts",
    "alibaba-customer-a",
    "huawei-main",
    "huawei-intl",
    "huawei-temporary",
    BY_TOKEN,
    "unicloud-main",
)
FAKED = ("huawei-main", "unicloud-main")  # one that filters by status, one that cannot
ONE_OF_EACH = ("alibaba-main", "huawei-main", BY_TOKEN, "unicloud-main")
NOT_THERE = {
    Provider.ALIBABA: "199999999999999",
    Provider.HUAWEI: "CS00000000000ZZZZ",
    Provider.UNICLOUD: "1999999999999999999",
}
WRONG_SECRETS = {"access_key_secret": "wrong-secret", "iam_password": "wrong-password"}
TRUSTED = ssl.create_default_context()  # made once: it takes longer than most of these tests
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
    control: httpx.AsyncClient
    name: str
    now: datetime
    calls_before: int

    def all_time(self, status: PaymentStatus | None = None) -> OrderQuery:
        """From before the documents' own samples, the oldest orders of the clouds."""
        return OrderQuery(datetime(2018, 1, 1, tzinfo=UTC), self.now + timedelta(days=1), status)

    async def listed(self, query: OrderQuery) -> list[Order]:
        return [order async for page in self.adapter.list_orders(query) for order in page]

    async def at_the_cloud(self) -> dict[str, dict[str, Any]]:
        answer = await self.control.get("/_sandbox/orders", params={"account": self.name})
        return {row["order_id"]: row for row in answer.json()}

    async def an_order(self) -> str:
        return next(iter(await self.at_the_cloud()))

    async def fault(self, kind: str, operation: str, *, times: int = 1, **more: float) -> None:
        wanted = {"account": self.name, "operation": operation, "kind": kind, "times": times}
        answer = await self.control.post("/_sandbox/faults", json={**wanted, **more})
        answer.raise_for_status()

    async def calls(self) -> list[tuple[str, str]]:
        """Operation and outcome of each call that arrived since the test began."""
        rows = (await self.control.get("/_sandbox/calls")).json()[self.calls_before :]
        return [(row["operation"], row["outcome"]) for row in rows]


@pytest.fixture(scope="module")
def clouds() -> Iterator[Clouds]:
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(start_clouds()) as running,
    ):
        yield running


@asynccontextmanager
async def connected(
    clouds: Clouds,
    name: str,
    *,
    timeout_s: float = NOTHING_HELD_BACK,
    wrong: dict[str, str] | None = None,
) -> AsyncIterator[Connected]:
    """An adapter for an account of the clouds; *wrong* replaces some of its secrets."""
    async with httpx.AsyncClient(base_url=clouds.url, verify=TRUSTED) as control:
        rows = {row["name"]: row for row in (await control.get("/_sandbox/accounts")).json()}
        row = rows["huawei-main" if name == BY_TOKEN else name]
        account = Account(row["name"], Provider(row["provider"]), row["site"], row.get("owner_id"))
        clock = CloudClock(clouds.book)
        adapter = build_adapter(
            account,
            _credentials(row | (wrong or {}), by_token=name == BY_TOKEN),
            Transport(account.name, requests_per_second=500, timeout_s=timeout_s, clock=clock),
            clock,
            {"endpoint": clouds.url, "domain_id": row.get("domain_id", "")},
        )
        calls = len((await control.get("/_sandbox/calls")).json())
        try:
            yield Connected(adapter, control, account.name, clock.now(), calls)
        finally:
            await adapter.aclose()
            await control.delete("/_sandbox/faults")


def _credentials(row: dict[str, str], *, by_token: bool) -> Credentials:
    if by_token:
        names = ("iam_user", "iam_password", "iam_domain")
        return Credentials("", {name: row[name] for name in names})
    secrets = {
        "access_key_secret": row["access_key_secret"],
        "secret_access_key": row["access_key_secret"],
        "security_token": row.get("security_token", ""),
    }
    return Credentials(row["access_key_id"], secrets)


@dataclass(frozen=True)
class Faked(Connected):
    """The fake that services are tested with, holding some orders of the embedded clouds."""

    held: dict[str, dict[str, Any]]

    async def at_the_cloud(self) -> dict[str, dict[str, Any]]:
        return self.held


@asynccontextmanager
async def faked(clouds: Clouds, name: str) -> AsyncIterator[Connected]:
    """A fake of the account *name*, as able as its adapter is."""
    async with connected(clouds, name) as real:
        statuses = {row["payment_status"]: row for row in (await real.at_the_cloud()).values()}
        newest = list((await real.at_the_cloud()).items())[:30]
        held = dict(newest) | {row["order_id"]: row for row in statuses.values()}
        adapter = FakeAdapter(
            real.adapter.account,
            [await real.adapter.get_order(order_id, language="en") for order_id in held],
            **asdict(real.adapter.capabilities),
        )
        adapter.products = await real.adapter.list_products(language="en")
        yield Faked(adapter, real.control, name, real.now, real.calls_before, held)


@pytest.fixture(params=[*ACCOUNTS, *(f"fake {name}" for name in FAKED)])
async def cloud(clouds: Clouds, request: pytest.FixtureRequest) -> AsyncIterator[Connected]:
    name = request.param.removeprefix("fake ")
    opened = connected if name == request.param else faked
    async with opened(clouds, name) as connection:
        yield connection


@pytest.fixture(params=ONE_OF_EACH)
async def one_cloud(clouds: Clouds, request: pytest.FixtureRequest) -> AsyncIterator[Connected]:
    async with connected(clouds, request.param) as connection:
        yield connection


def agrees(order: Order, row: dict[str, Any]) -> bool:
    """Whether an order is what its cloud holds. Currencies are compared where there is one."""
    assert order.payable is not None
    currencies = {order.payable.currency, ""} if order.payable.currency else {row["currency"]}
    return (
        order.payable.amount == Decimal(row["payable"])
        and row["currency"] in currencies
        and order.created_at == datetime.fromisoformat(row["created_at"])
    )


async def test_every_order_of_an_account_is_listed_exactly_once(cloud: Connected) -> None:
    orders = await cloud.listed(cloud.all_time())
    rows = await cloud.at_the_cloud()
    assert Counter(order.order_id for order in orders) == Counter(list(rows))
    assert [order.order_id for order in orders if not agrees(order, rows[order.order_id])] == []
    assert {order.account for order in orders} == {cloud.name}


async def test_the_status_of_a_list_row_is_the_clouds_or_unknown(cloud: Connected) -> None:
    rows = await cloud.at_the_cloud()
    for order in await cloud.listed(cloud.all_time()):
        status = rows[order.order_id]["payment_status"]
        if cloud.adapter.capabilities.filters_payment_status:
            assert order.payment_status == status
        else:
            assert order.payment_status in {status, PaymentStatus.UNKNOWN}
        assert not order.detailed


async def test_a_wish_for_unpaid_orders_never_loses_one(cloud: Connected) -> None:
    orders = await cloud.listed(cloud.all_time(PaymentStatus.UNPAID))
    rows = await cloud.at_the_cloud()
    unpaid = {order_id for order_id, row in rows.items() if row["payment_status"] == "unpaid"}
    assert unpaid
    assert unpaid <= {order.order_id for order in orders}
    if cloud.adapter.capabilities.filters_payment_status:
        assert len(orders) == len(unpaid)


async def test_the_window_of_a_list_is_exact(cloud: Connected) -> None:
    rows = await cloud.at_the_cloud()
    moments = sorted(datetime.fromisoformat(row["created_at"]) for row in rows.values())
    start, end = moments[len(moments) // 3], moments[2 * len(moments) // 3]
    orders = await cloud.listed(OrderQuery(start, end))
    inside = {
        order_id
        for order_id, row in rows.items()
        if start <= datetime.fromisoformat(row["created_at"]) < end
    }
    assert {order.order_id for order in orders} == inside


async def test_the_details_of_an_order_agree_with_the_cloud(cloud: Connected) -> None:
    rows = await cloud.at_the_cloud()
    one_of_each_status = {row["payment_status"]: row for row in rows.values()}
    assert "unpaid" in one_of_each_status
    for status, row in one_of_each_status.items():
        order = await cloud.adapter.get_order(row["order_id"], language="en")
        assert order.order_id == row["order_id"]
        assert order.payment_status == status
        assert agrees(order, row)
        assert order.detailed
        assert order.line_items
        assert order.fields


async def test_the_deadline_of_an_unpaid_order_is_read_where_the_provider_has_one(
    cloud: Connected,
) -> None:
    rows = (await cloud.at_the_cloud()).values()
    row = next(row for row in rows if row["payment_status"] == "unpaid")
    order = await cloud.adapter.get_order(row["order_id"], language="en")
    if cloud.adapter.capabilities.has_deadline:
        assert order.deadline == datetime.fromisoformat(row["deadline"])
    else:
        assert order.deadline is None


async def test_the_products_are_listed_without_repeats(cloud: Connected) -> None:
    products = await cloud.adapter.list_products(language="en")
    assert products
    assert all(product.code and product.name for product in products)
    assert len({(product.code, product.variant) for product in products}) == len(products)


async def test_resources_are_there_where_the_adapter_says_so(one_cloud: Connected) -> None:
    rows = (await one_cloud.at_the_cloud()).values()
    paid = [row["order_id"] for row in rows if row["payment_status"] == "paid"][:10]
    found = [await one_cloud.adapter.list_resources(order_id) for order_id in paid]
    assert any(found) == one_cloud.adapter.capabilities.has_resources


async def test_an_adapter_that_cannot_cancel_says_why(one_cloud: Connected) -> None:
    capabilities = one_cloud.adapter.capabilities
    assert bool(capabilities.cancel_reason) != capabilities.can_cancel


async def test_an_unknown_id_is_not_found(cloud: Connected) -> None:
    order_id = NOT_THERE[cloud.adapter.account.provider]
    with pytest.raises(ProviderNotFound) as caught:
        await cloud.adapter.get_order(order_id, language="en")
    assert caught.value.account == cloud.name


@pytest.mark.parametrize("name", [name for name in ACCOUNTS if name != "huawei-temporary"])
async def test_a_wrong_secret_is_refused_once_and_then_the_account_rests(
    clouds: Clouds, name: str
) -> None:
    async with connected(clouds, name, wrong=WRONG_SECRETS) as cloud:
        with pytest.raises(ProviderRefused) as caught:
            await cloud.listed(cloud.all_time())
        assert caught.value.remedy is Remedy.CHECK_KEY
        assert "wrong-" not in str(caught.value)
        with pytest.raises(ProviderRefused) as caught:
            await cloud.adapter.get_order(NOT_THERE[cloud.adapter.account.provider], language="en")
        assert caught.value.remedy is Remedy.REST
        assert [outcome for _operation, outcome in await cloud.calls()] == ["refused"]


async def test_a_temporary_key_that_huawei_refuses_may_have_run_out(clouds: Clouds) -> None:
    """Its gateway has one code for a wrong signature and for a token past its life."""
    async with connected(clouds, "huawei-temporary", wrong=WRONG_SECRETS) as cloud:
        with pytest.raises(ProviderRefused) as caught:
            await cloud.listed(cloud.all_time())
    assert caught.value.remedy is Remedy.RENEW_TOKEN


async def test_a_throttled_read_is_repeated_and_succeeds(one_cloud: Connected) -> None:
    order_id = await one_cloud.an_order()
    await one_cloud.fault("throttle", "get_order", seconds=0)
    order = await one_cloud.adapter.get_order(order_id, language="en")
    assert order.order_id == order_id
    outcomes = [done for operation, done in await one_cloud.calls() if operation == "get_order"]
    assert outcomes == ["fault", "ok"]


async def test_a_dropped_line_is_repeated_and_succeeds(one_cloud: Connected) -> None:
    order_id = await one_cloud.an_order()
    await one_cloud.fault("drop_before", "get_order")
    assert (await one_cloud.adapter.get_order(order_id, language="en")).order_id == order_id


async def test_three_server_errors_are_an_unavailable_cloud(one_cloud: Connected) -> None:
    await one_cloud.fault("error_500", "list_orders", times=0)
    with pytest.raises(ProviderUnavailable) as caught:
        await one_cloud.listed(one_cloud.all_time())
    assert caught.value.http_status == 500
    outcomes = [done for operation, done in await one_cloud.calls() if operation == "list_orders"]
    assert outcomes == ["fault"] * 3


async def test_garbage_is_never_an_empty_answer(one_cloud: Connected) -> None:
    order_id = await one_cloud.an_order()
    for operation in ("list_orders", "get_order", "list_products"):
        await one_cloud.fault("garbage", operation, times=0)
    unusable = (ProviderUnavailable, ProviderMalformed)
    with pytest.raises(unusable):
        await one_cloud.listed(one_cloud.all_time())
    with pytest.raises(unusable):
        await one_cloud.adapter.get_order(order_id, language="en")
    with pytest.raises(unusable):
        await one_cloud.adapter.list_products(language="en")


async def test_another_order_than_the_one_asked_for_is_never_accepted(
    one_cloud: Connected,
) -> None:
    await one_cloud.fault("wrong_order", "get_order", times=0)
    with pytest.raises(ProviderMalformed):
        await one_cloud.adapter.get_order(await one_cloud.an_order(), language="en")


@pytest.mark.parametrize("name", ONE_OF_EACH)
async def test_a_cloud_slower_than_the_timeout_is_unavailable(clouds: Clouds, name: str) -> None:
    async with connected(clouds, name, timeout_s=0.5) as cloud:
        order_id = await cloud.an_order()
        await cloud.fault("slow", "get_order", times=0, seconds=1.0)
        with pytest.raises(ProviderUnavailable):
            await cloud.adapter.get_order(order_id, language="en")


@pytest.mark.parametrize("name", ["alibaba-main", "unicloud-main"])
async def test_a_clock_that_is_off_is_named_as_such(clouds: Clouds, name: str) -> None:
    """Where the provider has a code of its own for it."""
    async with connected(clouds, name) as cloud:
        order_id = await cloud.an_order()
        await cloud.fault("clock_skew", "get_order", times=0)
        with pytest.raises(ProviderRefused) as caught:
            await cloud.adapter.get_order(order_id, language="en")
    assert caught.value.remedy is Remedy.CHECK_CLOCK
