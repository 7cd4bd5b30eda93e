"""The embedded clouds as they stand at the start: which rooms there are, filled from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from bot.sandbox.clouds import alibaba, huawei, unicloud
from bot.sandbox.clouds.book import Book
from bot.sandbox.clouds.room import Room

ROOMS: tuple[Room, ...] = (alibaba, huawei, unicloud)


def build(seed: int, now: Callable[[], datetime]) -> Book:
    """A book with every room's accounts and orders. One seed always gives the same ids, contents
    and ages, counted from *now* (aware UTC) at this call; only the few orders that the providers'
    documents print keep their printed times."""
    book = Book(now)
    start = now().replace(microsecond=0)
    for room in ROOMS:
        # Each room has its own chance, so that one that changes leaves the others as they are.
        room.seed(book, random.Random(f"{seed}:{room.PROVIDER}"), start)
    return book


def list_row_ids(book: Book, account: str) -> list[str]:
    """The ids that the account's provider lists over all time."""
    rooms = {room.PROVIDER: room for room in ROOMS}
    return rooms[book.accounts[account].provider].list_row_ids(book, account)
