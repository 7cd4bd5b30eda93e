"""Proof by strangers: the official Huawei Cloud SDKs, unchanged but for the endpoint, against the
embedded cloud; China and international packages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from types import ModuleType
from typing import Any

import huaweicloudsdkbss.v2 as china
import huaweicloudsdkbssintl.v2 as international
import pytest
from anyio import to_thread
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region

from bot.sandbox.clouds.book import CloudAccount, CloudOrder
from bot.sandbox.clouds.server import Clouds
from tests.clouds import fresh_clouds


class Stranger:
    """One official SDK with the credentials of one account."""

    def __init__(self, clouds: Clouds, account: CloudAccount, sdk: ModuleType) -> None:
        self.clouds, self.account, self.sdk = clouds, account, sdk
        self.credentials = GlobalCredentials(
            account.access_key_id, account.access_key_secret, account.domain_id
        )
        if account.security_token is not None:
            self.credentials.with_security_token(account.security_token)

    async def ask(self, operation: str, request: str, /, **parameters: Any) -> Any:
        """Call *operation* with the SDK's request class named *request*."""
        client = self._client()
        method = getattr(client, operation)
        return await to_thread.run_sync(partial(method, getattr(self.sdk, request)(**parameters)))

    async def cancel(self, order_id: str) -> Any:
        body = self.sdk.CancelCustomerOrderReq(order_id=order_id)
        return await self.ask("cancel_customer_order", "CancelCustomerOrderRequest", body=body)

    async def details(self, order_id: str, **parameters: Any) -> Any:
        return await self.ask(
            "show_customer_order_details",
            "ShowCustomerOrderDetailsRequest",
            order_id=order_id,
            **parameters,
        )

    def orders(self, payment_status: str) -> list[CloudOrder]:
        rows = self.clouds.book.orders[self.account.name].values()
        return [order for order in rows if order.payment_status == payment_status]

    def _client(self) -> Any:
        client_class = getattr(self.sdk, _CLIENTS[self.sdk])
        return (
            client_class.new_builder()
            .with_http_config(HttpConfig(timeout=(5, 10)))
            .with_credentials(self.credentials)
            .with_endpoint(self.clouds.url)
            .build()
        )


_CLIENTS = {china: "BssClient", international: "BssintlClient"}


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture(
    params=[
        pytest.param(("huawei-main", china), id="china"),
        pytest.param(("huawei-temporary", china), id="temporary-key"),
        pytest.param(("huawei-intl", international), id="international"),
    ]
)
def stranger(request: pytest.FixtureRequest, clouds: Clouds) -> Stranger:
    name, sdk = request.param
    return Stranger(clouds, clouds.book.accounts[name], sdk)


async def test_the_sdk_lists_every_order_page_by_page(stranger: Stranger) -> None:
    expected = stranger.clouds.book.orders[stranger.account.name]
    rows: list[Any] = []
    while True:
        page = await stranger.ask(
            "list_customer_orders",
            "ListCustomerOrdersRequest",
            limit=25,
            offset=len(rows),
            order_by="-createTime",
        )
        rows += page.order_infos
        if len(rows) >= page.total_count:
            break
    assert {row.order_id for row in rows} == set(expected)
    assert len(rows) == len(expected) > 40
    times = [row.create_time for row in rows]
    assert times == sorted(times, reverse=True)
    for row in rows:
        assert Decimal(str(row.amount_after_discount)) == expected[row.order_id].payable
        assert row.currency == ("USD" if stranger.account.site == "international" else "CNY")


async def test_the_sdk_filters_by_status(stranger: Stranger) -> None:
    page = await stranger.ask(
        "list_customer_orders", "ListCustomerOrdersRequest", status=6, limit=100
    )
    unpaid = {order.order_id for order in stranger.orders("unpaid")}
    assert {row.order_id for row in page.order_infos} == unpaid


async def test_the_sdk_reads_the_details_of_an_order(stranger: Stranger) -> None:
    order = next(order for order in stranger.orders("unpaid") if order.deadline)
    shown = await stranger.details(order.order_id, limit=100, x_language="en_US")
    assert order.deadline is not None
    assert shown.order_info.order_id == order.order_id
    assert shown.order_info.status == 6
    deadline = order.deadline.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert shown.order_info.pending_payment_end_time == deadline
    assert shown.order_info.service_type_name.isascii()
    assert shown.total_count == len(order.wire["lines"])
    amounts = [Decimal(str(line.amount_after_discount)) for line in shown.order_line_items]
    if shown.total_count <= 100:
        assert sum(amounts) == order.payable


async def test_the_sdk_cancels_an_unpaid_order(stranger: Stranger) -> None:
    order = stranger.orders("unpaid")[0]
    done = await stranger.cancel(order.order_id)
    assert done.status_code == 204
    assert order.payment_status == "cancelled"
    assert stranger.clouds.book.calls[-1].effect
    again = await stranger.details(order.order_id)
    assert again.order_info.status == 4
    assert again.order_info.pending_payment_end_time is None


async def test_the_sdk_is_refused_a_paid_order(stranger: Stranger) -> None:
    order = stranger.orders("paid")[0]
    with pytest.raises(ClientRequestException) as refused:
        await stranger.cancel(order.order_id)
    assert (refused.value.status_code, refused.value.error_code) == (400, "CBC.99005010")
    assert refused.value.request_id
    assert order.payment_status == "paid"
    assert not stranger.clouds.book.calls[-1].effect


async def test_the_sdk_cancels_a_combined_order_but_not_a_part_of_it(stranger: Stranger) -> None:
    combined = next(
        order for order in stranger.orders("unpaid") if order.wire["order"]["sub_order_infos"]
    )
    part = combined.wire["order"]["sub_order_infos"][0]["order_id"]
    with pytest.raises(ClientRequestException) as refused:
        await stranger.cancel(part)
    assert refused.value.error_code == "CBC.99000089"
    await stranger.cancel(combined.order_id)
    shown = await stranger.details(combined.order_id)
    assert {sub.status for sub in shown.order_info.sub_order_infos} == {4}


async def test_the_sdk_learns_that_an_order_does_not_exist(stranger: Stranger) -> None:
    with pytest.raises(ClientRequestException) as refused:
        await stranger.details("CS0000000000ZZZZZ")
    assert (refused.value.status_code, refused.value.error_code) == (400, "CBC.30000010")


async def test_the_sdk_lists_what_can_be_bought(stranger: Stranger) -> None:
    services = await stranger.ask(
        "list_service_types",
        "ListServiceTypesRequest",
        x_language="en_US",
        limit=1000,
        service_type_name="elastic",
    )
    assert {service.abbreviation for service in services.service_types} == {"ECS", "EVS", "ELB"}
    resources = await stranger.ask(
        "list_resource_types", "ListResourceTypesRequest", x_language="zh_CN", limit=3
    )
    assert len(resources.resource_types) == 3 < resources.total_count
    of_network = await stranger.ask(
        "list_service_resources",
        "ListServiceResourcesRequest",
        service_type_code="hws.service.type.vpc",
    )
    assert {info.basic_info.resource_type_code for info in of_network.infos} == {
        "hws.resource.type.bandwidth",
        "hws.resource.type.ip",
    }


async def test_the_sdk_finds_the_live_resources_of_a_renewal(stranger: Stranger) -> None:
    renewal = next(
        order for order in stranger.orders("unpaid") if order.wire["order"]["order_type"] == 2
    )
    body = stranger.sdk.QueryResourcesReq(order_id=renewal.order_id)
    found = await stranger.ask(
        "list_pay_per_use_customer_resources",
        "ListPayPerUseCustomerResourcesRequest",
        body=body,
    )
    assert found.total_count == len(found.data) == 2
    now = stranger.clouds.book.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert all(resource.status == 2 and resource.expire_time > now for resource in found.data)


async def test_the_sdk_with_a_wrong_secret_is_refused(stranger: Stranger) -> None:
    stranger.credentials.sk = "not-the-secret"
    with pytest.raises(ClientRequestException) as refused:
        await stranger.ask("list_customer_orders", "ListCustomerOrdersRequest")
    assert (refused.value.status_code, refused.value.error_code) == (401, "APIGW.0301")
    assert stranger.clouds.book.calls[-1].outcome == "refused"


async def test_the_sdk_finds_the_account_id_by_itself(clouds: Clouds) -> None:
    """Built with a region and no domain id, it asks IAM first."""
    account = clouds.book.accounts["huawei-main"]
    credentials = GlobalCredentials(account.access_key_id, account.access_key_secret)
    credentials.with_iam_endpoint(clouds.url)
    client = await to_thread.run_sync(
        china.BssClient.new_builder()
        .with_credentials(credentials)
        .with_region(Region("cn-north-1", clouds.url))
        .build
    )
    page = await to_thread.run_sync(
        client.list_customer_orders, china.ListCustomerOrdersRequest(limit=1)
    )
    assert page.total_count == len(clouds.book.orders[account.name])
    assert credentials.domain_id == account.domain_id
