"""Storage: the one file, the one thread that holds its only writing connection, transactions.

A coroutine hands `run` a plain function; the function gets the connection inside BEGIN IMMEDIATE,
must not wait for anything, and its result is returned after the commit has reached the disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from bot.errors import StorageError
from bot.i18n import _
from storage.files import prepare, take_lock
from storage.migrations import migrate, refuse_foreign, refuse_missing_guards
from storage.records import start_chain

T = TypeVar("T")

# Source: sqlite.org/pragma.html. FULL costs one fsync a commit and loses nothing acknowledged;
# recursive_triggers lets INSERT OR REPLACE meet the triggers that refuse a delete.
_PRAGMAS = (
    "synchronous=full",
    "foreign_keys=on",
    "recursive_triggers=on",
    "trusted_schema=off",
    "busy_timeout=5000",
    "cell_size_check=on",
    "journal_size_limit=67108864",
)


class Storage:
    """An open database; made by `await Storage.open(path, now=…)`, ended by `aclose()`."""

    def __init__(
        self, path: Path, executor: ThreadPoolExecutor, lock: int, audit_key: bytes | None
    ) -> None:
        self.path = path.resolve()
        self.audit_key = audit_key
        self._executor = executor
        self._lock = lock
        self._db: Database | None = None
        self._together: deque[tuple[Callable[[Database], Any], Future[Any]]] = deque()

    @classmethod
    async def open(cls, path: Path, *, now: datetime, audit_key: bytes | None = None) -> Storage:
        """Create or open the file at *path* and bring its schema up to date.

        *now* dates the first record of a new chain; *audit_key* adds an HMAC tag to each record.
        Raises StorageError, one sentence: folder cannot be written, file in use, damaged, of
        another program or of a newer countersign, guards missing, disk full.
        """
        executor = ThreadPoolExecutor(1, "storage")
        try:
            lock = take_lock(path)
        except StorageError:
            executor.shutdown()
            raise
        storage = cls(path, executor, lock, audit_key)
        try:
            await storage._on_thread(lambda: storage._connect(now))
        except BaseException:
            await storage.aclose()
            raise
        return storage

    async def run(self, work: Callable[[Database], T]) -> T:
        """Run *work* in one transaction; whatever it raises rolls back. Raises StorageError.

        A caller that is cancelled still waits for its transaction to end, so that none is left
        behind half done.
        """
        return await self._on_thread(lambda: self._transaction(work))

    async def run_together(self, work: Callable[[Database], T]) -> T:
        """Like `run`, in one transaction with what else waits for the thread in this way: the disk
        is waited for once. Where that transaction fails, each has one of its own, but where the
        file is locked: none waits for it again."""
        self._refuse_closed()
        result: Future[T] = Future()
        self._together.append((work, result))
        return await self._on_thread(lambda: self._joined(result))

    def _joined(self, result: Future[T]) -> T:
        """Whoever comes to the thread first does it for all that wait."""
        batch = [self._together.popleft() for _waiting in range(len(self._together))]
        if not batch:
            return result.result()
        try:
            done = self._transaction(lambda db: [work(db) for work, _result in batch])
        except BaseException as shared:  # noqa: BLE001 - each hears of its own
            is_locked = _primary(shared) == sqlite3.SQLITE_BUSY
            for work, its in batch:
                if is_locked:
                    its.set_exception(shared)
                else:
                    self._alone(work, its)
        else:
            for (_work, its), value in zip(batch, done, strict=True):
                its.set_result(value)
        return result.result()

    def _alone(self, work: Callable[[Database], T], result: Future[T]) -> None:
        try:
            result.set_result(self._transaction(work))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            result.set_exception(error)

    async def healthy(self) -> bool:
        """Whether a write reaches the disk now."""
        try:
            await self.run(lambda db: db.execute("update probe set writes = writes + 1"))
        except StorageError:
            return False
        return True

    async def aclose(self) -> None:
        """Close the file and let the next process in; a second call does nothing."""
        if self._lock < 0:
            return
        lock, self._lock = self._lock, -1
        try:
            await self._submit(self._disconnect)
        finally:
            self._executor.shutdown()
            os.close(lock)

    def _refuse_closed(self) -> None:
        if self._lock < 0:
            raise StorageError(_("The database is closed."))

    async def _on_thread(self, job: Callable[[], T]) -> T:
        self._refuse_closed()
        try:
            return await self._submit(job)
        except sqlite3.Error as error:
            raise StorageError(_sentence(error, self.path)) from error
        except UnicodeDecodeError as error:  # of the schema, which SQLite quotes
            raise StorageError(_damaged(self.path)) from error

    async def _submit(self, job: Callable[[], T]) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._executor, job)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError as cancelled:
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            raise cancelled from running.exception()

    def _transaction(self, work: Callable[[Database], T]) -> T:
        db = self._db
        if db is None:
            raise StorageError(_("The database is closed."))
        db.execute("BEGIN IMMEDIATE")
        try:
            result = work(db)
            db.commit()
        except BaseException:
            db.rollback()  # does nothing where SQLite has rolled back by itself: a full disk
            raise
        return result

    def _connect(self, now: datetime) -> None:
        prepare(self.path)
        name = str(self.path)
        connection = sqlite3.connect(self.path, isolation_level=None)
        db = self._db = Database(connection, execute_plugins=False)
        for pragma in _PRAGMAS:
            db.execute(f"pragma {pragma}")
        if db.execute("pragma quick_check(1)").fetchone()[0] != "ok":
            raise StorageError(_damaged(self.path))
        refuse_foreign(db, name)
        if db.execute("pragma journal_mode=wal").fetchone()[0] != "wal":
            raise StorageError(
                _("{path} stands on a disk without shared memory; use a local disk.", path=name)
            )
        is_new = not db.table_names()

        def complete(db: Database) -> None:
            refuse_missing_guards(db, name)
            if is_new:
                start_chain(db, at=now, key=self.audit_key)

        migrate(db, complete)

    def _disconnect(self) -> None:
        if self._db is None:
            return
        db, self._db = self._db, None
        # Statistics for the planner; a full disk may refuse them, a damaged schema is no text.
        with suppress(sqlite3.Error, UnicodeDecodeError):
            db.executescript("pragma analysis_limit=400; pragma optimize")
        db.close()


def _primary(error: BaseException) -> int:
    """SQLite's primary result code, 0 where it is none of its errors."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _sentence(error: sqlite3.Error, path: Path) -> str:
    match _primary(error):
        case sqlite3.SQLITE_FULL:
            return _("The disk under {path} is full; free some space.", path=path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _("{path} cannot be written; check the rights of file and folder.", path=path)
        case sqlite3.SQLITE_IOERR:
            return _("{path} cannot be read or written; check the disk.", path=path)
        case sqlite3.SQLITE_BUSY:
            return _("Another program is writing to {path}; stop it.", path=path)
        case _other:
            return _("The database refused: {reason}.", reason=error)


def _damaged(path: Path) -> str:
    return _("{path} is damaged or is no database; restore a backup.", path=path)
