"""What is unpaid is added up without holding anything up, at a cost that grows with it alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.domain.orders import PaymentStatus
from bot.errors import StorageError
from storage.columns import to_ms
from storage.database import Storage
from storage.homes import SqliteHomeStore
from storage.migrations import migrate
from storage.snapshot_rows import save_orders
from storage.unpaid import read_unpaid, unpaid_of
from tests.builders import NOON, a_detailed_order, money

YEAR = timedelta(days=365)
FEW, MANY = 100, 400
VALUES: dict[str, str | int | None] = {
    "account": "huawei-main",
    "since": to_ms(NOON - YEAR),
    "now": to_ms(NOON),
    "limit": 5,
}


def held(unpaid: int, paid: int = 0) -> Database:
    db = Database(sqlite3.connect(":memory:", isolation_level=None))
    migrate(db)
    orders = [
        a_detailed_order(
            order_id=f"{at}",
            deadline=NOON + at * timedelta(minutes=1),
            payable=money("1 CNY"),
            payment_status=PaymentStatus.PAID if at >= unpaid else PaymentStatus.UNPAID,
        )
        for at in range(unpaid + paid)
    ]
    save_orders(db, orders, to_ms(NOON))
    return db


def steps(db: Database) -> int:
    """Of SQLite's machine."""
    counted: Iterator[int] = iter(range(10**9))

    def step() -> int:
        next(counted)
        return 0

    with closing(db):
        db.conn.set_progress_handler(step, 1)
        read_unpaid(db, VALUES)
        return next(counted)


def test_four_times_as_many_unpaid_orders_cost_four_times_as_much() -> None:
    assert steps(held(MANY)) < 4.2 * steps(held(FEW))


def test_paid_orders_cost_nothing() -> None:
    assert steps(held(FEW, paid=MANY)) < 1.1 * steps(held(FEW))


async def test_while_it_is_read_the_store_takes_inputs(storage: Storage) -> None:
    await storage.run(lambda db: save_orders(db, [a_detailed_order()], to_ms(NOON)))
    store, db = SqliteHomeStore(storage), storage._db
    assert db is not None
    async with asyncio.timeout(5):
        began, held_up = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def until_read(_db: Database) -> None:
            loop.call_soon_threadsafe(began.set)
            asyncio.run_coroutine_threadsafe(held_up.wait(), loop).result(5)

        busy = asyncio.create_task(storage.run(until_read))
        await began.wait()
        found = await store.unpaid(["huawei-main"], since=NOON - YEAR, now=NOON, limit=5)
        held_up.set()
        await busy
    assert found["huawei-main"].count == 1


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="look at disk and rights"):
        unpaid_of(tmp_path / "none.db", ("huawei-main",), NOON - YEAR, NOON, 5)
