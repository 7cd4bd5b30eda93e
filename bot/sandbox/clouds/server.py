"""The embedded clouds as one HTTP server on loopback: the rooms' paths and the control API.

`start_clouds` is for tests and the demo (`serve_book` for a test that brings its own orders),
`serve` for the command line. A room joins by standing in
`world.ROOMS`; what a room is stands in `room.py`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.clouds import control, world
from bot.sandbox.clouds.book import Book

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = frozenset({LOOPBACK, "localhost", "::1"})

_SHUTDOWN_S = 1.0  # calls that a fault holds back are not waited for
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PortInUse(OSError):
    """The port cannot be taken; its text is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """Running clouds: *url* without a slash at the end, and their state."""

    url: str
    book: Book


@asynccontextmanager
async def start_clouds(
    *, port: int = 0, seed: int = 1, now: Callable[[], datetime] | None = None
) -> AsyncIterator[Clouds]:
    """
    Serve the clouds on 127.0.0.1 for as long as the context lasts; port 0 takes a free one.

    *now* is the clouds' clock, aware UTC, by which they judge signatures; by default the machine's.
    Raises:
        PortInUse: the port cannot be taken.
    """
    async with serve_book(world.build(seed, now or _utc_now), port=port) as clouds:
        yield clouds


@asynccontextmanager
async def serve_book(book: Book, *, port: int = 0) -> AsyncIterator[Clouds]:
    """Serve the accounts and orders of *book*, as `start_clouds` does with those of a seed."""
    runner = web.AppRunner(_app(book), access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        try:
            await site.start()
        except OSError as error:
            sentence = f"Port {port} on {LOOPBACK} cannot be taken: choose another with --port."
            raise PortInUse(sentence) from error
        bound = runner.addresses[0][1]
        yield Clouds(f"http://{LOOPBACK}:{bound}", book)
    finally:
        await runner.cleanup()


async def serve(*, port: int, seed: int) -> None:
    """Run until cancelled, after printing the address. Raises PortInUse."""
    async with start_clouds(port=port, seed=seed) as clouds:
        sys.stdout.write(
            f"Embedded clouds at {clouds.url} (seed {seed}); "
            f"accounts and keys: {clouds.url}{control.PREFIX}accounts\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


def _app(book: Book) -> web.Application:
    app = web.Application(middlewares=[_only_loopback, control.errors_as_json])
    app.add_routes(control.routes(book))
    for room in world.ROOMS:
        app.add_routes(room.routes(book))
    return app


@web.middleware
async def _only_loopback(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """A page from elsewhere that a browser was lured to gets no further: neither by a name of its
    own that points at loopback (Host) nor by a request across origins (Origin)."""
    host = request.headers.get("Host", "")
    if _name_of(f"//{host}") not in LOOPBACK_NAMES:
        return web.json_response({"error": "the Host header is not a loopback name"}, status=403)
    origin = request.headers.get("Origin")
    if origin is not None and not _is_own(origin, host):
        return web.json_response({"error": "requests from other origins are refused"}, status=403)
    return await handler(request)


def _is_own(origin: str, host: str) -> bool:
    """True for http, a loopback name and this server's port."""
    return (
        origin.startswith("http://")
        and _name_of(origin) in LOOPBACK_NAMES
        and _port_of(origin) == _port_of(f"//{host}")
    )


def _name_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _port_of(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the sandbox's own wiring: its real clock starts here
