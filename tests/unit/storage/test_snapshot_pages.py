"""The two ways to a page of orders, by search for few and in order for many, show the same."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.domain.filters import OrderFilter, Sort
from bot.domain.orders import PaymentStatus
from storage.database import Storage
from storage.snapshot_pages import _searched, counted, in_order
from storage.snapshot_rows import save_orders, select_snapshots
from tests.builders import NOON, a_filter, an_order


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("status", list(PaymentStatus))
async def test_few_and_many_orders_stand_in_the_same_order(
    tmp_path: Path, sort: Sort, status: PaymentStatus
) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable

    def read(db: Database, wanted: OrderFilter, way: str, offset: int) -> list[str]:
        listed, values = (_searched if way == "few" else in_order)(wanted)
        found = select_snapshots(db, listed, {**values, "limit": 8, "offset": offset})
        return [each.order.order_id for each in found]

    def work(db: Database) -> None:
        orders = [
            an_order(
                order_id=f"{number:03}",
                account=chance.choice(("a", "b", "c")),
                payment_status=chance.choice(list(PaymentStatus)),
                created_at=chance.choice((None, NOON - timedelta(days=chance.randrange(40)))),
                deadline=chance.choice((None, NOON + timedelta(days=chance.randrange(3)))),
            )
            for number in range(200)
        ]
        save_orders(db, orders, 0)
        wanted = a_filter(
            accounts=frozenset({"a", "b"}),
            since=NOON - timedelta(days=30),
            payment_status=status,
            sort=sort,
        )
        total, _unknown = counted(db, wanted)
        assert 8 < total < 60
        shown = []
        for offset in range(0, total, 8):
            shown += read(db, wanted, "few", offset)
            assert read(db, wanted, "many", offset) == shown[offset:]
        assert len(set(shown)) == total

    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    await storage.run(work)
    await storage.aclose()
