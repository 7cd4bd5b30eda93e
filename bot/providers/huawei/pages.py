"""Pages of rows: what each operation's page holds, and reading all of them with none missing.

Huawei Cloud pages by row offset and states the total on each page. Rows can move while they are
read (an order that is paid leaves the list of unpaid ones), so a pass counts only when every page
stated the same total and that many different rows came. Otherwise the rows are read once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.errors import ProviderError, ProviderMalformed
from bot.i18n import _
from bot.providers.huawei.wire import (
    DetailsAnswer,
    ListAnswer,
    ResourcesAnswer,
    Row,
    ServiceTypesAnswer,
    WireLine,
    WireOrder,
    WireResource,
    WireServiceType,
)

T = TypeVar("T")

_AT_ONCE = 4  # pages asked for together after the first
_PASSES = 2


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows under a key that tells them apart, and how many rows all pages have together."""

    rows: tuple[tuple[str, T], ...]
    total: int


def orders(body: dict[str, Any], _offset: int) -> Page[tuple[WireOrder, Row]]:
    answer = ListAnswer.model_validate(body)
    wires = [(WireOrder.model_validate(row), row) for row in answer.order_infos]
    return Page(tuple((wire.order_id, (wire, row)) for wire, row in wires), answer.total_count)


class Details:
    """The pages of one order's lines; each page repeats the order itself."""

    def __init__(self, order_id: str, malformed: Callable[[str, str], ProviderMalformed]) -> None:
        self._order_id = order_id
        self._malformed = malformed
        self.raw: dict[str, Any] = {}
        self.order: WireOrder

    def lines(self, body: dict[str, Any], offset: int) -> Page[tuple[WireLine, Row]]:
        """Raises ProviderMalformed for a page about another order than the one asked for."""
        answer = DetailsAnswer.model_validate(body)
        if answer.order_info.order_id.casefold() != self._order_id.casefold():
            raise self._malformed(_("another order's id"), "get_order")
        if offset == 0:
            self.raw, self.order = body, answer.order_info
        rows = answer.order_line_items
        if rows is None:  # no lines at all, whatever their count says
            return Page((), 0)
        wires = [(WireLine.model_validate(row), row) for row in rows]
        keyed = (
            (wire.order_line_item_id or f"#{offset + position}", (wire, row))
            for position, (wire, row) in enumerate(wires)
        )
        return Page(tuple(keyed), len(rows) if answer.total_count is None else answer.total_count)


def resources(body: dict[str, Any], offset: int) -> Page[tuple[WireResource, Row]]:
    answer = ResourcesAnswer.model_validate(body)
    wires = [(WireResource.model_validate(row), row) for row in answer.data]
    keyed = (
        (wire.id or wire.resource_id or f"#{offset + position}", (wire, row))
        for position, (wire, row) in enumerate(wires)
    )
    return Page(tuple(keyed), answer.total_count)


def service_types(body: dict[str, Any], _offset: int) -> Page[WireServiceType]:
    answer = ServiceTypesAnswer.model_validate(body)
    wires = [WireServiceType.model_validate(row) for row in answer.service_types]
    keyed = tuple((f"{wire.service_type_code} {wire.abbreviation}", wire) for wire in wires)
    return Page(keyed, answer.total_count)


async def read_pages(
    fetch: Callable[[int], Awaitable[Page[T]]],
    *,
    seen: set[str],
    incomplete: Callable[[int, int], ProviderError],
    distinct: bool = False,
) -> AsyncGenerator[tuple[T, ...], None]:
    """Yield the rows page by page. *fetch* takes a row offset. Keys in *seen* are dropped and new
    ones added to it. *incomplete* makes the error for (rows received, rows stated). A row that
    comes twice in both passes is dropped, or with *distinct* stands for one that is missing."""
    received = total = 0
    for _attempt in range(_PASSES):
        received, keys, totals = 0, set[str](), set[int]()
        async with aclosing(_one_pass(fetch)) as pages:
            async for page in pages:
                received, total = received + len(page.rows), page.total
                totals.add(total)
                keys.update(key for key, _row in page.rows)
                yield _unseen(page, seen)
        if totals == {received} == {len(keys)}:
            return
        received = len(keys) if distinct else received
    if received < total:
        raise incomplete(received, total)


async def _one_pass(fetch: Callable[[int], Awaitable[Page[T]]]) -> AsyncGenerator[Page[T], None]:
    first = await fetch(0)
    yield first
    step = len(first.rows)  # what the provider gives at once may be less than what was asked for
    offsets = range(step, first.total, step) if step else range(0)
    for start in range(0, len(offsets), _AT_ONCE):
        for page in await _together(fetch, offsets[start : start + _AT_ONCE]):
            yield page
            if not page.rows:
                return


async def _together(fetch: Callable[[int], Awaitable[Page[T]]], offsets: range) -> list[Page[T]]:
    """All of them in order, or the first error with the rest cancelled."""
    tasks = [asyncio.ensure_future(fetch(offset)) for offset in offsets]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _unseen(page: Page[T], seen: set[str]) -> tuple[T, ...]:
    fresh: dict[str, T] = {}
    for key, row in page.rows:
        if key not in seen:
            fresh.setdefault(key, row)
    seen.update(fresh)
    return tuple(fresh.values())
