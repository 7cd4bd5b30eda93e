"""The same questions to every adapter, answered by the embedded clouds.

The clouds serve the whole module from a thread of their own. What is true stands in their book;
faults are cleared after each test, and calls are counted from its start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from bot.domain.accounts import Provider
from bot.domain.orders import Order, OrderQuery, PaymentStatus
from bot.errors import (
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    ProviderUnavailable,
    Remedy,
)
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.server import Clouds, start_clouds
from tests.contract.connected import BY_TOKEN, Connected, Read, connected, faked

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


@pytest.fixture(scope="module")
def clouds() -> Iterator[Clouds]:
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(start_clouds()) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def already_read() -> dict[str, Read]:
    return {}


@pytest.fixture(params=[*ACCOUNTS, *(f"fake {name}" for name in FAKED)])
async def cloud(
    clouds: Clouds, request: pytest.FixtureRequest, already_read: dict[str, Read]
) -> AsyncIterator[Connected]:
    name = request.param.removeprefix("fake ")
    is_fake = name != request.param
    async with faked(clouds, name, already_read) if is_fake else connected(clouds, name) as opened:
        yield opened


@pytest.fixture(scope="module")
def already_listed() -> dict[str, list[Order]]:
    return {}


@pytest.fixture
async def everything(
    cloud: Connected, request: pytest.FixtureRequest, already_listed: dict[str, list[Order]]
) -> list[Order]:
    """All orders of the account as its adapter lists them, asked for once in the module."""
    name = request.node.callspec.params["cloud"]
    if name not in already_listed:
        already_listed[name] = await cloud.listed(cloud.all_time())
    return already_listed[name]


@pytest.fixture(params=ONE_OF_EACH)
async def one_cloud(clouds: Clouds, request: pytest.FixtureRequest) -> AsyncIterator[Connected]:
    async with connected(clouds, request.param) as connection:
        yield connection


def agrees(order: Order, row: CloudOrder) -> bool:
    """Whether an order is what its cloud holds. Currencies are compared where there is one."""
    assert order.payable is not None
    currencies = {order.payable.currency, ""} if order.payable.currency else {row.currency}
    return (
        order.payable.amount == row.payable
        and row.currency in currencies
        and order.created_at == row.created_at
    )


async def test_every_order_of_an_account_is_listed_exactly_once(
    cloud: Connected, everything: list[Order]
) -> None:
    rows = cloud.at_the_cloud()
    assert Counter(order.order_id for order in everything) == Counter(list(rows))
    assert [order.order_id for order in everything if not agrees(order, rows[order.order_id])] == []
    assert {order.account for order in everything} == {cloud.name}


async def test_the_status_of_a_list_row_is_the_clouds_or_unknown(
    cloud: Connected, everything: list[Order]
) -> None:
    rows = cloud.at_the_cloud()
    for order in everything:
        status = rows[order.order_id].payment_status
        if cloud.adapter.capabilities.filters_payment_status:
            assert order.payment_status == status
        else:
            assert order.payment_status in {status, PaymentStatus.UNKNOWN}
        assert not order.detailed


async def test_a_wish_for_unpaid_orders_never_loses_one(cloud: Connected) -> None:
    orders = await cloud.listed(cloud.all_time(PaymentStatus.UNPAID))
    rows = cloud.at_the_cloud()
    unpaid = {order_id for order_id, row in rows.items() if row.payment_status == "unpaid"}
    assert unpaid
    assert unpaid <= {order.order_id for order in orders}
    if cloud.adapter.capabilities.filters_payment_status:
        assert len(orders) == len(unpaid)


async def test_the_window_of_a_list_is_exact(cloud: Connected) -> None:
    rows = cloud.at_the_cloud()
    moments = sorted(row.created_at for row in rows.values())
    start, end = moments[len(moments) // 3], moments[2 * len(moments) // 3]
    orders = await cloud.listed(OrderQuery(start, end))
    inside = {order_id for order_id, row in rows.items() if start <= row.created_at < end}
    assert {order.order_id for order in orders} == inside


async def test_the_details_of_an_order_agree_with_the_cloud(cloud: Connected) -> None:
    rows = cloud.at_the_cloud()
    one_of_each_status = {row.payment_status: row for row in rows.values()}
    assert "unpaid" in one_of_each_status
    for status, row in one_of_each_status.items():
        order = await cloud.adapter.get_order(row.order_id, language="en")
        assert order.order_id == row.order_id
        assert order.payment_status == status
        assert agrees(order, row)
        assert order.detailed
        assert order.line_items
        assert order.fields


async def test_the_deadline_of_an_unpaid_order_is_read_where_the_provider_has_one(
    cloud: Connected,
) -> None:
    rows = cloud.at_the_cloud().values()
    row = next(row for row in rows if row.payment_status == "unpaid")
    order = await cloud.adapter.get_order(row.order_id, language="en")
    if cloud.adapter.capabilities.has_deadline:
        assert order.deadline == row.deadline
    else:
        assert order.deadline is None


async def test_the_products_are_listed_without_repeats(cloud: Connected) -> None:
    products = await cloud.adapter.list_products(language="en")
    assert products
    assert all(product.code and product.name for product in products)
    assert len({(product.code, product.variant) for product in products}) == len(products)


async def test_resources_are_there_where_the_adapter_says_so(one_cloud: Connected) -> None:
    rows = one_cloud.at_the_cloud().values()
    paid = [row.order_id for row in rows if row.payment_status == "paid"][:10]
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
        assert [outcome for _operation, outcome in cloud.calls()] == ["refused"]


async def test_a_temporary_key_that_huawei_refuses_may_have_run_out(clouds: Clouds) -> None:
    """Its gateway has one code for a wrong signature and for a token past its life."""
    async with connected(clouds, "huawei-temporary", wrong=WRONG_SECRETS) as cloud:
        with pytest.raises(ProviderRefused) as caught:
            await cloud.listed(cloud.all_time())
    assert caught.value.remedy is Remedy.RENEW_TOKEN


async def test_a_throttled_read_is_repeated_and_succeeds(one_cloud: Connected) -> None:
    order_id = one_cloud.an_order()
    one_cloud.fault("throttle", "get_order", seconds=0)
    order = await one_cloud.adapter.get_order(order_id, language="en")
    assert order.order_id == order_id
    outcomes = [done for operation, done in one_cloud.calls() if operation == "get_order"]
    assert outcomes == ["fault", "ok"]


async def test_a_dropped_line_is_repeated_and_succeeds(one_cloud: Connected) -> None:
    order_id = one_cloud.an_order()
    one_cloud.fault("drop_before", "get_order")
    assert (await one_cloud.adapter.get_order(order_id, language="en")).order_id == order_id


async def test_three_server_errors_are_an_unavailable_cloud(one_cloud: Connected) -> None:
    one_cloud.fault("error_500", "list_orders", times=0)
    with pytest.raises(ProviderUnavailable) as caught:
        await one_cloud.listed(one_cloud.all_time())
    assert caught.value.http_status == 500
    outcomes = [done for operation, done in one_cloud.calls() if operation == "list_orders"]
    assert outcomes == ["fault"] * 3


async def test_garbage_is_never_an_empty_answer(one_cloud: Connected) -> None:
    order_id = one_cloud.an_order()
    for operation in ("list_orders", "get_order", "list_products"):
        one_cloud.fault("garbage", operation, times=0)
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
    one_cloud.fault("wrong_order", "get_order", times=0)
    with pytest.raises(ProviderMalformed):
        await one_cloud.adapter.get_order(one_cloud.an_order(), language="en")


@pytest.mark.parametrize("name", ONE_OF_EACH)
async def test_a_cloud_slower_than_the_timeout_is_unavailable(clouds: Clouds, name: str) -> None:
    async with connected(clouds, name, timeout_s=0.5) as cloud:
        order_id = cloud.an_order()
        cloud.fault("slow", "get_order", times=0, seconds=1.0)
        with pytest.raises(ProviderUnavailable):
            await cloud.adapter.get_order(order_id, language="en")


@pytest.mark.parametrize("name", ["alibaba-main", "unicloud-main"])
async def test_a_clock_that_is_off_is_named_as_such(clouds: Clouds, name: str) -> None:
    """Where the provider has a code of its own for it."""
    async with connected(clouds, name) as cloud:
        order_id = cloud.an_order()
        cloud.fault("clock_skew", "get_order", times=0)
        with pytest.raises(ProviderRefused) as caught:
            await cloud.adapter.get_order(order_id, language="en")
    assert caught.value.remedy is Remedy.CHECK_CLOCK
