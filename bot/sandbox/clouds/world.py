"""The embedded clouds as they stand at the start: which rooms there are, filled from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from bot.sandbox.clouds import alibaba, huawei, unicloud
from bot.sandbox.clouds.book import Book, CloudOrder
from bot.sandbox.clouds.room import Room

ROOMS: tuple[Room, ...] = (alibaba, huawei, unicloud)


def build(seed: int, now: Callable[[], datetime]) -> Book:
    """A book with every room's accounts and orders. One seed always gives the same ids, contents
    and ages, counted from *now* (aware UTC) at this call; only the few orders that the providers'
    documents print keep their printed times."""
    book = Book(now)
    book.chance = random.Random(f"{seed}:placed")
    start = now().replace(microsecond=0)
    for room in ROOMS:
        # Each room has its own chance, so that one that changes leaves the others as they are.
        room.seed(book, random.Random(f"{seed}:{room.PROVIDER}"), start)
    return book


def place(
    book: Book, account: str, *, renewal: bool = False, deadline: datetime | None = None
) -> CloudOrder:
    """Somebody orders something now and does not pay: an order like those of the seed. Without a
    *deadline* the provider's usual one. Raises ValueError for one that it cannot have."""
    if deadline is not None and deadline <= book.order_now():
        raise ValueError("the deadline has passed already")
    order = _room(book, account).place(book, account, renewal=renewal, deadline=deadline)
    book.add_order(order)
    return order


def list_row_ids(book: Book, account: str) -> list[str]:
    """The ids that the account's provider lists over all time."""
    return _room(book, account).list_row_ids(book, account)


def _room(book: Book, account: str) -> Room:
    rooms = {room.PROVIDER: room for room in ROOMS}
    return rooms[book.accounts[account].provider]
