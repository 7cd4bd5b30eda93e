"""The demo's page as a process of its own, without the story before it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.stage import WAIT

_SERVE = """
import sys
from pathlib import Path
from rich.console import Console
from bot.demo.page import serve
from bot.demo.transcript import Transcript
from bot.signals import Stop
told = Transcript(Console(soft_wrap=True))
work = serve(Path.cwd(), told, seed=1, port=int(sys.argv[1]), open_browser=True)
sys.exit(Stop().run(work) or 0)
"""


class PageProcess:
    """*told* is what it printed until it served."""

    def __init__(self, process: asyncio.subprocess.Process, told: str) -> None:
        self._process = process
        self.told = told

    @property
    def url(self) -> str:
        return next(line.strip() for line in self.told.splitlines() if "http://" in line)

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            return await self._process.wait()


@asynccontextmanager
async def page_process(
    folder: Path, *, python: str | Path = sys.executable, port: int = 0, **environ: str
) -> AsyncIterator[PageProcess]:
    """Served from *folder*, where no browser can be opened."""
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-u", "-c", _SERVE, str(port)),
        cwd=folder,
        env=os.environ | {"BROWSER": "/bin/false"} | environ,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told = ""
    try:
        async with asyncio.timeout(WAIT):
            while "No browser could be opened" not in told:
                assert not process.stdout.at_eof(), told
                told += (await process.stdout.readline()).decode()
        yield PageProcess(process, told)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
