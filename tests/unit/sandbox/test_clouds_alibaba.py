"""The embedded Alibaba Cloud: what it refuses, how it pages and filters, what a cancel does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from bot.sandbox.clouds.book import CloudAccount, CloudOrder
from bot.sandbox.clouds.server import Clouds
from tests.alibaba_caller import call, loopback_client, payload, signed_query
from tests.clouds import fresh_clouds

_LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture
async def http(clouds: Clouds) -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(clouds.url) as client:
        yield client


@pytest.fixture
def main(clouds: Clouds) -> CloudAccount:
    return clouds.book.accounts["alibaba-main"]


def _orders(clouds: Clouds, status: str, account: str = "alibaba-main") -> list[CloudOrder]:
    return [o for o in clouds.book.orders[account].values() if o.payment_status == status]


_REFUSED: list[tuple[str, dict[str, str], int, str]] = [
    ("GetOrderDetail", {}, 400, "MissingParameter"),
    ("GetOrderDetail", {"OrderId": "abc"}, 400, "InvalidParameter"),
    ("CancelOrder", {}, 400, "MissingParameter"),
    ("CancelOrder", {"OrderId": "211000000000001"}, 400, "ResourceNotExists"),
    ("QueryProductList", {}, 400, "MissingParameter"),
    ("QueryProductList", {"PageNum": "1", "PageSize": "301"}, 400, "InvalidParameter"),
    ("QueryOrders", {"PageNum": "0"}, 400, "InvalidParameter"),
    ("QueryOrders", {"CreateTimeStart": "2026-11-20"}, 400, "InvalidParameter"),
    ("QueryOrders", {"PaymentStatus": "Late"}, 400, "InvalidParameter"),
    ("QueryOrders", {"ProductCode": "teapot"}, 400, "ProductNotFind"),
    ("QueryOrders", {"OwnerId": "1610000000000001"}, 400, "InvalidOwner"),
    ("QueryOrders", {"Timestamp": "2026-11-20T02:00:00"}, 400, "InvalidTimeStamp.Format"),
    ("QueryOrders", {"AccessKeyId": "LTAInobody"}, 404, "InvalidAccessKeyId.NotFound"),
    ("QueryOrders", {"SignatureNonce": ""}, 400, "MissingSignatureNonce"),
    ("QueryOrders", {"SecurityToken": "x"}, 400, "InvalidSecurityToken.MismatchWithAccessKey"),
    ("QueryOrders", {"Version": "2017-12-15"}, 404, "InvalidApi.NotFound"),
    ("PayOrder", {"OrderId": "211000000000709"}, 404, "InvalidApi.NotFound"),
]


async def test_wrong_calls_are_refused_as_the_provider_does(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    answers = []
    for action, parameters, _status, _code in _REFUSED:
        answer = await call(http, main, action, **parameters)
        assert set(answer.json()) == {"RequestId", "HostId", "Code", "Message"}
        answers.append((action, parameters, answer.status_code, answer.json()["Code"]))
    assert answers == _REFUSED
    assert {(c.outcome, c.effect) for c in clouds.book.calls} == {("refused", False)}


async def test_a_start_after_the_end_is_refused(
    http: httpx.AsyncClient, main: CloudAccount
) -> None:
    bounds = {"CreateTimeStart": "2026-11-21T00:00:00Z", "CreateTimeEnd": "2026-11-20T00:00:00Z"}
    answer = await call(http, main, "QueryOrders", **bounds)
    assert answer.json()["Code"] == "InvalidParameter"


@pytest.mark.parametrize("seconds", [-901, 901, -890, 890])
async def test_a_clock_may_be_off_by_a_quarter_of_an_hour(
    http: httpx.AsyncClient, main: CloudAccount, seconds: int
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)  # noqa: TID251  the server's own clock
    answer = await call(http, main, "QueryOrders", Timestamp=f"{at:%Y-%m-%dT%H:%M:%SZ}")
    expected = "InvalidTimeStamp.Expired" if abs(seconds) > 900 else "Success"
    assert answer.json()["Code"] == expected


async def test_the_same_bytes_sent_twice_are_refused_by_their_nonce(
    http: httpx.AsyncClient, main: CloudAccount
) -> None:
    query = signed_query(main, "QueryOrders")
    first, second = [await http.post(f"/?{query}") for _ in range(2)]
    assert first.json()["Code"] == "Success"
    assert (second.status_code, second.json()["Code"]) == (400, "SignatureNonceUsed")


async def test_get_is_as_good_as_post_and_nothing_else_is(
    http: httpx.AsyncClient, main: CloudAccount
) -> None:
    get = await http.get(f"/?{signed_query(main, 'QueryOrders', method='GET')}")
    assert get.json()["Code"] == "Success"
    put = await http.put(f"/?{signed_query(main, 'QueryOrders', method='PUT')}")
    assert (put.status_code, put.json()["Code"]) == (403, "UnsupportedHTTPMethod")


async def test_without_bounds_only_the_last_hour_is_listed(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    listed = await payload(http, main, "QueryOrders")
    hour_ago = clouds.book.now() - timedelta(hours=1)
    recent = [o.order_id for o in clouds.book.orders[main.name].values() if o.created_at > hour_ago]
    assert sorted(row["OrderId"] for row in listed["OrderList"]["Order"]) == sorted(recent)
    assert 1 <= listed["TotalCount"] < 20


async def test_pages_are_newest_first_and_together_all_orders(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    rows = []
    for page in range(1, 20):
        listed = await payload(
            http, main, "QueryOrders", CreateTimeStart=_LONG_AGO, PageNum=str(page)
        )
        assert listed["TotalCount"] == len(clouds.book.orders[main.name])
        if not listed["OrderList"]["Order"]:
            break
        rows += listed["OrderList"]["Order"]
    created = [row["CreateTime"] for row in rows]
    assert created == sorted(created, reverse=True)
    assert sorted(row["OrderId"] for row in rows) == sorted(clouds.book.orders[main.name])


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("PaymentStatus", "Unpaid"),
        ("OrderType", "Renew"),
        ("ProductCode", "ecs"),
        ("ProductType", "rds"),
        ("SubscriptionType", "PayAsYouGo"),
    ],
)
async def test_a_filter_keeps_what_it_names(
    http: httpx.AsyncClient, main: CloudAccount, parameter: str, value: str
) -> None:
    asked = {"CreateTimeStart": _LONG_AGO, "PageSize": "300"}
    everything = (await payload(http, main, "QueryOrders", **asked))["OrderList"]["Order"]
    asked[parameter] = value
    kept = (await payload(http, main, "QueryOrders", **asked))["OrderList"]["Order"]
    assert kept == [row for row in everything if row.get(parameter) == value]
    assert 0 < len(kept) < len(everything)


async def test_the_rows_of_an_order_add_up_to_its_row_in_the_list(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    order = next(o for o in clouds.book.orders[main.name].values() if len(o.wire["rows"]) == 3)
    detail = await payload(http, main, "GetOrderDetail", OrderId=order.order_id)
    rows = detail["OrderList"]["Order"]
    assert len({row["SubOrderId"] for row in rows}) == 3
    assert {row["OrderId"] for row in rows} == {order.order_id}
    assert sum(Decimal(str(row["AfterTaxAmount"])) for row in rows) == order.payable


async def test_products_come_with_their_total_only_when_asked(
    http: httpx.AsyncClient, main: CloudAccount
) -> None:
    bare = await payload(http, main, "QueryProductList", PageNum="1")
    counted = await payload(http, main, "QueryProductList", PageNum="3", QueryTotalCount="true")
    assert "TotalCount" not in bare
    assert len(bare["ProductList"]["Product"]) == 20
    assert len(counted["ProductList"]["Product"]) == counted["TotalCount"] - 40


async def test_an_unknown_order_is_an_empty_list_or_an_error(
    http: httpx.AsyncClient, main: CloudAccount
) -> None:
    empty = await payload(http, main, "GetOrderDetail", OrderId="211000000000000")
    assert empty["OrderList"]["Order"] == []
    error = await call(http, main, "GetOrderDetail", OrderId="211000000000001")
    assert (error.status_code, error.json()["Code"]) == (400, "ResourceNotExists")


async def test_the_order_of_another_account_is_unknown(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    foreign = _orders(clouds, "unpaid", "alibaba-sts")[0]
    answer = await call(http, main, "CancelOrder", OrderId=foreign.order_id)
    assert answer.json()["Code"] == "ResourceNotExists"
    assert foreign.payment_status == "unpaid"


async def test_a_cancel_takes_effect_once_and_is_then_read(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    order = _orders(clouds, "unpaid")[0]
    assert await payload(http, main, "CancelOrder", OrderId=order.order_id) == {"HostId": "cn"}
    await call(http, main, "CancelOrder", OrderId=order.order_id)
    detail = await payload(http, main, "GetOrderDetail", OrderId=order.order_id)
    assert detail["OrderList"]["Order"][0]["PaymentStatus"] == "Cancelled"
    made = [(c.operation, c.order_id, c.outcome, c.effect) for c in clouds.book.calls]
    assert made == [
        ("cancel_order", order.order_id, "ok", True),
        ("cancel_order", order.order_id, "refused", False),
        ("get_order", order.order_id, "ok", False),
    ]


async def test_a_paid_order_is_refused_as_http_200_or_400_always_alike(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    shapes = set()
    for order in _orders(clouds, "paid")[:12]:
        answers = [await call(http, main, "CancelOrder", OrderId=order.order_id) for _ in range(2)]
        assert {answer.json()["Code"] for answer in answers} == {"ResourceStatusError"}
        (shape,) = {(answer.status_code, answer.json().get("Success")) for answer in answers}
        shapes.add(shape)
    assert shapes == {(200, False), (400, None)}


async def test_owner_id_chooses_between_a_distributor_and_its_customers(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    for name in ("alibaba-distributor", "alibaba-customer-a", "alibaba-customer-b"):
        account = clouds.book.accounts[name]
        listed = await payload(
            http, account, "QueryOrders", CreateTimeStart=_LONG_AGO, PageSize="300"
        )
        ids = [row["OrderId"] for row in listed["OrderList"]["Order"]]
        assert sorted(ids) == sorted(clouds.book.orders[name])
    stranger = await call(
        http, clouds.book.accounts["alibaba-distributor"], "QueryOrders", OwnerId="99"
    )
    assert stranger.json()["Code"] == "InvalidOwner"


async def test_an_order_changed_behind_the_back_shows_its_new_amount_and_status(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    order = next(o for o in _orders(clouds, "unpaid"))
    changed = {"payment_status": "paid", "payable": "1234.56"}
    assert (await http.post(f"/_sandbox/orders/{order.order_id}", json=changed)).status_code == 200
    detail = await payload(http, main, "GetOrderDetail", OrderId=order.order_id)
    rows = detail["OrderList"]["Order"]
    assert {row["PaymentStatus"] for row in rows} == {"Paid"}
    assert all(row["PaymentTime"] for row in rows)
    assert sum(Decimal(str(row["AfterTaxAmount"])) for row in rows) == Decimal("1234.56")
