"""The embedded clouds' orders on a time of their own; signatures and calls stay on the real one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.server import Clouds, start_clouds
from bot.sandbox.clouds.unicloud_orders import detail
from tests.alibaba_caller import call as alibaba_call
from tests.alibaba_caller import loopback_client, payload
from tests.clouds import fresh_clouds
from tests.unit.sandbox.huawei_requests import ORDERS, answer, call, code_of

_START = datetime(2026, 11, 20, 2, tzinfo=UTC)
_DAY = 86_400


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture
async def http(clouds: Clouds) -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client(clouds.url) as client:
        yield client


async def _told(http: httpx.AsyncClient, path: str, **body: object) -> Any:
    """The answer of the control API; a GET without a *body*."""
    sent = await http.request("POST" if body else "GET", f"/_sandbox/{path}", json=body or None)
    assert sent.status_code == 200, sent.text
    return sent.json()


async def _states(http: httpx.AsyncClient, account: str) -> dict[str, str]:
    rows = await _told(http, f"orders?account={account}")
    return {row["order_id"]: row["payment_status"] for row in rows}


def _with_deadline(clouds: Clouds, account: str) -> list[CloudOrder]:
    rows = clouds.book.orders[account].values()
    return [order for order in rows if order.cancellable() and order.deadline is not None]


async def test_at_the_start_orders_are_on_the_real_time(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    before = clouds.book.now()
    clock = await _told(http, "clock")
    assert clock["shift_seconds"] == 0
    assert before <= datetime.fromisoformat(clock["now"]) <= clouds.book.now()


async def test_the_orders_time_moves_and_signatures_and_calls_do_not(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    moved = await _told(http, "clock", move_seconds=30 * _DAY)
    assert moved["shift_seconds"] == 30 * _DAY
    ahead = datetime.fromisoformat(moved["now"]) - clouds.book.now()
    assert abs(ahead - timedelta(days=30)) < timedelta(minutes=1)
    again = await _told(http, "clock", move_seconds=0.5)
    assert again["shift_seconds"] == 30 * _DAY + 0.5

    account = clouds.book.accounts["alibaba-main"]
    assert (await alibaba_call(http, account, "QueryOrders")).status_code == 200
    refused = await alibaba_call(http, account, "QueryOrders", Timestamp=moved["now"][:19] + "Z")
    assert refused.json()["Code"] == "InvalidTimeStamp.Expired"
    at = [datetime.fromisoformat(each["at"]) for each in await _told(http, "calls")]
    assert all(abs(each - clouds.book.now()) < timedelta(minutes=1) for each in at)


async def test_unpaid_orders_lapse_at_their_deadline_and_no_others_change(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    unpaid = _with_deadline(clouds, "huawei-main")
    before = await _states(http, "huawei-main")
    moved = await _told(http, "clock", move_seconds=3 * _DAY)
    after = await _states(http, "huawei-main")
    changed = {order_id for order_id in before if before[order_id] != after[order_id]}
    now = datetime.fromisoformat(moved["now"])
    assert changed == {order.order_id for order in unpaid if order.is_past(now)}
    assert 0 < len(changed) < len(unpaid)
    assert {after[order_id] for order_id in changed} == {"cancelled"}
    assert await _states(http, "alibaba-main") == {
        order_id: order.payment_status
        for order_id, order in clouds.book.orders["alibaba-main"].items()
    }


async def test_an_order_lapses_by_the_clouds_own_time_too() -> None:
    now = [_START]
    async with start_clouds(now=lambda: now[0]) as clouds, loopback_client(clouds.url) as http:
        order = min(_with_deadline(clouds, "unicloud-main"), key=lambda each: str(each.deadline))
        assert order.deadline is not None
        now[0] = order.deadline - timedelta(seconds=1)
        assert (await _states(http, "unicloud-main"))[order.order_id] == "unpaid"
        now[0] = order.deadline
        assert (await _states(http, "unicloud-main"))[order.order_id] == "cancelled"


async def test_a_lapsed_order_looks_as_huawei_shows_it_and_is_not_cancelled_again(
    clouds: Clouds,
) -> None:
    order = _with_deadline(clouds, "huawei-main")[0]
    clouds.book.move(timedelta(days=30))
    account = clouds.book.accounts["huawei-main"]
    shown = await answer(clouds, account, f"{ORDERS}/details/{order.order_id}")
    info = shown["order_info"]
    assert (info["status"], info["pending_payment_end_time"]) == (4, None)
    body = json.dumps({"order_id": order.order_id}).encode()
    refused = await call(clouds, account, f"{ORDERS}/cancel", method="PUT", body=body)
    assert code_of(refused) == (400, "CBC.99005010")


async def test_a_lapsed_order_of_unicloud_says_that_it_ran_over_its_time(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    by_hand, by_time = _with_deadline(clouds, "unicloud-main")[:2]
    await _told(http, f"orders/{by_hand.order_id}", payment_status="cancelled")
    clouds.book.move(timedelta(days=30))
    looks = [detail(order, clouds.book.order_now()) for order in (by_hand, by_time)]
    assert [(look["OrderStatus"], look["CancelType"]) for look in looks] == [
        ("CANCELED", "MANUAL"),
        ("CANCELED", "OVERTIME"),
    ]
    assert looks[1]["PayTime"] is None


async def test_a_list_without_bounds_answers_the_last_hour_of_the_moved_time(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    account = clouds.book.accounts["alibaba-main"]
    recent = await payload(http, account, "QueryOrders")
    assert recent["TotalCount"] > 0
    await _told(http, "clock", move_seconds=_DAY)
    placed = await _told(http, "orders", account="alibaba-main")
    rows = (await payload(http, account, "QueryOrders"))["OrderList"]["Order"]
    assert [row["OrderId"] for row in rows] == [placed["order_id"]]


@pytest.mark.parametrize("account", ["alibaba-main", "huawei-main", "unicloud-main"])
@pytest.mark.parametrize("renewal", [False, True])
async def test_an_order_is_placed_at_the_moved_time(
    clouds: Clouds, http: httpx.AsyncClient, account: str, renewal: bool
) -> None:
    moved = await _told(http, "clock", move_seconds=3 * _DAY)
    placed = await _told(http, "orders", account=account, renewal=renewal)
    assert placed["payment_status"] == "unpaid"
    created = datetime.fromisoformat(placed["created_at"])
    assert timedelta() <= created + timedelta(seconds=1) - datetime.fromisoformat(moved["now"])
    assert placed in await _told(http, f"orders?account={account}")
    wire = clouds.book.orders[account][placed["order_id"]].wire
    kinds = {
        "alibaba-main": wire.get("order_type"),
        "huawei-main": wire.get("order", {}).get("order_type"),
        "unicloud-main": wire.get("order", {}).get("OrderCategory"),
    }
    assert kinds[account] in (("Renew", 2, "RENEW") if renewal else ("New", 1, "NEW"))


@pytest.mark.parametrize("account", ["huawei-main", "unicloud-main"])
async def test_a_placed_order_has_the_deadline_it_was_given_and_lapses_then(
    clouds: Clouds, http: httpx.AsyncClient, account: str
) -> None:
    due = (clouds.book.now() + timedelta(hours=5)).replace(microsecond=0)
    text = due.isoformat().replace("+00:00", "Z")
    placed = await _told(http, "orders", account=account, renewal=True, deadline=text)
    assert placed["deadline"] == text
    order = clouds.book.orders[account][placed["order_id"]]
    if account == "unicloud-main":
        assert detail(order, clouds.book.order_now())["DueTime"] == due.timestamp() * 1000
    else:
        shown = await answer(
            clouds, clouds.book.accounts[account], f"{ORDERS}/details/{order.order_id}"
        )
        assert shown["order_info"]["pending_payment_end_time"] == text
    await _told(http, "clock", move_seconds=6 * 3600)
    assert (await _states(http, account))[order.order_id] == "cancelled"


async def test_a_placed_order_can_be_cancelled_as_any_other(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    placed = await _told(http, "orders", account="alibaba-main")
    account = clouds.book.accounts["alibaba-main"]
    await alibaba_call(http, account, "CancelOrder", OrderId=placed["order_id"])
    assert (await _states(http, "alibaba-main"))[placed["order_id"]] == "cancelled"


def test_one_seed_places_the_same_orders() -> None:
    placed = []
    for seed in (1, 1, 2):
        book = world.build(seed, lambda: _START)
        names = ("alibaba-main", "huawei-main", "unicloud-main")
        placed.append([world.place(book, name).order_id for name in names])
    assert placed[0] == placed[1] != placed[2]


_LONG_AGO = "2020-01-01T00:00:00Z"
_WRONG: list[tuple[str, object]] = [
    ("clock", {}),
    ("clock", {"move_seconds": -1}),
    ("clock", {"move_seconds": "60"}),
    ("clock", {"move_seconds": True}),
    ("clock", {"move_seconds": 401 * _DAY}),
    ("clock", {"move_days": 1}),
    ("orders", {}),
    ("orders", {"account": 7}),
    ("orders", {"account": "huawei-main", "payable": "1"}),
    ("orders", {"account": "huawei-main", "renewal": "yes"}),
    ("orders", {"account": "huawei-main", "deadline": _LONG_AGO}),
    ("orders", {"account": "huawei-main", "deadline": "tomorrow"}),
    ("orders", {"account": "huawei-main", "deadline": "2099-01-01T00:00:00"}),
    ("orders", {"account": "huawei-main", "deadline": 5}),
    ("orders", {"account": "alibaba-main", "deadline": "2099-01-01T00:00:00Z"}),
]


async def test_what_cannot_be_done_is_refused_with_a_sentence_and_changes_nothing(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    before = {name: len(rows) for name, rows in clouds.book.orders.items()}
    for path, body in _WRONG:
        refused = await http.post(f"/_sandbox/{path}", json=body)
        assert refused.status_code == 400, (path, body)
        assert refused.json()["error"]
    assert (await http.post("/_sandbox/orders", json={"account": "nobody"})).status_code == 404
    assert {name: len(rows) for name, rows in clouds.book.orders.items()} == before
    assert clouds.book.shift == timedelta()


async def test_the_clock_is_moved_four_hundred_days_in_all(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    await _told(http, "clock", move_seconds=400 * _DAY)
    refused = await http.post("/_sandbox/clock", json={"move_seconds": 1})
    assert refused.status_code == 400
    assert clouds.book.shift == timedelta(days=400)


async def test_an_order_whose_deadline_has_passed_is_not_made_unpaid_again(
    clouds: Clouds, http: httpx.AsyncClient
) -> None:
    order = _with_deadline(clouds, "huawei-main")[0]
    await _told(http, "clock", move_seconds=30 * _DAY)
    path = f"/_sandbox/orders/{order.order_id}"
    assert (await http.post(path, json={"payment_status": "unpaid"})).status_code == 400
    assert order.payment_status == "cancelled"
    assert (await _told(http, path[10:], payment_status="paid"))["payment_status"] == "paid"
