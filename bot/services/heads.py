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
_LINE = re.compile(r"\S+ ([0-9]{1,18}):([0-9a-f]{64})")


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
        """What comes after is told by the number of its record, for days may jump back. Behind a
        head of another record, as of a database that was lost, this one's stand all."""
        try:
            tail = await asyncio.to_thread(_tail_of, file)
            last = _last_in(tail)
            is_ours = last is not None and await self._store.holds(last)
            if last is not None and not is_ours:
                logger.warning("heads_of_another_record", file=file.name, seq=last.seq)
            after = last.seq if last is not None and is_ours else 0
            lines = [
                f"{day.isoformat()} {head.seq}:{head.hash}\n"
                for day, head in heads
                if head.seq > after
            ]
            await asyncio.to_thread(_append, file, [each for each in lines if each not in tail])
        except OSError as error:
            logger.warning("head_not_written", file=file.name, error=error.strerror)
            return False
        return True


def _tail_of(file: Path) -> str:
    """Blocking. The end of *file*, which is made where it is not there."""
    with file.open("a+b") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
        return stream.read().decode("ascii", "replace")


def _last_in(tail: str) -> AuditHead | None:
    """That of the last whole line, None where it is not one that the bot writes."""
    last = tail[: tail.rfind("\n") + 1].splitlines()[-1:]
    found = _LINE.fullmatch(last[0]) if last else None
    return AuditHead(int(found[1]), found[2]) if found else None


def _append(file: Path, lines: Sequence[str]) -> None:
    """Blocking. A last line that a crash cut short is left as it is, and its head repeated."""
    with file.open("a+b") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1))
        torn = "" if stream.read() in (b"", b"\n") else "\n"
        stream.write((torn + "".join(lines)).encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())
