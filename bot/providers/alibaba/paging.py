"""All pages of a list that may move while it is read.

The API has page numbers and no snapshot: an order that enters or leaves the list meanwhile shifts
all rows behind it, so one is repeated or missed. A walk through all pages is settled when every
page told the same total and as many different rows arrived. An unsettled list is walked once more;
what both walks together lack is an error, never a shorter list.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from hashlib import blake2b
from typing import Any

from bot.providers.alibaba.wire import Page

PAGE_CAP = 500  # 10,000 orders: more in one window is a fault or asks for a shorter window
WALKS = 2

ReadPage = Callable[[int], Awaitable[Page]]


class Incomplete(Exception):
    """Rows are missing after both walks, or the list is longer than `PAGE_CAP` pages."""

    def __init__(self, read: int, total: int) -> None:
        super().__init__(f"{read} of {total} rows")
        self.read = read
        self.total = total


async def all_rows(
    read_page: ReadPage, size: int, *, at_once: int
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield the rows page by page, in the provider's order, each different row once.

    *read_page* takes a page number, from 1; *size* is the page size that it asks for, *at_once* how
    many pages may be on their way together. Raises Incomplete, which may come after rows were
    yielded.
    """
    known: set[bytes] = set()
    total = 0
    for _walk in range(WALKS):
        walk: set[bytes] = set()
        totals: set[int] = set()
        repeated = False
        async with aclosing(_pages(read_page, size, at_once)) as pages:
            async for page in pages:
                marks = {_mark(row): row for row in page.rows}
                repeated = repeated or not walk.isdisjoint(marks)
                walk |= marks.keys()
                if page.total_count is not None:
                    totals.add(total := page.total_count)
                yield [row for mark, row in marks.items() if mark not in known]
                known |= marks.keys()
        if not repeated and len(totals) <= 1 and len(walk) >= total:
            return
    if len(known) < total:
        raise Incomplete(len(known), total)


def _mark(row: dict[str, Any]) -> bytes:
    """Tells different rows apart, in a few bytes: they are kept for the whole of a long list."""
    return blake2b(repr(row).encode(), digest_size=16).digest()


async def _pages(read_page: ReadPage, size: int, at_once: int) -> AsyncGenerator[Page, None]:
    """The first page alone, for it tells how many there are; without a total one after another
    until one is short."""
    first = await read_page(1)
    yield first
    rows, total = len(first.rows), first.total_count
    if total is not None and total >= rows:
        size = min(size, first.page_size or rows or size)  # the server may allow less than asked
        last = -(-total // size)
        if last > PAGE_CAP:
            raise Incomplete(rows, total)
        async with aclosing(_ahead(read_page, last, at_once)) as pages:
            async for page in pages:
                yield page
        return
    number = 1
    while rows >= size:
        number += 1
        if number > PAGE_CAP:
            raise Incomplete(PAGE_CAP * size, PAGE_CAP * size + 1)
        page = await read_page(number)
        yield page
        rows = len(page.rows)


async def _ahead(read_page: ReadPage, last: int, at_once: int) -> AsyncGenerator[Page, None]:
    """Pages 2 to *last* in order, some of them fetched ahead of their turn."""
    waiting: deque[asyncio.Future[Page]] = deque()
    try:
        for number in range(2, last + 1):
            waiting.append(asyncio.ensure_future(read_page(number)))
            if len(waiting) == at_once:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for page in waiting:
            page.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
