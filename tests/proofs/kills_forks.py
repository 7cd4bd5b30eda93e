"""Bots that are forked from a process that has imported everything, and die when they are told to.

Run as a script it is that process: a line of JSON in for each child; out come `pid N`, `ready N`
once it serves, and `code N` once it is gone. A child goes by a clock that the parent moves.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import mmap
import os
import signal
import sqlite3
import struct
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import structlog

from bot.app import Running, running
from bot.settings import load_settings

ROOT = Path(__file__).parents[2]
VARIABLE = "COUNTERSIGN_CRASH_AT"
SECONDS = struct.Struct("d")
MOVED = signal.SIGUSR1  # the clock was moved: whatever may be due is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """*environ* is what the configuration names. *point*: the crash point to die at, or "".
    *statement*: how many SQL statements the storage begins before it dies, from the start or, with
    *serving*, from when it serves; 0: none."""

    config: str
    database: str
    ahead: str  # the file that tells by how many seconds the clock is ahead
    environ: dict[str, str]
    point: str = ""
    statement: int = 0
    serving: bool = True


class Child:
    """One bot. It is gone once *code* is set."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self.is_ready = False
        self.news = asyncio.Event()

    def kill(self) -> bool:
        """False where it was dead already."""
        return self._signal(signal.SIGKILL)

    def clock_moved(self) -> None:
        if self.is_ready:
            self._signal(MOVED)

    def _signal(self, number: int) -> bool:
        if self.code is not None:
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:  # dead, and not heard of yet
            return False
        return True

    async def ready(self) -> bool:
        """False where it died before."""
        while not self.is_ready and self.code is None:
            await self._heard()
        return self.code is None

    async def ended(self) -> int:
        while self.code is None:
            await self._heard()
        return self.code

    async def _heard(self) -> None:
        async with asyncio.timeout(30):
            await self.news.wait()
        self.news.clear()


class Forks:
    """Forks one child at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._listening: asyncio.Task[None] | None = None
        self._child: Child | None = None

    async def start(self, order: Order) -> Child:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        child = self._child = Child(_number(await self._process.stdout.readline(), b"pid"))
        self._listening = asyncio.create_task(self._listen(child))
        return child

    async def end(self) -> None:
        if self._child is not None:
            self._child.kill()
            await self._child.ended()

    async def _listen(self, child: Child) -> None:
        assert self._process.stdout is not None
        while child.code is None:
            line = await self._process.stdout.readline()
            if line.startswith(b"ready "):
                assert _number(line, b"ready") == child.pid
                child.is_ready = True
            else:
                child.code = _number(line, b"code")
            child.news.set()


@asynccontextmanager
async def forks(log: Path) -> AsyncIterator[Forks]:
    """What the children say on stderr goes to *log*."""
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__),
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
    forking = Forks(process)
    try:
        yield forking
    finally:
        await forking.end()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


class Ahead:
    """The seconds by which the children's clock is ahead, in a file that they all look at."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        if make:
            path.write_bytes(SECONDS.pack(0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SECONDS.size)

    @property
    def seconds(self) -> float:
        found: float = SECONDS.unpack(self._map[:])[0]
        return found

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self._map[:] = SECONDS.pack(seconds)


class MovedClock:
    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        real = datetime.now(UTC)  # noqa: TID251 - the wiring of the tests
        return real + timedelta(seconds=self._ahead.seconds)


def _fork_until_the_end() -> None:
    """Before the first child this process starts and stops a bot itself: what is imported or made
    only then is there for all children."""
    for number, line in enumerate(sys.stdin):
        order = Order(**json.loads(line))
        if number == 0:
            asyncio.run(_started_and_stopped(order))
            assert threading.active_count() == 1, "a fork would leave threads behind"
            gc.collect()
            gc.freeze()  # else each child copies the memory that its collector looks at
        pid = os.fork()
        if pid == 0:
            _become(order)
        _tell("pid", pid)
        _pid, status = os.waitpid(pid, 0)
        _tell("code", os.waitstatus_to_exitcode(status))


def _tell(what: str, number: int) -> None:
    os.write(1, f"{what} {number}\n".encode())


def _number(line: bytes, what: bytes) -> int:
    word, _space, number = line.strip().partition(b" ")
    assert word == what, f"{what.decode()} was expected, and {line!r} came"
    return int(number)


def _become(order: Order) -> NoReturn:
    os.environ.pop(VARIABLE, None)
    if order.point:
        os.environ[VARIABLE] = order.point
    try:
        asyncio.run(_serve(order))
    finally:
        os._exit(1)


async def _started_and_stopped(order: Order) -> None:
    async with _bot(order):
        pass


@asynccontextmanager
async def _bot(order: Order) -> AsyncIterator[Running]:
    settings = load_settings(
        Path(order.config), database=None, environ=order.environ, need_slack=True
    )
    async with running(settings, MovedClock(Ahead(Path(order.ahead)))) as bot:
        yield bot


async def _serve(order: Order) -> None:
    deaths = Deaths(order.database)
    if order.statement and not order.serving:
        deaths.arm(order.statement)
    async with _bot(order) as bot:
        asyncio.get_running_loop().add_signal_handler(MOVED, bot.clock_moved)
        if order.statement and order.serving:
            deaths.arm(order.statement)
        _tell("ready", os.getpid())
        await asyncio.Event().wait()


class Deaths:
    """Death before a statement of the storage. Its connection is told apart by the file."""

    def __init__(self, database: str) -> None:
        self._left = 0
        connect = sqlite3.connect

        def connected(path: Any, *args: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(path, *args, **options)
            if str(path) == database:
                connection.set_trace_callback(self._count)
            return connection

        sqlite3.connect = connected  # type: ignore[assignment]

    def arm(self, statements: int) -> None:
        self._left = statements

    def _count(self, _statement: str) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    _fork_until_the_end()
