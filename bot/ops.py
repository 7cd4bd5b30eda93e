"""/healthz, /readyz and /metrics, on a listener of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar

import structlog
from aiohttp import web

from bot.errors import StorageError
from bot.metrics import Metrics

T = TypeVar("T")

logger = structlog.get_logger(__name__)

PATIENCE = 2.0  # seconds that a check may take


@dataclass(frozen=True, slots=True)
class Check:
    ok: bool
    reason: str = ""


Probe = Callable[[], Awaitable[Check]]
Report = Callable[[], Awaitable[dict[str, Check]]]


class Readiness:
    """*vital* probes turn the answer red; *reported* ones (the clouds) are only told.

    An answer takes PATIENCE at most: a probe that hangs is left to end by itself, and not asked
    again before.
    """

    def __init__(self, vital: Mapping[str, Probe], reported: Report, metrics: Metrics) -> None:
        self._vital = vital
        self._reported = reported
        self._metrics = metrics
        self._asked: dict[str, asyncio.Task[Any]] = {}

    async def checks(self) -> tuple[bool, dict[str, Check]]:
        """Whether the bot is ready, and every check by name."""
        told = asyncio.create_task(self.in_time("", partial(_told, self._reported)))
        answers = await asyncio.gather(
            *(self.in_time(name, partial(_asked, probe)) for name, probe in self._vital.items())
        )
        late = Check(ok=False, reason="no answer in time")
        vital = {name: answer or late for name, answer in zip(self._vital, answers, strict=True)}
        for name, check in vital.items():
            self._metrics.ready(name, ok=check.ok)
        return all(check.ok for check in vital.values()), {**vital, **(await told or {})}

    async def in_time(self, name: str, ask: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """What *ask* answers; None when it takes too long."""
        task = self._asked.get(name)
        if task is None:
            task = self._asked[name] = asyncio.create_task(ask())
            task.add_done_callback(lambda _task: self._asked.pop(name, None))
        done, _late = await asyncio.wait([task], timeout=PATIENCE)
        answer: T | None = task.result() if done else None
        return answer


async def _asked(probe: Probe) -> Check:
    """A probe that fails by itself is red as well: /readyz always answers."""
    try:
        return await probe()
    except Exception as error:
        logger.exception("probe_failed")
        return Check(ok=False, reason=type(error).__name__)


async def _run(refresh: Callable[[], Awaitable[None]]) -> None:
    await refresh()


async def _told(report: Report) -> dict[str, Check]:
    try:
        return await report()
    except StorageError:
        return {}


def application(
    readiness: Readiness, metrics: Metrics, refresh: Callable[[], Awaitable[None]]
) -> web.Application:
    """*refresh* brings numbers up to date that nobody reports; without it in time the others are
    told as they stand. Readiness is a number, too, for whoever asks for nothing but /metrics."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        ready, checks = await readiness.checks()
        shown = {name: asdict(check) for name, check in checks.items()}
        return web.json_response({"ready": ready, "checks": shown}, status=200 if ready else 503)

    async def numbers(_request: web.Request) -> web.Response:
        figures = readiness.in_time("figures", partial(_run, refresh))
        await asyncio.gather(figures, readiness.checks())
        return web.Response(body=metrics.render(), headers={"Content-Type": "text/plain"})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", numbers)
    return app
