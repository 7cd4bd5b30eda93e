"""`countersign serve` as a process of its own, in the folder of a stage."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.preloaded import ROOT, Forked, Preloaded
from tests.stage import WAIT, Stage


class Served:
    """The process, and what it wrote to stderr so far."""

    def __init__(self, process: asyncio.subprocess.Process | Forked, log: Path, ops: str) -> None:
        self._process = process
        self._log = log
        self._ops = ops

    @property
    def stderr(self) -> str:
        return self._log.read_text(encoding="utf-8")

    async def ops(self, path: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{self._ops}{path}") as response,
        ):
            return response.status, await response.text()

    async def ready(self) -> None:
        async with asyncio.timeout(WAIT):
            while self._process.returncode is None:
                try:
                    if (await self.ops("/readyz"))[0] == 200:
                        return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(self.stderr)

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(WAIT):
            return await self._process.wait()

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def serving(
    stage: Stage, *options: str, forks: Preloaded | None = None, **environ: str
) -> AsyncIterator[Served]:
    """Start the process in the stage's folder; kill it if a test leaves it running."""
    stage.listen = free_address()
    events = free_address()
    stage.write_config()
    text = stage.config.read_text(encoding="utf-8")
    stage.config.write_text(
        text.replace('mode = "http"', f'mode = "http"\nlisten = "{events}"').replace(
            'listen = "127.0.0.1:0"\n', "", 1
        ),
        encoding="utf-8",
    )
    log = stage.folder / "stderr.log"
    arguments = [*options, "serve"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | stage.environ() | environ
    process: asyncio.subprocess.Process | Forked
    if forks is not None:
        process = await forks.start(stage.folder, log, arguments, environment)
    else:
        with log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", *arguments),
                cwd=stage.folder,
                env=environment,
                stderr=stderr,
            )
    if stage.mode == "http":
        stage.slack.use_http(f"http://{events}/slack/events")
    served = Served(process, log, stage.listen)
    try:
        yield served
    finally:
        served.kill()
        await served.ended()
