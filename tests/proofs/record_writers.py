"""Many writers at once, on threads and in processes, while what stands there so far is checked."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Protocol

from sqlite_utils import Database

from bot.domain.audit import AuditEntry, AuditKind
from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.records import insert_record
from storage.verify import head_of
from tests.builders import NOON
from tests.proofs.record_checks import no_alarm

WRITERS = 3  # threads, and processes


class _Writer(Protocol):
    def start(self) -> None: ...
    def is_alive(self) -> bool: ...
    def join(self) -> None: ...


def an_entry(writer: int, number: int) -> AuditEntry:
    return AuditEntry(
        kind=AuditKind.INPUT_STORED,
        actor=f"U0{writer}",
        facts={"n": number},
        texts={"reason": f"№ {number} 买"},
    )


def written_on_threads(path: Path, each: int) -> int:
    """Three loops on three threads share one open database. How often it was checked meanwhile."""

    async def whole() -> int:
        storage = await Storage.open(path, now=NOON)
        log = SqliteAuditLog(storage)

        async def write(writer: int) -> None:
            await asyncio.gather(
                *(log.append(an_entry(writer, number), at=NOON) for number in range(each))
            )

        threads = [Thread(target=asyncio.run, args=(write(writer),)) for writer in range(WRITERS)]
        checked = await asyncio.to_thread(_watched, path, threads, 1 + WRITERS * each)
        await storage.aclose()
        return checked

    return asyncio.run(whole())


def written_by_processes(path: Path, each: int) -> int:
    """Three processes, each with a connection of its own, as a later engine will have them."""

    async def start() -> None:
        await (await Storage.open(path, now=NOON)).aclose()

    asyncio.run(start())
    spawn = get_context("spawn")
    processes = [spawn.Process(target=_write, args=(path, at, each)) for at in range(WRITERS)]
    checked = _watched(path, processes, 1 + WRITERS * each)
    assert [process.exitcode for process in processes] == [0] * WRITERS
    return checked


def _write(path: Path, writer: int, number: int) -> None:
    """Leaves checkpoints to whoever opens the file last: SQLite before 3.51.3 may damage a file
    that two connections write and checkpoint at the same instant (sqlite.org/wal.html#walresetbug).
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("pragma wal_autocheckpoint = 0")
        db = Database(connection, execute_plugins=False)
        for at in range(number):
            db.execute("begin immediate")
            insert_record(db, an_entry(writer, at), at=NOON)
            db.commit()


def _watched(path: Path, writers: Sequence[_Writer], records: int) -> int:
    """Start the *writers* and check the record with every head noted so far until they are done."""
    heads: list[tuple[int, str]] = []
    for writer in writers:
        writer.start()
    checked, alive = 0, True
    while alive:
        alive = any(writer.is_alive() for writer in writers)
        heads = [*heads[-20:], head_of(path)]
        no_alarm(path, heads)
        checked += 1
    for writer in writers:
        writer.join()
    heads.append(head_of(path))
    no_alarm(path, heads)
    assert heads[-1][0] == records, f"{records} were written, {heads[-1][0]} are there"
    return checked + 1
