"""A sender that never ends its body: the rest of the listener is tested as it runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.metrics import Metrics
from handlers.front import Front


class SetClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, tzinfo=UTC)


async def authorize() -> AuthorizeResult:
    raise AssertionError("nothing reaches Bolt")


async def test_a_sender_who_takes_too_long_is_408() -> None:
    bolt = AsyncApp(signing_secret="x", authorize=authorize)
    front = Front(bolt, ["secret"], Metrics(), SetClock(), slowest_s=0.05)
    runner = web.AppRunner(front.application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf")
        async with asyncio.timeout(5):
            assert b" 408 " in await reader.readline()
        writer.close()
    finally:
        await runner.cleanup()
