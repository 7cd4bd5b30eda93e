"""What presses on a server: raw HTTP over open lines, requests that were signed beforehand.

Cheap on purpose: the machine that measures is the machine that is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bot.sandbox.workspace.delivery_http import signature

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signer:
    """Writes requests as Slack sends them to *url*."""

    url: str
    secret: str

    def command(self, payload: Mapping[str, str]) -> bytes:
        return self._request(urlencode(payload).encode())

    def click(self, payload: Mapping[str, object]) -> bytes:
        text = json.dumps(payload, ensure_ascii=False)
        return self._request(urlencode({"payload": text}).encode())

    def _request(self, body: bytes) -> bytes:
        target = urlsplit(self.url)
        headers = {
            "Host": target.netloc,
            "Content-Type": _FORM,
            "Content-Length": str(len(body)),
            "User-Agent": "Slackbot 1.0",
            "Accept": "*/*",
            **signature(self.secret, int(time.time()), body),
        }
        lines = [f"POST {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Line(asyncio.Protocol):
    """One open line: sends a request, waits for all of the answer, sends the next."""

    def __init__(self, requests: Iterator[bytes], taken: list[float], pause: float) -> None:
        self._requests = requests
        self._taken = taken
        self._pause = pause
        self._got = bytearray()
        self._missing = -1  # bytes of the body that is being read; -1: the head is not whole
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the line"))

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._missing < 0:
            head = self._got.find(b"\r\n\r\n")
            if head < 0:
                return
            if not self._got.startswith(b"HTTP/1.1 200"):
                self._end(ConnectionError(bytes(self._got[:80]).decode("latin-1")))
                return
            self._missing = head + 4 + _length(bytes(self._got[:head]))
        if len(self._got) >= self._missing:
            self._taken.append(time.perf_counter() - self._sent_at)
            self._got.clear()
            self._missing = -1
            if self._pause:
                asyncio.get_running_loop().call_later(self._pause, self.send_next)
            else:
                self.send_next()

    def send_next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._end(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            if error is None:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(error)


async def pressed(
    url: str, requests: Sequence[bytes], *, lines: int, pause: float = 0.0
) -> list[float]:
    """Seconds until each of *requests* was answered, over so many lines that were open before,
    each of which sends its next request *pause* seconds after the last was answered. Raises
    ConnectionError for any answer but 200."""
    loop, taken, given = asyncio.get_running_loop(), list[float](), iter(requests)
    host, _colon, port = urlsplit(url).netloc.partition(":")
    opened = [
        (await loop.create_connection(lambda: _Line(given, taken, pause), host, int(port)))[1]
        for _line in range(lines)
    ]
    for line in opened:
        line.send_next()
    await asyncio.gather(*(line.ended for line in opened))
    for line in opened:
        line.close()
    return taken


class _Sink(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._got = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._got += data
        head = self._got.find(b"\r\n\r\n")
        if head >= 0 and len(self._got) >= head + 4 + _length(bytes(self._got[:head])):
            self._got.clear()
            self._sink.arrived()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


class Sink:
    """A response_url for answers that nobody reads; it counts them."""

    def __init__(self) -> None:
        self.count = 0
        self._wanted = 0
        self._all_there: asyncio.Future[None] | None = None
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """The address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Sink(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/response"

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def arrived(self) -> None:
        self.count += 1
        if self._all_there is not None and self.count >= self._wanted:
            self._all_there.set_result(None)
            self._all_there = None

    async def holds(self, count: int) -> None:
        """Wait until so many answers came in all."""
        if self.count < count:
            self._wanted = count
            self._all_there = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(120):
                await self._all_there


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ConnectionError("an answer without Content-Length")
