"""Every recorded answer once, products, and what a request looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.orders import Order
from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.ports import ProviderAdapter
from bot.providers.alibaba.adapter import ENDPOINTS, AlibabaAdapter
from bot.providers.alibaba.signing import Key
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from tests.loopback import Asked, Reply
from tests.unit.providers.alibaba_account import (
    DATA,
    KEY_ID,
    RESPONSES,
    SECRET,
    TOKEN,
    Alibaba,
    FixedClock,
    Turning,
    a_row,
    alibaba,
    good,
    refusal,
    reply_of,
    response,
)

FAILURES: dict[str | None, type[ProviderError]] = {
    "error_forbidden_ram.json": ProviderRefused,
    "error_internal_error_400.json": ProviderUnavailable,
    "error_internal_error_500.json": ProviderUnavailable,
    "error_invalid_access_key_id_400.json": ProviderRefused,
    "error_invalid_access_key_id_404.json": ProviderRefused,
    "error_invalid_api_not_found.json": ProviderInvalid,
    "error_invalid_caller.json": ProviderRefused,
    "error_invalid_owner.json": ProviderRefused,
    "error_invalid_parameter.json": ProviderInvalid,
    "error_invalid_security_token_expired.json": ProviderRefused,
    "error_invalid_timestamp_expired.json": ProviderRefused,
    "error_missing_gateway.json": ProviderInvalid,
    "error_missing_parameter.json": ProviderInvalid,
    "error_no_permission.json": ProviderRefused,
    "error_not_applicable.json": ProviderRefused,
    "error_not_authorized.json": ProviderRefused,
    "error_product_not_find.json": ProviderNotFound,
    "error_service_unavailable.json": ProviderUnavailable,
    "error_signature_does_not_match.json": ProviderRefused,
    "error_signature_nonce_used.json": ProviderUnavailable,
    "error_throttling.json": ProviderThrottled,
    "error_throttling_api.json": ProviderThrottled,
    "error_throttling_user.json": ProviderThrottled,
    "error_undefined_error.json": ProviderUnavailable,
    "success_false_internal_error_200.json": ProviderUnavailable,
    "success_false_invalid_parameter_200.json": ProviderInvalid,
    "success_false_not_authorized_200.json": ProviderRefused,
    "success_false_not_found_200.json": ProviderNotFound,
    "success_missing_code_error_200.json": ProviderRefused,
    "cancel_order_not_cancellable_200.json": ProviderInvalid,
    "cancel_order_not_cancellable_400.json": ProviderInvalid,
    "cancel_order_not_found_400.json": ProviderNotFound,
    # Cancelling has no rows: read as an order it is one that is not there, or malformed.
    "cancel_order_document_sample.json": ProviderNotFound,
    "cancel_order_success_without_data.json": ProviderMalformed,
    "get_order_detail_not_found_empty_list.json": ProviderNotFound,
}


DETAILS = [entry for entry in RESPONSES if not entry["operation"].startswith("Query")]
LISTS = {  # read by the tests of lists and products
    "query_orders_empty.json",
    "query_orders_empty_without_array.json",
    "query_orders_international.json",
    "query_orders_numeric_amounts.json",
    "query_orders_page_1.json",
    "query_orders_page_2.json",
    "query_orders_page_3.json",
    "query_product_list_document_sample.json",
    "query_product_list_empty.json",
    "query_product_list_page_1.json",
    "query_product_list_page_2.json",
    "query_product_list_without_total.json",
}


def named(entry: dict[str, Any]) -> str:
    return str(entry["file"] or entry["headers"]["Content-Type"])


def test_no_recorded_answer_is_left_out() -> None:
    assert {named(entry) for entry in RESPONSES} == LISTS | {named(entry) for entry in DETAILS}


async def detail(cloud: Alibaba, order_id: str = "211059788270701") -> Order:
    return await cloud.adapter.get_order(order_id, language="en")


@pytest.mark.parametrize("entry", DETAILS, ids=named)
async def test_each_recorded_answer_to_a_details_call(entry: dict[str, Any]) -> None:
    file = entry["file"]
    kind = FAILURES.get(file)
    if file is None:
        kind = ProviderUnavailable if entry["http_status"] == 503 else ProviderInvalid
    async with alibaba(reply_of(entry)) as cloud:
        if kind is None:
            sent = json.loads((DATA / "responses" / file).read_text())
            rows = sent["Data"]["OrderList"]["Order"]
            order = await detail(cloud, rows[0]["OrderId"])
            assert len(order.line_items) == len(rows)
            return
        with pytest.raises(ProviderError) as caught:
            await detail(cloud)
        assert type(caught.value) is kind


async def test_an_error_in_xml_is_read() -> None:
    entry = next(one for one in RESPONSES if named(one).startswith("text/xml"))
    async with alibaba(reply_of(entry)) as cloud:
        with pytest.raises(ProviderInvalid) as caught:
            await detail(cloud)
    assert caught.value.code == "InvalidParameter"
    assert caught.value.request_id == "00000000-0000-5000-8000-000000009999"


async def test_products_of_the_recorded_pages() -> None:
    def page(asked: Asked) -> Reply:
        return response(f"query_product_list_page_{asked.query['PageNum']}.json")

    async with alibaba(page) as cloud:
        products = await cloud.adapter.list_products(language="zh")
    assert len({(product.code, product.variant) for product in products}) == len(products) == 3


async def test_products_without_a_total_end_with_a_short_page() -> None:
    async with alibaba(response("query_product_list_without_total.json")) as cloud:
        (product,) = await cloud.adapter.list_products(language="zh")
    assert (product.code, product.variant) == ("bwp", "PayAsYouGo")
    assert product.name == "NAT共享带宽包(按量付费)"
    assert len(cloud.server.asked) == 1


async def test_an_empty_page_of_three_products_is_told_as_incomplete() -> None:
    async with alibaba(response("query_product_list_empty.json")) as cloud:
        with pytest.raises(ProviderMalformed, match="only 0 of 3 rows"):
            await cloud.adapter.list_products(language="zh")


async def test_the_documents_sample_shows_one_of_449_products_and_that_is_told() -> None:
    async with alibaba(response("query_product_list_document_sample.json")) as cloud:
        with pytest.raises(ProviderMalformed, match="only 1 of 449 rows"):
            await cloud.adapter.list_products(language="zh")


async def test_a_request_is_a_signed_post_with_everything_in_the_query() -> None:
    async with alibaba(good(TotalCount=0)) as cloud:
        await cloud.orders()
    (asked,) = cloud.server.asked
    host = cloud.server.url.removeprefix("http://")
    assert (asked.method, asked.body, asked.target[:2]) == ("POST", b"", "/?")
    assert asked.headers["host"] == host
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["x-acs-action"] == "QueryOrders"
    assert asked.headers["x-acs-version"] == "2017-12-14"
    assert asked.headers["x-acs-date"] == "2026-11-21T12:00:00Z"
    assert asked.headers["x-acs-signature-nonce"] == "nonce-0"
    names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    signed = f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={names},Signature="
    assert asked.headers["authorization"].startswith(signed)
    assert "OwnerId" not in asked.query
    assert "x-acs-security-token" not in asked.headers


async def test_a_repeated_read_has_a_fresh_nonce() -> None:
    answers = [refusal("SignatureNonceUsed"), good(OrderList={"Order": [a_row("1")]})]
    async with alibaba(lambda _asked: answers.pop(0)) as cloud:
        await detail(cloud, "1")
    nonces = [asked.headers["x-acs-signature-nonce"] for asked in cloud.server.asked]
    assert nonces == ["nonce-0", "nonce-1"]


async def test_a_distributors_customer_is_named_in_each_call_and_on_the_order() -> None:
    page = good(OrderList={"Order": [a_row("1")]}, TotalCount=1)
    async with alibaba(page, owner_id="1234567890123456") as cloud:
        orders = [*await cloud.orders(), await detail(cloud, "1")]
    assert {order.owner_id for order in orders} == {"1234567890123456"}
    assert {asked.query["OwnerId"] for asked in cloud.server.asked} == {"1234567890123456"}


async def test_a_temporary_key_sends_its_token_signed() -> None:
    async with alibaba(good(OrderList={"Order": [a_row("1")]}), token=TOKEN) as cloud:
        await detail(cloud, "1")
    (asked,) = cloud.server.asked
    assert asked.headers["x-acs-accesskey-id"] == KEY_ID
    assert asked.headers["x-acs-security-token"] == TOKEN
    assert "x-acs-accesskey-id" in asked.headers["authorization"]
    assert "x-acs-security-token" in asked.headers["authorization"]


@pytest.mark.parametrize("code", ["InvalidSecurityToken.Expired", "InvalidAccessKeyId.NotFound"])
async def test_a_token_that_ran_out_is_read_anew_and_the_call_repeated_once(code: str) -> None:
    token = Turning(["old", "new", "newer"])

    def answer(asked: Asked) -> Reply:
        known = asked.headers["x-acs-security-token"] == "new"
        return good(OrderList={"Order": [a_row("1")]}) if known else refusal(code)

    async with alibaba(answer, token=token) as cloud:
        assert (await detail(cloud, "1")).order_id == "1"
    assert token.reads == 1


async def test_a_token_that_stays_refused_is_told() -> None:
    token = Turning(["old"])
    async with alibaba(refusal("InvalidSecurityToken.Expired"), token=token) as cloud:
        with pytest.raises(ProviderRefused) as caught:
            await detail(cloud, "1")
    assert caught.value.remedy is Remedy.RENEW_TOKEN
    assert (token.reads, len(cloud.server.asked)) == (1, 2)


@pytest.mark.parametrize(
    ("site", "endpoint", "host"),
    [
        ("china", None, "business.aliyuncs.com"),
        ("international", None, "business.ap-southeast-1.aliyuncs.com"),
        ("china", "https://example.com:443/", "example.com"),
        ("china", "http://127.0.0.1:9100", "127.0.0.1:9100"),
    ],
)
async def test_the_site_decides_the_host_and_an_endpoint_replaces_it(
    site: str, endpoint: str | None, host: str
) -> None:
    assert len(ENDPOINTS) == 2
    adapter = an_adapter(site, endpoint)
    request = adapter._request("QueryOrders", {"PageNum": "1"}, Key(KEY_ID, SECRET, ""))
    assert request.headers["host"] == host
    assert request.url.endswith(f"{host}/?PageNum=1")
    await adapter.aclose()


async def test_what_an_account_can_do_is_data() -> None:
    adapter: ProviderAdapter = an_adapter("china", None)
    able = adapter.capabilities
    assert (able.can_cancel, able.filters_payment_status) == (True, True)
    assert (able.has_deadline, able.lists_deadline, able.has_resources) == (False, False, False)
    assert await adapter.list_resources("1") == ()
    await adapter.aclose()


def an_adapter(site: str, endpoint: str | None) -> AlibabaAdapter:
    return AlibabaAdapter(
        Account("main", Provider.ALIBABA, site),
        Credentials(KEY_ID, {"access_key_secret": SECRET}),
        Transport("main", requests_per_second=5, timeout_s=5, clock=FixedClock()),
        endpoint=endpoint,
        clock=FixedClock(),
        nonce=lambda: "n",
    )
