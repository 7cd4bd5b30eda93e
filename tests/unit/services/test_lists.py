"""Lists: as last seen at once, current when the clouds have answered, honest in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.audit import AuditKind
from bot.domain.filters import Sort
from bot.domain.orders import OrderQuery, OrderType, PaymentStatus
from bot.errors import (
    NotAllowed,
    ProviderMalformed,
    ProviderRefused,
    ProviderUnavailable,
    StorageError,
)
from tests.builders import NOON, a_detailed_order, a_filter, an_account
from tests.fake_cloud import FakeAdapter, answer_at_once, failing, unavailable, waiting_for
from tests.unit.services.house import (
    ALL_UNPAID,
    BOTH,
    EVERYTHING,
    NONE,
    House,
    alibaba,
    huawei,
    ids,
    problems,
)

DAY = timedelta(days=1)
UNPAID, PAID = PaymentStatus.UNPAID, PaymentStatus.PAID


@pytest.mark.parametrize(
    "error",
    [
        ProviderRefused("key", account="huawei-main"),
        ProviderMalformed("odd", account="huawei-main"),
        unavailable(),
    ],
)
async def test_a_dead_cloud_is_named_with_its_own_error_beside_what_was_seen(
    error: Exception,
) -> None:
    house = House(huawei(), alibaba())
    await house.last(EVERYTHING)
    house.clock.move(timedelta(hours=1))
    house.cloud.script = failing(error)
    listed = await house.last(EVERYTHING)
    assert len(ids(listed)) == 2
    dead, alive = listed.states
    assert (dead.problem, dead.good_at) == (error, NOON)
    assert (alive.problem, alive.good_at) == (None, house.clock.now())


async def test_an_account_that_recovers_is_named_no_longer() -> None:
    house = House(huawei())
    house.cloud.script = failing(unavailable())
    assert problems(await house.last(a_filter())) != {}
    house.cloud.script = answer_at_once
    assert problems(await house.last(a_filter())) == {}
    assert (await house.snapshots.answers())["huawei-main"].failed_at is None


async def test_the_next_page_names_the_cloud_that_did_not_answer() -> None:
    """Turned from what is stored, also after a restart."""
    house = House(huawei(), alibaba())
    house.cloud.script = failing(unavailable())
    await house.last(EVERYTHING)
    house.restart()
    house.cloud.calls.clear()
    listed = await house.lists.stored(house.viewer(), EVERYTHING, offset=8)
    assert problems(listed) == {"huawei-main": "ProviderUnavailable"}
    assert (listed.offset, house.cloud.calls) == (8, [])


async def test_an_account_that_was_never_asked_is_named() -> None:
    house = House(huawei())
    listed = await house.lists.stored(house.viewer(), a_filter(), offset=0)
    assert problems(listed) == {"huawei-main": "ProviderUnavailable"}
    assert listed.states[0].good_at is None


async def test_pages_show_eight_orders_each_and_the_total() -> None:
    orders = [
        a_detailed_order(order_id=f"{number:02}", created_at=NOON - number * DAY)
        for number in range(1, 21)
    ]
    house = House(huawei(*orders))
    listed = await house.last(a_filter())
    pages = [listed] + [
        await house.lists.stored(house.viewer(), a_filter(), offset=offset) for offset in (8, 16)
    ]
    assert [order_id for page in pages for order_id in ids(page)] == [
        f"{number:02}" for number in range(1, 21)
    ]
    assert [(page.offset, page.page.total) for page in pages] == [(0, 20), (8, 20), (16, 20)]


async def test_unpaid_shows_what_lapses_first_with_deadlines_from_the_details() -> None:
    far = a_detailed_order(order_id="far", deadline=NOON + 9 * DAY)
    near = a_detailed_order(order_id="near", deadline=NOON + DAY, created_at=NOON - 9 * DAY)
    paid = a_detailed_order(order_id="paid", payment_status=PAID)
    house = House(huawei(far, near, paid))
    listed = await house.last(a_filter(payment_status=UNPAID, sort=Sort.LAPSES_FIRST))
    assert (ids(listed), listed.unpaid) == (["near", "far"], True)
    assert not (await house.last(a_filter())).unpaid


async def test_orders_whose_status_is_not_known_are_counted() -> None:
    odd = a_detailed_order(order_id="odd", payment_status=PaymentStatus.UNKNOWN)
    house = House(huawei(a_detailed_order(), odd))
    await house.last(a_filter())
    listed = await house.last(a_filter(payment_status=UNPAID))
    assert (listed.page.total, listed.page.status_unknown) == (1, 1)


async def test_an_order_without_an_amount_passes_a_threshold() -> None:
    """What is not known is never hidden (line 36 of the pitfalls)."""
    bare = a_detailed_order(order_id="bare", payable=None)
    house = House(huawei(a_detailed_order(), bare))
    listed = await house.last(a_filter(over=Decimal(999_999_999)))
    assert ids(listed) == ["bare"]


async def test_an_order_paid_behind_the_bots_back_leaves_the_unpaid_list() -> None:
    house = House(huawei(a_detailed_order(created_at=NOON - 40 * DAY)))
    wanted = a_filter(payment_status=UNPAID)
    assert (await house.last(wanted)).page.total == 1
    house.cloud.change("CS2611171200ABCDE", payment_status=PAID)
    house.clock.move(timedelta(minutes=1))
    listed = await house.last(wanted)
    assert (listed.page.total, listed.page.status_unknown) == (0, 0)


async def test_a_list_half_read_says_how_far_back_it_is_known() -> None:
    house = House(huawei(), patience=NONE)

    async def stall_behind_a_month(_operation: str, about: OrderQuery | str) -> None:
        if isinstance(about, OrderQuery) and about.created_until == NOON - 30 * DAY:
            await asyncio.Event().wait()

    house.cloud.script = stall_behind_a_month
    (state,) = (await house.follow(a_filter()))[-1].states
    assert isinstance(state.problem, ProviderUnavailable)
    assert state.covered_since == NOON - 30 * DAY
    await house.lists.aclose()


async def test_an_unpaid_list_that_fails_says_how_far_back_it_is_known() -> None:
    house = House(huawei())
    wanted = a_filter(payment_status=UNPAID)
    house.cloud.script = failing(unavailable())
    (state,) = (await house.last(wanted)).states
    assert (state.good_at, state.covered_since) == (None, NOON)
    house.cloud.script = answer_at_once
    await house.last(wanted)
    house.cloud.script = failing(unavailable())
    house.clock.move(timedelta(minutes=1))
    (state,) = (await house.last(a_filter(payment_status=UNPAID, since=NOON - 730 * DAY))).states
    assert (state.good_at, state.covered_since) == (NOON, NOON - 366 * DAY)


async def test_a_window_far_back_is_answered_whole_and_as_of_now() -> None:
    house = House(huawei(a_detailed_order(created_at=NOON - 700 * DAY, payment_status=PAID)))
    await house.last(a_filter(since=NOON - 7 * DAY))
    house.clock.move(timedelta(hours=1))
    far_back = a_filter(since=NOON - 710 * DAY, until=NOON - 690 * DAY)
    listed = await house.last(far_back)
    (state,) = listed.states
    assert ids(listed) == ["CS2611171200ABCDE"]
    assert (state.good_at, state.covered_since) == (house.clock.now(), None)
    (state,) = (await house.lists.stored(house.viewer(), far_back, offset=0)).states
    assert (state.good_at, state.covered_since) == (NOON, NOON - 7 * DAY)


async def test_a_look_at_one_order_makes_no_list_more_current() -> None:
    house = House(huawei())
    await house.last(a_filter())
    house.clock.move(timedelta(hours=1))
    await house.lookups.show(house.viewer(), "CS2611171200ABCDE", "", channel="C0TEAM")
    house.cloud.script = failing(unavailable())
    for wanted in (a_filter(), a_filter(payment_status=UNPAID)):
        (state,) = (await house.last(wanted)).states
        assert state.good_at == NOON


async def test_a_list_of_unpaid_orders_makes_no_other_list_more_current() -> None:
    house = House(huawei())
    await house.last(a_filter())
    house.clock.move(timedelta(hours=1))
    await house.last(a_filter(payment_status=UNPAID))
    listed = await house.lists.stored(house.viewer(), a_filter(), offset=0)
    assert listed.states[0].good_at == NOON


async def test_what_cannot_be_recorded_is_not_shown_and_no_cloud_is_asked() -> None:
    house = House(huawei())
    house.audit.full = True
    with pytest.raises(StorageError):
        await house.follow(a_filter())
    with pytest.raises(StorageError):
        await house.lists.stored(house.viewer(), a_filter(), offset=0)
    assert house.cloud.calls == []


async def test_a_list_is_one_record_however_often_it_is_drawn() -> None:
    house = House(huawei(), alibaba(), patience=NONE)
    house.cloud.script = waiting_for(asyncio.Event())
    wanted = a_filter(
        accounts=BOTH,
        payment_status=UNPAID,
        order_type=OrderType.NEW,
        over=Decimal(5000),
        product="my password is swordfish",
    )
    assert len(await house.follow(wanted)) == 2
    await house.lists.aclose()
    (entry,) = house.audit.entries
    assert (entry.kind, entry.actor) == (AuditKind.ORDERS_LISTED, "U0ALICE")
    assert entry.facts == {
        "accounts": "alibaba-main,huawei-main",
        "since": "2025-11-18T12:00:00+00:00",
        "until": "2026-11-18T12:00:00+00:00",
        "payment_status": "unpaid",
        "order_type": "new",
        "over": "5000",
        "offset": 0,
    }
    assert entry.texts == {"product": "my password is swordfish"}
    assert "swordfish" not in house.told()


async def test_each_page_that_is_turned_is_a_record() -> None:
    house = House(huawei())
    await house.lists.stored(house.viewer(), a_filter(), offset=8)
    (entry,) = house.audit.entries
    assert (entry.facts["offset"], entry.facts["over"], entry.texts) == (8, None, {})


async def test_a_list_shows_and_asks_only_accounts_that_one_may_view() -> None:
    house = House(huawei(), alibaba())
    await house.last(EVERYTHING)
    house.clock.move(timedelta(minutes=1))
    house.cloud.calls.clear()
    alice = house.viewer("alibaba-main")
    followed = (await house.follow(EVERYTHING, alice))[-1]
    stored = await house.lists.stored(alice, EVERYTHING, offset=0)
    for listed in (followed, stored):
        assert ids(listed) == ["500491030350914"]
        assert [state.account.name for state in listed.states] == ["alibaba-main"]
        assert listed.wanted.accounts == {"alibaba-main"}
    assert house.cloud.calls == []
    assert house.audit.entries[-1].facts["accounts"] == "alibaba-main"


async def test_a_list_of_accounts_that_one_may_not_view_is_refused() -> None:
    house = House(huawei(), alibaba())
    with pytest.raises(NotAllowed) as caught:
        await house.follow(a_filter(), house.viewer("alibaba-main"))
    assert caught.value.rule == "viewers"
    with pytest.raises(NotAllowed):
        await house.lists.stored(house.viewer("alibaba-main"), a_filter(), offset=0)
    assert house.audit.entries == []


async def test_orders_of_an_account_that_was_removed_are_shown_to_nobody() -> None:
    house = House(huawei(), alibaba())
    await house.last(EVERYTHING)
    house.clouds = house.clouds[1:]
    house.restart()
    assert ids(await house.lists.stored(house.viewer(), EVERYTHING, offset=0)) == [
        "500491030350914"
    ]


async def test_the_panel_counts_what_is_unpaid_and_says_since_when_that_holds() -> None:
    house = House(huawei(), alibaba())
    assert await house.lists.unpaid_count(ALL_UNPAID) == (0, None)
    await house.last(a_filter(payment_status=UNPAID))
    assert await house.lists.unpaid_count(ALL_UNPAID) == (1, None)
    house.clock.move(timedelta(hours=1))
    await house.last(ALL_UNPAID)
    await house.lookups.show(house.viewer(), "CS2611171200ABCDE", "", channel="C0TEAM")
    assert await house.lists.unpaid_count(ALL_UNPAID) == (2, NOON + timedelta(hours=1))


async def test_a_count_that_is_not_known_yet_is_asked_for_and_then_remembered() -> None:
    house = House(huawei(), alibaba())
    assert await house.lists.counted(ALL_UNPAID) == (2, NOON)
    house.cloud.calls.clear()
    assert await house.lists.counted(ALL_UNPAID) == (2, NOON)
    assert house.cloud.calls == []


async def test_a_count_does_not_wait_for_a_dead_cloud() -> None:
    house = House(huawei(), alibaba())
    house.cloud.script = failing(unavailable())
    assert await house.lists.counted(ALL_UNPAID) == (1, None)


async def test_a_count_further_back_than_was_read_claims_no_moment() -> None:
    house = House(huawei())
    await house.last(a_filter(payment_status=UNPAID))
    wanted = a_filter(payment_status=UNPAID, since=NOON - 730 * DAY)
    assert await house.lists.unpaid_count(wanted) == (1, None)


async def test_twenty_accounts_with_two_hundred_unpaid_orders_are_saved_page_by_page() -> None:
    clouds = []
    for number in range(20):
        account = an_account(name=f"account-{number:02}")
        orders = [
            a_detailed_order(account=account.name, order_id=f"CS26111712{order:05}")
            for order in range(200)
        ]
        cloud = FakeAdapter(account, orders)
        cloud.page_size = 100
        clouds.append(cloud)
    house = House(*clouds)
    for cloud in clouds:
        await house.snapshots.save(list(cloud.orders.values()), seen_at=NOON)
    house.snapshots.saves = 0
    listed = await house.last(
        a_filter(accounts=house.viewer().names, payment_status=UNPAID, sort=Sort.LAPSES_FIRST)
    )
    assert listed.page.total == 4000
    assert house.snapshots.saves == 20 * 2
    assert [cloud.asked("get_order") for cloud in clouds] == [[]] * 20


async def test_an_account_that_was_never_read_is_named_whatever_else_it_answered() -> None:
    """Next on a card, long after its first drawing named the account."""
    house = House(huawei(), alibaba())
    house.clouds[1].script = failing(unavailable("alibaba-main"))
    assert "alibaba-main" in problems(await house.last(EVERYTHING))
    house.clouds[1].script = answer_at_once
    await house.lookups.products(house.viewer(), ("alibaba-main",))
    for wanted in (EVERYTHING, ALL_UNPAID):
        listed = await house.lists.stored(house.viewer(), wanted, offset=0)
        states = {state.account.name: state for state in listed.states}
        assert states["alibaba-main"].good_at is None
        assert set(problems(listed)) == {"alibaba-main"}


async def test_a_window_far_back_that_left_no_coverage_is_not_called_unread() -> None:
    house = House(huawei(a_detailed_order(created_at=NOON - 700 * DAY, payment_status=PAID)))
    far_back = a_filter(since=NOON - 710 * DAY, until=NOON - 690 * DAY)
    await house.last(far_back)
    listed = await house.lists.stored(house.viewer(), far_back, offset=0)
    assert (problems(listed), listed.states[0].good_at) == ({}, NOON)
