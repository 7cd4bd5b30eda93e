"""`countersign`, forked from a process that has imported the bot already: a start without the
second that imports take, for tests that kill many. A start as in life is in `test_process`.

Run as a script it is that process: one line of JSON in for each child (folder, log, arguments,
environment); out come the child's pid and, once it is gone, its exit code.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]


class Forked:
    """A child, as far as tests need `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, output: asyncio.StreamReader) -> None:
        self.returncode: int | None = None
        self._pid = pid
        self._ended = asyncio.create_task(self._end(output))

    async def _end(self, output: asyncio.StreamReader) -> None:
        self.returncode = int(await output.readline())

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self._pid, number)

    async def wait(self) -> int:
        await self._ended
        assert self.returncode is not None
        return self.returncode


class Preloaded:
    """Forks one child at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def start(
        self, folder: Path, log: Path, arguments: list[str], environ: dict[str, str]
    ) -> Forked:
        """*environ* is the child's whole environment; its stderr goes to *log*."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = [str(folder), str(log), arguments, environ]
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        return Forked(int(await self._process.stdout.readline()), self._process.stdout)


@asynccontextmanager
async def preloaded() -> AsyncIterator[Preloaded]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Preloaded(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def _fork_until_the_end() -> None:
    for line in sys.stdin:
        folder, log, arguments, environ = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(folder, log, arguments, environ)
        print(pid, flush=True)  # noqa: T201 - the other end of the pipe
        _pid, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(folder: str, log: str, arguments: list[str], environ: dict[str, str]) -> NoReturn:
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(written, sys.stderr.fileno())
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, sys.stdin.fileno())
    os.dup2(nothing, sys.stdout.fileno())
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["countersign", *arguments]
    main()


if __name__ == "__main__":
    import bot.app  # noqa: F401 - what `serve` imports when it starts
    from bot.cli import main

    _fork_until_the_end()
