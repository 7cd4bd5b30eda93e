"""What every HomeStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.filters import Snapshot
from bot.domain.orders import Order, PaymentStatus
from bot.domain.unpaid import Unpaid
from bot.ports import HomeStore
from tests.builders import NOON, a_detailed_order, money
from tests.digest_house import DigestHouse
from tests.request_house import DAY, LATER, MILLISECOND


@pytest.fixture
def store(digest_house: DigestHouse) -> HomeStore:
    return digest_house.homes


HOUR = timedelta(hours=1)
HERE, THERE = "huawei-main", "alibaba-main"


async def unpaid(house: DigestHouse, *accounts: str, limit: int = 5) -> dict[str, Unpaid]:
    """Of the orders of a year, at noon."""
    found = await house.homes.unpaid(accounts, since=NOON - 365 * DAY, now=NOON, limit=limit)
    return dict(found)


async def holds(house: DigestHouse, order_id: str, **parts: Any) -> Order:
    usual: dict[str, Any] = {"order_id": order_id, "deadline": None}
    order = a_detailed_order(**(usual | parts))
    await house.snapshots.save([order], seen_at=NOON)
    return order


async def openers(store: HomeStore, limit: int = 9) -> list[tuple[str, str]]:
    return list(await store.openers(since=NOON, limit=limit))


async def test_who_opened_it_last_comes_first(store: HomeStore) -> None:
    for user_id in ("U0CAROL", "U0BOB"):
        await store.opened(user_id, at=NOON)
    await store.opened("U0ALICE", at=LATER)
    assert await openers(store) == [("U0ALICE", ""), ("U0BOB", ""), ("U0CAROL", "")]
    assert await openers(store, limit=1) == [("U0ALICE", "")]


async def test_who_opened_it_too_long_ago_is_left_out(store: HomeStore) -> None:
    await store.opened("U0ALICE", at=NOON - MILLISECOND)
    await store.opened("U0BOB", at=NOON)
    assert await openers(store) == [("U0BOB", "")]
    await store.opened("U0ALICE", at=NOON + DAY)
    assert await openers(store) == [("U0ALICE", ""), ("U0BOB", "")]


async def test_what_still_stands_there_of_those_who_are_left_out_is_known(
    store: HomeStore,
) -> None:
    for user_id, at in (("U0ALICE", NOON - DAY), ("U0BOB", NOON), ("U0CAROL", LATER)):
        await store.opened(user_id, at=at)
        await store.drawn(user_id, "abc")
    await store.opened("U0DAN", at=NOON - DAY)
    assert await store.left(since=NOON, limit=9) == ("U0ALICE",)
    assert await store.left(since=NOON, limit=1) == ("U0BOB", "U0ALICE")
    await store.drawn("U0ALICE", "")
    assert await store.left(since=NOON, limit=9) == ()


async def test_what_stands_there_is_known_until_it_is_drawn_anew(store: HomeStore) -> None:
    for user_id in ("U0ALICE", "U0BOB"):
        await store.opened(user_id, at=NOON)
    await store.drawn("U0ALICE", "abc")
    await store.opened("U0ALICE", at=LATER)
    assert await openers(store) == [("U0ALICE", "abc"), ("U0BOB", "")]
    await store.drawn("U0ALICE", "")
    assert await openers(store) == [("U0ALICE", ""), ("U0BOB", "")]


async def test_nobody_who_never_opened_it_has_one(store: HomeStore) -> None:
    await store.drawn("U0ALICE", "abc")
    assert await openers(store) == []


async def test_what_is_unpaid_is_added_up_by_account_and_currency(
    digest_house: DigestHouse,
) -> None:
    assert await unpaid(digest_house, HERE) == {HERE: Unpaid()}
    await holds(digest_house, "1", payable=money("10.10 CNY"))
    await holds(digest_house, "2", payable=money("0.90 CNY"))
    await holds(digest_house, "3", payable=money("5 USD"))
    await holds(digest_house, "4", payable=None)
    await holds(digest_house, "5", payable=money("7"))
    await holds(digest_house, "6", payable=money("1 CNY"), account=THERE)
    assert await unpaid(digest_house, HERE, THERE, "nowhere") == {
        HERE: Unpaid(5, (money("7"), money("11.00 CNY"), money("5 USD"))),
        THERE: Unpaid(1, (money("1 CNY"),)),
        "nowhere": Unpaid(),
    }


async def test_amounts_are_added_exactly_whatever_their_size(digest_house: DigestHouse) -> None:
    for at, amount in enumerate(("0.1", "0.2", "1e-7", "12345678901234567.5", "-3")):
        await holds(digest_house, f"{at}", payable=money(f"{amount} CNY"))
    (sums,) = (await unpaid(digest_house, HERE))[HERE].sums
    assert sums == money("12345678901234564.8000001 CNY")


async def test_only_what_is_unpaid_and_of_that_time_is_counted(digest_house: DigestHouse) -> None:
    await holds(digest_house, "paid", payment_status=PaymentStatus.PAID)
    await holds(digest_house, "cancelled", payment_status=PaymentStatus.CANCELLED)
    await holds(digest_house, "unclear", payment_status=PaymentStatus.UNKNOWN)
    await holds(digest_house, "too old", created_at=NOON - 365 * DAY - MILLISECOND)
    await holds(digest_house, "to come", created_at=NOON)
    assert await unpaid(digest_house, HERE) == {HERE: Unpaid(status_unknown=1)}
    await holds(digest_house, "old", created_at=NOON - 365 * DAY, payable=money("1 CNY"))
    await holds(digest_house, "new", created_at=NOON - MILLISECOND, payable=money("2 CNY"))
    await holds(digest_house, "undated", created_at=None, payable=money("4 CNY"))
    assert await unpaid(digest_house, HERE) == {HERE: Unpaid(3, (money("7 CNY"),), 1)}


async def test_the_orders_that_lapse_first_from_now_on_are_named(
    digest_house: DigestHouse,
) -> None:
    for order_id, deadline in (("none", None), ("past", NOON - HOUR), ("now", NOON)):
        await holds(digest_house, order_id, deadline=deadline)
    lapsing = [await holds(digest_house, f"{at}", deadline=NOON + at * HOUR) for at in (3, 1, 2)]
    await holds(digest_house, "2b", deadline=NOON + 2 * HOUR, created_at=NOON - 2 * DAY)
    await holds(digest_house, "paid", deadline=NOON + HOUR, payment_status=PaymentStatus.PAID)
    await holds(digest_house, "other", deadline=NOON + HOUR, account=THERE)
    found = (await unpaid(digest_house, HERE))[HERE]
    assert found.count == 7
    assert [each.order.order_id for each in found.lapsing] == ["1", "2b", "2", "3"]
    assert found.lapsing[0] == Snapshot(lapsing[1], NOON)
    fewer = (await unpaid(digest_house, HERE, limit=2))[HERE]
    assert [each.order.order_id for each in fewer.lapsing] == ["1", "2b"]
    assert (await unpaid(digest_house)) == {}
