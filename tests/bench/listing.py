"""All of 10,000 orders in pages of 20 from a cloud 50 ms away, beside a plain loop with the SDK.

`python -m tests.bench.listing URL` reads them once and prints how much memory it holds, in MB,
after a fifth of them and after all.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from alibabacloud_bssopenapi20171214 import models  # type: ignore[import-untyped]

from bot.app import SystemClock
from bot.domain.orders import OrderQuery
from bot.logs import configure_logging
from bot.ports import ProviderAdapter
from bot.providers.transport import BURST
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudAccount
from tests.bench.calls import alibaba_sdk, an_adapter
from tests.bench.cloud import ALIBABA, APART, LATEST, ORDERS, PAGE
from tests.bench.figures import Row, Series, at_most, faster, under
from tests.bench.serving import cloud, output_of

TITLE = "All of 10,000 orders, in pages of 20, from a cloud at 50 ms"
AWAY = 0.050
LIMIT = 50.0  # calls a second
EARLY = ORDERS // 5
ROUNDS = 3  # at most, for each takes most of a minute
BOUND = (ORDERS / PAGE - BURST) / LIMIT  # seconds that the limit asks for
STAYS = 4.0  # MB: an id and a mark of each order, which tell a row that comes twice

_PLAIN = "plain loop with the official SDK"


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    """*share* of the SDK's loop, of which all parts take the same time."""
    limited, free, plain, grown = list[float](), list[float](), list[float](), list[float]()
    row = world.build(1, SystemClock().now).accounts[ALIBABA]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = await stack.enter_async_context(cloud(folder, str(AWAY)))
        for _round in range(min(rounds, ROUNDS)):
            free.append(await _read(an_adapter(row, url)))
            limited.append(await _read(an_adapter(row, url, requests_per_second=LIMIT)))
            plain.append(_looped(row, url, share))
            told = await output_of("-m", "tests.bench.listing", url)
            early, late = map(float, told.split())
            grown.append(late - early)
    bound = Series((BOUND,) * len(limited))
    return [
        faster(
            f"{ORDERS:,} orders, no limit", Series(tuple(free)), Series(tuple(plain)), _PLAIN, 8
        ),
        at_most(
            f"{ORDERS:,} orders, limit {LIMIT:g}/s", Series(tuple(limited)), bound, "bound", 1.1
        ),
        under(
            f"memory, from order {EARLY:,} to {ORDERS:,}",
            Series(tuple(grown), "MB"),
            STAYS,
            f"flat: under {STAYS:g} MB more",
        ),
    ]


async def _read(adapter: ProviderAdapter) -> float:
    began = time.perf_counter()
    count = 0
    async for number in _pages(adapter):
        count += number
    taken = time.perf_counter() - began
    await adapter.aclose()
    if count != ORDERS:
        raise RuntimeError(f"{count} of {ORDERS} orders were read")
    return taken


async def _pages(adapter: ProviderAdapter) -> AsyncIterator[int]:
    """How many orders each page held; the orders themselves are dropped."""
    query = OrderQuery(LATEST - ORDERS * APART, LATEST + APART)
    async for page in adapter.list_orders(query):
        yield len(page)


def _looped(row: CloudAccount, url: str, share: float) -> float:
    """What the SDK's documents show: page after page until all are there."""
    client, count = alibaba_sdk(row, url), 0
    wanted = max(PAGE, int(ORDERS * share))
    began = time.perf_counter()
    while count < wanted:
        asked = models.QueryOrdersRequest(
            create_time_start=f"{LATEST - ORDERS * APART:%Y-%m-%dT%H:%M:%SZ}",
            create_time_end=f"{LATEST + APART:%Y-%m-%dT%H:%M:%SZ}",
            page_num=count // PAGE + 1,
            page_size=PAGE,
        )
        count += len(client.query_orders(asked).body.data.order_list.order)
    return (time.perf_counter() - began) * ORDERS / count


async def _held(url: str) -> None:
    configure_logging(debug=False)
    adapter = an_adapter(world.build(1, SystemClock().now).accounts[ALIBABA], url)
    count, marks = 0, list[float]()
    async for number in _pages(adapter):
        count += number
        if count in (EARLY, ORDERS):
            marks.append(_resident_mb())
    await adapter.aclose()
    sys.stdout.write(f"{marks[0]} {marks[-1]}\n")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    asyncio.run(_held(sys.argv[1]))
