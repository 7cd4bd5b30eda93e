"""Several readings at the same time that end as one: all their results, or the first error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar, cast

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in the order of *work*. The first error is raised as it is once the rest has
    been cancelled and has ended, so nothing runs on behind the caller's back."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def both(one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """As `together`, of two kinds."""
    return cast("tuple[A, B]", tuple(await together((one, other))))
