"""Senders who do not play fair with time and size: one byte a second, no end, no word at all."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.app import WAITING
from bot.metrics import Metrics
from bot.sandbox.workspace.delivery_http import signature
from handlers.front import LARGEST, LINGER, SLOWEST, Front
from handlers.tasks import Acks
from tests.proofs.hostile_requests import JSON, PATH, request_bytes
from tests.stage import ShiftedClock

PATIENCE = 20.0  # seconds for any answer, on a slow machine
MARGIN = 8.0  # seconds that a slow machine may add to a limit
_SHORT, _IDLE = 1.0, 2.0  # the limits of the listener that is tried at every size
_HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode()


@dataclass(frozen=True, slots=True)
class Address:
    """Of a listener, and what signs for it; *slowest* and *idle* are its limits in seconds."""

    host: str
    port: int
    secret: str
    clock: ShiftedClock
    slowest: float = SLOWEST
    idle: float = 0.0  # 0: longer than anybody waits here

    def signed(self, raw: bytes, *, late: int = 0, secret: str = "") -> list[tuple[str, str]]:
        at = int(self.clock.now().timestamp()) + late
        return list(signature(secret or self.secret, at, raw).items())


async def exchange(address: Address, data: bytes, *, end: bool = False) -> bytes:
    """What is answered to *data*; with *end* nothing follows it, not even patience."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(data)
        await writer.drain()
        if end:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@asynccontextmanager
async def impatient() -> AsyncIterator[Address]:
    """The listener with short limits, before a Bolt that answers Slack's own question alone."""

    async def authorize() -> AuthorizeResult:
        raise AssertionError("nothing else reaches Bolt")

    bolt = AsyncApp(signing_secret="x", authorize=authorize, request_verification_enabled=False)
    clock = ShiftedClock()
    front = Front(bolt, ["secret"], Metrics(), clock, Acks(), slowest_s=_SHORT, idle_s=_IDLE)
    runner = web.AppRunner(front.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=WAITING).start()
    host, port = runner.addresses[0][:2]
    try:
        yield Address(host, port, "secret", clock, slowest=_SHORT, idle=_IDLE)
    finally:
        await runner.cleanup()


async def slow_senders(address: Address, count: int, *, pause: float) -> tuple[int, int]:
    """Each is ended in time, and meanwhile others are answered: how many, and how many others."""
    kinds = ("body", "chunks", "head", "nothing") if address.idle else ("body", "chunks")
    senders = [
        asyncio.create_task(_drip(address, kinds[at % len(kinds)], pause)) for at in range(count)
    ]
    served = 0
    while not all(sender.done() for sender in senders):
        began = time.monotonic()
        await _served(address)
        took = time.monotonic() - began
        assert took < MARGIN, f"with {count} slow senders an answer took {took:.1f} s"
        served += 1
        await asyncio.sleep(0.05)
    for kind, took in await asyncio.gather(*senders):
        most = _most(address, kind)
        assert took < most, f"a sender of {kind}, one byte at a time, is not ended in {most} s"
    return count, served


async def _served(address: Address) -> None:
    raw = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    headers = [("Content-Type", JSON), *address.signed(raw)]
    answer = await exchange(address, request_bytes(raw, headers))
    assert b" 200 " in answer[:20], f"meanwhile another is answered {answer[:200]!r}"
    assert b"3eZbrw1a" in answer


def _most(address: Address, kind: str) -> float:
    """Seconds that such a sender may take, on a slow machine."""
    whole = address.idle if kind in ("head", "nothing") else address.slowest + LINGER
    return whole + MARGIN


async def _drip(address: Address, kind: str, pause: float) -> tuple[str, float]:
    """Send a little at a time until the connection is ended; the seconds that took."""
    began, most = time.monotonic(), _most(address, kind)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    started, dripped = {
        "body": (_HEAD + b"Content-Length: 100000\r\n\r\n", b"a"),
        "chunks": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        "head": (_HEAD + b"X: ", b"a"),
        "nothing": (b"", b""),
    }[kind]
    ended = asyncio.create_task(reader.read())
    try:
        writer.write(started)
        while not ended.done() and time.monotonic() - began < most:
            await asyncio.wait([ended], timeout=pause)
            writer.write(dripped)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        took = time.monotonic() - began
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
        writer.close()
    return kind, took


async def large_bodies(address: Address) -> int:
    """Nothing over LARGEST is taken, however it is announced; how many were tried."""
    whole = b"text=" + b"a" * LARGEST
    huge = b"a" * (64 * 1024)
    announced = _HEAD + b"Content-Length: 10000000000\r\n\r\n"
    chunked = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (len(huge), huge)
    answers = await asyncio.gather(
        exchange(address, request_bytes(whole, address.signed(whole))),
        exchange(address, request_bytes(whole, [])),
        _endless(address, announced, huge),
        _endless(address, chunked, chunk),
    )
    for answer in answers:
        assert b" 413 " in answer[:20], f"a body over {LARGEST} bytes is answered {answer[:100]!r}"
    return len(answers)


async def _endless(address: Address, head: bytes, part: bytes) -> bytes:
    """The answer to a sender who never stops until the connection is closed."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    answered = asyncio.create_task(reader.read(2000))
    began = time.monotonic()
    try:
        writer.write(head)
        while time.monotonic() - began < LINGER + MARGIN:
            writer.write(part)
            await asyncio.wait_for(writer.drain(), PATIENCE)
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    else:
        raise AssertionError("a body without an end is taken for ever")
    finally:
        writer.close()
    return await asyncio.wait_for(answered, PATIENCE)
