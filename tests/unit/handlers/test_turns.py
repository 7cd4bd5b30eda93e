"""A list that is still followed in a place does not come back over what was turned to there."""

from __future__ import annotations

import asyncio

from handlers.turns import KEPT, Turns
from handlers.views.panel import sentence
from handlers.views.surface import Rendered

WINDOW, MESSAGE = "V0001", "C0GENERAL/1795003200.000001"
FIRST, SECOND = sentence("1 to 8"), sentence("9 to 16")


class Sheet:
    """A place that shows what it was given last; Slack takes it once it *may*."""

    def __init__(self, spot: str) -> None:
        self.spot = spot
        self.text = ""
        self.may = asyncio.Event()
        self.may.set()

    async def show(self, rendered: Rendered) -> None:
        await self.may.wait()
        self.text = rendered.text


async def test_a_later_turn_ends_the_earlier_ones_of_its_own_place_only() -> None:
    turns, window, message = Turns(), Sheet(WINDOW), Sheet(MESSAGE)
    first, elsewhere = turns.take(WINDOW), turns.take(MESSAGE)
    second = turns.take(WINDOW)
    assert await turns.show(second, window, SECOND)
    assert not await turns.show(first, window, FIRST)
    assert await turns.show(elsewhere, message, FIRST)
    assert (window.text, message.text) == (SECOND.text, FIRST.text)


async def test_a_page_is_drawn_after_what_was_on_its_way() -> None:
    turns, window = Turns(), Sheet(WINDOW)
    window.may.clear()
    late = asyncio.create_task(turns.show(turns.take(WINDOW), window, FIRST))
    await asyncio.sleep(0)
    turned = asyncio.create_task(turns.show(turns.take(WINDOW), Sheet(WINDOW), SECOND))
    await asyncio.sleep(0)
    assert not turned.done()
    window.may.set()
    assert (await late, await turned, window.text) == (True, True, FIRST.text)


async def test_lists_that_come_as_new_messages_neither_end_nor_await_each_other() -> None:
    turns, held, free = Turns(), Sheet(""), Sheet("")
    held.may.clear()
    first, second = turns.take(""), turns.take("")
    late = asyncio.create_task(turns.show(first, held, FIRST))
    await asyncio.sleep(0)
    assert await turns.show(second, free, SECOND)
    held.may.set()
    assert await late


async def test_the_oldest_places_are_forgotten_first() -> None:
    turns = Turns()
    before = turns.take("V")
    for number in range(KEPT + 1):
        turns.take(f"V{number}")
    assert await turns.show(before, Sheet("V0"), FIRST)
    assert not await turns.show(before, Sheet("V1"), FIRST)
    assert not await turns.show(before, Sheet(f"V{KEPT}"), FIRST)
