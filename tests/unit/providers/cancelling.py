"""Accounts that cancel orders, in front of a cloud that does what the test says."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from bot.domain.accounts import Account, Provider
from bot.ports import ProviderAdapter
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from tests.fakes import FixedClock
from tests.loopback import Asked, Loopback, Reply, loopback

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ALIBABA, HUAWEI, BY_TOKEN = "alibaba", "huawei", "huawei by token"
KINDS = (ALIBABA, HUAWEI, BY_TOKEN)  # POST, PUT, and PUT after a POST for the token
ORDER = "200000000000001"
KEY_ID, SECRET = "testid-countersign", "testsecret-countersign"
USER = {"iam_user": "example-user", "iam_password": "fake-password-1", "iam_domain": "example"}
TOKENS = "/v3/auth/tokens"

DONE = {
    ALIBABA: Reply({"Code": "Success", "RequestId": "r-1", "Success": True}),
    HUAWEI: Reply(b"", 204, {"X-Request-Id": "r-1"}),
    BY_TOKEN: Reply(b"", 204, {"X-Request-Id": "r-1"}),
}


def key_of(kind: str, key_id: str = KEY_ID, **secrets: Any) -> Credentials:
    """Credentials of an account of *kind*; *secrets* go on top."""
    if kind == BY_TOKEN:
        return Credentials("", USER | secrets)
    name = "access_key_secret" if kind == ALIBABA else "secret_access_key"
    return Credentials(key_id, {name: SECRET} | secrets)


@asynccontextmanager
async def an_account(
    kind: str,
    url: str,
    *,
    credentials: Credentials | None = None,
    cancel_credentials: Credentials | None = None,
    owner_id: str | None = None,
    timeout_s: float = 5.0,
    per_second: float = 1000.0,
) -> AsyncIterator[ProviderAdapter]:
    provider = Provider.ALIBABA if kind == ALIBABA else Provider.HUAWEI
    clock = FixedClock(NOON)
    adapter = build_adapter(
        Account("main", provider, "china", owner_id),
        credentials or key_of(kind),
        Transport("main", requests_per_second=per_second, timeout_s=timeout_s, clock=clock),
        clock,
        {"endpoint": url},
        cancel_credentials=cancel_credentials,
    )
    try:
        yield adapter
    finally:
        await adapter.aclose()


def a_token(text: str = "TOKEN-1") -> Reply:
    body = {"token": {"expires_at": "2026-11-22T12:00:00.000000Z"}}
    return Reply(body, 201, {"X-Subject-Token": text})


@dataclass
class Cloud:
    """*cancels* are the cancel calls that arrived, *tokens* those for a token."""

    adapter: ProviderAdapter
    server: Loopback

    @property
    def tokens(self) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.target.startswith(TOKENS)]

    @property
    def cancels(self) -> list[Asked]:
        return [asked for asked in self.server.asked if is_cancel(asked)]


def is_cancel(asked: Asked) -> bool:
    return "/cancel" in asked.target or asked.headers.get("x-acs-action") == "CancelOrder"


@asynccontextmanager
async def a_cloud(
    kind: str, answer: Reply | Callable[[Asked], Reply], **account: Any
) -> AsyncIterator[Cloud]:
    """A cloud that hands out a token to whoever asks and answers the rest with *answer*."""

    def reply(asked: Asked) -> Reply:
        if callable(answer):
            return answer(asked)
        return a_token() if asked.target.startswith(TOKENS) else answer

    async with loopback(reply) as server, an_account(kind, server.url, **account) as adapter:
        yield Cloud(adapter, server)


class Then(Enum):
    """What becomes of the line after the request was read and acted on."""

    KEEP = auto()  # open for more
    FIN = auto()
    RST = auto()
    STALL = auto()


@dataclass(frozen=True, slots=True)
class Act:
    says: bytes
    then: Then


@dataclass
class BareCloud:
    """Sockets alone. Each cancel that is read to its end is *acted* on, whatever is said then.
    With a *greeting* that is all a line ever hears."""

    acts: Callable[[int], Act]  # by the number of the cancel, from 0
    port: int = 0
    greeting: bytes = b""
    acted: list[bytes] = field(default_factory=list)  # first lines
    lines: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        writer.write(self.greeting)
        while not self.greeting:
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line.split(b":")[1]))
            first = head.split(b"\r\n")[0]
            if TOKENS.encode() in first:
                writer.write(a_token().wire())
                continue
            self.acted.append(first)
            act = self.acts(len(self.acted) - 1)
            writer.write(act.says)
            await writer.drain()
            if act.then is Then.STALL:
                await asyncio.Event().wait()
            if act.then is Then.RST:
                _reset_on_close(writer)
            if act.then is not Then.KEEP:
                return


@asynccontextmanager
async def a_bare_cloud(acts: Callable[[int], Act]) -> AsyncIterator[BareCloud]:
    cloud = BareCloud(acts)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await cloud.serve(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    cloud.port = server.sockets[0].getsockname()[1]
    try:
        yield cloud
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    """Nothing is to be sent any more on close: the peer gets RST instead of FIN."""
    line = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def a_closed_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])
