"""The page's own server: its files, what a person sees as JSON, and events that say when to look
again. Whatever a person does goes through the workspace, which delivers it to the bot."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Protocol
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.clouds import control as clouds_control
from bot.sandbox.clouds.server import Clouds, PortInUse
from bot.sandbox.page.seen import Seen
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.control import Control
from bot.sandbox.workspace.control import errors_as_json as workspace_errors
from bot.sandbox.workspace.loopback import only_loopback

LOOPBACK = "127.0.0.1"
PORTS = 20  # tried one after the other when the first is taken
TOGETHER = 0.03  # seconds in which changes become one event
HEARTBEAT = 15.0  # seconds
LOOK = 0.5  # seconds between looks at what tells nobody of its changes
CALLS = 100  # of the clouds that the panel shows

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_SUFFIXES = frozenset({".html", ".css", ".js", ".svg"})


class Hands(Protocol):
    """What the page can do to the stage it stands on."""

    def now(self) -> datetime:
        """The moved clock, aware UTC."""
        ...

    def shift_seconds(self) -> float: ...

    async def move_clock(self, seconds: float) -> None: ...

    async def restart(self) -> None:
        """Stop the bot and start it again; workspace, clouds and database stay."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    url: str  # with a slash at the end


@asynccontextmanager
async def start_page(
    workspace: Workspace, clouds: Clouds, hands: Hands, *, port: int
) -> AsyncIterator[Page]:
    """Serve on 127.0.0.1; a taken port gives way to the next free one. Raises PortInUse where
    twenty in a row are taken."""
    app = _Pages(workspace, clouds, hands).application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await _listen(runner, port)
        bound = runner.addresses[0][1]
        yield Page(f"http://{LOOPBACK}:{bound}/")
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, port: int) -> None:
    last = min(port + PORTS, 65536) if port else 1
    for each in range(port, last):
        try:
            await web.TCPSite(runner, LOOPBACK, each).start()
        except OSError:
            continue
        return
    raise PortInUse(f"Ports {port} to {last - 1} on {LOOPBACK} are taken: choose another, --port.")


class _Pages:
    def __init__(self, workspace: Workspace, clouds: Clouds, hands: Hands) -> None:
        self._workspace = workspace
        self._clouds = clouds
        self._hands = hands
        self._seen = Seen(workspace, hands.now)
        self._restarts = 0

    def application(self) -> web.Application:
        app = web.Application(middlewares=[only_loopback, _headers])
        app.router.add_get("/", self._index)
        app.router.add_get("/page/{path:.+}", self._file)
        app.router.add_get("/_page/events", self._events)
        api = web.Application(middlewares=[workspace_errors])
        api.add_routes(
            [
                web.get("/state", self._state),
                web.get("/files/{file_id}", self._shared),
                web.post("/act", Control(self._workspace).act),
                web.get("/clouds", self._panel),
                web.get("/clock", self._clock),
                web.post("/clock", self._move_clock),
                web.post("/restart", self._restart),
            ]
        )
        app.add_subapp("/_page/", api)
        behind = web.Application(middlewares=[clouds_control.errors_as_json])
        behind.add_routes(clouds_control.routes(self._clouds.book))
        app.add_subapp("/_clouds/", behind)
        return app

    async def _index(self, _request: web.Request) -> web.Response:
        return _served("index.html")

    async def _file(self, request: web.Request) -> web.Response:
        return _served(request.match_info["path"])

    async def _state(self, request: web.Request) -> web.Response:
        query = request.query
        shown = self._seen.by(
            query.get("as", ""), query.get("channel", ""), query.get("thread") or None
        )
        return web.json_response(shown | {"version": self._version()})

    async def _shared(self, request: web.Request) -> web.Response:
        """A file for who sees a message that holds it, to keep: nothing of it is shown here."""
        file = self._seen.file(request.query.get("as", ""), request.match_info["file_id"])
        name = quote(file.name, safe="")
        return web.Response(
            body=file.content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
        )

    async def _panel(self, _request: web.Request) -> web.Response:
        book = self._clouds.book
        accounts = [
            {"name": each.name, "provider": each.provider, "site": each.site}
            for each in book.accounts.values()
        ]
        calls = [
            asdict(call) | {"at": call.at.isoformat()} for call in book.calls[: -CALLS - 1 : -1]
        ]
        faults = [asdict(fault) for fault in book.faults]
        return web.json_response({"accounts": accounts, "calls": calls, "faults": faults})

    async def _clock(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"now": self._hands.now().isoformat(), "shift_seconds": self._hands.shift_seconds()}
        )

    async def _move_clock(self, request: web.Request) -> web.Response:
        wanted = json.loads(await request.read() or b"{}")
        seconds = wanted.get("move_seconds") if isinstance(wanted, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise ValueError("move_seconds is a number above zero")
        await self._hands.move_clock(float(seconds))
        return await self._clock(request)

    async def _restart(self, _request: web.Request) -> web.Response:
        await self._hands.restart()
        self._restarts += 1
        return web.json_response({"ok": True})

    def _version(self) -> list[Any]:
        """What differs when anything that the page shows has changed."""
        book = self._clouds.book
        return [
            self._workspace.state.version,
            len(book.calls),
            len(book.faults),
            self._hands.shift_seconds(),
            self._restarts,
        ]

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        told: list[Any] | None = None
        quiet = 0.0
        while True:
            version = self._version()
            try:
                if version != told:
                    told, quiet = version, 0.0
                    line = json.dumps({"version": version})
                    await response.write(f"data: {line}\n\n".encode())
                elif quiet >= HEARTBEAT:
                    quiet = 0.0
                    await response.write(b": still here\n\n")
            except ConnectionError:
                return response
            await asyncio.sleep(TOGETHER)
            quiet += await self._changed(told)

    async def _changed(self, told: list[Any]) -> float:
        """Wait for a change, or half a second, which is returned as waited."""
        try:
            await self._workspace.until(lambda: self._version() != told, timeout=LOOK)
        except TimeoutError:
            return LOOK
        return 0.0


@web.middleware
async def _headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_HEADERS)
        raise
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response


def _served(path: str) -> web.Response:
    """A file of the page; 404 for anything else, also for a path that leaves the folder."""
    parts = path.split("/")
    suffix = f".{path.rsplit('.', 1)[-1]}"
    if suffix not in _SUFFIXES or any(part in ("", ".", "..") or "\\" in part for part in parts):
        raise web.HTTPNotFound
    file = resources.files("bot.sandbox.page").joinpath(*parts)
    try:
        found = file.is_file()
    except OSError:  # a name longer than the file system takes
        found = False
    if not found:
        raise web.HTTPNotFound
    kind = mimetypes.types_map.get(suffix, "application/octet-stream")
    return web.Response(
        body=file.read_bytes(),
        content_type="text/javascript" if suffix == ".js" else kind,
        charset="utf-8",
    )
