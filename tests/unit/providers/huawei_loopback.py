"""A Huawei Cloud of a few lines on loopback: records what arrives, answers what the test says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aiohttp import web

from bot.domain.accounts import Account, Provider
from bot.domain.orders import Order, OrderQuery
from bot.providers.credentials import Credentials, SecretText
from bot.providers.huawei import HuaweiAdapter
from bot.providers.transport import Transport

DATA = Path(__file__).parents[2] / "data" / "huawei"
ACCOUNT = Account("huawei-main", Provider.HUAWEI, "china")
NOW = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)
DATE = format_datetime(NOW, usegmt=True)
KEY = {"secret_access_key": "fake-secret-key-for-tests-only-0000000001"}
USER = {"iam_user": "example-user", "iam_password": "fake-password-1", "iam_domain": "example"}
ALL_TIME = OrderQuery(datetime(2018, 12, 1, tzinfo=UTC), NOW)
THIS_YEAR = OrderQuery(datetime(2024, 1, 1, tzinfo=UTC), NOW)


@dataclass
class FixedClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Arrived:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def offset(self) -> int:
        return int(self.query["offset"])


Script = Callable[[Arrived], Reply]


@dataclass
class Cloud:
    url: str
    script: Script
    arrived: list[Arrived] = field(default_factory=list)

    def to(self, path: str) -> list[Arrived]:
        return [call for call in self.arrived if call.path == path]


@asynccontextmanager
async def cloud(script: Script) -> AsyncIterator[Cloud]:
    """A server that answers with *script*; `arrived` tells what came."""
    here = Cloud("", script)

    async def handle(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Arrived(
            request.method, request.path, dict(request.query), headers, await request.read()
        )
        here.arrived.append(call)
        reply = here.script(call)
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        sent = {"Content-Type": "application/json;charset=UTF-8", "Date": DATE, **reply.headers}
        body = b"" if reply.body is None else text.encode()
        return web.Response(status=reply.status, headers=sent, body=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield here
    finally:
        await runner.cleanup()


LIST = "/v2/orders/customer-orders"
DETAILS = "/v2/orders/customer-orders/details/"
SERVICE_TYPES = "/v2/products/service-types"
RESOURCES = "/v2/orders/suscriptions/resources/query"
TOKENS = "/v3/auth/tokens"

ENGLISH_NAMES = {
    "total_count": 1,
    "service_types": [
        {
            "service_type_code": "hws.service.type.ec2",
            "service_type_name": "Elastic Cloud Server",
            "abbreviation": "ECS",
        }
    ],
}


def recorded(name: str) -> Reply:
    """The reply in `responses/NAME.json`."""
    found = json.loads((DATA / "responses" / f"{name}.json").read_text("utf-8"))
    return Reply(found["status"], found["body"], found["headers"])


def with_names(script: Script) -> Script:
    """*script*, and one English service type for whoever asks for the names."""
    return lambda call: Reply(body=ENGLISH_NAMES) if call.path == SERVICE_TYPES else script(call)


def always(reply: Reply) -> Script:
    return lambda _call: reply


@asynccontextmanager
async def huawei(
    script: Script,
    *,
    key: str = "FAKEAK00000000000001",
    secrets: Mapping[str, str | SecretText] = MappingProxyType(KEY),
    clock: FixedClock | None = None,
    domain_id: str | None = None,
) -> AsyncIterator[tuple[HuaweiAdapter, Cloud]]:
    """An adapter and the cloud that it talks to."""
    clock = clock or FixedClock()
    async with cloud(script) as here:
        adapter = HuaweiAdapter(
            ACCOUNT,
            Credentials(key, secrets),
            Transport(ACCOUNT.name, requests_per_second=1000, timeout_s=10, clock=clock),
            endpoint=here.url,
            iam_endpoint=None,
            domain_id=domain_id,
            clock=clock,
        )
        try:
            yield adapter, here
        finally:
            await adapter.aclose()


async def listed(adapter: HuaweiAdapter, query: OrderQuery = THIS_YEAR) -> list[Order]:
    return [order async for page in adapter.list_orders(query) for order in page]
