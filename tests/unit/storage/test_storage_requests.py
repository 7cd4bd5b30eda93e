"""Requests on SQLite: exact round trips, restarts, full disks, and the database's own guards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.domain.approvals import OPEN, TRANSITIONS, RequestStatus
from bot.domain.policy import Principals, Requirement
from bot.domain.votes import Verdict
from bot.errors import StorageError
from storage.database import Storage
from storage.migrations import migrate
from storage.outbox import SqliteOutboxStore
from storage.request_rows import insert_request, select_requests
from storage.requests import SqliteRequestStore
from storage.verify import verify_file
from tests.builders import NOON, a_detailed_order
from tests.request_builders import a_request, a_vote, an_input, an_owed_card, moved
from tests.request_house import VOTED, WISH

S = RequestStatus
DAY = timedelta(hours=24)
REFUSED = Verdict(counts=False, rule="status")

IDS = st.frozensets(st.text("SU0123456789ABC", min_size=1, max_size=11), max_size=3)
PRINCIPALS = st.builds(Principals, st.booleans(), IDS, IDS)
SPANS = st.timedeltas(timedelta(0), timedelta(days=400))
REQUIREMENTS = st.builds(
    Requirement,
    requesters=PRINCIPALS,
    approvers=PRINCIPALS,
    quorum=st.integers(1, 10**6),
    hold=SPANS,
    expires=SPANS,
    rule=st.integers(0, 99),
    approvals_channel=st.none() | st.text("C0123456789", min_size=1, max_size=11),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@contextmanager
def in_memory() -> Iterator[Database]:
    with closing(Database(sqlite3.connect(":memory:", isolation_level=None))) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def db() -> Iterator[Database]:
    with in_memory() as opened:
        yield opened


@pytest.fixture(scope="module")
def shelf() -> Iterator[Database]:
    """One database for all examples of a property."""
    with in_memory() as opened:
        yield opened


@given(requirement=REQUIREMENTS, reason=TEXTS)
def test_any_rule_comes_back_as_it_was(
    shelf: Database, requirement: Requirement, reason: str
) -> None:
    name = f"R{shelf.table('request').count}"
    request = a_request(request_id=name, order_id=name, requirement=requirement, reason=reason)
    assert insert_request(shelf, request)
    assert select_requests(shelf, "where id = :id", {"id": name}) == (request,)


def put(db: Database, request_id: str, order_id: str, status: RequestStatus) -> bool:
    """Insert a row in *status*, which the guard lets no code of ours do."""
    db.execute("drop trigger if exists request_starts")
    return insert_request(db, a_request(request_id=request_id, order_id=order_id, status=status))


@pytest.mark.parametrize("start", S)
def test_the_database_holds_the_table_of_transitions(db: Database, start: RequestStatus) -> None:
    possible = set()
    for end in S:
        put(db, end, end, start)
        with suppress(sqlite3.IntegrityError):
            db.execute("update request set status = :end where id = :end", {"end": end.value})
            possible.add(end)
    assert possible == {start, *TRANSITIONS[start]}


@pytest.mark.parametrize("first", S)
def test_the_database_keeps_one_open_request_for_an_order(
    db: Database, first: RequestStatus
) -> None:
    beside = set()
    for second in S:
        assert put(db, f"{second}/1", second, first)
        if put(db, f"{second}/2", second, second):
            beside.add(second)
    assert beside == (set(S) - OPEN if first in OPEN else set(S))


def test_the_database_knows_no_other_status(db: Database) -> None:
    put(db, "R1", "CS1", S.PENDING)
    db.execute("drop trigger request_moves")
    for status in S:
        db.execute("update request set status = :status", {"status": status.value})
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        db.execute("update request set status = 'paid'")


async def test_a_database_without_its_table_of_transitions_is_refused(
    path: Path, storage: Storage
) -> None:
    await storage.aclose()
    with closing(sqlite3.connect(path)) as db:
        db.execute("drop trigger request_moves")
    with pytest.raises(StorageError, match="lost its guard request_moves"):
        await Storage.open(path, now=NOON)


async def test_everything_unfinished_is_there_after_a_restart(path: Path) -> None:
    first = await Storage.open(path, now=NOON)
    store, outbox = SqliteRequestStore(first), SqliteOutboxStore(first)
    request = a_request()
    await store.accept(WISH)
    await store.create(request, given=WISH, owed=[an_owed_card()], at=NOON)
    await store.accept(an_input())
    approved = moved(request, S.APPROVED, votes=(a_vote(), a_vote("U0CAROL")), due_at=NOON)
    assert await store.change(request, approved, entry=VOTED, at=NOON)
    claimed = moved(approved, S.EXECUTING, fence=1, claimed_at=NOON)
    assert await store.change(approved, claimed, entry=VOTED, at=NOON)
    await outbox.lease(now=NOON, until=NOON + DAY, limit=9)
    await first.aclose()

    second = await Storage.open(path, now=NOON)
    store, outbox = SqliteRequestStore(second), SqliteOutboxStore(second)
    assert await store.waiting_inputs(limit=9) == (an_input(),)
    assert await store.claimed() == await store.open_requests(limit=9) == (claimed,)
    assert await store.due(now=NOON, limit=9) == ("R1",)
    await outbox.release_all(now=NOON)
    [leased] = await outbox.lease(now=NOON, until=NOON, limit=9)
    assert (leased.owed, leased.fence) == (an_owed_card(), 2)
    await second.aclose()


async def test_every_step_is_tagged_where_a_key_is_configured(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    store = SqliteRequestStore(storage)
    await store.accept(WISH)
    await store.create(a_request(), given=WISH, owed=(), at=NOON)
    await store.accept(an_input())
    await store.refuse(an_input(), REFUSED, at=NOON)
    assert await store.change(a_request(), moved(a_request(), S.DENIED), entry=VOTED, at=NOON)
    await storage.aclose()
    assert verify_file(path, key=b"key").records == 6


@pytest.mark.parametrize(
    ("ill", "well"),
    [("max_page_count=1", "max_page_count=1000000"), ("query_only=on", "query_only=off")],
    ids=["full", "read-only"],
)
async def test_an_input_that_cannot_be_stored_is_told_and_leaves_nothing(
    storage: Storage, ill: str, well: str
) -> None:
    store, click = SqliteRequestStore(storage), an_input(reason="x" * 1_000_000)
    await pragma(storage, ill)
    with pytest.raises(StorageError, match=r"free some space|cannot be written"):
        await store.accept(click)
    await pragma(storage, well)
    assert await store.waiting_inputs(limit=9) == ()
    assert await store.accept(click)
    assert verify_file(storage.path).records == 2


async def pragma(storage: Storage, setting: str) -> None:
    """Outside a transaction: none can begin while the connection only reads."""
    db = storage._db
    assert db is not None
    await storage._on_thread(lambda: db.execute(f"pragma {setting}").fetchall())


async def test_text_that_no_engine_stores_loses_no_input_and_no_request(storage: Storage) -> None:
    store = SqliteRequestStore(storage)
    odd = "a\x00b\ud800"
    click = an_input(reason=odd, input_id=odd, channel=odd)
    assert await store.accept(click)
    assert not await store.accept(click)
    [waiting] = await store.waiting_inputs(limit=9)
    assert waiting.reason == "a\ufffdb\ufffd"
    order = a_detailed_order(product_name=odd, order_id=odd)
    request = a_request(order=order, order_id=odd, reason=odd)
    assert await store.create(request, given=click, owed=(), at=NOON)
    found = await store.open_for("huawei-main", odd)
    assert found is not None
    assert (found.reason, found.order_id) == ("a\ufffdb\ufffd", "a\ufffdb\ufffd")
    assert await store.waiting_inputs(limit=9) == ()


async def test_judged_inputs_are_removed_in_portions(storage: Storage) -> None:
    store = SqliteRequestStore(storage)
    for number in range(250):
        click = an_input(input_id=f"{number}", at=NOON + timedelta(milliseconds=number))
        await store.accept(click)
        if number != 7:
            await store.refuse(click, REFUSED, at=NOON)
    left = []
    for hour in range(2):
        at = NOON + 2 * DAY + timedelta(hours=hour)
        await store.accept(an_input(input_id=f"late {hour}", at=at))
        left.append(await storage.run(lambda db: db.table("input").count))
    assert left == [51, 3]
    waiting = await store.waiting_inputs(limit=9)
    assert [each.input_id for each in waiting] == ["7", "late 0", "late 1"]
