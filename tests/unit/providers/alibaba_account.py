"""An Alibaba account in front of a loopback server that answers as told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot.domain.accounts import Account, Provider
from bot.domain.orders import Order, OrderQuery
from bot.providers.alibaba.adapter import AlibabaAdapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from tests.loopback import Asked, Loopback, Reply, loopback

DATA = Path(__file__).parents[2] / "data" / "alibaba"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOVEMBER = OrderQuery(datetime(2026, 11, 1, tzinfo=UTC), NOON)
KEY_ID, SECRET, TOKEN = "testid-countersign", "testsecret-countersign", "token-countersign"
RESPONSES: list[dict[str, Any]] = json.loads((DATA / "responses" / "index.json").read_text())[
    "responses"
]


class FixedClock:
    def now(self) -> datetime:
        return NOON


@dataclass
class Turning:
    """A secret that has another value each time its source is read again."""

    values: list[str]
    reads: int = 0

    def value(self) -> str:
        return self.values[min(self.reads, len(self.values) - 1)]

    def refresh(self) -> None:
        self.reads += 1


def response(file: str) -> Reply:
    """The recorded answer *file*, with its status and headers."""
    entry = next(entry for entry in RESPONSES if entry["file"] == file)
    return reply_of(entry)


def reply_of(entry: dict[str, Any]) -> Reply:
    if entry["file"]:
        body = (DATA / "responses" / entry["file"]).read_bytes()
    else:
        body = entry["raw_text"].encode()
    return Reply(body, entry["http_status"], entry["headers"])


def good(**content: Any) -> Reply:
    return Reply({"Code": "Success", "RequestId": "r", "Success": True, "Data": content})


def refusal(code: str, status: int = 400, message: str = "words", **headers: str) -> Reply:
    body = {"Code": code, "Message": message, "RequestId": "r-1"}
    return Reply(body, status, {name.replace("_", "-"): text for name, text in headers.items()})


def a_row(order_id: str, **changes: Any) -> dict[str, Any]:
    row = {"OrderId": order_id, "PaymentStatus": "Unpaid", "OrderType": "New"}
    return row | {"CreateTime": "2026-11-20T02:00:00Z", "Currency": "CNY"} | changes


@dataclass
class Alibaba:
    adapter: AlibabaAdapter
    server: Loopback
    secrets: dict[str, Any] = field(default_factory=dict)

    async def orders(self, query: OrderQuery = NOVEMBER) -> list[Order]:
        return [order async for page in self.adapter.list_orders(query) for order in page]


@asynccontextmanager
async def alibaba(
    answer: Reply | Callable[[Asked], Reply],
    *,
    owner_id: str | None = None,
    token: str | Turning = "",
) -> AsyncIterator[Alibaba]:
    account = Account("main", Provider.ALIBABA, "china", owner_id)
    credentials = Credentials(KEY_ID, {"access_key_secret": SECRET, "security_token": token})
    nonces = count()
    async with loopback(answer if callable(answer) else lambda _asked: answer) as server:
        transport = Transport("main", requests_per_second=1000, timeout_s=10, clock=FixedClock())
        adapter = AlibabaAdapter(
            account,
            credentials,
            transport,
            endpoint=server.url,
            clock=FixedClock(),
            nonce=lambda: f"nonce-{next(nonces)}",
        )
        try:
            yield Alibaba(adapter, server)
        finally:
            await adapter.aclose()
