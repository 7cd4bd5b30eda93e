"""Ctrl-C and SIGTERM end every command with 0, at the latest ten seconds later."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)

GRACE_S = 9.0  # to drain; after it the process ends wherever it stands


class Stop:
    """The stop signals of the process. Made once, in the main thread, before any work begins."""

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._received)

    def run(self, work: Awaitable[T]) -> T | None:
        """Run *work* on a fresh loop. A stop signal cancels it once, so that it can drain; the
        answer is then None."""
        return asyncio.run(self._awake(work))

    async def _awake(self, work: Awaitable[T]) -> T | None:
        with _woken_by_signals(asyncio.get_running_loop()):
            return await self._run(work)

    async def _run(self, work: Awaitable[T]) -> T | None:
        task = asyncio.ensure_future(work)
        self._loop, self._task = asyncio.get_running_loop(), task
        try:
            result = await task
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            return None
        except Exception:
            if not self._stopping:
                raise
            _log.exception("stop_incomplete")
            return None
        return None if self._stopping else result

    def _received(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            return
        self._stopping = True
        end = threading.Timer(self._grace_s, os._exit, (0,))
        end.daemon = True
        end.start()
        if self._loop is None or self._task is None:
            raise SystemExit(0)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """A signal that comes right before the loop begins to wait, or to another thread, interrupts
    nothing: its number on a socket does."""
    read, write = socket.socketpair()
    with read, write:
        for end in (read, write):
            end.settimeout(0)
        loop.add_reader(read, read.recv, 64)
        signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            loop.remove_reader(read)
