"""The database file as somebody sees it who only reads: whether this version could open it.

No lock is kept and nothing is written, so the bot may be running. A file that is not there yet has
no trouble: the bot makes it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlite_utils import Database

from bot.errors import StorageError
from bot.i18n import _
from storage.files import beside
from storage.migrations import refuse_foreign, refuse_missing_guards
from storage.schema import SCHEMA

# Source: sqlite.org/wal.html, "The WAL-reset bug".
_BUG_FROM, _BUG_FIXED = (3, 7, 0), (3, 51, 3)
_STEPS = 1_000  # of SQLite's machine between two looks at the time


class Trouble(StrEnum):
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    NEWER = "newer"
    UNGUARDED = "unguarded"


@dataclass(frozen=True, slots=True)
class Inspected:
    """*sentence* says what is wrong and what to do. *whole* is False where the time did not suffice
    to look at every page."""

    trouble: Trouble | None = None
    sentence: str = ""
    whole: bool = True


def inspect(path: Path, *, stop: Callable[[], bool]) -> Inspected:
    """Blocking. *stop* is asked now and then; once it says True the look at the pages ends.

    Raises StorageError where the file cannot be opened by this user.
    """
    name = str(path)
    try:
        with _reading(path) as db:
            whole = _pages_are_good(db, stop)
            if whole is False:
                return Inspected(Trouble.DAMAGED, _damaged(path))
            try:
                refuse_foreign(db, name)
            except StorageError as error:
                newer = bool(SCHEMA.applied(db))
                return Inspected(Trouble.NEWER if newer else Trouble.FOREIGN, str(error))
            try:
                if not SCHEMA.pending(db):
                    refuse_missing_guards(db, name)
            except StorageError as error:
                return Inspected(Trouble.UNGUARDED, str(error))
    except UnicodeDecodeError:  # of the schema, which SQLite quotes
        return Inspected(Trouble.DAMAGED, _damaged(path))
    except sqlite3.DatabaseError as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return Inspected(Trouble.DAMAGED, _damaged(path))
        raise StorageError(
            _("{path} cannot be read ({reason}).", path=path, reason=error)
        ) from error
    return Inspected(whole=whole is not None)


def is_in_use(path: Path) -> bool:
    """Whether a bot holds the file's lock. The lock is taken for that moment where it is free."""
    try:
        descriptor = os.open(beside(path.resolve(), ".lock"), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_replicated(path: Path) -> bool:
    """Whether Litestream writes to the file beside the bot: it keeps a folder next to it."""
    return path.with_name(f".{path.name}-litestream").exists()


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Two connections that write and checkpoint at the same instant can damage the file."""
    return _BUG_FROM <= version < _BUG_FIXED


@contextmanager
def _reading(path: Path) -> Iterator[Database]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        yield Database(connection, execute_plugins=False)


def _pages_are_good(db: Database, stop: Callable[[], bool]) -> bool | None:
    """None where *stop* ended it."""
    db.conn.set_progress_handler(lambda: int(stop()), _STEPS)
    try:
        good: bool = db.execute("pragma quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return None
        raise
    finally:
        db.conn.set_progress_handler(None, 0)
    return good


def _damaged(path: Path) -> str:
    return _("{path} is damaged or is no database; restore a backup.", path=path)
