"""Put a backup in the place of the database.

The copy that will be the database gets the newest schema and all that follows from the restore in
one transaction; only then does it take the name. What was there before keeps its content, under
another name.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from sqlite_utils import Database

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditHead
from bot.errors import StorageError
from bot.i18n import _
from storage.aftermath import Aftermath, settle
from storage.backup import checked_copy, sync, sync_folder, unwritten
from storage.files import beside, take_lock
from storage.losses import (
    Facts,
    Loss,
    Replaced,
    facts_of,
    loss_of,
    losses_in,
    tells_of_a_restore,
)
from storage.migrations import migrate, refuse_missing_guards
from storage.reading import reading
from storage.records import head_in
from storage.tags import refuse_other_key
from storage.verify import verify_file

_PRAGMAS = ("synchronous=full", "foreign_keys=on", "recursive_triggers=on", "trusted_schema=off")


@dataclass(frozen=True, slots=True)
class Restored:
    """*backup* is the newest record of the file that was restored, *head* that of the database now.
    *requests* counts those that were open, by how they stand. *kept* is the database that was
    replaced, None where there was none."""

    backup: AuditHead
    head: AuditHead
    loss: Loss
    requests: Counter[RequestStatus]
    kept: Path | None


def restore_file(
    source: Path,
    database: Path,
    *,
    aftermath: Aftermath,
    anchor: AuditHead | None,
    newest: Sequence[AuditHead],
    heads: Sequence[AuditHead],
    key: bytes | None,
) -> Restored:
    """
    Replace *database* by the backup at *source*, while no bot runs on it.

    *anchor* is a head that somebody noted, which the backup must not contradict, with 16 hex digits
    of its hash at least; *heads* are others kept outside the database, *newest* the last of each
    place, which tell what is lost. *key* is that of the record's tags.
    Raises:
        StorageError: a bot is running, *source* is no sound backup of a countersign that is not
            newer, or of another one than *database*, or a head is of another record. The database
            is as it was.
    """
    database = database.resolve()
    _refuse_itself(source, database)
    lock = take_lock(database)
    try:
        with checked_copy(source, database) as (copy, backup):
            _refuse_other_key(copy, source, key)
            noted = [anchor, *newest] if anchor else newest
            outside = _not_held(copy, noted)
            if anchor in outside and anchor.seq <= backup.seq:
                raise _contradicted(source, anchor.seq)
            replaced = _replaced(database, copy, source)
            doubted = [head for head in _not_held(copy, heads) if head.seq <= backup.seq]
            _refuse_contradicted(copy, source, database, replaced, doubted)
            loss = loss_of(backup, outside, replaced, at=aftermath.at)
            highest = max(noted, key=lambda head: head.seq, default=None)
            facts = facts_of(loss, highest, replaced)
            requests, head = _rewrite(copy, source, aftermath, facts, key)
            sync(copy)
            kept = _put(copy, database, aftermath.at)
    finally:
        os.close(lock)
    return Restored(backup, head, loss, requests, kept)


def _refuse_itself(source: Path, database: Path) -> None:
    if source.exists() and database.exists() and source.samefile(database):
        raise StorageError(
            _("{path} is the database itself; name a file that backup wrote.", path=source)
        )


def _refuse_other_key(copy: Path, source: Path, key: bytes | None) -> None:
    """A key that tagged none of the records has been put in use since the backup."""
    connection = sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)
    with closing(Database(connection, execute_plugins=False)) as db:
        is_own = refuse_other_key(db, key)
    if is_own:
        result = verify_file(copy, key=key)
        if not result.ok:
            raise StorageError(
                _(
                    "Record {seq} of {path}: {reason}; check key under [audit], or restore an"
                    " earlier backup.",
                    seq=result.bad_seq,
                    path=source,
                    reason=result.reason,
                )
            )


def _not_held(copy: Path, heads: Sequence[AuditHead]) -> list[AuditHead]:
    """Heads of records that *copy* does not hold, or holds another in the place of."""
    with reading(copy) as connection:
        return [
            head
            for head in heads
            if not _hash_at(connection, head.seq).hex().startswith(head.hash.lower())
        ]


def _refuse_contradicted(
    copy: Path, source: Path, database: Path, replaced: Replaced | None, doubted: list[AuditHead]
) -> None:
    """*doubted* are heads of records that the backup should hold and holds others in the place of.
    A head that the database holds is excused where the two parted with a restore: of the database,
    after the backup, or of the backup, which the database then knows nothing of."""
    own, there, elsewhere = losses_in(copy), tuple[Loss, ...](), doubted
    with suppress(StorageError):  # nothing is there that could tell
        there = losses_in(database)
        elsewhere = _not_held(database, doubted)
    was_restored = replaced is not None and replaced.was_restored
    for head in doubted:
        is_held = head not in elsewhere
        known = {*own}.difference(there) if is_held else {*own, *there}
        is_explained = any(loss.explains((head.seq, head.hash)) for loss in known)
        if not is_explained and not (is_held and was_restored):
            raise StorageError(
                _(
                    "Record {seq} of {path} is not the one that a file of heads under [audit]"
                    " names: the backup was changed after it was written, or the heads are of"
                    " another record; then give that file another name first.",
                    seq=head.seq,
                    path=source,
                )
            )


def _contradicted(source: Path, seq: int) -> StorageError:
    return StorageError(
        _(
            "Record {seq} of {path} is not the one that --anchor names: the file was changed after"
            " it was written, or the anchor is of another record.",
            seq=seq,
            path=source,
        )
    )


def _replaced(database: Path, copy: Path, source: Path) -> Replaced | None:
    """None where nothing is there, or what is there cannot be read. Raises StorageError where it
    is of another chain, whose records no restore of this one loses."""
    try:
        with reading(database) as there, reading(copy) as here:
            seq, digest = there.execute(
                "select seq, hash from audit order by seq desc limit 1"
            ).fetchone() or (0, b"")
            is_other = _hash_at(there, 1) not in (b"", _hash_at(here, 1))
            low, high = 0, seq
            while low < high:  # where hashes are equal, so are all before them
                middle = (low + high + 1) // 2
                stored = _hash_at(there, middle)
                if stored and stored == _hash_at(here, middle):
                    low = middle
                else:
                    high = middle - 1
            was_restored = tells_of_a_restore(there, low + 1)
    except StorageError:
        return None
    if is_other:
        raise StorageError(
            _(
                "{path} is a backup of another countersign than {database}: their first records"
                " differ. Name the right one, or move that database away first.",
                path=source,
                database=database,
            )
        )
    return Replaced(AuditHead(seq, digest.hex()), low, was_restored) if low else None


def _hash_at(connection: sqlite3.Connection, seq: int) -> bytes:
    """b"" where there is no such record."""
    row = connection.execute("select hash from audit where seq = ?", (seq,)).fetchone()
    return row[0] if row else b""


def _rewrite(
    copy: Path, source: Path, aftermath: Aftermath, facts: Facts, key: bytes | None
) -> tuple[Counter[RequestStatus], AuditHead]:
    """The newest schema and what follows from the restore, in one transaction."""
    found = Counter[RequestStatus]()

    def work(db: Database) -> None:
        refuse_missing_guards(db, str(source))
        found.update(settle(db, aftermath, facts, key))

    try:
        connection = sqlite3.connect(copy, isolation_level=None)
        with closing(Database(connection, execute_plugins=False)) as db:
            for pragma in _PRAGMAS:
                db.execute(f"pragma {pragma}")
            migrate(db, work)
            head = head_in(db)
    except sqlite3.Error as error:
        raise unwritten(copy, error) from error
    assert head is not None  # noqa: S101 - it was written a moment ago
    return found, head


def _put(copy: Path, database: Path, at: datetime) -> Path | None:
    """Swap the files, and say where the old one is now. Beside its name no journal may be left,
    which SQLite would play into the new one; until the swap itself the old one keeps its name."""
    kept = _free_name(beside(database, f".replaced-{at:%Y%m%dT%H%M%SZ}"))
    try:
        with _undisturbed():
            is_kept = database.exists()
            if is_kept:
                os.link(database, kept)
                kept.chmod(0o600)
            for suffix in ("-wal", "-journal"):
                if _has_content(beside(database, suffix)):
                    beside(database, suffix).rename(beside(kept, suffix))
            for suffix in ("-wal", "-journal", "-shm"):
                beside(database, suffix).unlink(missing_ok=True)
            copy.replace(database)
            sync_folder(database.parent)
    except OSError as error:
        raise unwritten(database, error) from error
    return kept if is_kept else None


def _has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _free_name(path: Path) -> Path:
    names = (path if number == 1 else beside(path, f"-{number}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A stop signal waits until the files have their names."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
