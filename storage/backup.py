"""A consistent, checked copy of the database, for its owner alone.

The copy is made on a connection that can only read, so it neither writes to the database nor moves
its write-ahead log: a second process may do it beside the running bot. `VACUUM INTO` takes an empty
file that exists, so the copy has its rights before it has its content.
"""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from bot.domain.audit import AuditHead
from bot.errors import StorageError
from bot.i18n import _
from storage.files import beside
from storage.migrations import refuse_foreign
from storage.reading import reading
from storage.verify import verify_file

_OFTEN = 100_000  # steps of SQLite's machine, some milliseconds, between two looks for a signal
_FULL = (errno.ENOSPC, errno.EDQUOT)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def back_up(database: Path, target: Path) -> AuditHead:
    """Copy *database* to *target*, which appears whole and checked or not at all.

    Returns the newest record of the copy; its number is how many there are. Raises StorageError:
    *target* exists or cannot be written, *database* is damaged, of another program or of a newer
    countersign.
    """
    _refuse_existing(target)
    with checked_copy(database, target) as (copy, head):
        _refuse_existing(target)
        try:
            copy.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise unwritten(target, error) from error
    return head


@contextmanager
def checked_copy(source: Path, target: Path) -> Iterator[tuple[Path, AuditHead]]:
    """A copy of *source* under a name of its own beside *target*, on the disk, with its newest
    record. At the end it is removed, unless it was given another name. Raises StorageError."""
    copy = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise unwritten(target, error) from error
    try:
        _vacuum(source, copy, target)
        head = _checked(copy, source)
        sync(copy)
        yield copy, head
    finally:
        copy.unlink(missing_ok=True)
        beside(copy, "-journal").unlink(missing_ok=True)


def sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """A new name in it outlasts a power cut."""
    sync(folder)


def unwritten(target: Path, error: OSError | sqlite3.Error) -> StorageError:
    if isinstance(error, OSError):
        reason, is_full = error.strerror or str(error), error.errno in _FULL
    else:
        code = getattr(error, "sqlite_errorcode", 0)
        reason, is_full = str(error), code & 0xFF == sqlite3.SQLITE_FULL
    if is_full:
        return StorageError(_("The disk under {path} is full; free some space.", path=target))
    return StorageError(
        _(
            "{path} cannot be written ({reason}); name a file in a folder that is yours.",
            path=target,
            reason=reason,
        )
    )


def _refuse_existing(target: Path) -> None:
    if os.path.lexists(target):
        raise StorageError(_("{path} exists and is left as it is; name another file.", path=target))


def _vacuum(source: Path, copy: Path, target: Path) -> None:
    with reading(source) as connection:
        connection.text_factory = str
        refuse_foreign(Database(connection, execute_plugins=False), str(source))
        connection.execute("commit")  # no VACUUM within a transaction; it takes a snapshot itself
        connection.execute("pragma trusted_schema=off")
        try:
            with _heeding_signals(connection):
                connection.execute("vacuum into :copy", {"copy": str(copy)})
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                raise _damaged(source, error) from error
            raise unwritten(target, error) from error


def _checked(copy: Path, source: Path) -> AuditHead:
    """The copy, for it is what will be kept; *source* is what people know by name."""
    uri = f"{copy.resolve().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection,
        _heeding_signals(connection),
    ):
        (found,) = connection.execute("pragma integrity_check(1)").fetchone()
    if found != "ok":
        raise _damaged(source, found)
    result = verify_file(copy)
    if not result.ok:
        reason = _("record {seq}: {reason}", seq=result.bad_seq, reason=result.reason)
        raise _damaged(source, reason)
    return AuditHead(result.head_seq, result.head_hash)


def _damaged(source: Path, reason: object) -> StorageError:
    return StorageError(
        _(
            "{path} is damaged ({reason}); nothing was written. Restore an earlier backup.",
            path=source,
            reason=reason,
        )
    )


@contextmanager
def _heeding_signals(connection: sqlite3.Connection) -> Iterator[None]:
    """Python hears a stop signal only between its own steps, and one statement may take minutes.
    A step in between lets it in; what it raises there ends the statement as interrupted."""
    connection.set_progress_handler(lambda: None, _OFTEN)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise SystemExit(0) from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
