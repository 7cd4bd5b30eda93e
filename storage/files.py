"""The database file before SQLite opens it: who may read it, and that one process uses it.

Nothing here opens a file that SQLite has open already: closing such a descriptor would drop the
locks of the whole process (sqlite.org, How To Corrupt An SQLite Database File, 2.2).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bot.errors import StorageError
from bot.i18n import _

_OWNER_ONLY = 0o600


def beside(path: Path, suffix: str) -> Path:
    """`countersign.db-wal` for `countersign.db` and `-wal`."""
    return path.with_name(path.name + suffix)


def take_lock(path: Path) -> int:
    """Hold `<path>.lock` until the descriptor is closed; the kernel frees it on a kill.

    Raises StorageError when another process holds it or the folder cannot be written.
    """
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
    """Create the file for its owner alone, or take others' rights from an existing one. SQLite
    gives `-wal` and `-shm` the mode of the database. Raises StorageError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except FileExistsError:
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
            if each.stat().st_mode & 0o077:
                each.chmod(_OWNER_ONLY)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unwritable(path, error) from error
