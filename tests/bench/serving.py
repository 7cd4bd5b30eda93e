"""What is pressed on, each in a process of its own: the bot, and what stands beside it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.manifest import BOT_EVENTS
from bot.sandbox.clouds.server import Clouds
from bot.sandbox.workspace import start_workspace
from tests.clouds import fresh_clouds
from tests.preloaded import ROOT
from tests.served import free_address
from tests.stage import ShiftedClock, Stage

START = 60.0  # seconds; the machine may be busy
PATH = "/slack/events"


@dataclass(frozen=True, slots=True)
class Server:
    """*url* takes what Slack sends."""

    url: str
    pid: int

    def resident_mb(self) -> float:
        """What it holds of the machine's memory."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@asynccontextmanager
async def set_stage(folder: Path, clouds: Clouds | None = None) -> AsyncIterator[Stage]:
    """The workspace, and the embedded clouds unless there are others; no bot yet."""
    clock = ShiftedClock()
    async with start_workspace(now=clock.now, events=BOT_EVENTS) as slack:
        if clouds is not None:
            yield Stage(folder, "http", clock, clouds, slack)
            return
        async with fresh_clouds(clock.now) as embedded:
            yield Stage(folder, "http", clock, embedded, slack)


@asynccontextmanager
async def countersign(stage: Stage, *, module: str = "bot") -> AsyncIterator[Server]:
    """`countersign serve` on the stage. *module* is another entry, where something is left out."""
    stage.listen, events = free_address(), free_address()
    stage.write_config()
    text = stage.config.read_text(encoding="utf-8")
    text = text.replace('listen = "127.0.0.1:0"\n', f'listen = "{events}"\n', 1)
    stage.config.write_text(text, encoding="utf-8")
    arguments = ["-m", module, "--config", str(stage.config)]
    if module == "bot":
        arguments.insert(2, "serve")
    async with child(stage.folder, arguments, stage.environ()) as process:
        server = Server(f"http://{events}{PATH}", process.pid)
        await _until_ready(process, f"http://{stage.listen}/readyz", stage.folder)
        stage.slack.use_http(server.url)
        try:
            yield server
        finally:
            stage.slack.use_http(None)


@asynccontextmanager
async def beside(stage: Stage, module: str, *options: str) -> AsyncIterator[Server]:
    """A module of this package that serves Slack on the port which is its first argument."""
    host, _colon, port = free_address().rpartition(":")
    async with child(stage.folder, ["-m", module, port, *options], stage.environ()) as process:
        await _until_listening(process, host, int(port), stage.folder)
        yield Server(f"http://{host}:{port}{PATH}", process.pid)


@asynccontextmanager
async def child(
    folder: Path, arguments: list[str], environ: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Python with these arguments in *folder*; what it says goes to a file there. It is told to end
    with the context, and killed where it does not."""
    with (folder / "said.log").open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments),
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
            stdout=said,
            stderr=said,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _until_ready(process: asyncio.subprocess.Process, url: str, folder: Path) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(START):
        while process.returncode is None:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)
    raise RuntimeError(_last_words(folder))


async def _until_listening(
    process: asyncio.subprocess.Process, host: str, port: int, folder: Path
) -> None:
    async with asyncio.timeout(START):
        while process.returncode is None:
            with socket.socket() as line:
                if line.connect_ex((host, port)) == 0:
                    return
            await asyncio.sleep(0.02)
    raise RuntimeError(_last_words(folder))


def _last_words(folder: Path) -> str:
    return (folder / "said.log").read_text(encoding="utf-8")[-2000:]


@asynccontextmanager
async def cloud(
    folder: Path, *options: str, module: str = "tests.bench.cloud"
) -> AsyncIterator[str]:
    """The address of a cloud: a module of this package that serves on the port which is its first
    argument."""
    host, _colon, port = free_address().rpartition(":")
    async with child(folder, ["-m", module, port, *options], {}) as process:
        await _until_listening(process, host, int(port), folder)
        yield f"http://{host}:{port}"


async def output_of(*arguments: str) -> str:
    """What Python with these arguments prints. Raises RuntimeError where it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    if process.returncode:
        raise RuntimeError(complained.decode()[-2000:])
    return said.decode()
