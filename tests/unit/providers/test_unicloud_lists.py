"""Unicloud's list of orders: every page, each order once, exactly the window asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.orders import OrderQuery, PaymentStatus
from bot.errors import ProviderMalformed, ProviderUnavailable
from tests.loopback import Asked, Reply
from tests.unit.providers.unicloud_loopback import (
    YEARS,
    always,
    at_unicloud,
    listed,
    pages_of,
    recorded,
    row,
)


async def test_a_list_row_is_paid_or_its_status_is_not_known() -> None:
    frame = json.loads(recorded("query-orders-page")) | {"TotalCount": 2}
    async with at_unicloud(always(frame)) as (adapter, _cloud):
        paid, waiting = await listed(adapter)
    assert paid.payment_status is PaymentStatus.PAID
    assert (waiting.payment_status, waiting.payment_word) == (PaymentStatus.UNKNOWN, "UNPAID")
    assert waiting.deadline is None
    assert not waiting.detailed


async def test_ids_of_list_rows_are_exact_when_they_come_as_numbers() -> None:
    async with at_unicloud(always(recorded("query-orders-numeric-ids"))) as (adapter, _cloud):
        (order,) = await listed(adapter)
    assert order.order_id == "1144119593783001089"


@pytest.mark.parametrize("name", ["query-orders-empty", "query-orders-empty-null"])
async def test_no_orders_is_an_empty_list_in_either_shape(name: str) -> None:
    async with at_unicloud(always(recorded(name))) as (adapter, cloud):
        assert await listed(adapter) == []
        assert len(cloud.asked) == 1


async def test_every_page_is_read_when_the_cloud_gives_smaller_ones() -> None:
    rows = [row(number) for number in range(7)]
    async with at_unicloud(pages_of(rows)) as (adapter, cloud):
        orders = await listed(adapter)
    assert [order.order_id for order in orders] == [sent["Id"] for sent in rows]
    assert [asked.query["Page"] for asked in cloud.asked] == ["1", "2", "3", "4"]


async def test_every_page_is_read_when_the_cloud_does_not_count() -> None:
    rows = [row(number) for number in range(5)]
    async with at_unicloud(pages_of(rows, TotalCount=None)) as (adapter, _cloud):
        assert len(await listed(adapter)) == 5


async def test_an_order_that_moved_to_the_next_page_is_listed_once() -> None:
    rows = [row(0), row(1), row(1), row(2), row(3)]
    async with at_unicloud(pages_of(rows, TotalCount=4)) as (adapter, _cloud):
        orders = await listed(adapter)
    assert [order.order_id for order in orders] == [row(number)["Id"] for number in range(4)]


async def test_a_missing_row_is_an_unfinished_list_and_not_a_shorter_one() -> None:
    rows = [row(number) for number in range(3)]
    async with at_unicloud(pages_of(rows, TotalCount=4)) as (adapter, _cloud):
        with pytest.raises(ProviderUnavailable, match="4 orders but listed 3"):
            await listed(adapter)


async def test_a_row_that_slipped_between_two_pages_is_found_in_a_second_walk() -> None:
    rows = [row(number) for number in range(4)]
    pages = iter([rows[:2], rows[3:], [], rows[:2], rows[2:]])  # row 2 moved up meanwhile

    def answer(_asked: Asked) -> Reply:
        return Reply({"OrderList": {"Order": next(pages)}, "TotalCount": 4})

    async with at_unicloud(answer) as (adapter, _cloud):
        orders = await listed(adapter)
    assert {order.order_id for order in orders} == {sent["Id"] for sent in rows}
    assert len(orders) == 4


async def test_a_cloud_that_ignores_the_page_number_ends_the_list() -> None:
    always_the_first = always({"OrderList": {"Order": [row(0)]}, "TotalCount": None})
    async with at_unicloud(always_the_first) as (adapter, cloud):
        assert len(await listed(adapter)) == 1
    assert len(cloud.asked) == 2


async def test_the_window_is_asked_for_eight_hours_wider_in_the_configured_zone() -> None:
    async with at_unicloud(pages_of([])) as (adapter, cloud):
        await listed(adapter)
    (asked,) = cloud.asked
    assert asked.query["StartTime"] == "2019-01-01 00:00:00"  # 08:00 in Shanghai, less 8 h
    assert asked.query["EndTime"] == "2020-01-01 16:00:00"
    assert "OrderStatus" not in asked.query


async def test_another_zone_is_written_as_configured() -> None:
    async with at_unicloud(pages_of([]), time_zone="UTC") as (adapter, cloud):
        await listed(adapter)
    (asked,) = cloud.asked
    assert asked.query["StartTime"] == "2018-12-31 16:00:00"


async def test_rows_outside_the_window_are_cut_exactly() -> None:
    start = datetime(2019, 10, 18, 1, 30, tzinfo=UTC)
    query = OrderQuery(start, start + timedelta(seconds=2))
    rows = [row(-1), row(0), row(1), row(2), row(9, CreateTime=None)]
    async with at_unicloud(pages_of(rows)) as (adapter, _cloud):
        orders = await listed(adapter, query)
    assert [order.order_id for order in orders] == [row(number)["Id"] for number in (0, 1, 9)]


async def test_a_wish_for_unpaid_orders_changes_nothing_for_the_provider_has_no_known_filter() -> (
    None
):
    rows = [row(number) for number in range(3)]
    async with at_unicloud(pages_of(rows)) as (adapter, _cloud):
        assert not adapter.capabilities.filters_payment_status
        narrowed = await listed(adapter, replace(YEARS, payment_status=PaymentStatus.UNPAID))
    assert len(narrowed) == 3


async def test_a_row_without_an_id_is_not_listed_as_an_order() -> None:
    async with at_unicloud(pages_of([row(0, Id="")])) as (adapter, _cloud):
        with pytest.raises(ProviderMalformed):
            await listed(adapter)
