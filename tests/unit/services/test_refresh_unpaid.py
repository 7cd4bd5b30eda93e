"""What became of unpaid orders, and the details of those that are unpaid."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import timedelta

import pytest

from bot.domain.accounts import Provider
from bot.domain.orders import Order, OrderQuery, PaymentStatus
from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderRefused,
    ProviderUnavailable,
)
from bot.services.details import DetailsReader
from tests.builders import NOON, a_filter, an_account
from tests.fake_cloud import FakeAdapter, Script, failing, unavailable, waiting_for
from tests.unit.services.house import (
    DAY,
    HUAWEI,
    MONTH,
    YEAR,
    House,
    an_order_of,
    covered,
    ids,
    known,
    windows,
)

UNPAID, PAID, UNKNOWN = PaymentStatus.UNPAID, PaymentStatus.PAID, PaymentStatus.UNKNOWN


def unicloud(*orders: Order) -> FakeAdapter:
    """A provider that can neither filter by status nor tells it in a list."""
    return FakeAdapter(orders=orders, filters_payment_status=False)


@pytest.mark.parametrize("since_days", [30, 400])
async def test_an_order_paid_behind_the_bots_back_is_paid_after_a_refresh(since_days: int) -> None:
    house = House(FakeAdapter(orders=[an_order_of(20), an_order_of(21)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    house.cloud.change("D20", payment_status=PAID, payment_word="5")
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - since_days * DAY, house.clock.now())
    assert (await house.stored("D20")).payment_status is PAID
    assert (await house.stored("D21")).payment_status is UNPAID
    assert house.cloud.asked("get_order") == ["D20"]


async def test_a_list_of_all_orders_also_notices_what_became_of_unpaid_ones() -> None:
    house = House(FakeAdapter(orders=[an_order_of(20)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.cloud.change("D20", payment_status=PaymentStatus.CANCELLED)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.window(HUAWEI, NOON - DAY, house.clock.now())
    assert (await house.stored("D20")).payment_status is PaymentStatus.CANCELLED


async def test_more_paid_orders_than_are_read_at_once_are_all_noticed() -> None:
    many = [an_order_of(days) for days in range(1, 301)]
    house = House(FakeAdapter(orders=many))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    for order in many:
        house.cloud.change(order.order_id, payment_status=PAID)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert await house.snapshots.open_ids(HUAWEI, since=NOON - 2 * YEAR, limit=999) == ()


async def test_an_order_whose_status_nobody_knew_is_looked_at_again_within_the_hour() -> None:
    """Completed long after it was listed, it stands in no list that is read again."""
    house = House(FakeAdapter(orders=[an_order_of(2, payment_status=UNKNOWN)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    await house.refresher.details(HUAWEI)
    house.cloud.change("D2", payment_status=PAID)
    seen = []
    for minutes in (30, 29, 2):
        house.clock.move(timedelta(minutes=minutes))
        await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
        await house.refresher.details(HUAWEI)
        seen.append((await house.stored("D2")).payment_status)
    assert seen == [UNKNOWN, UNKNOWN, PAID]


async def test_an_order_gone_from_the_cloud_is_no_longer_unpaid() -> None:
    house = House(FakeAdapter(orders=[an_order_of(20)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    gone = house.cloud.orders.pop("D20")
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    order = await house.stored("D20")
    assert (order.payment_status, order.payment_word) == (UNKNOWN, "not found")
    house.cloud.put(gone)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert (await house.stored("D20")).payment_status is UNPAID


@pytest.mark.parametrize("error", [ProviderMalformed, ProviderInvalid])
async def test_one_order_that_cannot_be_read_is_no_failure_of_its_account(
    error: type[ProviderError],
) -> None:
    house = House(FakeAdapter(orders=[an_order_of(20), an_order_of(21)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    for order_id in ("D20", "D21"):
        house.cloud.change(order_id, payment_status=PAID)

    async def fail_for_one(_operation: str, about: OrderQuery | str) -> None:
        if about == "D21":
            raise error("odd", account=HUAWEI)

    house.cloud.script = fail_for_one
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert (await house.stored("D20")).payment_status is PAID
    odd = await house.stored("D21")
    assert (odd.payment_status, odd.payment_word) == (UNKNOWN, "")


async def test_an_order_never_seen_that_cannot_be_read_stays_unseen() -> None:
    house = House()
    adapters = {HUAWEI: house.cloud}
    await DetailsReader(adapters, house.snapshots, house.clock).verify(HUAWEI, ["never seen"])
    assert await house.snapshots.get(HUAWEI, "never seen") is None


async def test_an_account_that_fails_while_unpaid_orders_are_checked_has_not_answered() -> None:
    """And who asks again right after gets no reading that was never finished."""
    house = House(FakeAdapter(orders=[an_order_of(20)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    house.cloud.change("D20", payment_status=PAID)
    house.cloud.script = failing(unavailable(), "get_order")
    house.clock.move(timedelta(minutes=1))
    for _twice in range(2):
        with pytest.raises(ProviderUnavailable):
            await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    coverage = await covered(house)
    assert (coverage.until, coverage.unpaid_at) == (NOON, NOON)


async def test_an_unpaid_order_older_than_a_year_is_found_when_asked_for() -> None:
    house = House(FakeAdapter(orders=[an_order_of(500)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert await known(house) == []
    await house.refresher.unpaid(HUAWEI, NOON - 2 * YEAR, NOON)
    assert await known(house) == ["D500"]


async def test_the_longest_window_of_a_provider_is_kept_to() -> None:
    house = House(FakeAdapter(max_window_days=365))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert windows(house.cloud, UNPAID) == [(365, 0), (366, 365)]


async def test_unpaid_orders_alone_claim_no_other_orders() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1, payment_status=PAID), an_order_of(2)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert await known(house) == ["D2"]
    coverage = await covered(house)
    assert coverage.since == coverage.until
    house.clock.move(timedelta(minutes=1))
    await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    assert await known(house) == ["D1", "D2"]


async def test_where_a_provider_cannot_filter_the_whole_window_is_read() -> None:
    house = House(unicloud(an_order_of(1), an_order_of(2, payment_status=PAID)))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    await house.refresher.details(HUAWEI)
    assert windows(house.cloud)[-1][0] == 365
    assert (await house.stored("D1")).payment_status is UNPAID
    assert house.cloud.asked("get_order") == ["D1"]
    coverage = await covered(house)
    assert (coverage.unpaid_since, coverage.unpaid_at) == (NOON - YEAR, NOON)


async def test_where_a_provider_cannot_filter_each_unpaid_order_is_read_again() -> None:
    house = House(unicloud(an_order_of(100), an_order_of(101)))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    await house.refresher.details(HUAWEI)
    house.cloud.change("D100", payment_status=PAID)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert (await house.stored("D100")).payment_status is PAID
    assert (await house.stored("D101")).payment_status is UNPAID


async def test_where_a_provider_cannot_filter_unpaid_orders_of_any_age_are_read_again() -> None:
    house = House(unicloud(an_order_of(500)))
    await house.refresher.unpaid(HUAWEI, NOON - 600 * DAY, NOON)
    await house.refresher.details(HUAWEI)
    house.cloud.change("D500", payment_status=PAID)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - 600 * DAY, house.clock.now())
    assert (await house.stored("D500")).payment_status is PAID


async def test_where_a_provider_cannot_filter_the_last_week_is_listed_again() -> None:
    """An order whose status was not known may have been paid."""
    house = House(unicloud(an_order_of(5, payment_status=UNKNOWN, payment_word="HELD")))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    await house.refresher.details(HUAWEI)
    house.cloud.change("D5", payment_status=PAID, payment_word="PAID")
    house.clock.move(timedelta(minutes=1))
    await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    assert (await house.stored("D5")).payment_status is PAID


async def test_details_are_read_once_and_again_only_when_the_row_changed() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1), an_order_of(2, payment_status=PAID)]))

    async def refresh() -> list[str]:
        house.cloud.calls.clear()
        house.clock.move(timedelta(minutes=1))
        await house.refresher.window(HUAWEI, MONTH, house.clock.now())
        await house.refresher.details(HUAWEI)
        return house.cloud.asked("get_order")

    assert await refresh() == ["D1"]
    assert (await house.stored("D1")).deadline == NOON + 3 * DAY
    assert await refresh() == []
    house.cloud.change("D1", payable=None)
    assert await refresh() == ["D1"]


async def test_details_that_cannot_be_read_starve_no_others_and_rest() -> None:
    house = House(FakeAdapter(orders=[an_order_of(days) for days in range(1, 31)]))

    async def fail_for_the_newest(_operation: str, about: OrderQuery | str) -> None:
        if about in ("D1", "D2"):
            raise ProviderMalformed("odd", account=HUAWEI)

    house.cloud.script = fail_for_the_newest
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    await house.refresher.details(HUAWEI)
    assert await house.snapshots.due_for_details(HUAWEI, limit=99) == ("D1", "D2")
    assert (await house.stored("D1")).payment_status is UNPAID
    house.cloud.calls.clear()
    await house.refresher.details(HUAWEI)
    assert house.cloud.calls == []
    house.clock.move(timedelta(minutes=10))
    await house.refresher.details(HUAWEI)
    assert house.cloud.asked("get_order") == ["D1", "D2"]


def silent_about(*order_ids: str) -> Script:
    """The cloud's server fails for these orders and answers for all others."""

    async def script(_operation: str, about: OrderQuery | str) -> None:
        if about in order_ids:
            raise unavailable(code="SystemError")

    return script


async def test_an_order_that_its_cloud_cannot_give_hides_no_other_order_s_details() -> None:
    house = House(FakeAdapter(orders=[an_order_of(days) for days in range(1, 31)]))
    house.cloud.script = silent_about("D1")
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert await house.refresher.details(HUAWEI) is None
    assert await house.snapshots.due_for_details(HUAWEI, limit=99) == ("D1",)
    house.clock.move(timedelta(minutes=11))
    assert await house.refresher.details(HUAWEI) is None, "its cloud answers for another one"
    house.cloud.script = failing(unavailable(), "get_order")
    house.clock.move(timedelta(minutes=11))
    assert await house.refresher.details(HUAWEI) is not None


async def test_orders_that_rest_say_nothing_of_their_cloud() -> None:
    """The next order that it cannot give is held against one that it was not just asked for."""
    house = House(FakeAdapter(orders=[an_order_of(days) for days in range(1, 31)]))
    house.cloud.script = silent_about("D1", "D2", "D3")
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    assert await house.refresher.details(HUAWEI) is None
    house.cloud.put(an_order_of(0.5, order_id="newest"))
    house.cloud.script = silent_about("newest", "D1", "D2", "D3")
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert await house.refresher.details(HUAWEI) is None


@pytest.mark.parametrize("silent", [("D20",), ("D20", "D21", "D22")])
async def test_an_order_that_its_cloud_cannot_give_keeps_no_list_from_being_read(
    silent: tuple[str, ...],
) -> None:
    days = range(20, 24)
    house = House(FakeAdapter(orders=[an_order_of(each) for each in days]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    for each in silent:
        house.cloud.change(each, payment_status=PAID)
    house.cloud.script = silent_about(*silent)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert {(await house.stored(each)).payment_status for each in silent} == {UNKNOWN}
    assert (await covered(house)).unpaid_at == house.clock.now()


async def test_a_cloud_that_falls_silent_at_the_last_few_orders_has_not_answered() -> None:
    """Ten are read at the same time."""
    house = House(FakeAdapter(orders=[an_order_of(days) for days in range(20, 30)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    for days in range(20, 30):
        house.cloud.change(f"D{days}", payment_status=PAID)
    left = iter(range(8))

    async def script(operation: str, _about: OrderQuery | str) -> None:
        if operation == "get_order" and next(left, None) is None:
            raise unavailable()

    house.cloud.script = script
    house.clock.move(timedelta(minutes=1))
    with pytest.raises(ProviderUnavailable):
        await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    statuses = {(await house.stored(f"D{days}")).payment_status for days in range(20, 30)}
    assert statuses == {PAID, UNPAID}


@pytest.mark.parametrize(("silent", "fails"), [(3, False), (4, True)])
async def test_where_no_list_tells_what_is_unpaid_silence_about_an_order_tells_nothing(
    silent: int, fails: bool
) -> None:
    cloud = FakeAdapter(
        orders=[an_order_of(days) for days in range(1, 11)], filters_payment_status=False
    )
    house = House(cloud)
    await house.refresher.window(HUAWEI, MONTH, NOON)
    assert await house.refresher.details(HUAWEI) is None
    house.cloud.script = silent_about(*[f"D{days}" for days in range(1, silent + 1)])
    house.clock.move(timedelta(minutes=1))
    with pytest.raises(ProviderUnavailable) if fails else nullcontext():
        await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    statuses = {(await house.stored(f"D{days}")).payment_status for days in range(1, 11)}
    assert statuses == {UNPAID}
    assert ((await covered(house)).unpaid_at == house.clock.now()) is not fails


async def test_what_nobody_knew_and_cannot_be_read_takes_nothing_from_the_list() -> None:
    house = House(FakeAdapter(orders=[an_order_of(2, payment_status=UNKNOWN), an_order_of(3)]))
    await house.refresher.window(HUAWEI, MONTH, NOON)
    await house.refresher.details(HUAWEI)
    house.clock.move(timedelta(hours=2))
    house.cloud.script = failing(ProviderRefused("no right", account=HUAWEI), "get_order")
    await house.refresher.window(HUAWEI, MONTH, house.clock.now())
    assert await house.refresher.details(HUAWEI) is None
    assert (await covered(house)).until == house.clock.now()


async def test_a_clock_set_back_lets_no_order_rest_for_hours() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1)]))
    house.cloud.script = failing(ProviderMalformed("odd", account=HUAWEI), "get_order")
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    await house.refresher.details(HUAWEI)
    house.clock.move(-timedelta(hours=5))
    await house.refresher.details(HUAWEI)
    assert house.cloud.asked("get_order") == ["D1", "D1"]


async def test_a_cloud_that_fails_leaves_details_due_and_is_not_asked_on() -> None:
    house = House(FakeAdapter(orders=[an_order_of(days) for days in range(1, 51)]))
    house.cloud.script = failing(ProviderRefused("no right", account=HUAWEI), "get_order")
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    await house.refresher.details(HUAWEI)
    assert len(house.cloud.asked("get_order")) <= 10
    assert len(await house.snapshots.due_for_details(HUAWEI, limit=99)) == 50


async def test_two_who_need_the_same_details_read_them_once() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    await asyncio.gather(house.refresher.details(HUAWEI), house.refresher.details(HUAWEI))
    assert house.cloud.asked("get_order") == ["D1"]


async def test_a_slow_reading_of_details_holds_up_no_list() -> None:
    house, never = House(FakeAdapter(orders=[an_order_of(1)])), asyncio.Event()
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    house.cloud.script = waiting_for(never, "get_order")
    details = asyncio.create_task(house.refresher.details(HUAWEI))
    await asyncio.sleep(0)
    await house.refresher.window(HUAWEI, MONTH, NOON)
    details.cancel()
    await asyncio.gather(details, return_exceptions=True)


async def test_an_order_without_a_creation_time_is_kept_and_checked() -> None:
    house = House(FakeAdapter(orders=[an_order_of(1, order_id="undated", created_at=None)]))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, NOON)
    house.cloud.change("undated", payment_status=PAID)
    house.clock.move(timedelta(minutes=1))
    await house.refresher.unpaid(HUAWEI, NOON - YEAR, house.clock.now())
    assert (await house.stored("undated")).payment_status is PAID


async def test_customers_of_one_distributor_are_read_and_kept_apart() -> None:
    """They share a key and may even share an order id."""
    clouds = [
        FakeAdapter(
            an_account(name=name, provider=Provider.ALIBABA, owner_id=owner_id),
            [an_order_of(1, account=name, provider=Provider.ALIBABA, owner_id=owner_id)],
        )
        for name, owner_id in (("customer-a", "11"), ("customer-b", "22"))
    ]
    house = House(*clouds)
    for cloud in clouds:
        await house.refresher.unpaid(cloud.account.name, NOON - YEAR, NOON)
    assert (await house.stored("D1", "customer-a")).owner_id == "11"
    assert (await house.stored("D1", "customer-b")).owner_id == "22"
    listed = await house.last(a_filter(accounts=frozenset({"customer-b"})))
    assert [each.order.owner_id for each in listed.page.snapshots] == ["22"]
    assert ids(listed) == ["D1"]
