"""What is wanted at the same moment shares one transaction, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
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


async def while_the_thread_is_busy(storage: Storage, *wanted: Coroutine[None, None, T]) -> list[T]:
    """What *wanted* return, all of them having waited for the thread at the same moment."""
    free = Event()
    busy = asyncio.create_task(storage.run(lambda _db: free.wait(10)))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(each) for each in wanted]
    await asyncio.sleep(0)
    free.set()
    assert await busy
    return await asyncio.gather(*waiting)


def commits(said: list[str]) -> int:
    return sum(each.upper().startswith("COMMIT") for each in said)


async def test_fifty_at_once_wait_for_the_disk_once(storage: Storage) -> None:
    said: list[str] = []
    await storage.run(lambda db: db.conn.set_trace_callback(said.append))
    said.clear()
    texts = [f"{number:03}" for number in range(50)]
    waiting = (storage.run_together(note(each)) for each in texts)
    assert await while_the_thread_is_busy(storage, *waiting) == [3] * 50
    assert commits(said) == 2, "that of who was there before, and one for all"
    assert await notes(storage) == texts


async def test_clicks_at_the_same_moment_wait_for_the_disk_once(storage: Storage) -> None:
    said: list[str] = []
    store = SqliteRequestStore(storage)
    await storage.run(lambda db: db.conn.set_trace_callback(said.append))
    said.clear()
    clicks = [an_input(input_id=f"click-{number}") for number in range(50)]
    accepted = (store.accept(each) for each in clicks)
    assert all(await while_the_thread_is_busy(storage, *accepted))
    assert commits(said) == 2, "that of who was there before, and one for all"


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


async def test_after_the_end_nobody_waits_for_ever(storage: Storage) -> None:
    await storage.aclose()
    with pytest.raises(StorageError, match="closed"):
        await storage.run_together(note("a"))


async def test_an_end_lets_what_waits_be_stored_first(storage: Storage) -> None:
    waiting = [asyncio.create_task(storage.run_together(note(each))) for each in "ab"]
    await asyncio.sleep(0)
    await storage.aclose()
    assert await asyncio.gather(*waiting) == [1, 1]
