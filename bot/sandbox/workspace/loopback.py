"""Only this machine, and no web page of another address, may speak to the sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

_NAMES = {"127.0.0.1", "localhost", "::1"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def only_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """403 for a Host that is not a loopback name (DNS rebinding) or an Origin that is not ours."""
    host = request.headers.get("Host", "")
    origin = request.headers.get("Origin")
    if urlsplit(f"//{host}").hostname not in _NAMES:
        return web.json_response({"error": "this Host is not served"}, status=403)
    if origin is not None and origin != f"http://{host}":
        return web.json_response({"error": "this Origin is not served"}, status=403)
    return await handler(request)
