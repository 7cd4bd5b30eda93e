"""Whether an address answers at all, by which way it does not, and what time it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from bot.ports import Clock
from bot.providers.clients import FOREIGN, sending_client

CONNECT = 3.0  # seconds
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Sighting:
    """*ahead*: how far this machine's clock is before that of *source*; None where *source* only
    said that it is too far off."""

    source: str
    ahead: timedelta | None


@dataclass(frozen=True, slots=True)
class Reached:
    """*problem* is what went wrong, "" where anything answered. *by_proxy*: the proxy did not."""

    problem: str = ""
    by_proxy: bool = False
    sighting: Sighting | None = None


async def reach(source: str, url: str, proxy: str | None, clock: Clock) -> Reached:
    """Ask *url* without any credential; whatever answers is good enough."""
    if proxy and (problem := await connect_problem(proxy)):
        return Reached(problem, by_proxy=True)
    try:
        async with sending_client(proxy) as client:
            answer = await client.get(url, timeout=httpx.Timeout(CONNECT * 2, connect=CONNECT))
    except httpx.ProxyError as error:
        return Reached(str(error) or type(error).__name__, by_proxy=True)
    except FOREIGN as error:
        return Reached(type(error).__name__)
    return Reached(sighting=sighting(source, answer.headers, clock.now()))


async def connect_problem(url: str) -> str:
    """Why no line to the host of *url* can be opened; "" where one can."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 443)
    try:
        async with asyncio.timeout(CONNECT):
            _reader, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as error:
        return getattr(error, "strerror", None) or type(error).__name__
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return ""


def sighting(source: str, headers: Mapping[str, str], now: datetime) -> Sighting | None:
    """The `Date` of an answer that came at *now*, None where it has none that can be read."""
    try:
        theirs = parsedate_to_datetime(headers.get("date") or headers.get("Date") or "")
    except ValueError:
        return None
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    return Sighting(source, now - theirs)
