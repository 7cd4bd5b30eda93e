"""Who draws in a window or on a message: a list that is still followed there does not come back
over the page that the person has turned to."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from handlers.answers import Drawn
from handlers.views.surface import Rendered

KEPT = 1_000  # spots remembered; a list is followed for about a minute


class Turns:
    def __init__(self) -> None:
        self._count = 0
        self._taken: dict[str, int] = {}
        self._drawing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def take(self, spot: str) -> int:
        """The number of a new turn at *spot*, which ends all earlier ones there. "" is nowhere:
        what is drawn there is a new message and ends nothing."""
        self._count += 1
        if spot:
            self._taken.pop(spot, None)
            self._taken[spot] = self._count
        while len(self._taken) > KEPT:
            self._taken.pop(next(iter(self._taken)))
        return self._count

    async def show(self, turn: int, answer: Drawn, rendered: Rendered) -> bool:
        """Draw for *turn*, after what is on its way to the same place. False when the turn is over
        and nothing was drawn."""
        spot = answer.spot
        if not spot:
            await answer.show(rendered)
            return True
        async with self._drawing.setdefault(spot, asyncio.Lock()):
            if self._taken.get(spot, 0) > turn:
                return False
            await answer.show(rendered)
            return True
