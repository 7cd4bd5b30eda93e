"""Several readings that end as one."""

from __future__ import annotations

import asyncio

import pytest

from bot.services.together import together


async def number(value: int) -> int:
    for _turn in range(3 - value):
        await asyncio.sleep(0)
    return value


async def test_results_come_in_the_order_that_was_asked_for() -> None:
    assert await together(number(value) for value in (1, 2, 3)) == [1, 2, 3]
    assert await together([]) == []


@pytest.mark.parametrize("cut_off", [False, True], ids=["error", "cancelled"])
async def test_nothing_runs_on_behind_an_error_or_a_cancellation(cut_off: bool) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def stall() -> int:
        begun.set()
        try:
            return await asyncio.Future()
        finally:
            ended.set()

    async def fail() -> int:
        await begun.wait()
        raise KeyError("as it is")

    both = asyncio.ensure_future(together([stall(), stall() if cut_off else fail()]))
    await begun.wait()
    if cut_off:
        both.cancel()
    with pytest.raises(asyncio.CancelledError if cut_off else KeyError):
        await both
    assert ended.is_set()
