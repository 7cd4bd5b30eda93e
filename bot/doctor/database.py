"""The database: whether the bot could open and write it, and who else does."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path

from bot.doctor.configuration import mode_of
from bot.doctor.findings import Code, Notes
from bot.doctor.surroundings import write_problem
from bot.doctor.writers import other_writers
from bot.errors import StorageError
from bot.i18n import _
from storage.files import beside, no_file
from storage.inspection import Trouble, has_wal_reset_bug, inspect, is_replicated

LEAST_FREE = 64 << 20  # bytes: what the write-ahead log may take
PAGES_S = 6.0  # for looking at the file's pages
_CODES = {
    Trouble.DAMAGED: Code.DATABASE_DAMAGED,
    Trouble.FOREIGN: Code.DATABASE_FOREIGN,
    Trouble.NEWER: Code.DATABASE_NEWER,
    Trouble.UNGUARDED: Code.DATABASE_UNGUARDED,
}
_Version = tuple[int, int, int]


def check_database(
    path: Path,
    notes: Notes,
    *,
    sqlite: _Version = sqlite3.sqlite_version_info,
    least_free: int = LEAST_FREE,
) -> None:
    """Blocking. *sqlite* is the version that the bot runs on, *least_free* in bytes."""
    if not path.parent.is_dir():
        notes.find(
            Code.DATABASE_FOLDER_MISSING,
            str(path),
            _("The folder of the database does not exist."),
            _("Make it, for the bot's user alone: mkdir -m 700 {folder}.", folder=path.parent),
        )
        return
    if refusal := no_file(path):
        notes.find(Code.DATABASE_NOT_WRITABLE, str(path), *_parted(refusal))
        return
    _check_writing(path, notes)
    _check_disk(path, notes, least_free)
    _check_rights(path, notes)
    _check_owner(path, notes)
    _check_writers(path, notes, sqlite)
    if path.exists():
        _check_contents(path, notes)
    else:
        notes.check(_("folder of the database; the file is made at the first start"))


def _check_writing(path: Path, notes: Notes) -> None:
    """SQLite writes the file, and others beside it."""
    for target in (path, beside(path, ".lock")):
        if problem := write_problem(target):
            notes.find(
                Code.DATABASE_NOT_WRITABLE,
                str(target),
                _("This user cannot write it ({reason}).", reason=problem),
                _("Give the bot's user the file and its folder, or name another database."),
            )
            return


def _check_disk(path: Path, notes: Notes, least_free: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < least_free:
        notes.find(
            Code.DISK_FULL,
            str(path.parent),
            _("The disk has {size} MiB left; a full one stops every decision.", size=free >> 20),
            _("Free some space, or name a database on another disk."),
        )


def _check_rights(path: Path, notes: Notes) -> None:
    folder = mode_of(path.parent)
    if folder & (stat.S_IWGRP | stat.S_IWOTH) and not folder & stat.S_ISVTX:
        notes.find(
            Code.DATABASE_OPEN,
            str(path.parent),
            _("Others on this machine may replace the database: they may write its folder."),
            _("Run chmod 700 {path}.", path=path.parent),
        )
    for each in (path, beside(path, "-wal"), beside(path, "-shm")):
        if mode_of(each) & (stat.S_IRWXG | stat.S_IRWXO):
            notes.find(
                Code.DATABASE_OPEN,
                str(each),
                _("Others on this machine may read the orders and the record."),
                _("Run chmod 600 {path}.", path=each),
            )


def _check_owner(path: Path, notes: Notes) -> None:
    with suppress(OSError):
        if path.stat().st_uid != os.geteuid():
            what = _("whether the bot's own user may write the database")
            notes.skip(what, _("it belongs to another user; run this as that one"))


def _check_writers(path: Path, notes: Notes, sqlite: _Version) -> None:
    version = ".".join(str(part) for part in sqlite)
    others = [_("process {id}", id=each) for each in other_writers(path)]
    if is_replicated(path):
        others.append("Litestream")
    if others and has_wal_reset_bug(sqlite):
        notes.find(
            Code.SQLITE_WAL_BUG,
            str(path),
            _(
                "SQLite {version} can damage a file that two write, and so does {others}.",
                version=version,
                others=", ".join(others),
            ),
            _("Stop the other writer, or run Python with SQLite 3.51.3 or newer."),
        )
    notes.check(_("SQLite {version} and other writers on this machine", version=version))


def _check_contents(path: Path, notes: Notes) -> None:
    end = time.monotonic() + PAGES_S
    try:
        found = inspect(path, stop=lambda: time.monotonic() > end)
    except StorageError as error:
        notes.skip(_("contents of the database"), str(error))
        return
    if found.trouble is not None:
        notes.find(_CODES[found.trouble], str(path), *_parted(found.sentence))
        return
    if not found.whole:
        notes.skip(_("every page of the database"), _("it is too large for the time"))
    notes.check(_("database {path}", path=path))
    notes.skip(_("the record's chain"), _("countersign audit verify checks it"))


def _parted(sentence: str) -> tuple[str, str]:
    """What is wrong, and the fix behind its semicolon."""
    problem, _semicolon, fix = sentence.partition("; ")
    return f"{problem}.", f"{fix[:1].upper()}{fix[1:]}"
