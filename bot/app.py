"""The bot from start to end: opened, listening, drained. `bot.wiring` builds its parts."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiohttp import web

from bot.errors import AddressTaken, ConfigurationError
from bot.i18n import _
from bot.ops import Readiness
from bot.ops import application as ops_application
from bot.ports import Clock
from bot.settings import Listen, Settings
from bot.wiring.approvals import approvals
from bot.wiring.base import open_base
from bot.wiring.desk import desk
from bot.wiring.digests import daily_digests
from bot.wiring.figures import figures, watch_loop
from bot.wiring.home import home_tab
from bot.wiring.jobs import jobs
from bot.wiring.readiness import readiness
from bot.wiring.reminders import reminders
from handlers.desk import Desk
from handlers.gate import Gate
from handlers.tasks import Tasks

logger = structlog.get_logger(__name__)

DRAIN = 3.5  # seconds for running work at shutdown; the whole ends within 10
STEPS = 1.5  # for steps of the executor and the outbox: a call cut off is settled by reads
LATE = 2.0  # for what came in while the listeners closed
WAITING = 1024  # connections that wait to be accepted: a burst of more than 128 loses a second


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one real clock


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that serves: where it listens (host, port), None in Socket Mode. *clock_moved* makes
    it look at once at all that may be due."""

    events: tuple[str, int] | None
    ops: tuple[str, int]
    readiness: Readiness
    clock_moved: Callable[[], None]


async def serve(settings: Settings) -> None:
    """Serve until cancelled, then drain. At the start raises ConfigurationError, SlackUnreachable,
    StorageError, AddressTaken."""
    async with running(settings, SystemClock()) as bot:
        logger.info("serving", mode=settings.slack.mode, ops="{}:{}".format(*bot.ops))
        await asyncio.Event().wait()


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock, *, wall: Clock | None = None
) -> AsyncIterator[Running]:
    """The whole bot for as long as the context lasts. Where *clock* can be moved, *wall* is the
    real time, by which requests are signed and signatures are checked."""
    async with AsyncExitStack() as stack:
        base = await open_base(stack, settings, clock, wall or clock)
        signing = approvals(base)
        daily = daily_digests(base, signing)
        reminding = reminders(base, signing)
        front = desk(base, signing, daily, reminding)
        home = home_tab(base, signing, front)
        refusals = Tasks(front.tasks.acks)  # drained apart: those while it leaves hold up nothing
        gate = Gate(base.slack.identity, front.inputs, refusals)
        stack.push_async_callback(front.lists.aclose)
        stack.push_async_callback(front.exports.aclose)
        stack.push_async_callback(daily.composer.aclose)
        stack.push_async_callback(refusals.drain, LATE)
        stack.push_async_callback(front.tasks.drain, LATE)
        events = base.slack.application(front, gate, base.directory, home, wall=base.wall)
        stack.push_async_callback(base.slack.close_socket)
        address = None
        if events is not None:
            address = await _listen(stack, events, settings.slack.listen, "slack.listen")
        watch_loop(stack, base)
        ready = readiness(base, gate)
        ops = await _listen(
            stack,
            ops_application(ready, base.metrics, await figures(base)),
            settings.ops_listen,
            "ops.listen",
        )
        await base.slack.open_socket(stack)  # last: without its addresses it takes no inputs
        moving = jobs(base, signing, daily, reminding, home)
        await moving.start()
        stack.push_async_callback(moving.stop, STEPS)
        stack.push_async_callback(_drain, gate, front)
        yield Running(address, ops, ready, moving.hurry)


async def _drain(gate: Gate, desk: Desk) -> None:
    """New inputs are told to try again while running work is awaited; only then the listeners
    close."""
    gate.closing = True
    cancelled = await desk.tasks.drain(DRAIN)
    logger.info("drained", cancelled=cancelled)


async def _listen(
    stack: AsyncExitStack, app: web.Application, where: Listen, key: str
) -> tuple[str, int]:
    """Raises AddressTaken, or ConfigurationError where the address can never be had; *key* names
    the setting."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, where.host, where.port, backlog=WAITING).start()
    except OSError as error:
        passes = error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
        raise (AddressTaken if passes else ConfigurationError)(
            _(
                "{key} {host}:{port} cannot be taken ({reason}): free it or choose another.",
                key=key,
                host=where.host,
                port=where.port,
                reason=error.strerror or type(error).__name__,
            )
        ) from error
    host, port = runner.addresses[0][:2]
    return str(host), int(port)
