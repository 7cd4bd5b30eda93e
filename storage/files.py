"""The database file before SQLite opens it: who may read it, and that one process uses it.

Nothing here opens a file that SQLite has open already: closing such a descriptor would drop the
locks of the whole process (sqlite.org, How To Corrupt An SQLite Database File, 2.2).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from bot.errors import StorageError
from bot.i18n import _
from storage.migrations import refuse_foreign

_OWNER_ONLY = 0o600
_OTHERS = 0o077


def beside(path: Path, suffix: str) -> Path:
    """`countersign.db-wal` for `countersign.db` and `-wal`."""
    return path.with_name(path.name + suffix)


def no_file(path: Path) -> str:
    """A sentence where something is there that is no file, such as a folder; else ""."""
    try:
        mode = path.stat().st_mode
    except OSError:  # whoever opens it says why
        return ""
    if stat.S_ISDIR(mode):
        return _("{path} is a folder; name a file in it.", path=path)
    return "" if stat.S_ISREG(mode) else _("{path} is no regular file; name another.", path=path)


def take_lock(path: Path) -> int:
    """Hold `<path>.lock` until the descriptor is closed; the kernel frees it on a kill.

    Raises StorageError when another process holds it, the folder cannot be written, or *path* is no
    file.
    """
    if refusal := no_file(path):
        raise StorageError(refusal)
    try:
        descriptor = os.open(beside(path.resolve(), ".lock"), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StorageError(
            _("Another countersign is using {path}; stop it first.", path=path)
        ) from error
    return descriptor


def prepare(path: Path) -> None:
    """Create the file for its owner alone, or take others' rights from an existing one, unless it
    is another program's. SQLite gives `-wal` and `-shm` the mode of the database.

    Raises StorageError, or SQLite's error for what it cannot read.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except FileExistsError:
        if path.stat().st_mode & _OTHERS:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
                refuse_foreign(Database(connection, execute_plugins=False), str(path))
        _tighten(path)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        _(
            "The database {path} cannot be written ({reason}); check that the folder exists and"
            " is yours.",
            path=path,
            reason=error.strerror,
        )
    )


def _tighten(path: Path) -> None:
    for each in (path, beside(path, "-wal"), beside(path, "-shm")):
        try:
            if each.stat().st_mode & _OTHERS:
                each.chmod(_OWNER_ONLY)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unwritable(path, error) from error
