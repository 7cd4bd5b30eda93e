"""A restore: what the configuration knows of the record from outside the database, and back."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.audit import AuditHead
from bot.services.restoring import Aftermath
from bot.settings import AuditTable
from storage.restore import Restored, restore_file

_TAIL = 1 << 20  # bytes at the end of a file: more than thirty years of heads
# `DAY SEQ:HASH` as the bot writes it, or `SEQ HASH` as `audit head` does.
_HEAD = re.compile(rb"(?:\S+ )?([1-9][0-9]{0,17})[: ]([0-9a-f]{64})")


def restore(
    source: Path, database: Path, audit: AuditTable, anchor: AuditHead | None
) -> tuple[Restored, list[Path]]:
    """What was restored, and the files of heads that could not be written. Raises StorageError."""
    files = [head for head in audit.heads if isinstance(head, Path)]
    held = [heads for file in files if (heads := heads_in(file))]
    now = datetime.now(UTC)  # noqa: TID251 - the moment of the command
    restored = restore_file(
        source,
        database,
        aftermath=Aftermath(now),
        anchor=anchor,
        newest=[heads[-1] for heads in held],
        heads=[head for heads in held for head in heads],
        key=audit.key.value().encode() if audit.key else None,
    )
    return restored, [file for file in files if not _note(file, now, restored.head)]


def heads_in(file: Path) -> list[AuditHead]:
    """The heads that *file* holds, oldest first, none where it cannot be read."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL))
            found = list(filter(None, map(_HEAD.fullmatch, stream.read().splitlines())))
    except OSError:
        return []
    return [AuditHead(int(each[1]), each[2].decode()) for each in found]


def _note(file: Path, now: datetime, head: AuditHead) -> bool:
    """The record's head at the end of *file*: its numbers go on from there, though the file has
    seen higher ones. False when it cannot be written."""
    try:
        with file.open("a+b") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1))
            torn = b"\n" if stream.read() not in (b"", b"\n") else b""
            stream.write(torn + f"{now.date().isoformat()} {head.seq}:{head.hash}\n".encode())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        return False
    return True
