"""Orders as last seen, many of them, read beside the bot's own work.

The reading has a connection and a thread of its own, so that no decision waits for it, and one
transaction: in WAL mode it sees the file as it was at its first statement.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from bot.domain.filters import OrderFilter, SnapshotPage
from bot.errors import StorageError
from bot.i18n import _
from storage.snapshot_pages import counted, in_order
from storage.snapshot_rows import open_select, snapshots_of

PAGE = 500  # orders that are in memory at once


async def stream_pages(
    path: Path, wanted: OrderFilter, limit: int
) -> AsyncGenerator[SnapshotPage, None]:
    """Raises StorageError."""
    loop, pages = asyncio.get_running_loop(), _pages(path, wanted, limit)
    thread = ThreadPoolExecutor(1, "export")
    try:
        while (page := await loop.run_in_executor(thread, next, pages, None)) is not None:
            yield page
    finally:  # after what the thread is doing, also where the reader was cancelled meanwhile
        thread.submit(pages.close)
        thread.shutdown(wait=False)


def _pages(path: Path, wanted: OrderFilter, limit: int) -> Generator[SnapshotPage, None, None]:
    try:
        uri = f"{path.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            yield from _read(Database(connection, execute_plugins=False), wanted, limit)
    except sqlite3.Error as error:
        raise StorageError(
            _("{path} cannot be read ({reason}); look at disk and rights.", path=path, reason=error)
        ) from error


def _read(db: Database, wanted: OrderFilter, limit: int) -> Iterator[SnapshotPage]:
    db.execute("begin")
    total, unknown = counted(db, wanted)
    listed, values = in_order(wanted)
    rows = open_select(db, listed, {**values, "limit": limit, "offset": 0})
    page = rows.fetchmany(PAGE)
    yield SnapshotPage(snapshots_of(page), total, unknown)
    while page := rows.fetchmany(PAGE):
        yield SnapshotPage(snapshots_of(page), total, unknown)
