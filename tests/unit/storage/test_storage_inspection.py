"""The look at a database by somebody who only reads. What it finds is tried by the doctor's own
tests; here are the ends that those do not reach."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import StorageError
from storage.database import Storage
from storage.inspection import inspect, is_in_use

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def test_a_look_that_takes_too_long_ends_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "large.db"
    await (await Storage.open(path, now=NOON)).aclose()
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table rows_to_read(number integer not null)")
        db.executemany("insert into rows_to_read values(?)", [(each,) for each in range(10_000)])
        db.commit()
    assert inspect(path, stop=lambda: False).whole
    cut = inspect(path, stop=lambda: True)
    assert (cut.trouble, cut.whole) == (None, False)


def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        inspect(tmp_path, stop=lambda: False)


async def test_a_database_is_in_use_while_a_bot_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "used.db"
    assert not is_in_use(path)
    storage = await Storage.open(path, now=NOON)
    assert is_in_use(path)
    await storage.aclose()
    assert not is_in_use(path)
