"""The embedded Unicloud: who gets in, orders in list and detail, products, and no way to cancel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import ssl
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.clouds import unicloud
from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder, Fault
from bot.sandbox.clouds.server import Clouds
from tests.clouds import fresh_clouds

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loopback speaks none; loads no certificates
_SAMPLE = "1144119593783001088"
_RESPONSES = Path(__file__).parents[2] / "data" / "unicloud" / "responses"
_START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_PAGE = {"Page": "1", "Size": "200"}


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture
def account(clouds: Clouds) -> CloudAccount:
    return clouds.book.accounts["unicloud-main"]


@pytest.fixture
def orders(clouds: Clouds, account: CloudAccount) -> list[CloudOrder]:
    return list(clouds.book.orders[account.name].values())


def _query(
    clouds: Clouds, account: CloudAccount, action: str, method: str, changed: dict[str, str | None]
) -> str:
    """The signed query; a parameter changed to None is left out."""
    full = {
        "Action": action,
        "Format": "json",
        "Version": "2020-07-30",
        "AccessKeyId": account.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "Timestamp": clouds.book.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "SignatureVersion": "1.0",
        "SignatureNonce": str(uuid.uuid4()),
        **changed,
    }
    pairs = sorted((name, value) for name, value in full.items() if value is not None)
    canonical = "&".join(f"{name}={quote(value, safe='-._~')}" for name, value in pairs)
    to_sign = f"{method}&%2F&{quote(canonical, safe='-._~')}"
    key = f"{account.access_key_secret}&".encode()
    digest = hmac.new(key, to_sign.encode(), hashlib.sha1).digest()
    return f"{canonical}&Signature={quote(base64.b64encode(digest), safe='')}"


async def _get(url: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, verify=_NO_TLS) as client:
        return await client.request(method, url)


async def _call(
    clouds: Clouds,
    account: CloudAccount,
    action: str,
    changed: dict[str, Any] | None = None,
    *,
    path: str = "/transaction",
    method: str = "GET",
) -> httpx.Response:
    query = _query(clouds, account, action, method, changed or {})
    return await _get(f"{clouds.url}{path}?{query}", method)


async def _rows(
    clouds: Clouds, account: CloudAccount, changed: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    response = await _call(clouds, account, "QueryOrders", {**_PAGE, **(changed or {})})
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["OrderList"]["Order"]
    return rows


async def _detail(clouds: Clouds, account: CloudAccount, order_id: str) -> dict[str, Any]:
    response = await _call(clouds, account, "OrderDetail", {"OrderId": order_id})
    assert response.status_code == 200, response.text
    order: dict[str, Any] = response.json()["Order"]
    return order


def _code(response: httpx.Response) -> tuple[int, str]:
    assert response.json()["RequestId"]
    return response.status_code, response.json()["Code"]


def _response(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((_RESPONSES / f"{name}.json").read_text(encoding="utf-8"))
    return body


async def test_the_documents_sample_is_answered_as_printed(
    clouds: Clouds, account: CloudAccount
) -> None:
    assert await _detail(clouds, account, _SAMPLE) == _response("order-detail")["Order"]
    rows = await _rows(clouds, account)
    printed = _response("query-orders-page")["OrderList"]["Order"][0]
    assert next(row for row in rows if row["Id"] == _SAMPLE) == printed


async def test_an_unpaid_order_has_the_fields_of_the_document(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = next(order for order in orders if order.payment_status == "unpaid")
    shown = await _detail(clouds, account, order.order_id)
    printed = _response("order-detail-unpaid")["Order"]
    assert shown.keys() == printed.keys()
    assert shown["Items"][0].keys() == printed["Items"][0].keys()
    assert (shown["PayTime"], shown["CancelType"], shown["PaidAmount"]) == (None, None, 0)
    assert order.deadline is not None
    assert shown["DueTime"] == order.deadline.timestamp() * 1000
    assert "地域" in json.loads(shown["ProductDescription"])["conf"]


async def test_pages_follow_each_other_and_hold_every_order(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    ids: list[str] = []
    for page in range(1, 7):
        body = (
            await _call(clouds, account, "QueryOrders", {"Page": str(page), "Size": "20"})
        ).json()
        assert (body["TotalCount"], body["PageNum"], body["PageSize"]) == (len(orders), page, 20)
        ids += [row["Id"] for row in body["OrderList"]["Order"]]
    assert ids == [order.order_id for order in orders]
    assert ids == unicloud.list_row_ids(clouds.book, account.name)


async def test_ids_are_text_outside_and_numbers_in_items_and_fit_no_double(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    generated = [order for order in orders if order.order_id != _SAMPLE]
    assert all(int(float(order.order_id)) != int(order.order_id) for order in generated)
    shown = await _detail(clouds, account, generated[0].order_id)
    assert shown["Id"] == generated[0].order_id
    assert shown["Items"][0]["orderId"] == int(generated[0].order_id)


async def test_list_times_are_china_time(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = orders[0]
    local = (order.created_at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    found = await _rows(clouds, account, {"StartTime": local, "EndTime": local})
    assert order.order_id in [row["Id"] for row in found]
    as_utc = order.created_at.strftime("%Y-%m-%d %H:%M:%S")
    missed = await _rows(clouds, account, {"StartTime": as_utc, "EndTime": as_utc})
    assert order.order_id not in [row["Id"] for row in missed]


async def test_filters_keep_what_fits(clouds: Clouds, account: CloudAccount) -> None:
    rows = await _rows(clouds, account)
    disks = await _rows(clouds, account, {"ProductCategory": "DATA_HARD_DISK"})
    hourly = await _rows(clouds, account, {"PayType": "CHARGING_HOURS"})
    assert disks == [row for row in rows if row["ProductCategory"] == "DATA_HARD_DISK"]
    assert hourly == [row for row in rows if row["PayType"] == "CHARGING_HOURS"]
    assert 0 < len(disks) < len(rows)
    assert await _rows(clouds, account, {"PayType": "NEVER"}) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Page": None}, "MissingParameter"),
        ({"Size": None}, "MissingParameter"),
        ({"Page": "0"}, "InvalidParameter"),
        ({"Size": "201"}, "InvalidParameter"),
        ({"Size": "many"}, "InvalidParameter"),
        ({"OrderStatus": "1"}, "InvalidParameter"),
        ({"StartTime": "2026-11-20T00:00:00Z"}, "InvalidParameter"),
        ({"Format": "xml"}, "InvalidParameter"),
        ({"SignatureVersion": "2.0"}, "InvalidParameter"),
        ({"Version": None}, "MissingParameter"),
        ({"SignatureNonce": None}, "MissingParameter"),
        ({"Timestamp": None}, "MissingParameter"),
    ],
)
async def test_a_parameter_missing_or_out_of_range_is_refused(
    clouds: Clouds, account: CloudAccount, changed: dict[str, str | None], code: str
) -> None:
    response = await _call(clouds, account, "QueryOrders", {**_PAGE, **changed})
    assert _code(response) == (400, code)
    assert clouds.book.calls[-1].outcome == "refused"


async def test_an_order_is_read_by_its_id_only(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    number = orders[0].wire["order"]["OrderNo"]
    missing = await _call(clouds, account, "OrderDetail")
    assert missing.json()["Message"] == _response("error-missing-parameter")["Message"]
    for unknown in (number, "1185005071365046275"):
        response = await _call(clouds, account, "OrderDetail", {"OrderId": unknown})
        assert _code(response) == (400, "InvalidParameter")
    by_number = await _call(clouds, account, "OrderDetail", {"OrderNo": number})
    assert _code(by_number) == (400, "MissingParameter")


@pytest.mark.parametrize("action", ["CancelOrder", "VoidOrder", ""])
async def test_no_action_cancels_an_order(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder], action: str
) -> None:
    unpaid = next(order for order in orders if order.payment_status == "unpaid")
    response = await _call(clouds, account, action, {"OrderId": unpaid.order_id})
    assert response.status_code == 400
    assert unpaid.payment_status == "unpaid"
    assert not clouds.book.calls[-1].effect


async def test_only_get_is_answered(clouds: Clouds, account: CloudAccount) -> None:
    response = await _call(clouds, account, "QueryOrders", dict(_PAGE), method="POST")
    assert _code(response) == (405, "UnsupportedHTTPMethod")


async def test_an_unknown_key_is_no_caller(clouds: Clouds, account: CloudAccount) -> None:
    response = await _call(clouds, account, "QueryOrders", {**_PAGE, "AccessKeyId": "NOBODY"})
    assert _code(response) == (400, "InvalidCaller")
    assert response.json()["Message"] == _response("error-invalid-caller")["Message"]
    assert clouds.book.calls[-1].account == ""


async def test_a_signature_is_for_one_query_and_one_use(
    clouds: Clouds, account: CloudAccount
) -> None:
    url = f"{clouds.url}/transaction?{_query(clouds, account, 'QueryOrders', 'GET', dict(_PAGE))}"
    tampered = await _get(url.replace("Size=200", "Size=100"))
    assert _code(tampered) == (403, "SignatureDoesNotMatch")
    assert (await _get(url)).status_code == 200
    assert _code(await _get(url)) == (403, "SignatureNonceUsed")


@pytest.mark.parametrize(("minutes", "status"), [(-16, 403), (-14, 200), (14, 200), (16, 403)])
async def test_a_timestamp_may_be_off_by_fifteen_minutes(
    clouds: Clouds, account: CloudAccount, minutes: int, status: int
) -> None:
    stamp = clouds.book.now() + timedelta(minutes=minutes)
    changed = {**_PAGE, "Timestamp": stamp.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert (await _call(clouds, account, "QueryOrders", changed)).status_code == status


async def test_products_are_listed_per_region(clouds: Clouds, account: CloudAccount) -> None:
    regions = await _call(clouds, account, "GetRegion", {"ProductCode": "VM"}, path="/product")
    region_id = regions.json()["Data"][0]["RegionId"]
    asked = {"RegionId": region_id, "Page": "1", "TotalCount": "true"}
    body = (await _call(clouds, account, "GetProductList", asked, path="/product")).json()
    assert body.keys() == _response("product-list").keys()
    assert body["Data"][0] == _response("product-list")["Data"][0]
    assert body["TotalCount"] == len(body["Data"])
    del asked["TotalCount"]
    unasked = await _call(clouds, account, "GetProductList", asked, path="/product")
    assert unasked.json()["TotalCount"] is None
    assert {call.operation for call in clouds.book.calls} == {"list_products"}


@pytest.mark.parametrize(
    ("action", "changed", "code"),
    [
        ("GetProductList", {"RegionId": None}, "MissingParameter"),
        ("GetProductList", {"Page": None}, "MissingParameter"),
        ("GetProductList", {"Page": "0"}, "PageOutMin"),
        ("GetProductList", {"Page": "2"}, "RegionOrPageNoProduct"),
        ("GetProductList", {"Size": "0"}, "SizeOutMin"),
        ("GetProductList", {"Size": "201"}, "SizeOutMax"),
        ("GetProductList", {"RegionId": "cn-nowhere"}, "UserNoRegionRight"),
        ("GetRegion", {}, "MissingParameter"),
        ("GetRegion", {"ProductCode": "NONE"}, "ProductCodeNotExist"),
        ("QueryOrders", {}, "InvalidAction"),
    ],
)
async def test_products_refuse_in_the_documents_words(
    clouds: Clouds, account: CloudAccount, action: str, changed: dict[str, str], code: str
) -> None:
    asked = {"RegionId": "cn-beijing", "Page": "1", **changed}
    response = await _call(clouds, account, action, asked, path="/product")
    assert _code(response) == (400, code)


@pytest.mark.parametrize(
    ("payment_status", "word"),
    [
        ("paid", "PAID"),
        ("unpaid", "UNPAID"),
        ("cancelled", "CANCELED"),
        ("unknown", "PROCESSING"),
    ],
)
async def test_a_state_set_from_outside_shows(
    clouds: Clouds,
    account: CloudAccount,
    orders: list[CloudOrder],
    payment_status: str,
    word: str,
) -> None:
    begun = "unpaid" if payment_status != "unpaid" else "paid"
    order = next(order for order in orders if order.payment_status == begun)
    order.payment_status, order.payable = payment_status, Decimal("1234.56")
    shown = await _detail(clouds, account, order.order_id)
    row = next(row for row in await _rows(clouds, account) if row["Id"] == order.order_id)
    for one in (shown, row):
        assert (one["OrderStatus"], one["FinalPrice"]) == (word, 1234.56)
        assert (one["PayTime"] is None) == (payment_status != "paid")
    if payment_status == "unpaid":
        assert shown["DueTime"] > clouds.book.now().timestamp() * 1000


async def test_faults_are_answered_in_unicloud_shape(clouds: Clouds, account: CloudAccount) -> None:
    clouds.book.faults += [Fault("throttle", seconds=3), Fault("error_500")]
    throttled = await _call(clouds, account, "QueryOrders", dict(_PAGE))
    assert _code(throttled) == (429, "Throttling")
    assert throttled.headers["Retry-After"] == "3"
    broken = await _call(clouds, account, "QueryOrders", dict(_PAGE))
    assert _code(broken) == (500, "SystemError")


@given(seed=st.integers(0, 10**6))
def test_whatever_the_seed_there_is_enough_to_try(seed: int) -> None:
    book = Book(lambda: _START)
    unicloud.seed(book, random.Random(seed), _START)  # noqa: S311  made-up orders
    rows = list(book.orders["unicloud-main"].values())
    numbers = {row.wire["order"]["OrderNo"] for row in rows}
    unpaid = [row for row in rows if row.payment_status == "unpaid"]
    assert len(rows) == len(numbers) > 40
    assert len(unpaid) >= 5
    assert all(row.deadline and row.deadline > _START + timedelta(hours=1) for row in unpaid)
    assert {row.payment_status for row in rows} == {"unpaid", "paid", "unknown"}
