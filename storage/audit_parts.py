"""A long record in parts, each worked on by a process of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from storage.reading import reading

T = TypeVar("T")

_LONG = 32 * 1024 * 1024  # bytes of a file from which on a second process pays
_MOST = 4  # processes at once


@dataclass(frozen=True, slots=True)
class Part:
    """The records *first* to *last*; None where it has no bound, so that a number which none can
    have is in some part too."""

    first: int | None = None
    last: int | None = None

    def where(self, seq: str) -> str:
        """A condition on the column *seq*."""
        lower = "" if self.first is None else f"{seq} >= {self.first}"
        upper = "" if self.last is None else f"{seq} <= {self.last}"
        return " and ".join(filter(None, (lower, upper))) or "true"


WHOLE = Part()


def parts_of(path: Path) -> Sequence[Part]:
    """As many as processors, or the whole: of a short file, of a record with gaps, and in a process
    with threads, which must not be forked. Raises StorageError when there is no record to read."""
    processes = min(os.cpu_count() or 1, _MOST)
    with reading(path) as connection:
        if threading.active_count() > 1 or path.stat().st_size < _LONG:
            return [WHOLE]
        try:
            count, newest = connection.execute("select count(*), max(seq) from audit").fetchone()
        except sqlite3.DatabaseError:
            return [WHOLE]
    if count != newest:
        return [WHOLE]
    ends = [newest * at // processes for at in range(1, processes)]
    return [
        Part(None if before is None else before + 1, end)
        for before, end in zip([None, *ends], [*ends, None], strict=True)
    ]


def in_processes(work: Callable[[Part], T], parts: Sequence[Part]) -> list[T]:
    """What *work* makes of each part, or raises. Nothing else may be running in this process, and
    no database be open. A child that was killed has its part done here."""
    context = get_context("fork")
    children = []
    for part in parts:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(work, part, sender), daemon=True)
        child.start()
        sender.close()
        children.append((part, receiver, child))
    try:
        return [_result(work, part, receiver) for part, receiver, _child in children]
    finally:
        for _part, receiver, child in children:
            child.kill()
            child.join()
            receiver.close()


def _work(work: Callable[[Part], T], part: Part, sender: Connection) -> None:
    """In the child: it ends with its parent, and without a word."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    answer: T | Exception
    try:
        answer = work(part)
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        answer = error
    with suppress(OSError):
        sender.send(answer)


def _result(work: Callable[[Part], T], part: Part, receiver: Connection) -> T:
    try:
        answer: T | Exception = receiver.recv()
    except EOFError:
        return work(part)
    if isinstance(answer, Exception):
        raise answer
    return answer
