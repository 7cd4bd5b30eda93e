"""The record's head, once a UTC day, to places outside the database: whoever keeps one can show
later that nothing before it was changed or removed."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path

import structlog

from bot.domain.audit import AuditHead
from bot.ports import Clock, HeadStore

logger = structlog.get_logger(__name__)

CAUGHT_UP = 40  # days that a file which was out of reach gets afterwards
_TAIL = 4096  # bytes at the end of a file that hold its last line
_SEQ = re.compile(rb"\S+ ([0-9]{1,18}):\S+")  # the record's number in a line


class Heads:
    """*channel* takes a notice of each head, "" for none; a line `DAY SEQ:HASH` is appended to
    each of *files*. A file that cannot be written gets what it lacks the next time."""

    def __init__(
        self, *, store: HeadStore, clock: Clock, channel: str, files: Sequence[Path]
    ) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel
        self._files = files
        self._day: date | None = None  # of the last look

    async def step(self) -> None:
        now = self._clock.now()
        today = now.astimezone(UTC).date()
        if today == self._day:
            return
        await self._store.publish(today, owed_to=self._channel, at=now)
        published = await self._store.published(limit=CAUGHT_UP)
        in_order = sorted(published, key=lambda each: each[1].seq)
        written = [await self._catch_up(file, in_order) for file in self._files]
        self._day = today if all(written) else None

    async def _catch_up(self, file: Path, heads: Sequence[tuple[date, AuditHead]]) -> bool:
        try:
            await asyncio.to_thread(_append, file, heads)
        except OSError as error:
            logger.warning("head_not_written", file=file.name, error=error.strerror)
            return False
        return True


def _append(file: Path, heads: Sequence[tuple[date, AuditHead]]) -> None:
    """Blocking. What comes after is told by the number of its record, for days may jump back. A
    last line that a crash cut short is left as it is, and its head repeated."""
    with file.open("a+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _TAIL))
        tail = stream.read()
        last = tail[: tail.rfind(b"\n") + 1].splitlines()[-1:]
        after = int(found[1]) if last and (found := _SEQ.fullmatch(last[0])) else 0
        lines = [
            f"{day.isoformat()} {head.seq}:{head.hash}\n" for day, head in heads if head.seq > after
        ]
        torn = "\n" if tail and not tail.endswith(b"\n") else ""
        stream.write((torn + "".join(lines)).encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())
