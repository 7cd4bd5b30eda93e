"""Each fault that the embedded clouds can be told to play, seen through Alibaba's room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.sandbox.clouds.book import Call, CloudAccount, CloudOrder
from bot.sandbox.clouds.server import Clouds, start_clouds
from tests.alibaba_caller import call, loopback_client, payload
from tests.clouds import fresh_clouds


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


@pytest.fixture
def unpaid(clouds: Clouds, main: CloudAccount) -> CloudOrder:
    orders = clouds.book.orders[main.name].values()
    return next(order for order in orders if order.payment_status == "unpaid")


async def _order_fault(http: httpx.AsyncClient, **fault: Any) -> None:
    answer = await http.post("/_sandbox/faults", json=fault)
    assert answer.status_code == 200, answer.text


def _last(clouds: Clouds) -> Call:
    return clouds.book.calls[-1]


async def test_slow_waits_and_then_acts(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount, unpaid: CloudOrder
) -> None:
    await _order_fault(http, kind="slow", seconds=0.2)
    begun = time.monotonic()
    await payload(http, main, "CancelOrder", OrderId=unpaid.order_id)
    assert time.monotonic() - begun >= 0.2
    assert unpaid.payment_status == "cancelled"
    assert (_last(clouds).outcome, _last(clouds).effect) == ("fault", True)


async def test_a_slow_cancel_whose_caller_left_still_takes_effect(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount, unpaid: CloudOrder
) -> None:
    await _order_fault(http, kind="slow", seconds=0.6)
    with pytest.raises(httpx.ReadTimeout):
        await _impatient(clouds, main, unpaid)
    assert (unpaid.payment_status, _last(clouds).effect) == ("unpaid", False)
    await _order_fault(http, kind="slow", seconds=0.7)
    await payload(http, main, "GetOrderDetail", OrderId=unpaid.order_id)
    assert unpaid.payment_status == "cancelled"
    assert clouds.book.calls[0].effect is True


@pytest.mark.slow
async def test_the_clouds_close_while_a_slow_call_is_waiting() -> None:
    async with start_clouds() as clouds:
        http = loopback_client(clouds.url)
        await _order_fault(http, kind="slow", seconds=600)
        waiting = asyncio.create_task(call(http, clouds.book.accounts["alibaba-main"], "X"))
        while not clouds.book.calls:  # noqa: ASYNC110  the book tells nobody of a call
            await asyncio.sleep(0.01)
        begun = time.monotonic()
    assert time.monotonic() - begun < 8
    with pytest.raises(httpx.TransportError):
        await waiting
    await http.aclose()


async def _impatient(clouds: Clouds, account: CloudAccount, order: CloudOrder) -> None:
    async with loopback_client(clouds.url, read_timeout_s=0.05) as client:
        await call(client, account, "CancelOrder", OrderId=order.order_id)


@pytest.mark.parametrize(
    ("kind", "status_after", "effect"),
    [("drop_before", "unpaid", False), ("drop_after", "cancelled", True)],
)
@pytest.mark.parametrize("reused", [False, True])
async def test_a_dropped_line_gives_no_answer_before_or_after_acting(
    clouds: Clouds,
    http: httpx.AsyncClient,
    main: CloudAccount,
    unpaid: CloudOrder,
    *,
    kind: str,
    status_after: str,
    effect: bool,
    reused: bool,
) -> None:
    await _order_fault(http, kind=kind)
    async with loopback_client(clouds.url) as client:
        if reused:
            await client.get("/_sandbox/calls")
        with pytest.raises(httpx.TransportError):
            await call(client, main, "CancelOrder", OrderId=unpaid.order_id)
    assert unpaid.payment_status == status_after
    made = [(c.operation, c.outcome, c.effect) for c in clouds.book.calls]
    assert made == [("cancel_order", "fault", effect)]


async def test_throttle_answers_as_the_provider_does_with_the_wait(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount, unpaid: CloudOrder
) -> None:
    await _order_fault(http, kind="throttle", seconds=1.5)
    answer = await call(http, main, "CancelOrder", OrderId=unpaid.order_id)
    assert (answer.status_code, answer.json()["Code"]) == (400, "Throttling.User")
    assert (answer.headers["x-acs-retry-after"], answer.headers["Retry-After"]) == ("1500", "2")
    assert (unpaid.payment_status, _last(clouds).outcome) == ("unpaid", "fault")


async def test_error_500_and_garbage_do_not_act(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount, unpaid: CloudOrder
) -> None:
    await _order_fault(http, kind="error_500")
    await _order_fault(http, kind="garbage")
    error = await call(http, main, "CancelOrder", OrderId=unpaid.order_id)
    assert (error.status_code, error.json()["Code"]) == (500, "InternalError")
    garbage = await call(http, main, "CancelOrder", OrderId=unpaid.order_id)
    assert garbage.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        garbage.json()
    assert unpaid.payment_status == "unpaid"
    assert [c.outcome for c in clouds.book.calls] == ["fault", "fault"]


async def test_wrong_order_answers_for_another_order_of_the_account(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount, unpaid: CloudOrder
) -> None:
    await _order_fault(http, kind="wrong_order")
    detail = await payload(http, main, "GetOrderDetail", OrderId=unpaid.order_id)
    (answered,) = {row["OrderId"] for row in detail["OrderList"]["Order"]}
    assert answered != unpaid.order_id
    assert answered in clouds.book.orders[main.name]
    assert _last(clouds).order_id == unpaid.order_id


async def test_a_lie_answers_success_without_acting(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount, unpaid: CloudOrder
) -> None:
    await _order_fault(http, kind="lie", operation="cancel_order", account=main.name)
    await payload(http, main, "CancelOrder", OrderId=unpaid.order_id)
    assert unpaid.payment_status == "unpaid"
    assert (_last(clouds).outcome, _last(clouds).effect) == ("fault", False)


@pytest.mark.parametrize("seconds", [-1000, 1000, None])
async def test_clock_skew_makes_the_cloud_refuse_good_times(
    http: httpx.AsyncClient, main: CloudAccount, seconds: int | None
) -> None:
    await _order_fault(http, kind="clock_skew", seconds=seconds)
    assert (await call(http, main, "QueryOrders")).json()["Code"] == "InvalidTimeStamp.Expired"
    assert (await call(http, main, "QueryOrders")).json()["Code"] == "Success"


async def test_a_fault_fits_only_its_account_and_operation(
    clouds: Clouds, http: httpx.AsyncClient, main: CloudAccount
) -> None:
    await _order_fault(http, kind="error_500", account=main.name, operation="list_orders")
    other = clouds.book.accounts["alibaba-sts"]
    assert (await call(http, other, "QueryOrders")).status_code == 200
    assert (await call(http, main, "QueryProductList", PageNum="1")).status_code == 200
    assert (await call(http, main, "QueryOrders")).status_code == 500
    assert (await call(http, main, "QueryOrders")).status_code == 200


async def test_a_fault_lasts_as_often_as_told_or_until_it_is_deleted(
    http: httpx.AsyncClient, main: CloudAccount
) -> None:
    await _order_fault(http, kind="error_500", times=2)
    codes = [(await call(http, main, "QueryOrders")).status_code for _ in range(3)]
    assert codes == [500, 500, 200]
    await _order_fault(http, kind="error_500", times=0)
    codes = [(await call(http, main, "QueryOrders")).status_code for _ in range(3)]
    assert codes == [500, 500, 500]
    assert (await http.delete("/_sandbox/faults")).json() == {"cleared": 1}
    assert (await call(http, main, "QueryOrders")).status_code == 200
