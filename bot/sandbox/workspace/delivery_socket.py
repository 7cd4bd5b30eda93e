"""Delivery by Socket Mode: hello, envelopes, acks, disconnects, up to ten connections.

Source: "Using Socket Mode". Each payload goes to exactly one connection, in turn; an ack counts on
whichever connection it arrives.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.sandbox.workspace.delivery import TIMEOUT, Attempt, Delivery
from bot.sandbox.workspace.people import APP_ID
from bot.sandbox.workspace.state import State

DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
MAX_CONNECTIONS = 10
_HOST = "sandbox-applink"
_NOTICE_SECONDS = 10  # between a disconnect message and the end of the line


class SocketWay:
    """The app's open connections and the acks that are awaited."""

    def __init__(self, state: State, *, ack_seconds: float) -> None:
        self._state = state
        self._ack_seconds = ack_seconds
        self._sockets: list[web.WebSocketResponse] = []
        self._turn = 0
        self._awaited: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """How many connections take deliveries."""
        return len(self._sockets)

    def is_open(self) -> bool:
        return bool(self._sockets)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The websocket endpoint, `/link/?ticket=…`."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._state.tickets:
            return web.Response(status=403, text="unknown or used ticket")
        self._state.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._sockets) >= MAX_CONNECTIONS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self._sockets.append(socket)
        await socket.send_json(_hello(len(self._sockets)))
        self._state.changed()
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._acked(message.data)
        finally:
            self._leave(socket)
        return socket

    async def send(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt:
        envelope: dict[str, Any] = {
            "envelope_id": delivery.delivery_id,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.accepts_answer(),
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": _socket_reason(reason)}
        loop = asyncio.get_running_loop()
        started = loop.time()
        ack = self._awaited.setdefault(delivery.delivery_id, loop.create_future())
        attempt = Attempt(transport="socket")
        try:
            await self._next_socket().send_json(envelope)
            answer = await asyncio.wait_for(asyncio.shield(ack), self._ack_seconds)
            attempt.answer = answer.get("payload") or None
        except TimeoutError:
            attempt.error, attempt.retry_reason = TIMEOUT, "http_timeout"
        except ConnectionError:
            attempt.error, attempt.retry_reason = "dispatch_failed", "connection_failed"
        finally:
            self._awaited.pop(delivery.delivery_id, None)
        attempt.elapsed_ms = (loop.time() - started) * 1000
        return attempt

    async def disconnect(self, reason: DisconnectReason) -> None:
        """Ask every connection to go; nothing more is sent on it, and after a while it ends."""
        leaving, self._sockets = self._sockets, []
        self._state.changed()
        for socket in leaving:
            await socket.send_json(_disconnect(reason))
        ending = asyncio.create_task(_end(leaving))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        for ending in self._ending:
            ending.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        for socket in list(self._sockets):
            await socket.close()

    def _next_socket(self) -> web.WebSocketResponse:
        self._turn += 1
        return self._sockets[self._turn % len(self._sockets)]

    def _acked(self, text: str) -> None:
        """Acks that nobody awaits (late, or for something else) are passed over."""
        try:
            ack = json.loads(text)
        except ValueError:
            return
        awaited = self._awaited.get(ack.get("envelope_id", "")) if isinstance(ack, dict) else None
        if awaited is not None and not awaited.done():
            awaited.set_result(ack)

    def _leave(self, socket: web.WebSocketResponse) -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)
        self._state.changed()


async def _end(leaving: list[web.WebSocketResponse]) -> None:
    await asyncio.sleep(_NOTICE_SECONDS)
    for socket in leaving:
        await socket.close()


def _hello(connections: int) -> dict[str, Any]:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {
            "host": _HOST,
            "build_number": 1,
            "approximate_connection_time": 3600,
        },
        "connection_info": {"app_id": APP_ID},
    }


def _disconnect(reason: DisconnectReason) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}


def _socket_reason(reason: str | None) -> str:
    return {None: "", "http_timeout": "timeout"}.get(reason, str(reason))
