"""What is wanted at the same moment shares one transaction, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from threading import Event
from typing import TypeVar

import pytest
from sqlite_utils import Database

from bot.errors import StorageError
from storage.database import Storage
from storage.requests import SqliteRequestStore
from tests.builders import NOON
from tests.request_builders import an_input


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = await Storage.open(tmp_path / "together.db", now=NOON)
    await storage.run(lambda db: db.execute("create table note(text text unique)"))
    yield storage
    await storage.aclose()


def note(text: str) -> Callable[[Database], int]:
    def work(db: Database) -> int:
        db.execute("insert into note values(?)", (text,))
        return len(text)

    return work


async def notes(storage: Storage) -> list[str]:
    query = "select text from note order by rowid"
    return [text for (text,) in await storage.run(lambda db: db.execute(query).fetchall())]


T = TypeVar("T")


async def while_the_thread_is_busy(
    storage: Storage, *wanted: Coroutine[None, None, T]
) -> list[T | BaseException]:
    """What becomes of *wanted*, all of them having waited for the thread at the same moment."""
    free = Event()
    busy = asyncio.create_task(storage._on_thread(lambda: free.wait(10)))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(each) for each in wanted]
    await asyncio.sleep(0)
    free.set()
    assert await busy
    return await asyncio.gather(*waiting, return_exceptions=True)


@asynccontextmanager
async def overheard(storage: Storage, word: str) -> AsyncIterator[list[str]]:
    """The statements that begin with *word*."""
    said: list[str] = []

    def hear(statement: str) -> None:
        if statement.upper().startswith(word):
            said.append(statement)

    db = storage._db
    assert db is not None
    await storage._on_thread(lambda: db.conn.set_trace_callback(hear))
    yield said
    await storage._on_thread(lambda: db.conn.set_trace_callback(None))


async def test_fifty_at_once_wait_for_the_disk_once(storage: Storage) -> None:
    texts = [f"{number:03}" for number in range(50)]
    async with overheard(storage, "COMMIT") as commits:
        waiting = (storage.run_together(note(each)) for each in texts)
        assert await while_the_thread_is_busy(storage, *waiting) == [3] * 50
    assert len(commits) == 1
    assert await notes(storage) == texts


async def test_clicks_at_the_same_moment_wait_for_the_disk_once(storage: Storage) -> None:
    store = SqliteRequestStore(storage)
    clicks = [an_input(input_id=f"click-{number}") for number in range(50)]
    async with overheard(storage, "COMMIT") as commits:
        accepted = (store.accept(each) for each in clicks)
        assert await while_the_thread_is_busy(storage, *accepted) == [True] * 50
    assert len(commits) == 1


async def test_who_fails_fails_alone(storage: Storage) -> None:
    await storage.run(note("b"))
    ended = await asyncio.gather(
        *(storage.run_together(note(each)) for each in "abc"), return_exceptions=True
    )
    assert [type(each) for each in ended] == [int, StorageError, int]
    assert await notes(storage) == ["b", "a", "c"]


async def test_who_is_cancelled_hears_so_when_it_is_stored(storage: Storage) -> None:
    waiting = [asyncio.create_task(storage.run_together(note(each))) for each in "ab"]
    await asyncio.sleep(0)
    waiting[0].cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError, int]
    assert await notes(storage) == ["a", "b"]


async def test_where_the_file_is_locked_none_waits_for_it_again(
    storage: Storage, tmp_path: Path
) -> None:
    db = storage._db
    assert db is not None
    await storage._on_thread(lambda: db.execute("pragma busy_timeout=50"))
    with closing(sqlite3.connect(tmp_path / "together.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        async with overheard(storage, "BEGIN") as tries:
            waiting = (storage.run_together(note(f"{number}")) for number in range(9))
            ended = await while_the_thread_is_busy(storage, *waiting)
    assert len(tries) == 1
    assert [type(each) for each in ended] == [StorageError] * 9
    assert str(ended[8]).startswith("Another program is writing")
    assert await storage.run_together(note("after")) == 5


async def test_whatever_one_raises_the_others_hear_of_their_own(storage: Storage) -> None:
    def panics(_db: Database) -> int:
        raise GeneratorExit

    ended = await asyncio.gather(
        *(storage.run_together(each) for each in (note("a"), panics, note("b"))),
        return_exceptions=True,
    )
    assert [type(each) for each in ended] == [int, GeneratorExit, int]
    assert await storage.healthy()


async def test_what_comes_while_it_closes_is_not_stored_behind_its_refusal(
    storage: Storage, tmp_path: Path
) -> None:
    free = Event()
    busy = asyncio.create_task(storage.run(lambda _db: free.wait(10)))
    await asyncio.sleep(0)
    before = asyncio.create_task(storage.run_together(note("before")))
    await asyncio.sleep(0)
    closing_it = asyncio.create_task(storage.aclose())
    await asyncio.sleep(0)
    with pytest.raises(StorageError, match="closed"):
        await storage.run_together(note("late"))
    free.set()
    await asyncio.gather(busy, before, closing_it)
    with closing(sqlite3.connect(tmp_path / "together.db")) as db:
        assert db.execute("select text from note").fetchall() == [("before",)]


async def test_after_the_end_nobody_waits_for_ever(storage: Storage) -> None:
    await storage.aclose()
    with pytest.raises(StorageError, match="closed"):
        await storage.run_together(note("a"))


async def test_an_end_lets_what_waits_be_stored_first(storage: Storage) -> None:
    waiting = [asyncio.create_task(storage.run_together(note(each))) for each in "ab"]
    await asyncio.sleep(0)
    await storage.aclose()
    assert await asyncio.gather(*waiting) == [1, 1]
