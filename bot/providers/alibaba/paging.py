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
from typing import Any

from bot.domain.orders import Field
from bot.providers.alibaba.wire import Page
from bot.providers.wire import fields_of

PAGE_CAP = 500  # 10,000 orders: more in one window is a fault or asks for a shorter window
CONCURRENT = 4  # pages on their way at the same time
WALKS = 2

ReadPage = Callable[[int], Awaitable[Page]]


class Incomplete(Exception):
    """Rows are missing after both walks, or the list is longer than `PAGE_CAP` pages."""

    def __init__(self, read: int, total: int) -> None:
        super().__init__(f"{read} of {total} rows")
        self.read = read
        self.total = total


async def all_rows(read_page: ReadPage, size: int) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield the rows page by page, in the provider's order, each different row once.

    *read_page* takes a page number, from 1; *size* is the page size that it asks for. Raises
    Incomplete, which may come after rows were yielded.
    """
    known: set[tuple[Field, ...]] = set()
    total = 0
    for _walk in range(WALKS):
        walk: set[tuple[Field, ...]] = set()
        totals: set[int] = set()
        repeated = False
        async with aclosing(_pages(read_page, size)) as pages:
            async for page in pages:
                marks = {fields_of(row): row for row in page.rows}
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


async def _pages(read_page: ReadPage, size: int) -> AsyncGenerator[Page, None]:
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
        async with aclosing(_ahead(read_page, last)) as pages:
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


async def _ahead(read_page: ReadPage, last: int) -> AsyncGenerator[Page, None]:
    """Pages 2 to *last* in order, some of them fetched ahead of their turn."""
    waiting: deque[asyncio.Future[Page]] = deque()
    try:
        for number in range(2, last + 1):
            waiting.append(asyncio.ensure_future(read_page(number)))
            if len(waiting) == CONCURRENT:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for page in waiting:
            page.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
