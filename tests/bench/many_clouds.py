"""20 accounts of 200 orders each, one of which does not answer: `python -m tests.bench.many_clouds
PORT UNPAID`, where UNPAID of each account's orders are to be paid."""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta

from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import Book, CloudAccount, Fault
from bot.sandbox.clouds.server import serve_book

ACCOUNTS, ORDERS = 20, 200
DEAD = "account-20"
SILENT = 3600.0  # seconds
APART = timedelta(days=360) / ORDERS


def accounts() -> list[CloudAccount]:
    return [
        CloudAccount(
            name=f"account-{number:02}",
            provider="alibaba",
            site="china",
            access_key_id=f"LTAI5tBench{number:02}",
            access_key_secret=f"bench-secret-{number:02}",
        )
        for number in range(1, ACCOUNTS + 1)
    ]


def book(unpaid: int) -> Book:
    """Orders spread over the year that an unpaid list looks back."""
    made = Book(lambda: datetime.now(UTC))  # noqa: TID251 - a process's own
    made.chance = random.Random(1)  # noqa: S311 - repeatable
    for account in accounts():
        made.add_account(account)
        for number in range(ORDERS):
            order = world.place(made, account.name)
            order.created_at -= number * APART
            order.payment_status = "unpaid" if number < unpaid else "paid"
            made.add_order(order)
    made.faults.append(Fault("slow", DEAD, seconds=SILENT, times=0))
    return made


async def _serve(port: int, unpaid: int) -> None:
    async with serve_book(book(unpaid), port=port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
