"""Snapshots on SQLite: exact round trips, whole batches, lists that use their indexes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Provider
from bot.domain.filters import Sort
from bot.domain.money import Money
from bot.domain.orders import Field, LineItem, Order, OrderType, PaymentStatus, Resource
from storage.columns import clean_text
from storage.database import Storage
from storage.snapshots import SqliteSnapshotStore
from tests.builders import NOON, a_detailed_order, a_filter, an_order, money

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
IDS = st.text("0123456789ABCDEF-", min_size=1, max_size=20)
MOMENTS = st.integers(0, 4 * 10**15).map(lambda us: NOON - timedelta(microseconds=us - 10**15))
AMOUNTS = st.decimals(-(10**15), 10**15, places=8, allow_nan=False) | st.just(Decimal("1E+2"))
MONEY = st.none() | st.builds(Money, AMOUNTS, st.sampled_from(["CNY", "USD", ""]))
FIELDS = st.lists(st.builds(Field, TEXTS, TEXTS), max_size=3).map(tuple)
LINES = st.lists(
    st.builds(
        LineItem,
        line_id=IDS,
        product_name=TEXTS,
        quantity=st.none() | AMOUNTS,
        amount=MONEY,
        starts_at=st.none() | MOMENTS,
        instance_ids=st.lists(IDS, max_size=2).map(tuple),
    ),
    max_size=3,
).map(tuple)
RESOURCES = st.lists(
    st.builds(Resource, resource_id=IDS, ends_at=st.none() | MOMENTS, fields=FIELDS), max_size=2
).map(tuple)
ORDERS = st.builds(
    Order,
    provider=st.sampled_from(Provider),
    account=st.sampled_from(["a", "b"]),
    order_id=IDS,
    payment_status=st.sampled_from(PaymentStatus),
    payment_word=TEXTS,
    order_type=st.sampled_from(OrderType),
    order_type_word=TEXTS,
    payable=MONEY,
    created_at=st.none() | MOMENTS,
    order_number=st.none() | IDS,
    deadline=st.none() | MOMENTS,
    product_name=TEXTS,
    line_items=LINES,
    parts=st.lists(IDS, max_size=2).map(tuple),
    resources=RESOURCES,
    fields=FIELDS,
    detailed=st.just(True),
)


class Shelf:
    """One database for all examples of a property, on a loop of its own."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self._storage = self._runner.run(Storage.open(path, now=NOON))
        self._store = SqliteSnapshotStore(self._storage)

    def round_trip(self, order: Order) -> Order:
        self._runner.run(self._store.save([order], seen_at=NOON))
        account, order_id = clean_text(order.account), clean_text(order.order_id)
        found = self._runner.run(self._store.get(account, order_id))
        assert found is not None
        return found.order

    def close(self) -> None:
        self._runner.run(self._storage.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    opened = Shelf(tmp_path_factory.mktemp("shelf") / "countersign.db")
    yield opened
    opened.close()


@given(order=ORDERS)
def test_any_order_comes_back_as_it_went_in(shelf: Shelf, order: Order) -> None:
    found = shelf.round_trip(order)
    assert found == order
    if order.payable is not None and found.payable is not None:
        assert str(found.payable.amount) == str(order.payable.amount)


def test_ids_and_amounts_beyond_64_bits_are_exact(shelf: Shelf) -> None:
    order = a_detailed_order(order_id="92233720368547758079", payable=money(f"{10**20}.01 IDR"))
    assert shelf.round_trip(order) == order


def test_a_lone_surrogate_does_not_lose_the_order(shelf: Shelf) -> None:
    order = an_order(order_id="7\ud800", product_name="a\ud800b", order_number="\udfff")
    found = shelf.round_trip(order)
    assert (found.product_name, found.order_number) == ("a\ufffdb", "\ufffd")


async def test_a_batch_may_hold_an_order_twice(storage: Storage) -> None:
    store = SqliteSnapshotStore(storage)
    changed = an_order(payable=money("9000 CNY"))
    await store.save([an_order(), a_detailed_order(), changed], seen_at=NOON)
    found = await store.get("huawei-main", an_order().order_id)
    assert found is not None
    assert found.order == replace(a_detailed_order(), payable=money("9000 CNY"))


async def test_a_batch_is_saved_whole_or_not_at_all(storage: Storage) -> None:
    store = SqliteSnapshotStore(storage)
    naive = an_order(order_id="2", created_at=datetime(2026, 1, 1))  # noqa: DTZ001 - refused
    with pytest.raises(ValueError, match="time zone"):
        await store.save([an_order(order_id="1"), naive], seen_at=NOON)
    assert await store.get("huawei-main", "1") is None


async def test_snapshots_survive_a_restart(path: Path) -> None:
    first = await Storage.open(path, now=NOON)
    await SqliteSnapshotStore(first).save([a_detailed_order()], seen_at=NOON)
    await first.aclose()
    second = await Storage.open(path, now=NOON)
    found = await SqliteSnapshotStore(second).get("huawei-main", a_detailed_order().order_id)
    await second.aclose()
    assert found is not None
    assert found.order == a_detailed_order()


@pytest.mark.parametrize(
    ("sort", "index"),
    [(Sort.NEWEST, "snapshot_newest"), (Sort.LAPSES_FIRST, "snapshot_lapsing")],
)
async def test_a_page_is_read_in_the_order_of_an_index(
    path: Path, storage: Storage, sort: Sort, index: str
) -> None:
    """Without one, SQLite would sort every fitting row for each page of eight."""
    store, statements = SqliteSnapshotStore(storage), list[str]()
    orders = [
        an_order(order_id=f"{number}", created_at=NOON - timedelta(minutes=number + 1))
        for number in range(200)
    ]
    await store.save(orders, seen_at=NOON)
    await storage.run(lambda db: db.conn.set_trace_callback(statements.append))
    wanted = a_filter(sort=sort, product="server", accounts=frozenset({"huawei-main", "other"}))
    assert (await store.page(wanted, offset=0, limit=8)).total == 200
    [listing] = [each for each in statements if "limit" in each]
    with closing(sqlite3.connect(path)) as db:
        plan = " ".join(row[3] for row in db.execute(f"explain query plan {listing}"))
    assert index in plan
    assert "TEMP B-TREE" not in plan


async def test_saving_a_page_asks_the_database_once(storage: Storage) -> None:
    store, statements = SqliteSnapshotStore(storage), list[str]()
    await storage.run(lambda db: db.conn.set_trace_callback(statements.append))
    await store.save([an_order(order_id=f"{number}") for number in range(50)], seen_at=NOON)
    assert len([each for each in statements if each.lstrip().startswith("select")]) == 1
