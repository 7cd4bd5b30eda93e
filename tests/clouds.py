"""The embedded clouds for tests that each want them fresh.

Every test gets a server and a book of its own, so used nonces, tokens, calls and faults start
empty. The orders take far longer to make than the server: they are kept, and made anew only after a
test that changed one, or when they are too old for tests that count from now.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import Book
from bot.sandbox.clouds.server import Clouds, serve_book

_OLD_S = 60.0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  signatures are judged by the machine's clock


class _Kept:
    """The book of seed 1, and a twin of its orders that no test gets hold of."""

    def __init__(self) -> None:
        self.made_at = time.monotonic()
        self.book = world.build(1, _now)
        self.twin = pickle.loads(pickle.dumps(self.book.orders))  # noqa: S301  pickled right here

    def is_unchanged(self) -> bool:
        young = time.monotonic() - self.made_at < _OLD_S
        return young and self.book.orders == self.twin


_kept: list[_Kept] = []


@asynccontextmanager
async def fresh_clouds() -> AsyncIterator[Clouds]:
    """What `start_clouds()` gives, for less."""
    if not (_kept and _kept[0].is_unchanged()):
        _kept[:] = [_Kept()]
    book = Book(_now)
    book.accounts = dict(_kept[0].book.accounts)
    book.orders = _kept[0].book.orders
    async with serve_book(book) as clouds:
        yield clouds
