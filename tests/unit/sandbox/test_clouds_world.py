"""What the embedded clouds hold at the start."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from bot.sandbox.clouds import alibaba_wire, world
from bot.sandbox.clouds.book import Book, CloudOrder

_START = datetime(2026, 11, 20, 2, tzinfo=UTC)
# They keep the times of the documents that print them.
_PRINTED = {"500491030350914", "211000000000709", "CS18122203217MRPB", "1144119593783001088"}
_RESPONSES = Path(__file__).parents[2] / "data" / "alibaba" / "responses"


@cache  # no test changes one
def _book(seed: int = 1, start: datetime = _START) -> Book:
    return world.build(seed, lambda: start)


def _all(book: Book) -> list[CloudOrder]:
    return [order for rows in book.orders.values() for order in rows.values()]


def _without_times(book: Book, start: datetime) -> list[tuple[object, ...]]:
    return [
        (o.account, o.order_id, o.payment_status, o.payable, o.currency, start - o.created_at)
        for o in _all(book)
        if o.order_id not in _PRINTED
    ]


def test_one_seed_gives_the_same_ids_contents_and_ages_at_any_start() -> None:
    later = _START + timedelta(days=90, seconds=17)
    assert _without_times(_book(), _START) == _without_times(_book(start=later), later)


def test_another_seed_gives_other_orders() -> None:
    first, second = ({order.order_id for order in _all(_book(seed))} for seed in (1, 2))
    assert len(first & second) < len(first) / 10


def test_ids_are_unique_over_all_accounts() -> None:
    ids = Counter(order.order_id for order in _all(_book()))
    assert [order_id for order_id, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("account", list(_book().accounts))
def test_each_account_lists_more_than_forty_orders(account: str) -> None:
    book = _book()
    listed = [book.orders[account][order_id] for order_id in world.list_row_ids(book, account)]
    assert len(listed) > 40
    statuses = Counter(order.payment_status for order in listed)
    assert statuses["unpaid"] >= 5
    assert statuses["paid"] >= 5


def test_no_payment_deadline_is_nearer_than_an_hour() -> None:
    deadlines = [o.deadline for o in _all(_book()) if o.payment_status == "unpaid" and o.deadline]
    assert all(deadline >= _START + timedelta(hours=1) for deadline in deadlines)


def test_alibaba_orders_differ_in_all_that_a_reader_has_to_cope_with() -> None:
    book = _book()
    orders = [o for o in _all(book) if book.accounts[o.account].provider == "alibaba"]
    assert {order.currency for order in orders} == {"CNY", "USD", "JPY"}
    assert {order.wire["numbers"] for order in orders} == {True, False}
    assert {len(order.wire["rows"]) for order in orders} >= {1, 2, 3}
    assert {order.wire["order_type"] for order in orders} >= {"New", "Renew", "Upgrade", "Refund"}
    assert any(order.payable < 0 for order in orders)
    assert {order.deadline for order in orders} == {None}


def test_unpaid_renewals_are_of_instances_that_are_live() -> None:
    orders = [o for o in _book().orders["alibaba-main"].values() if o.payment_status == "unpaid"]
    renewals = [row for o in orders if o.wire["order_type"] == "Renew" for row in o.wire["rows"]]
    assert renewals
    for row in renewals:
        assert json.loads(row["InstanceIDs"])
        assert row["UsageStartTime"] > "2026-11-20T02:00:00Z"


@pytest.mark.parametrize(
    ("name", "order_id"),
    [
        ("get_order_detail_seed_sample", "500491030350914"),
        ("get_order_detail_observed_2021", "211000000000709"),
    ],
)
def test_the_printed_orders_are_there_as_printed(name: str, order_id: str) -> None:
    printed = json.loads((_RESPONSES / f"{name}.json").read_text())["Data"]["OrderList"]["Order"]
    order = _book().order(order_id)
    assert order is not None
    assert json.loads(json.dumps(alibaba_wire.detail_rows(order))) == printed
