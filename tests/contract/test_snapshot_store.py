"""What every SnapshotStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.filters import AccountAnswer, Coverage, Snapshot, SnapshotPage, Sort
from bot.domain.orders import OrderType, PaymentStatus
from bot.ports import SnapshotStore
from storage.database import Storage
from storage.snapshots import SqliteSnapshotStore
from tests.builders import NOON, a_detailed_order, a_filter, a_line_item, an_order, money
from tests.fakes import FakeSnapshotStore

LATER = NOON + timedelta(minutes=5)
ACCOUNT = "huawei-main"
ID = "CS2611171200ABCDE"


@pytest.fixture(params=["sqlite", "fake"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SnapshotStore]:
    if request.param == "fake":
        yield FakeSnapshotStore()
        return
    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    yield SqliteSnapshotStore(storage)
    await storage.aclose()


async def ids(store: SnapshotStore, limit: int = 50, offset: int = 0, **filters: Any) -> list[str]:
    page = await store.page(a_filter(**filters), offset=offset, limit=limit)
    return [snapshot.order.order_id for snapshot in page.snapshots]


async def test_an_order_is_kept_as_it_was_seen(store: SnapshotStore) -> None:
    order = a_detailed_order(payable=money("12.50 CNY"), product_name="云服务器\n“x”")
    await store.save([order], seen_at=NOON)
    assert await store.get(ACCOUNT, ID) == Snapshot(order, NOON)
    assert str((await store.get(ACCOUNT, ID)).order.payable.amount) == "12.50"  # type: ignore[union-attr]


async def test_an_order_never_seen_is_absent(store: SnapshotStore) -> None:
    await store.save([an_order()], seen_at=NOON)
    assert await store.get(ACCOUNT, "other") is None
    assert await store.get("other", ID) is None


async def test_a_row_that_stayed_keeps_the_details_and_moves_the_moment(
    store: SnapshotStore,
) -> None:
    details = a_detailed_order()
    await store.save([an_order()], seen_at=NOON)
    await store.save([details], seen_at=NOON)
    await store.save([an_order()], seen_at=LATER)
    assert await store.get(ACCOUNT, ID) == Snapshot(details, LATER)
    assert await store.due_for_details(ACCOUNT, limit=9) == ()


async def test_a_row_that_changed_shows_its_facts_and_makes_the_details_due(
    store: SnapshotStore,
) -> None:
    details = a_detailed_order()
    await store.save([an_order()], seen_at=NOON)
    await store.save([details], seen_at=NOON)
    await store.save([an_order(payable=money("9000 CNY"))], seen_at=LATER)
    found = await store.get(ACCOUNT, ID)
    assert found == Snapshot(replace(details, payable=money("9000 CNY")), LATER)
    assert await store.due_for_details(ACCOUNT, limit=9) == (ID,)


async def test_details_read_again_are_no_longer_due(store: SnapshotStore) -> None:
    changed = an_order(payable=money("9000 CNY"))
    again = a_detailed_order(payable=money("9000 CNY"))
    for order in (an_order(), a_detailed_order(), changed, again, changed):
        await store.save([order], seen_at=NOON)
    assert await store.due_for_details(ACCOUNT, limit=9) == ()
    assert await store.get(ACCOUNT, ID) == Snapshot(again, NOON)


async def test_a_payment_shows_at_once_and_needs_no_details(store: SnapshotStore) -> None:
    paid = an_order(payment_status=PaymentStatus.PAID, payment_word="5", paid_at=NOON)
    await store.save([an_order(), a_detailed_order(), paid], seen_at=NOON)
    found = await store.get(ACCOUNT, ID)
    assert found is not None
    assert found.order.payment_status is PaymentStatus.PAID
    assert (found.order.payment_word, found.order.paid_at) == ("5", NOON)
    assert found.order.line_items == a_detailed_order().line_items
    assert await store.due_for_details(ACCOUNT, limit=9) == ()


async def test_details_seen_before_any_row_are_not_due_for_its_mere_arrival(
    store: SnapshotStore,
) -> None:
    details = a_detailed_order(product_name="other words than the list has")
    await store.save([details], seen_at=NOON)
    await store.save([an_order()], seen_at=LATER)
    assert await store.get(ACCOUNT, ID) == Snapshot(details, LATER)
    assert await store.due_for_details(ACCOUNT, limit=9) == ()
    await store.save([an_order(order_type_word="2")], seen_at=LATER)
    assert await store.due_for_details(ACCOUNT, limit=9) == (ID,)


@pytest.mark.parametrize(
    "parts",
    [{"payable": money("1 CNY")}, {"payment_status": PaymentStatus.PAID}],
    ids=["amount", "status"],
)
async def test_a_first_row_that_contradicts_earlier_details_counts(
    store: SnapshotStore, parts: dict[str, Any]
) -> None:
    await store.save([a_detailed_order()], seen_at=NOON)
    await store.save([an_order(**parts)], seen_at=LATER)
    found = await store.get(ACCOUNT, ID)
    assert found is not None
    assert (found.order.payable, found.order.payment_status) == (
        an_order(**parts).payable,
        an_order(**parts).payment_status,
    )


async def test_an_order_back_in_its_list_is_what_the_list_says(store: SnapshotStore) -> None:
    """One that could not be found is stored as a row of unknown status, its details kept."""
    details = a_detailed_order()
    lost = replace(details, payment_status=PaymentStatus.UNKNOWN, payment_word="", detailed=False)
    for order in (an_order(), details, lost):
        await store.save([order], seen_at=NOON)
    found = await store.get(ACCOUNT, ID)
    assert found is not None
    assert found.order.payment_status is PaymentStatus.UNKNOWN
    assert found.order.line_items == details.line_items
    assert await store.due_for_details(ACCOUNT, limit=9) == (ID,)
    await store.save([an_order()], seen_at=LATER)
    assert await store.get(ACCOUNT, ID) == Snapshot(details, LATER)


async def test_due_are_open_orders_seen_only_in_a_list_newest_first(
    store: SnapshotStore,
) -> None:
    rows = [
        an_order(order_id="old", created_at=NOON - timedelta(days=9)),
        an_order(order_id="new", created_at=NOON - timedelta(days=1)),
        an_order(order_id="undated", created_at=None),
        an_order(
            order_id="odd",
            payment_status=PaymentStatus.UNKNOWN,
            created_at=NOON - timedelta(days=2),
        ),
        an_order(order_id="paid", payment_status=PaymentStatus.PAID),
        an_order(order_id="elsewhere", account="other"),
        a_detailed_order(order_id="known"),
    ]
    await store.save(rows, seen_at=NOON)
    assert await store.due_for_details(ACCOUNT, limit=9) == ("new", "odd", "old", "undated")
    assert await store.due_for_details(ACCOUNT, limit=1) == ("new",)


async def test_open_are_the_unpaid_orders_since_then(store: SnapshotStore) -> None:
    statuses = {
        "unpaid": PaymentStatus.UNPAID,
        "paid": PaymentStatus.PAID,
        "cancelled": PaymentStatus.CANCELLED,
        "unknown": PaymentStatus.UNKNOWN,
    }
    for age, (order_id, status) in enumerate(statuses.items(), start=1):
        row = an_order(
            order_id=order_id, payment_status=status, created_at=NOON - timedelta(days=age)
        )
        await store.save([row], seen_at=NOON)
    older = an_order(order_id="older", created_at=NOON - timedelta(days=9))
    undated = an_order(order_id="undated", created_at=None)
    await store.save([older, undated], seen_at=NOON)
    since, lately = NOON - timedelta(days=30), NOON - timedelta(days=2)
    assert await store.open_ids(ACCOUNT, since=since, limit=9) == ("unpaid", "older", "undated")
    assert await store.open_ids(ACCOUNT, since=since, limit=1) == ("unpaid",)
    assert await store.open_ids(ACCOUNT, since=lately, limit=9) == ("unpaid", "undated")


async def test_what_its_cloud_told_no_status_of_is_found_until_it_is_seen_again(
    store: SnapshotStore,
) -> None:
    unknown = {"payment_status": PaymentStatus.UNKNOWN, "created_at": NOON - timedelta(days=2)}
    made: dict[str, dict[str, Any]] = {
        "newer": {"created_at": NOON - timedelta(days=1)},
        "doubtful": {},
        "refund": {"order_type": OrderType.REFUND},
        "old": {"created_at": NOON - timedelta(days=40)},
        "unpaid": {"payment_status": PaymentStatus.UNPAID},
        "elsewhere": {"account": "b"},
    }
    orders = [a_detailed_order(**{"order_id": name} | unknown | own) for name, own in made.items()]
    row = an_order(**{"order_id": "row", **unknown})
    await store.save([*orders, row], seen_at=NOON)

    async def found(limit: int = 9) -> tuple[str, ...]:
        since, before = NOON - timedelta(days=31), NOON + timedelta(seconds=1)
        return await store.doubtful_ids(ACCOUNT, since=since, seen_before=before, limit=limit)

    assert await found() == ("newer", "doubtful")
    assert await found(1) == ("newer",)
    await store.save(orders[:1], seen_at=NOON + timedelta(seconds=1))
    assert await found() == ("doubtful",)


async def test_an_order_is_found_by_id_or_number_in_the_named_accounts_only(
    store: SnapshotStore,
) -> None:
    here = an_order(order_id="7", order_number="P217", account="a")
    there = an_order(order_id="7", account="b")
    hidden = an_order(order_id="7", account="c")
    await store.save([here, there, hidden], seen_at=NOON)
    mine = frozenset({"a", "b"})
    assert [each.order for each in await store.find_by_id("7", mine)] == [here, there]
    assert [each.order for each in await store.find_by_id("P217", mine)] == [here]
    assert await store.find_by_id("7", frozenset()) == ()


async def test_a_list_shows_the_newest_first(store: SnapshotStore) -> None:
    ages = {"b": 2, "a": 1, "c": 3}
    for order_id, days in ages.items():
        await store.save(
            [an_order(order_id=order_id, created_at=NOON - timedelta(days=days))], seen_at=NOON
        )
    await store.save([an_order(order_id="undated", created_at=None)], seen_at=NOON)
    assert await ids(store) == ["a", "b", "c", "undated"]


async def test_unpaid_shows_what_lapses_first_then_the_oldest_without_a_deadline(
    store: SnapshotStore,
) -> None:
    day = timedelta(days=1)
    await store.save(
        [
            an_order(order_id="far", deadline=NOON + 9 * day),
            an_order(order_id="near", deadline=NOON + day),
            an_order(order_id="young", created_at=NOON - day),
            an_order(order_id="old", created_at=NOON - 9 * day),
        ],
        seen_at=NOON,
    )
    assert await ids(store, sort=Sort.LAPSES_FIRST) == ["near", "far", "old", "young"]


async def test_pages_do_not_overlap_and_the_total_counts_them_all(store: SnapshotStore) -> None:
    await store.save([an_order(order_id=f"{number:02}") for number in range(20)], seen_at=NOON)
    pages = [await store.page(a_filter(), offset=offset, limit=8) for offset in (0, 8, 16, 24)]
    shown = [each.order.order_id for page in pages for each in page.snapshots]
    assert shown == [f"{number:02}" for number in range(20)]
    assert [page.total for page in pages] == [20] * 4


async def test_the_window_includes_its_start_and_not_its_end(store: SnapshotStore) -> None:
    start, end = NOON - timedelta(days=7), NOON - timedelta(days=1)
    moments = {"before": start - timedelta(milliseconds=1), "start": start, "end": end}
    for order_id, created_at in moments.items():
        await store.save([an_order(order_id=order_id, created_at=created_at)], seen_at=NOON)
    assert await ids(store, since=start, until=end) == ["start"]


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"accounts": frozenset({"alibaba-main"})}, ["a"]),
        ({"accounts": frozenset()}, []),
        ({"accounts": frozenset({"alibaba-main", ACCOUNT})}, ["a", "h"]),
        ({"provider": Provider.ALIBABA}, ["a"]),
        ({"payment_status": PaymentStatus.PAID}, ["h"]),
        ({"order_type": OrderType.RENEWAL}, ["h"]),
        ({"product": "STRASSE"}, ["a"]),
        ({"product": "云"}, ["h"]),
        ({"product": "rds"}, ["h"]),
        ({"product": "100%"}, []),
        ({"over": Decimal(12480)}, ["a"]),
        ({"over": Decimal("12479.99")}, ["a", "h"]),
    ],
)
async def test_each_filter_narrows(
    store: SnapshotStore, filters: dict[str, Any], shown: list[str]
) -> None:
    await store.save(
        [
            an_order(
                account="alibaba-main",
                provider=Provider.ALIBABA,
                order_id="a",
                product_name="Straße",
                payable=None,
            ),
            an_order(
                order_id="h",
                product_name="云服务器",
                line_items=(a_line_item(product_code="RDS"),),
                payment_status=PaymentStatus.PAID,
                order_type=OrderType.RENEWAL,
            ),
        ],
        seen_at=NOON,
    )
    both = {"accounts": frozenset({"alibaba-main", ACCOUNT})}
    assert await ids(store, **(both | filters)) == shown


async def test_orders_of_unknown_status_are_counted_beside_any_status(
    store: SnapshotStore,
) -> None:
    unknown = PaymentStatus.UNKNOWN
    await store.save(
        [
            an_order(order_id="1", payment_status=unknown),
            an_order(order_id="2", payment_status=unknown, order_type=OrderType.RENEWAL),
            an_order(order_id="3"),
        ],
        seen_at=NOON,
    )
    wanted = a_filter(payment_status=PaymentStatus.UNPAID)
    page = await store.page(wanted, offset=0, limit=8)
    assert (page.total, page.status_unknown) == (1, 2)
    page = await store.page(replace(wanted, order_type=OrderType.NEW), offset=0, limit=8)
    assert (page.total, page.status_unknown) == (1, 1)


async def test_coverage_is_what_was_recorded_last(store: SnapshotStore) -> None:
    assert await store.coverage(ACCOUNT) is None
    await store.cover(Coverage(ACCOUNT, NOON - timedelta(days=7), NOON))
    wider = Coverage(ACCOUNT, NOON - timedelta(days=30), LATER, NOON - timedelta(days=365), NOON)
    await store.cover(wider)
    assert await store.coverage(ACCOUNT) == wider
    assert await store.coverages() == {ACCOUNT: wider}


async def test_a_failure_keeps_the_last_good_answer_and_a_good_answer_ends_it(
    store: SnapshotStore,
) -> None:
    await store.failed("new", at=NOON, error="HTTP 500")
    await store.answered("old", at=NOON)
    await store.failed("old", at=LATER, error="timeout")
    assert await store.answers() == {
        "new": AccountAnswer("new", None, NOON, "HTTP 500"),
        "old": AccountAnswer("old", NOON, LATER, "timeout"),
    }
    await store.answered("old", at=LATER)
    assert (await store.answers())["old"] == AccountAnswer("old", LATER)


async def test_the_pages_of_a_list_hold_each_order_once_and_in_order(store: SnapshotStore) -> None:
    rows = [
        an_order(order_id=f"D{age}", created_at=NOON - timedelta(hours=age)) for age in range(1, 9)
    ]
    await store.save(rows, seen_at=NOON)
    assert await streamed(store) == [f"D{age}" for age in range(1, 9)]
    assert await streamed(store, limit=3) == ["D1", "D2", "D3"]


async def test_pages_are_filtered_and_counted_as_a_page_is(store: SnapshotStore) -> None:
    rows = [
        an_order(order_id="unpaid"),
        an_order(order_id="paid", payment_status=PaymentStatus.PAID),
        an_order(order_id="odd", payment_status=PaymentStatus.UNKNOWN),
        an_order(order_id="elsewhere", account="other"),
    ]
    await store.save(rows, seen_at=NOON)
    wanted = a_filter(payment_status=PaymentStatus.UNPAID, sort=Sort.LAPSES_FIRST)
    [page] = [page async for page in store.pages(wanted, limit=9)]
    assert page == await store.page(wanted, offset=0, limit=9)
    assert (page.total, page.status_unknown) == (1, 1)


async def test_where_nothing_fits_there_is_one_empty_page(store: SnapshotStore) -> None:
    for accounts in (frozenset({ACCOUNT}), frozenset[str]()):
        pages = [page async for page in store.pages(a_filter(accounts=accounts), limit=9)]
        assert pages == [SnapshotPage((), 0, 0)]


async def test_pages_show_one_moment_whatever_is_saved_between_them(store: SnapshotStore) -> None:
    count = 1200
    rows = [an_order(order_id=f"D{n:04}") for n in range(count)]
    await store.save(rows, seen_at=NOON)
    wanted = a_filter(payment_status=PaymentStatus.UNPAID)
    found: list[str] = []
    async with aclosing(store.pages(wanted, limit=count)) as pages:
        async for page in pages:
            assert page.total == count
            if not found:
                await store.save(
                    [replace(row, payment_status=PaymentStatus.PAID) for row in rows[:700]],
                    seen_at=LATER,
                )
            found += [each.order.order_id for each in page.snapshots]
    assert found == [row.order_id for row in rows]
    assert await streamed(store, limit=count, payment_status=PaymentStatus.UNPAID) == found[700:]


async def streamed(store: SnapshotStore, limit: int = 50, **filters: Any) -> list[str]:
    return [
        each.order.order_id
        async for page in store.pages(a_filter(**filters), limit=limit)
        for each in page.snapshots
    ]
