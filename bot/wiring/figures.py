"""Numbers that nobody reports by themselves: read when they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from bot.domain.approvals import OPEN
from bot.domain.outbox import Lane
from bot.errors import StorageError
from bot.wiring.base import Base
from storage.figures import SqliteFigures

LOOK = 0.5  # seconds between looks at how late the event loop is


async def figures(base: Base) -> Callable[[], Awaitable[None]]:
    """Brings the metrics up to date; counts begin at this moment."""
    told, metrics = SqliteFigures(base.storage), base.metrics
    reading = asyncio.Lock()
    counted = await told.head()

    async def refresh() -> None:
        nonlocal counted
        async with reading:
            try:
                now = await told.read(after=counted, now=base.clock.now())
            except StorageError:
                return  # readiness says so
            counted = now.seq
        for kind, count in now.records.items():
            metrics.recorded(kind, count)
        for status in OPEN:
            metrics.requests(status.value, now.requests.get(status.value, 0))
        for lane in Lane:
            count, age = now.owed.get(lane.value, (0, None))
            metrics.owed(lane.value.partition("_")[2], count, age.total_seconds() if age else 0.0)

    return refresh


def watch_loop(stack: AsyncExitStack, base: Base) -> None:
    """How late the loop comes back from a short sleep is how long anybody waits for it."""

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK
            await asyncio.sleep(LOOK)
            base.metrics.loop_late(max(0.0, loop.time() - due))

    task = asyncio.create_task(watch())

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)
