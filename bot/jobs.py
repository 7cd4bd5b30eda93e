"""The loop that keeps things moving: wake, step, sleep. No rules.

Woken by an event and each second, so that a lost wake-up costs a second and nothing else. A step
that waits for a slow cloud does not hold up the next one: steps may overlap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

logger = structlog.get_logger(__name__)

EVERY = 1.0  # seconds between turns of the loop when nothing wakes it

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Chore:
    """*work* at each turn of the loop; with *every*, so many seconds apart at least and never while
    it still runs."""

    work: Work
    every: float = 0.0


class Jobs:
    """*wake* is the event that the services set; *recoveries* take up, in this order, what the last
    process left."""

    def __init__(
        self,
        wake: asyncio.Event,
        recoveries: Sequence[Work],
        chores: Sequence[Chore],
        *,
        every: float = EVERY,
    ) -> None:
        self._wake = wake
        self._recoveries = recoveries
        self._next = dict.fromkeys(chores, 0.0)  # the loop's time
        self._every = every
        self._loop: asyncio.Task[None] | None = None
        self._running: dict[asyncio.Task[None], Chore] = {}

    async def start(self) -> None:
        """Take up claims, leases, inputs; then run until stopped. Raises StorageError."""
        for recover in self._recoveries:
            await recover()
        self._loop = asyncio.create_task(self._run())

    def hurry(self) -> None:
        """Every chore is due now: the clock that they go by was moved."""
        self._next = dict.fromkeys(self._next, 0.0)
        self._wake.set()

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
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            now = loop.time()
            for chore, next_at in self._next.items():
                if next_at <= now:
                    self._begin(chore, now)
            await self._sleep()

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(self._every):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _begin(self, chore: Chore, now: float) -> None:
        if chore.every:
            if chore in self._running.values():
                return
            self._next[chore] = now + chore.every
        task = asyncio.create_task(self._caught(chore.work))
        self._running[task] = chore
        task.add_done_callback(self._running.pop)

    async def _caught(self, work: Work) -> None:
        try:
            await work()
        except Exception:
            logger.exception("job_failed", job=getattr(work, "__qualname__", ""))
