"""Work that goes on after the ack: held, caught, logged, and awaited at shutdown."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

logger = structlog.get_logger(__name__)

QUIET = 0.001  # seconds without another input, after which work begins
PATIENCE = 0.25  # seconds that it waits at most


class Acks:
    """Inputs that come at the same moment are all acknowledged before work on any begins."""

    def __init__(self) -> None:
        self._arrived = 0
        self._unanswered = 0
        self._lull: asyncio.Task[None] | None = None

    @contextmanager
    def acking(self) -> Iterator[None]:
        """Around what happens to an input until its ack. What is logged on its behalf, also by the
        work that it causes, carries one `trace`."""
        self._arrived += 1
        self._unanswered += 1
        try:
            with bound_contextvars(trace=secrets.token_hex(4)):
                yield
        finally:
            self._unanswered -= 1

    async def made(self) -> None:
        """Once a moment has passed without another input, all answered; PATIENCE at most."""
        if self._lull is None or self._lull.done():
            self._lull = asyncio.create_task(self._wait())
        await asyncio.shield(self._lull)

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        end, arrived = loop.time() + PATIENCE, -1
        while loop.time() < end and (self._unanswered or arrived != self._arrived):
            arrived = self._arrived
            await asyncio.sleep(QUIET)


class Tasks:
    """Strong references to running work, which begins after the *acks* of its moment; a task that
    fails is logged and forgotten."""

    def __init__(self, acks: Acks) -> None:
        self.acks = acks
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._after_acks(work))
        self._running.add(task)
        task.add_done_callback(self._done)
        task.add_done_callback(lambda _task: work.close())  # it may never have begun

    async def _after_acks(self, work: Coroutine[Any, Any, None]) -> None:
        await self.acks.made()
        await work

    async def drain(self, seconds: float) -> int:
        """Wait that long for running work and for what comes meanwhile, cancel the rest, and
        return how many had to be cancelled."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._running and loop.time() < deadline:
            await asyncio.wait(self._running, timeout=deadline - loop.time())
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("task_failed", exc_info=task.exception())
