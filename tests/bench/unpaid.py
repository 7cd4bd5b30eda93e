"""`/order unpaid` over 20 accounts of 200 orders, one of which does not answer."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import SystemClock
from bot.sandbox.clouds.book import Book
from bot.sandbox.clouds.server import Clouds
from bot.services.lists import Patience
from tests.bench.figures import Row, Series, under
from tests.bench.many_clouds import ACCOUNTS, DEAD, ORDERS, accounts
from tests.bench.serving import cloud, countersign, set_stage
from tests.stage import ALICE, GENERAL, Stage, said

TITLE = "`/order unpaid` over 20 accounts of 200 orders, one of them dead"
UNPAID = ORDERS // 10  # of each account
ROUNDS = 5  # at most, for each waits for the deadline
DEADLINE = Patience().deadline
LIVE = f"Unpaid orders: {UNPAID * (ACCOUNTS - 1)}"


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:  # noqa: ARG001 - none is long
    """Each round begins with an empty database: nothing was ever seen of these accounts."""
    first, live, named = list[float](), list[float](), list[float]()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        module = "tests.bench.many_clouds"
        url = await stack.enter_async_context(cloud(folder, str(UNPAID), module=module))
        book = Book(SystemClock().now)
        for account in accounts():
            book.add_account(account)
        for _round in range(min(rounds, ROUNDS)):
            with TemporaryDirectory() as place:
                async with set_stage(Path(place), Clouds(url, book)) as stage:
                    stage.accounts = tuple(book.accounts)
                    async with countersign(stage):
                        at = await _asked(stage)
            first.append(at[0])
            live.append(at[1])
            named.append(at[2])
    return [
        under("first card", Series(tuple(first)), 1.0, "within 1 s"),
        under(
            "card with all orders of the 19 live accounts", Series(tuple(live)), 1.0, "within 1 s"
        ),
        under(
            "the dead account is named",
            Series(tuple(named)),
            DEADLINE + 1,
            f"at the deadline, {DEADLINE:g} s",
        ),
    ]


async def _asked(stage: Stage) -> tuple[float, float, float]:
    """Seconds from typing to each of the three."""
    began = time.perf_counter()
    await stage.slack.command(ALICE, GENERAL, "unpaid")
    at = []
    for wanted in ("Unpaid orders", LIVE, f"No answer from {DEAD}"):
        await stage.slack.until(partial(_shows, stage, wanted), timeout=30)
        at.append(time.perf_counter() - began)
    return at[0], at[1], at[2]


def _shows(stage: Stage, text: str) -> bool:
    return any(text in said(message) for message in stage.slack.messages(GENERAL, ALICE))
