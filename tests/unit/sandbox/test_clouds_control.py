"""The embedded clouds' control API, their front door and their port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox.clouds.server import Clouds, PortInUse, serve
from tests.alibaba_caller import call, loopback_client, payload
from tests.clouds import fresh_clouds

_ACCOUNT_FIELDS = {"name", "provider", "site", "access_key_id", "access_key_secret"}
_OPTIONAL_FIELDS = {"security_token", "iam_user", "iam_password", "iam_domain"}
_OPTIONAL_FIELDS |= {"domain_id", "owner_id"}


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture
async def http(clouds: Clouds) -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(clouds.url) as client:
        yield client


async def _get(http: httpx.AsyncClient, path: str, **query: str) -> Any:
    answer = await http.get(f"/_sandbox/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_accounts_tell_what_a_configuration_needs(http: httpx.AsyncClient) -> None:
    accounts = await _get(http, "accounts")
    for account in accounts:
        assert set(account) >= _ACCOUNT_FIELDS
        assert set(account) <= _ACCOUNT_FIELDS | _OPTIONAL_FIELDS
    alibaba = [account for account in accounts if account["provider"] == "alibaba"]
    assert {account["site"] for account in alibaba} == {"china", "international"}
    assert any("security_token" in account for account in alibaba)
    customers = [account for account in alibaba if "owner_id" in account]
    assert len(customers) == 2
    assert len({account["access_key_id"] for account in customers}) == 1


async def test_there_are_five_hundred_orders_in_all(http: httpx.AsyncClient) -> None:
    names = [account["name"] for account in await _get(http, "accounts")]
    listed = [await _get(http, "orders", account=name) for name in names]
    ids = [order["order_id"] for orders in listed for order in orders]
    assert len(ids) == len(set(ids)) >= 500


async def test_orders_are_the_rows_of_the_providers_own_list(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    account = clouds.book.accounts["alibaba-customer-a"]
    everything = {"CreateTimeStart": "2020-01-01T00:00:00Z", "PageSize": "300"}
    listed = await payload(http, account, "QueryOrders", **everything)
    rows = {row["OrderId"]: row for row in listed["OrderList"]["Order"]}
    orders = await _get(http, "orders", account=account.name)
    assert {order["order_id"] for order in orders} == set(rows)
    for order in orders:
        row = rows[order["order_id"]]
        assert order["created_at"] == row["CreateTime"]
        assert order["currency"] == row["Currency"]
        assert order["deadline"] is None
        assert float(order["payable"]) == float(row["AfterTaxAmount"])


async def test_an_order_is_changed_behind_the_bots_back(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    (order_id, *_) = clouds.book.orders["alibaba-main"]
    change = {"payment_status": "unpaid", "payable": "12.50"}
    answer = await http.post(f"/_sandbox/orders/{order_id}", json=change)
    assert answer.status_code == 200
    assert answer.json().items() >= {"order_id": order_id, **change}.items()
    orders = await _get(http, "orders", account="alibaba-main")
    assert answer.json() in orders
    assert clouds.book.calls == []


async def test_calls_are_told_in_the_order_they_came(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    account = clouds.book.accounts["alibaba-main"]
    order_id = next(iter(clouds.book.orders[account.name]))
    await call(http, account, "QueryOrders")
    await call(http, account, "QueryProductList", PageNum="1")
    await call(http, account, "GetOrderDetail", OrderId=order_id)
    await call(http, account, "PayOrder")
    await http.get("/")
    calls = await _get(http, "calls")
    assert [(c["account"], c["operation"], c["order_id"], c["outcome"]) for c in calls] == [
        ("alibaba-main", "list_orders", None, "ok"),
        ("alibaba-main", "list_products", None, "ok"),
        ("alibaba-main", "get_order", order_id, "ok"),
        ("alibaba-main", "other", None, "refused"),
        (None, "other", None, "refused"),
    ]
    assert all(set(c) == {"at", "effect", *c} and c["at"].endswith("Z") for c in calls)


_WRONG: list[tuple[str, str, object, int]] = [
    ("GET", "orders?account=nobody", None, 404),
    ("GET", "orders", None, 400),
    ("GET", "nothing", None, 404),
    ("PUT", "faults", {}, 405),
    ("POST", "orders/0", {"payment_status": "paid"}, 404),
    ("POST", "orders/211000000000709", {"payment_status": "late"}, 400),
    ("POST", "orders/211000000000709", {"payment_status": ["paid"]}, 400),
    ("POST", "orders/211000000000709", {"payable": "much"}, 400),
    ("POST", "orders/211000000000709", {"payable": "NaN"}, 400),
    ("POST", "orders/211000000000709", {"payable": "1e300"}, 400),
    ("POST", "orders/211000000000709", {"payable": True}, 400),
    ("POST", "orders/211000000000709", {"currency": "EUR"}, 400),
    ("POST", "orders/211000000000709", ["paid"], 400),
    ("POST", "faults", {}, 400),
    ("POST", "faults", {"kind": "explode"}, 404),
    ("POST", "faults", {"kind": 7}, 400),
    ("POST", "faults", {"kind": "lie", "account": "nobody"}, 404),
    ("POST", "faults", {"kind": "lie", "account": 7}, 400),
    ("POST", "faults", {"kind": "lie", "operation": "delete_order"}, 404),
    ("POST", "faults", {"kind": "lie", "times": -1}, 400),
    ("POST", "faults", {"kind": "lie", "times": True}, 400),
    ("POST", "faults", {"kind": "slow", "seconds": -1}, 400),
    ("POST", "faults", {"kind": "slow", "seconds": "1"}, 400),
    ("POST", "faults", {"kind": "slow", "delay": 1}, 400),
]


async def test_wrong_requests_change_nothing_and_say_why(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    before = await _get(http, "orders", account="alibaba-main")
    answers = []
    for method, path, body, _status in _WRONG:
        answer = await http.request(method, f"/_sandbox/{path}", json=body)
        assert list(answer.json()) == ["error"]
        assert answer.json()["error"]
        answers.append((method, path, body, answer.status_code))
    assert answers == _WRONG
    assert clouds.book.faults == []
    assert await _get(http, "orders", account="alibaba-main") == before


async def test_a_body_that_is_not_json_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/_sandbox/faults", content=b"kind=lie")
    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not JSON"})


_LURED = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:9100"},
    {"Host": "[broken"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://[broken"},
]


@pytest.mark.parametrize("path", ["/_sandbox/accounts", "/"])
async def test_a_lured_browser_is_turned_away_at_the_door(
    clouds: Clouds, http: httpx.AsyncClient, path: str
) -> None:
    answers = [await http.get(path, headers=headers) for headers in _LURED]
    assert [answer.status_code for answer in answers] == [403] * len(_LURED)
    assert all(list(answer.json()) == ["error"] for answer in answers)
    assert clouds.book.calls == []


async def test_a_page_of_its_own_and_other_loopback_names_are_let_in(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    port = clouds.url.rpartition(":")[2]
    for headers in ({"Origin": clouds.url}, {"Host": f"localhost:{port}"}):
        assert (await http.get("/_sandbox/accounts", headers=headers)).status_code == 200


async def test_a_port_that_is_taken_is_one_sentence(clouds: Clouds) -> None:
    port = int(clouds.url.rpartition(":")[2])
    with pytest.raises(PortInUse, match=rf"^Port {port} on 127.0.0.1 cannot be taken: .*--port\.$"):
        await serve(port=port, seed=1)


async def test_serve_prints_its_address_and_ends_when_cancelled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    serving = asyncio.create_task(serve(port=0, seed=7))
    printed = ""
    while "accounts" not in printed:
        await asyncio.sleep(0.01)
        printed += capsys.readouterr().out
    url = printed.split()[3]
    async with loopback_client(url) as client:
        assert (await client.get("/_sandbox/calls")).json() == []
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    async with loopback_client(url) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/_sandbox/calls")
