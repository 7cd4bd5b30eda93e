"""The embedded clouds for tests that each want them fresh.

Every test gets a server and a book of its own, so used nonces, tokens, calls and faults start
empty. The orders take far longer to make than the server: they are kept, those of an account are
made anew only after a test that changed one, and all when they are too old for tests that count
from now.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import Book, CloudOrder
from bot.sandbox.clouds.server import Clouds, serve_book

_OLD_S = 60.0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  signatures are judged by the machine's clock


class _Kept:
    """The book of seed 1, and the orders of each account once more, pickled and as they were."""

    def __init__(self) -> None:
        self.made_at = time.monotonic()
        self.book = world.build(1, _now)
        self._pickled = {name: pickle.dumps(rows) for name, rows in self.book.orders.items()}
        self._twin = {name: self._anew(name) for name in self._pickled}

    def is_old(self) -> bool:
        return time.monotonic() - self.made_at > _OLD_S

    def repair(self) -> None:
        """Replace the orders of each account where a test has changed one."""
        for name, rows in self._twin.items():
            if self.book.orders[name] != rows:
                self.book.orders[name] = self._anew(name)

    def _anew(self, name: str) -> dict[str, CloudOrder]:
        rows: dict[str, CloudOrder] = pickle.loads(self._pickled[name])  # noqa: S301  pickled above
        return rows


_kept: list[_Kept] = []  # those that nobody uses now


@asynccontextmanager
async def fresh_clouds(now: Callable[[], datetime] = _now) -> AsyncIterator[Clouds]:
    """What `start_clouds()` gives, for less; *now* is the clouds' clock, set to the real time."""
    kept = _kept.pop() if _kept else _Kept()
    if kept.is_old():
        kept = _Kept()
    kept.repair()
    book = Book(now)
    book.accounts = dict(kept.book.accounts)
    book.orders = dict(kept.book.orders)
    async with serve_book(book) as clouds:
        yield clouds
    _kept.append(kept)
