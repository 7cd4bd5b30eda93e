"""`countersign serve` as a process of its own: ready, answering, silent about secrets, gone in
time."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.clouds.book import Fault
from tests.stage import ALICE, WAIT, Mode, Stage, staged

ROOT = Path(__file__).parents[2]


class Served:
    """The process, and what it wrote to stderr so far."""

    def __init__(self, process: asyncio.subprocess.Process, ops: str) -> None:
        self._process = process
        self._ops = ops
        self._reading = asyncio.create_task(self._read())
        self.stderr = ""

    async def _read(self) -> None:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            self.stderr += line.decode()

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
            code = await self._process.wait()
            await self._reading
        return code

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def serving(stage: Stage, *options: str, **environ: str) -> AsyncIterator[Served]:
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
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *options, "serve"),
        cwd=stage.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | stage.environ() | environ,
        stderr=asyncio.subprocess.PIPE,
    )
    if stage.mode == "http":
        stage.slack.use_http(f"http://{events}/slack/events")
    served = Served(process, stage.listen)
    try:
        yield served
    finally:
        served.kill()
        await served.ended()


PROXIES = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9"
)
ABSENT = {"SLACK_CLIENT_ID": "x", "SLACK_CLIENT_SECRET": "y", "SLACK_VERIFICATION_TOKEN": "z"}


@pytest.mark.parametrize(("mode", "options"), [("http", ()), ("socket", ("--debug",))])
async def test_a_served_bot_answers_and_ends_with_0_and_tells_no_secret(
    mode: Mode, options: tuple[str, ...], tmp_path: Path
) -> None:
    async with staged(tmp_path, mode) as stage:
        await stage.stop()
        async with serving(stage, *options, **PROXIES, **ABSENT) as served:
            await served.ready()
            order = stage.an_order("huawei-main")
            card = await stage.type(ALICE, order.order_id, until=order.order_id)
            await stage.press(ALICE, "details", ts=card.ts)
            await stage.window(ALICE, "page 1 of")
            stage.clouds.book.faults.append(Fault("error_500", account="alibaba-main", times=0))
            await stage.type(ALICE, "products alibaba-main", until="alibaba-main")
            stage.slack.fault("drop_before", "response_url")
            await stage.slack.command(ALICE, "C0GENERAL", "help")
            await stage.direct(ALICE, "What can be typed")
            metrics = (await served.ops("/metrics"))[1]
            assert 'countersign_commands_total{verb="show"} 1.0' in metrics
            assert await served.stop() == 0
        for line in served.stderr.splitlines():
            json.loads(line)
        assert '"serving"' in served.stderr
        assert "Traceback" not in served.stderr
        for secret in secrets(stage):
            assert secret not in served.stderr, secret
        signed = r"/response/|Signature=|[Aa]uthorization[\"': =]+[A-Z]|xox[bp]-|xapp-|ticket=[^*]"
        assert re.search(signed, served.stderr) is None


def secrets(stage: Stage) -> list[str]:
    accounts = [stage.clouds.book.accounts[name] for name in stage.accounts]
    return [
        *(account.access_key_secret for account in accounts),
        stage.slack.bot_token,
        stage.slack.app_token,
        stage.slack.signing_secret,
    ]


async def test_processes_that_may_not_start_end_with_one_sentence(tmp_path: Path) -> None:
    """A second one on the same database: 1. One with a token that Slack refuses: 2."""
    (tmp_path / "other").mkdir()
    async with (
        staged(tmp_path, "socket") as first,
        serving(first) as second,
        serving(replace(first, folder=tmp_path / "other"), SLACK_BOT_TOKEN="xoxb-old") as refused,
    ):
        assert await second.ended() == 1
        assert await refused.ended() == 2
        (in_use,) = second.stderr.splitlines()
        assert "countersign.db" in in_use
        (sentence,) = refused.stderr.splitlines()
        assert "SLACK_BOT_TOKEN (invalid_auth)" in sentence
