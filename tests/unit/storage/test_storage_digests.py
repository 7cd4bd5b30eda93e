"""Digests on SQLite: exact round trips, hostile text, full disks, two that begin at once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.domain.accounts import Provider
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Section,
    Total,
    TrendPoint,
    Week,
)
from bot.domain.digests import NoteKind
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.errors import StorageError
from storage.database import Storage
from storage.digest_rows import KEPT, compose_run, insert_run, purge, runs_from, select_runs
from storage.digests import SqliteDigestStore
from storage.migrations import migrate
from storage.verify import verify_file
from tests.builders import NOON
from tests.digest_house import CLAIMED, COMPOSED, SET
from tests.stored_digests import (
    a_line,
    a_note,
    a_plan,
    a_run,
    an_owed_digest,
    full_contents,
    some_contents,
)

DAY = timedelta(days=1)
ODD = "a\x00b\ud800"
SHOWN = "a\ufffdb\ufffd"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MOMENTS = st.datetimes(timezones=st.just(UTC))
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False)
MONEY = st.builds(Money, AMOUNTS, TEXTS)
COUNTS = st.integers(0, 10**9)
LINES = st.builds(
    DigestLine,
    section=st.sampled_from(Section),
    provider=st.sampled_from(Provider),
    account=TEXTS,
    order_id=TEXTS,
    amount=st.none() | MONEY,
    subject=TEXTS,
    order_type=st.sampled_from(OrderType),
    created_at=st.none() | MOMENTS,
    deadline=st.none() | MOMENTS,
    new=st.booleans(),
    snoozed_until=st.none() | MOMENTS,
)
TRENDS = st.builds(TrendPoint, st.dates(), st.tuples(st.tuples(TEXTS, AMOUNTS)))
CONTENTS = st.builds(
    DigestContents,
    as_of=MOMENTS,
    zone=TEXTS,
    lines=st.tuples(LINES),
    gone=st.tuples(
        st.builds(GoneLine, account=TEXTS, order_id=TEXTS, amount=MONEY, why=st.sampled_from(Gone))
    ),
    accounts=st.tuples(st.builds(AccountShown, TEXTS, st.none() | MOMENTS, TEXTS)),
    totals=st.tuples(st.builds(Total, TEXTS, TEXTS, AMOUNTS, COUNTS, COUNTS)),
    previous_at=st.none() | MOMENTS,
    filters=st.dictionaries(TEXTS, TEXTS, max_size=2),
    status_unknown=COUNTS,
    left_out=st.tuples(TEXTS),
    week=st.none()
    | st.builds(
        Week,
        created=COUNTS,
        paid=COUNTS,
        cancelled=COUNTS,
        lapsed=COUNTS,
        median_age_hours=st.none() | COUNTS,
        alone=COUNTS,
        trend=st.tuples(TRENDS),
    ),
)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Database]:
    """One database for all examples of a property."""
    with closing(Database(sqlite3.connect(":memory:", isolation_level=None))) as opened:
        migrate(opened)
        yield opened


@given(contents=CONTENTS)
def test_whatever_a_digest_says_comes_back_as_it_was(
    shelf: Database, contents: DigestContents
) -> None:
    name = f"D{shelf.table('digest_run').count}"
    assert insert_run(shelf, a_run(run_id=name, key=name))
    assert compose_run(shelf, name, contents)
    [found] = runs_from(select_runs(shelf, "where id = :id", {"id": name}))
    assert found.contents == contents


def begun(path: Path, run_id: str, barrier: threading.Barrier) -> bool:
    """As another process would: its own connection, its own transaction."""
    with closing(Database(sqlite3.connect(path, isolation_level=None))) as db:
        barrier.wait(10)
        db.execute("BEGIN IMMEDIATE")
        is_mine = insert_run(db, a_run(run_id=run_id))
        db.commit()
        return is_mine


async def test_of_two_processes_that_begin_the_same_day_one_wins(
    path: Path, storage: Storage
) -> None:
    await storage.aclose()
    barrier = threading.Barrier(2)
    with ThreadPoolExecutor(2) as two:
        won = list(two.map(begun, [path] * 2, ["D1", "D2"], [barrier] * 2))
    assert sorted(won) == [False, True]


async def test_a_day_that_was_begun_is_still_taken_after_a_restart(
    path: Path, storage: Storage
) -> None:
    store = SqliteDigestStore(storage)
    await store.put_plan(a_plan(at=time(8, 30, 1)), entry=SET, at=NOON)
    await store.begin(a_run(), at=NOON)
    await storage.aclose()
    again = await Storage.open(path, now=NOON)
    store = SqliteDigestStore(again)
    assert await store.plans() == (a_plan(at=time(8, 30, 1)),)
    assert not await store.begin(a_run(run_id="D2"), at=NOON + DAY)
    assert await store.waiting(limit=9) == (a_run(),)
    await again.aclose()


async def test_text_that_no_engine_stores_loses_no_digest_and_no_note(storage: Storage) -> None:
    store = SqliteDigestStore(storage)
    plan = a_plan(channel=ODD, filters={"product": ODD})
    await store.put_plan(plan, entry=SET, at=NOON)
    assert await store.plan(ODD) == replace(
        plan, channel=SHOWN, filters={"product": "a\x00b\ufffd"}
    )
    await store.begin(a_run(run_id=ODD, channel=ODD), at=NOON)
    contents = some_contents(lines=(a_line(subject=ODD),))
    assert await store.compose(
        a_run(run_id=ODD), contents, entry=COMPOSED, owed=[an_owed_digest(ODD)], at=NOON
    )
    found = await store.run(ODD)
    assert found is not None
    assert found.contents == some_contents(lines=(a_line(subject="a\x00b\ufffd"),))
    await store.note(a_note(NoteKind.SNOOZED, channel=ODD, reason=ODD), entry=CLAIMED, at=NOON)
    [note] = await store.notes(ODD, at=NOON)
    assert note.reason == SHOWN


async def test_a_digest_that_cannot_be_stored_leaves_nothing(storage: Storage) -> None:
    store = SqliteDigestStore(storage)
    await store.begin(a_run(), at=NOON)
    before = await _tables(storage)
    await _pragma(storage, "max_page_count=1")
    long = some_contents(lines=(a_line(subject="x" * 1_000_000),))
    with pytest.raises(StorageError, match="free some space"):
        await store.compose(a_run(), long, entry=COMPOSED, owed=[an_owed_digest()], at=NOON)
    await _pragma(storage, "max_page_count=1000000")
    assert await _tables(storage) == before
    assert await store.compose(a_run(), long, entry=COMPOSED, owed=[an_owed_digest()], at=NOON)


async def _tables(storage: Storage) -> list[tuple[object, ...]]:
    return await storage.run(
        lambda db: [
            db.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 - our own names
            for table in ("audit", "outbox", "digest_run where contents is not null")
        ]
    )


async def _pragma(storage: Storage, setting: str) -> None:
    db = storage._db
    assert db is not None
    await storage._on_thread(lambda: db.execute(f"pragma {setting}").fetchall())


async def test_every_record_of_a_digest_is_tagged_where_a_key_is_configured(
    path: Path,
) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    store = SqliteDigestStore(storage)
    await store.put_plan(a_plan(), entry=SET, at=NOON)
    await store.begin(a_run(), at=NOON)
    await store.compose(a_run(), full_contents(), entry=COMPOSED, owed=(), at=NOON)
    await store.note(a_note(), entry=CLAIMED, at=NOON)
    await storage.aclose()
    assert verify_file(path, key=b"key").records == 4


def test_old_digests_go_a_few_at_a_time_and_the_oldest_first() -> None:
    with closing(Database(sqlite3.connect(":memory:", isolation_level=None))) as db:
        migrate(db)
        for age in range(300):
            insert_run(db, a_run(run_id=f"{age}", key=f"{age}", begun_at=NOON - age * DAY))
        kept = []
        for _turn in range(3):
            purge(db, NOON - 50 * DAY + KEPT)
            runs = runs_from(select_runs(db, "order by begun_ms", {}))
            kept.append((len(runs), runs[0].run_id))
    assert kept == [(100, "99"), (51, "50"), (51, "50")]
