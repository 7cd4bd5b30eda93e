"""What is wanted at the same moment shares one transaction, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

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


async def test_fifty_at_once_wait_for_the_disk_twice_at_most(storage: Storage) -> None:
    said: list[str] = []
    await storage.run(lambda db: db.conn.set_trace_callback(said.append))
    texts = [f"{number:03}" for number in range(50)]
    assert await asyncio.gather(*(storage.run_together(note(each)) for each in texts)) == [3] * 50
    assert sum(each.upper().startswith("COMMIT") for each in said) <= 2
    assert await notes(storage) == texts


async def test_clicks_at_the_same_moment_wait_for_the_disk_twice_at_most(storage: Storage) -> None:
    said: list[str] = []
    store = SqliteRequestStore(storage)
    await storage.run(lambda db: db.conn.set_trace_callback(said.append))
    clicks = [an_input(input_id=f"click-{number}") for number in range(50)]
    assert all(await asyncio.gather(*(store.accept(each) for each in clicks)))
    assert sum(each.upper().startswith("COMMIT") for each in said) <= 2


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
