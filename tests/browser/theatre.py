"""The stage behind the page, and what tests do there that no click does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.demo.stage import Stage
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.state import Message
from tests.stage import WAIT

QUIET = 1.0  # seconds
LARGE = 1500  # in any currency; more than that may need two


@dataclass
class Theatre:
    stage: Stage
    url: str

    def order(self, account: str = "alibaba-main") -> CloudOrder:
        """A fresh unpaid one, for whose amount one approval is enough."""
        placed = iter(lambda: world.place(self.stage.clouds.book, account), None)
        return next(order for order in placed if order.payable < LARGE)

    def cancels(self, order: CloudOrder) -> int:
        return sum(
            call.operation == "cancel_order" and call.order_id == order.order_id
            for call in self.stage.clouds.book.calls
        )

    def after_the_hold(self) -> None:
        self.stage.move(timedelta(seconds=20))

    async def posted(self, channel: str, who: str, text: str) -> Message:
        """The newest message there that holds *text*."""

        def find() -> Message | None:
            seen = reversed(self.stage.workspace.messages(channel, who))
            return next((each for each in seen if text in str(each.blocks)), None)

        found = await self.stage.workspace.until(find, timeout=WAIT)
        assert found is not None
        return found

    async def quiet(self) -> None:
        """Nothing has been drawn for a while: what is clicked now is what stands there."""
        workspace = self.stage.workspace
        with suppress(TimeoutError):
            while True:
                before = workspace.state.version
                await workspace.until(partial(_has_changed, workspace, before), timeout=QUIET)

    def clear(self) -> None:
        """What one test leaves open does not stand in the way of the next."""
        for views in self.stage.workspace.state.stacks.values():
            views.clear()
        self.stage.workspace.state.changed()
        self.stage.workspace.faults.ordered.clear()
        self.stage.clouds.book.faults.clear()


def _has_changed(workspace: Workspace, before: int) -> bool:
    return workspace.state.version != before
