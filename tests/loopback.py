"""A raw HTTP server on loopback: answers, late answers, cut answers, dropped lines, garbage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came over the wire; *target* is undecoded."""

    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """*body* is sent as it is when it is bytes, else as JSON. *cut* drops the line after so many
    bytes of the body; *raw* is sent instead of everything, then the line is dropped."""

    body: object = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: int | None = None
    raw: bytes | None = None

    def wire(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json"} | self.headers
        lines = [f"HTTP/1.1 {self.status} Words", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body[: self.cut]


DROP = Reply(raw=b"")  # the request was read, nothing comes back


@dataclass(slots=True)
class Loopback:
    url: str
    asked: list[Asked]


@asynccontextmanager
async def loopback(answer: Callable[[Asked], Reply]) -> AsyncIterator[Loopback]:
    """Serve *answer* until the block ends."""
    asked: list[Asked] = []
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while question := await _request(reader):
                asked.append(question)
                reply = answer(question)
                await asyncio.sleep(reply.delay_s)
                writer.write(reply.wire() if reply.raw is None else reply.raw)
                await writer.drain()
                if reply.raw is not None or reply.cut is not None:
                    return
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield Loopback(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked)
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)
