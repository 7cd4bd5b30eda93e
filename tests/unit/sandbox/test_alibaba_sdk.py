"""Alibaba Cloud's official SDK against the embedded cloud, unmodified but for the endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from alibabacloud_bssopenapi20171214 import models  # type: ignore[import-untyped]
from alibabacloud_bssopenapi20171214.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]

from bot.sandbox.clouds.book import CloudAccount, CloudOrder
from bot.sandbox.clouds.server import Clouds
from tests.clouds import fresh_clouds


class Caller(Protocol):
    async def __call__(self, account: CloudAccount, method: str, request: Any) -> Any: ...


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


def _client(clouds: Clouds, account: CloudAccount, algorithm: str | None) -> Client:
    return Client(
        Config(
            access_key_id=account.access_key_id,
            access_key_secret=account.access_key_secret,
            security_token=account.security_token,
            signature_algorithm=algorithm,
            endpoint=clouds.url.removeprefix("http://"),
            protocol="http",
        )
    )


@pytest.fixture(params=["sync acs3", "async acs3", "sync rpc", "async rpc"])
def sdk(clouds: Clouds, request: pytest.FixtureRequest) -> Caller:
    """The body of the SDK's answer, in both its ways of calling and of signing."""
    way, signature = request.param.split()
    algorithm = "v2" if signature == "rpc" else None

    async def call(account: CloudAccount, method: str, request: Any) -> Any:
        client = _client(clouds, account, algorithm)
        if way == "async":
            return (await getattr(client, f"{method}_async")(request)).body
        return (await asyncio.to_thread(getattr(client, method), request)).body

    return call


def _one(clouds: Clouds, account: str, status: str) -> CloudOrder:
    orders = clouds.book.orders[account].values()
    return next(order for order in orders if order.payment_status == status)


def _all_time(**filters: Any) -> models.QueryOrdersRequest:
    now = datetime.now(UTC)  # noqa: TID251  the SDK signs by this clock too
    start, end = now - timedelta(days=1000), now + timedelta(hours=1)
    return models.QueryOrdersRequest(
        create_time_start=f"{start:%Y-%m-%dT%H:%M:%SZ}",
        create_time_end=f"{end:%Y-%m-%dT%H:%M:%SZ}",
        **filters,
    )


async def test_the_sdk_lists_all_orders_page_by_page(clouds: Clouds, sdk: Caller) -> None:
    account = clouds.book.accounts["alibaba-sts"]
    listed: list[str] = []
    for page in range(1, 5):
        asked = _all_time(page_num=page, page_size=20)
        answer = await sdk(account, "query_orders", asked)
        assert answer.data.total_count == len(clouds.book.orders[account.name])
        listed += [row.order_id for row in answer.data.order_list.order]
    assert sorted(listed) == sorted(clouds.book.orders[account.name])


async def test_the_sdk_reads_one_order(clouds: Clouds, sdk: Caller) -> None:
    order = _one(clouds, "alibaba-main", "unpaid")
    asked = models.GetOrderDetailRequest(order_id=order.order_id)
    answer = await sdk(clouds.book.accounts["alibaba-main"], "get_order_detail", asked)
    assert answer.success
    assert [row.payment_status for row in answer.data.order_list.order] == ["Unpaid"]
    assert answer.data.order_list.order[0].order_id == order.order_id


async def test_the_sdk_lists_products(clouds: Clouds, sdk: Caller) -> None:
    asked = models.QueryProductListRequest(page_num=1, page_size=300, query_total_count=True)
    answer = await sdk(clouds.book.accounts["alibaba-intl"], "query_product_list", asked)
    products = answer.data.product_list.product
    assert len(products) == answer.data.total_count
    assert "Elastic Compute Service (Subscription)" in {row.product_name for row in products}


async def test_the_sdk_cancels_an_unpaid_order_once(clouds: Clouds, sdk: Caller) -> None:
    order = _one(clouds, "alibaba-intl", "unpaid")
    account = clouds.book.accounts["alibaba-intl"]
    asked = models.CancelOrderRequest(order_id=order.order_id)
    assert (await sdk(account, "cancel_order", asked)).success
    read = models.GetOrderDetailRequest(order_id=order.order_id)
    answer = await sdk(account, "get_order_detail", read)
    assert answer.data.order_list.order[0].payment_status == "Cancelled"
    assert await _refusal(sdk, account, "cancel_order", asked) == "ResourceStatusError"


async def test_the_sdk_is_refused_the_cancel_of_paid_orders(clouds: Clouds, sdk: Caller) -> None:
    account = clouds.book.accounts["alibaba-main"]
    paid = [o for o in clouds.book.orders[account.name].values() if o.payment_status == "paid"][:8]
    for order in paid:
        asked = models.CancelOrderRequest(order_id=order.order_id)
        assert await _refusal(sdk, account, "cancel_order", asked) == "ResourceStatusError"
    assert {order.payment_status for order in paid} == {"paid"}
    assert [call.effect for call in clouds.book.calls] == [False] * len(paid)


async def test_a_distributor_reads_and_cancels_for_a_customer(clouds: Clouds, sdk: Caller) -> None:
    customer = clouds.book.accounts["alibaba-customer-a"]
    order = _one(clouds, customer.name, "unpaid")
    owned = {"order_id": order.order_id, "owner_id": int(customer.owner_id or 0)}
    answer = await sdk(customer, "get_order_detail", models.GetOrderDetailRequest(**owned))
    assert answer.data.order_list.order[0].order_id == order.order_id
    assert (await sdk(customer, "cancel_order", models.CancelOrderRequest(**owned))).success
    assert order.payment_status == "cancelled"
    listed = await sdk(customer, "query_orders", _all_time(owner_id=owned["owner_id"]))
    assert listed.data.total_count == len(clouds.book.orders[customer.name])
    assert {call.account for call in clouds.book.calls} == {customer.name}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"access_key_secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "STS.unknown"}, "InvalidAccessKeyId.NotFound"),
        ({"security_token": "wrong"}, "InvalidSecurityToken.MismatchWithAccessKey"),
        ({"security_token": None}, "InvalidSecurityToken.MismatchWithAccessKey"),
    ],
)
async def test_the_sdk_with_wrong_credentials_is_refused(
    clouds: Clouds, sdk: Caller, changed: dict[str, str | None], code: str
) -> None:
    right = clouds.book.accounts["alibaba-sts"].public()
    wrong = CloudAccount(**{**right, **changed})  # type: ignore[arg-type]  # token may be None
    asked = models.QueryProductListRequest(page_num=1)
    assert await _refusal(sdk, wrong, "query_product_list", asked) == code


async def test_the_sdk_of_another_owner_is_refused(clouds: Clouds, sdk: Caller) -> None:
    account = clouds.book.accounts["alibaba-main"]
    asked = models.QueryOrdersRequest(owner_id=1610000000000001)
    assert await _refusal(sdk, account, "query_orders", asked) == "InvalidOwner"


async def _refusal(sdk: Caller, account: CloudAccount, method: str, asked: Any) -> str:
    """The code of a refusal, whether the SDK raises it or hands it back as a normal result."""
    try:
        body = await sdk(account, method, asked)
    except Exception as error:  # noqa: BLE001  the SDK has several trees of errors
        return str(getattr(error, "code", error))
    assert body.success is False
    return str(body.code)
