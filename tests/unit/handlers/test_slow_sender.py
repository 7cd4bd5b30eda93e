"""A sender that never ends its body: the rest of the listener is tested as it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.metrics import Metrics
from handlers.front import Front
from handlers.tasks import Acks


class SetClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, tzinfo=UTC)


async def authorize() -> AuthorizeResult:
    raise AssertionError("nothing reaches Bolt")


@asynccontextmanager
async def listening(slowest_s: float = 0.05) -> AsyncIterator[tuple[str, int]]:
    bolt = AsyncApp(signing_secret="x", authorize=authorize)
    front = Front(bolt, ["secret"], Metrics(), SetClock(), Acks(), slowest_s=slowest_s, idle_s=0.2)
    runner = web.AppRunner(front.application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        host, port = runner.addresses[0][:2]
        yield host, port
    finally:
        await runner.cleanup()


HEAD = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (HEAD + b"Content-Length: 500\r\n\r\nhalf", b" 408 "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", b" 408 "),
        (HEAD + b"Content-Length: 4\r\nContent-Encoding: gzip\r\n\r\nhalf", b" 401 "),
        (HEAD + b"X-Half", b""),
        (b"", b""),
    ],
    ids=["half a body", "half its chunks", "not what it says", "half a head", "nothing"],
)
async def test_a_sender_who_takes_too_long_is_ended(sent: bytes, answer: bytes) -> None:
    async with listening() as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(sent)
        async with asyncio.timeout(5):
            assert answer in await reader.readline()
        writer.close()


async def test_a_sender_who_breaks_off_leaves_no_line(caplog: pytest.LogCaptureFixture) -> None:
    async with listening(slowest_s=20) as address:
        for end in (b"half", b"4\r\nhalf\r\n"):
            told = b"Transfer-Encoding: chunked" if b"\n" in end else b"Content-Length: 500"
            _reader, writer = await asyncio.open_connection(*address)
            writer.write(HEAD + told + b"\r\n\r\n" + end)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
        await asyncio.sleep(0.05)
    assert caplog.records == []
