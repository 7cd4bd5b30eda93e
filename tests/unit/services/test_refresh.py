"""Bringing snapshots up to date: a cloud is read once, and nothing unsaved is claimed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.filters import Coverage
from bot.domain.orders import OrderQuery, PaymentStatus
from bot.errors import (
    ProviderUnavailable,
)
from tests.builders import NOON, a_detailed_order
from tests.fake_cloud import FakeAdapter, answer_at_once, unavailable, waiting_for
from tests.unit.services.house import (
    DAY,
    HUAWEI,
    MONTH,
    YEAR,
    House,
    an_order_of,
    covered,
    known,
    windows,
)

UNPAID, PAID, UNKNOWN = PaymentStatus.UNPAID, PaymentStatus.PAID, PaymentStatus.UNKNOWN


async def test_a_window_is_filled_in_slices_newest_first() -> None:
    orders = [an_order_of(days, payment_status=PAID) for days in (1, 29, 31, 59, 61)]
    house = House(FakeAdapter(orders=orders))
    await house.refresher.window(HUAWEI, NOON - 70 * DAY, NOON)
    assert windows(house.cloud) == [(30, 0), (60, 30), (70, 60)]
    assert await known(house) == ["D1", "D29", "D31", "D59", "D61"]
    assert await covered(house) == Coverage(HUAWEI, NOON - 70 * DAY, NOON, NOON - 366 * DAY, NOON)


async def test_the_next_reading_asks_only_for_what_is_new() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.clock.move(timedelta(hours=1))
    house.cloud.calls.clear()
    house.cloud.put(a_detailed_order(order_id="new", created_at=NOON + timedelta(minutes=30)))
    house.cloud.put(a_detailed_order(order_id="late", created_at=NOON - timedelta(minutes=1)))
    await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    (query,) = [each for each in house.cloud.asked("list_orders") if not each.payment_status]
    assert query.created_from == NOON - timedelta(minutes=10)
    assert (await house.stored("late")).order_id == "late"
    assert (await house.stored("new")).order_id == "new"
    assert (await covered(house)).until == house.clock.now()


async def test_no_order_is_lost_where_two_readings_meet() -> None:
    """Moments are stored in milliseconds, and nobody asks at a whole one."""
    house = House(FakeAdapter(orders=[an_order_of(30, payment_status=PAID)]))
    await house.refresher.window(HUAWEI, MONTH + timedelta(microseconds=456), NOON)
    await house.refresher.window(HUAWEI, NOON - 60 * DAY, NOON)
    assert await known(house) == ["D30"]


async def test_two_people_who_ask_at_once_share_one_reading() -> None:
    house, open_gate = House(FakeAdapter(orders=[an_order_of(1)])), asyncio.Event()
    house.cloud.script = waiting_for(open_gate)

    async def answer_later() -> None:
        await asyncio.sleep(0.01)
        house.clock.move(timedelta(seconds=50))  # slower than any reading stays fresh
        open_gate.set()

    await asyncio.gather(
        house.refresher.window(HUAWEI, MONTH, NOON),
        house.refresher.window(HUAWEI, MONTH, NOON),
        house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON),
        answer_later(),
    )
    assert windows(house.cloud) == [(30, 0)]
    assert len(windows(house.cloud, UNPAID)) == 5


async def test_who_asks_a_moment_later_shares_it_and_who_asks_later_does_not() -> None:
    house = House()
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    asked_once = len(house.cloud.calls)
    house.clock.move(timedelta(seconds=4))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert len(house.cloud.calls) == asked_once
    house.clock.move(timedelta(seconds=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert len(house.cloud.calls) == 2 * asked_once


async def test_a_reading_that_does_not_reach_back_far_enough_is_not_shared() -> None:
    house = House()
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    house.cloud.calls.clear()
    await house.refresher.unpaid(HUAWEI, NOON - 2 * YEAR, NOON)
    assert windows(house.cloud, UNPAID)[-1][0] == 730
    assert (await covered(house)).unpaid_since == NOON - 2 * YEAR


async def test_a_clock_that_was_set_back_does_not_make_old_readings_fresh() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.clock.move(-timedelta(hours=2))
    house.cloud.calls.clear()
    await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    assert windows(house.cloud) != []
    assert (await covered(house)).until == house.clock.now()


async def test_a_clock_set_back_before_the_coverage_claims_nothing_of_the_future() -> None:
    house = House(FakeAdapter(orders=[an_order_of(100, payment_status=PAID)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.clock.move(-90 * DAY)
    now = house.clock.now()
    await house.refresher.window(HUAWEI, now - 20 * DAY, now)
    coverage = await covered(house)
    assert (coverage.since, coverage.until) == (now - 20 * DAY, now)
    assert await known(house) == ["D100"]


async def test_after_a_long_pause_the_newest_orders_come_first() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.clock.move(200 * DAY)
    now = house.clock.now()
    house.cloud.calls.clear()
    await house.refresher.window(HUAWEI, now - 7 * DAY, now)
    assert windows(house.cloud) == [(-193, -200)]
    coverage = await covered(house)
    assert (coverage.since, coverage.until) == (now - 7 * DAY, now)


async def test_a_cloud_that_fails_at_the_third_of_five_slices_is_covered_by_two() -> None:
    house = House(FakeAdapter(orders=[an_order_of(days) for days in (10, 40, 70)]))

    async def fail_at_the_third(_operation: str, about: OrderQuery | str) -> None:
        assert isinstance(about, OrderQuery)
        if about.payment_status is None and about.created_until <= NOON - 60 * DAY:
            raise unavailable()

    house.cloud.script = fail_at_the_third
    with pytest.raises(ProviderUnavailable):
        await house.refresher.window(HUAWEI, NOON - 150 * DAY, NOON)
    assert (await covered(house)).since == NOON - 60 * DAY
    house.cloud.script = answer_at_once
    house.cloud.calls.clear()
    await house.refresher.window(HUAWEI, NOON - 150 * DAY, NOON)
    assert windows(house.cloud) == [(90, 60), (120, 90), (150, 120)]
    assert (await covered(house)).since == NOON - 150 * DAY


async def test_a_reading_cut_off_in_the_middle_of_a_slice_claims_nothing_of_it() -> None:
    house = House(FakeAdapter(orders=[an_order_of(40), an_order_of(41)]))
    reached, never = asyncio.Event(), asyncio.Event()

    async def stall_in_the_second(_operation: str, about: OrderQuery | str) -> None:
        if isinstance(about, OrderQuery) and about.created_until == MONTH:
            reached.set()
            await never.wait()

    house.cloud.script = stall_in_the_second
    reading = asyncio.create_task(house.refresher.window(HUAWEI, NOON - 60 * DAY, NOON))
    await reached.wait()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert (await covered(house)).since == MONTH
    house.cloud.script = answer_at_once
    await house.refresher.window(HUAWEI, NOON - 60 * DAY, NOON)
    assert await known(house) == ["D40", "D41"]


async def test_who_asks_for_years_holds_up_nobody_who_asks_for_days() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1)]))

    async def take_turns(_operation: str, _about: OrderQuery | str) -> None:
        await asyncio.sleep(0)

    house.cloud.script = take_turns
    years = asyncio.create_task(house.refresher.window(HUAWEI, NOON - 5 * YEAR, NOON))
    await asyncio.sleep(0)
    await house.refresher.window(HUAWEI, NOON - 7 * DAY, NOON)
    slices_before = windows(house.cloud)
    await years
    assert len(slices_before) < 5
    assert len(windows(house.cloud)) == 61


async def test_a_window_far_back_is_read_by_itself() -> None:
    long_ago = an_order_of(700, payment_status=PAID)
    house = House(FakeAdapter(orders=[an_order_of(1), long_ago]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.cloud.calls.clear()
    await house.refresher.window(HUAWEI, NOON - 710 * DAY, NOON - 680 * DAY)
    assert windows(house.cloud) == [(710, 680)]
    assert await known(house) == ["D1", "D700"]
    assert (await covered(house)).since == MONTH


async def test_two_who_ask_for_the_same_window_far_back_share_it() -> None:
    house = House(FakeAdapter(orders=[an_order_of(700)]))
    window = (NOON - 740 * DAY, NOON - 680 * DAY)
    await house.refresher.window(HUAWEI, *window)
    await house.refresher.window(HUAWEI, *window)
    assert windows(house.cloud) == [(710, 680), (740, 710)]
    await house.refresher.window(HUAWEI, NOON - 741 * DAY, NOON - 680 * DAY)
    assert len(windows(house.cloud)) == 5


async def test_a_window_just_before_what_is_known_widens_it() -> None:
    house = House()
    await house.refresher.window(HUAWEI, MONTH, NOON)
    await house.refresher.window(HUAWEI, NOON - 50 * DAY, NOON - 40 * DAY)
    assert (await covered(house)).since == NOON - 50 * DAY
