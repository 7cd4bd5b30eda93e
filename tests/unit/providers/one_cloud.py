"""A transport in front of one loopback server, with what was observed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.errors import (
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.providers.clients import Request
from bot.providers.transport import Answer, Transport
from tests.loopback import Asked, Loopback, Reply, loopback

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "Signature=c2VjcmV0LXNpZ25hdHVyZQ"  # what a signed URL would give away


class FixedClock:
    def now(self) -> datetime:
        return NOON


@dataclass
class Monotonic:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Cloud:
    """One account's transport in front of one server, and what was observed."""

    server: Loopback
    transport: Transport
    monotonic: Monotonic
    observed: list[tuple[str, str]]

    def request(self, method: str = "GET", target: str = "/orders") -> Request:
        headers = {"Authorization": f"Credential {SECRET}"}
        return Request(method, f"{self.server.url}{target}?{SECRET}", headers)

    async def read(self, check: Callable[[Answer], object] | None = None) -> object:
        return await self.transport.read(self.request, check or judge, operation="list_orders")


@asynccontextmanager
async def a_cloud(
    answer: Callable[[Asked], Reply], *, timeout_s: float = 5.0, per_second: float = 1000.0
) -> AsyncIterator[Cloud]:
    monotonic, observed = Monotonic(), list[tuple[str, str]]()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(loopback(answer))
        transport = Transport(
            "main",
            requests_per_second=per_second,
            timeout_s=timeout_s,
            clock=FixedClock(),
            monotonic=monotonic,
            observe=lambda operation, _seconds, outcome: observed.append((operation, outcome)),
        )
        stack.push_async_callback(transport.aclose)
        yield Cloud(server, transport, monotonic, observed)


def judge(answer: Answer) -> object:
    """As an adapter does: 401 is the key, 403 a right, 429 throttling, 5xx an outage."""
    refused = {401: Remedy.CHECK_KEY, 403: Remedy.GRANT_PERMISSION, 400: Remedy.CHECK_CLOCK}
    if answer.status in refused:
        raise ProviderRefused("refused", account="main", remedy=refused[answer.status])
    if answer.status == 429:
        raise ProviderThrottled("slower", account="main")
    if answer.status >= 500 or answer.json is None:
        raise ProviderUnavailable("down", account="main", http_status=answer.status)
    return answer.json


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    """The replies one by one, the last one for ever."""
    waiting = list(replies)
    return lambda _asked: waiting.pop(0) if len(waiting) > 1 else waiting[0]
