"""The loop that keeps things moving: wake, step, sleep. No rules.

Woken by an event and each second, so that a lost wake-up costs a second and nothing else. A step
that waits for a slow cloud does not hold up the next one: steps may overlap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.services.decisions import Decisions
from bot.services.executor import Executor
from bot.services.outbox import Outbox

logger = structlog.get_logger(__name__)

EVERY = 1.0  # seconds between steps when nothing wakes the loop
SWEEP = 30  # ticks of the loop between sweeps for inputs that were never judged


class Jobs:
    """*wake* is the event that the services set."""

    def __init__(
        self,
        executor: Executor,
        outbox: Outbox,
        decisions: Decisions,
        wake: asyncio.Event,
        *,
        every: float = EVERY,
    ) -> None:
        self._executor = executor
        self._outbox = outbox
        self._decisions = decisions
        self._wake = wake
        self._every = every
        self._loop: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take up what the last process left: claims, leases, inputs; then run until stopped.
        Raises StorageError."""
        await self._executor.recover()
        await self._outbox.recover()
        await self._decisions.recover()
        self._loop = asyncio.create_task(self._run())

    async def stop(self, seconds: float) -> int:
        """Begin nothing more, wait that long for what runs, cancel the rest and return how many
        that were: a cancel call cut off here is `unknown` at the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    async def _run(self) -> None:
        ticks = 0
        while True:
            self._wake.clear()
            self._spawn(self._executor.step)
            self._spawn(self._outbox.step)
            if ticks % SWEEP == SWEEP - 1:
                self._spawn(self._decisions.recover)
            ticks += await self._slept()

    async def _slept(self) -> int:
        """1 when the time ran out, 0 when something woke the loop."""
        try:
            async with asyncio.timeout(self._every):
                await self._wake.wait()
        except TimeoutError:
            return 1
        return 0

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._caught(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _caught(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            logger.exception("job_failed", job=getattr(work, "__qualname__", ""))
