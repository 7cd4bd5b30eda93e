"""A Unicloud adapter with a made-up key, and the cloud on loopback that it talks to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.domain.accounts import Account, Provider
from bot.domain.orders import Order, OrderQuery
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.providers.unicloud.adapter import UnicloudAdapter
from tests.fakes import FixedClock
from tests.loopback import Asked, Loopback, Reply, loopback

RESPONSES = Path(__file__).parents[2] / "data" / "unicloud" / "responses"
ACCOUNT = Account("unicloud-main", Provider.UNICLOUD)
SECRET = "fake-secret-key-for-tests-only-0000000001"
NOON = datetime(2019, 10, 18, 4, 0, tzinfo=UTC)  # while the composed order waits for payment
YEARS = OrderQuery(datetime(2019, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))


def recorded(name: str) -> bytes:
    return (RESPONSES / f"{name}.json").read_bytes()


def always(body: object, status: int = 200) -> Callable[[Asked], Reply]:
    return lambda _asked: Reply(body, status)


@asynccontextmanager
async def at_unicloud(
    answer: Callable[[Asked], Reply], **options: Any
) -> AsyncIterator[tuple[UnicloudAdapter, Loopback]]:
    """An adapter and the cloud that it talks to."""
    numbers = iter(range(1_000_000))
    clock = options.pop("clock", FixedClock(NOON))
    async with loopback(answer) as cloud:
        adapter = UnicloudAdapter(
            ACCOUNT,
            Credentials("FAKEAK00000000000001", {"access_key_secret": SECRET}),
            Transport(ACCOUNT.name, requests_per_second=1000, timeout_s=10, clock=clock),
            endpoint=cloud.url,
            clock=clock,
            nonce=lambda: f"nonce-{next(numbers)}",
            **options,
        )
        try:
            yield adapter, cloud
        finally:
            await adapter.aclose()


async def listed(adapter: UnicloudAdapter, query: OrderQuery = YEARS) -> list[Order]:
    return [order async for page in adapter.list_orders(query) for order in page]


def row(number: int, **changes: object) -> dict[str, object]:
    """A list row; *number* makes id, order number and time of creation."""
    sent = {
        "Id": str(1185005071365046275 + number),
        "OrderNo": f"P{21784954246000 + number}",
        "OrderStatus": "WAITING",
        "OrderCategory": "NEW",
        "FinalPrice": 1.5,
        "CreateTime": 1571362200000 + number * 1000,
    }
    return {**sent, **changes}


def pages_of(
    rows: list[dict[str, object]], size: int = 2, **frame: object
) -> Callable[[Asked], Reply]:
    """A cloud that answers *size* rows a page, whatever size was asked for."""

    def answer(asked: Asked) -> Reply:
        start = (int(asked.query["Page"]) - 1) * size
        part = {"OrderList": {"Order": rows[start : start + size]}, "TotalCount": len(rows)}
        return Reply({**part, **frame})

    return answer


def by_action(**answers: Iterable[Reply] | Reply) -> Callable[[Asked], Reply]:
    """One reply for each action, or several in turn."""
    waiting = {
        name: iter([reply] if isinstance(reply, Reply) else reply)
        for name, reply in answers.items()
    }
    return lambda asked: next(waiting[asked.query["Action"]])
