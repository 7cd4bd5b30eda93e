"""What people can do on the stage, and what they then see. Scenes are made of these."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import TypeVar

from bot.demo.stage import Stage
from bot.demo.transcript import StoryFailed, Transcript, card_lines
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.world import list_row_ids
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.state import Message, OpenView

ALICE, BOB, CHEN = "U0ALICE", "U0BOB", "U0CHEN"
GUEST, STRANGER = "U0GUEST", "U0STRANGER"
GENERAL, APPROVALS = "C0GENERAL", "C0APPROVALS"
NAMES = {
    ALICE: "Alice",
    BOB: "Bob",
    CHEN: "Chen",
    GUEST: "Gus, a guest,",
    STRANGER: "Sam, of another company,",
}
WAIT = 20.0
Shown = TypeVar("Shown", bound=Message | OpenView)


class Scene:
    """`inputs` counts what people did that reached the bot."""

    def __init__(self, stage: Stage, told: Transcript) -> None:
        self.stage = stage
        self.told = told
        self.slack = stage.workspace
        self.inputs = 0

    def holds(self, what: str, holds: object) -> None:
        self.told.check(what, holds=bool(holds))

    async def appears(self, what: str, find: Callable[[], Message | OpenView | None]) -> list[str]:
        """Wait until *find* finds what a person then sees, and return its lines."""
        card = await self.wait(what, find)
        self.told.check(what, holds=True)
        return card

    async def wait(self, what: str, find: Callable[[], Message | OpenView | None]) -> list[str]:
        """The same without a check: *what* is said only when it never appears."""
        card = card_lines((await self.found(what, find)).blocks)
        self.told.sees(card)
        return card

    async def found(self, what: str, find: Callable[[], Shown | None]) -> Shown:
        try:
            found = await self.slack.until(find, timeout=WAIT)
        except TimeoutError:
            found = None
        if found is None:
            raise StoryFailed(what)
        return found

    async def type(self, who: str, text: str, *, until: str = "", quiet: bool = False) -> list[str]:
        """Type a command and return the lines of the private answer that holds *until*."""
        self.told.does(NAMES[who], f"types /order {text}")
        seen = {message.ts for message in self.slack.messages(GENERAL, who)}
        self.acked(await self.slack.command(who, GENERAL, text))
        answer = await self.found(
            f"/order {text} is answered", lambda: self.private(who, until, besides=seen)
        )
        card = card_lines(answer.blocks)
        if not quiet:
            self.told.sees(card)
        return card

    async def click(self, who: str, action: str) -> None:
        self.told.does(NAMES[who], f"presses {action}")
        self.acked(await self.slack.click_message(who, GENERAL, action))

    def acked(self, delivery: Delivery) -> None:
        self.inputs += 1
        if delivery.error:
            raise StoryFailed(f"Slack was answered in time ({delivery.error})")

    async def form(self, who: str, callback_id: str) -> None:
        def find() -> OpenView | None:
            views = self.slack.views(who)
            return views[-1] if views and views[-1].sent["callback_id"] == callback_id else None

        await self.wait(f"the form {callback_id} opens", find)

    def private(self, who: str, *texts: str, besides: Collection[str] = ()) -> Message | None:
        """The newest answer that only this person sees and whose card has all *texts*."""
        for message in reversed(self.slack.messages(GENERAL, who)):
            if message.ts in besides or message.ephemeral_to != who:
                continue
            card = "\n".join(card_lines(message.blocks))
            if all(text in card for text in texts):
                return message
        return None

    def last(self, who: str, text: str) -> Message | None:
        for message in reversed(self.slack.messages(GENERAL, who)):
            if message.ephemeral_to is None and text in str(message.blocks):
                return message
        return None

    def window(self, who: str, text: str) -> OpenView | None:
        views = self.slack.views(who)
        return views[-1] if views and text in str(views[-1].blocks) else None

    def cancels(self, order: CloudOrder) -> list[str]:
        """The outcomes of the cancel calls for this order that reached the cloud."""
        return [
            call.outcome
            for call in self.stage.clouds.book.calls
            if call.operation == "cancel_order" and call.order_id == order.order_id
        ]

    def an_order(self, account: str, status: str) -> CloudOrder:
        rows = self.stage.clouds.book.orders[account].values()
        return next(order for order in rows if order.payment_status == status)

    def count(self, account: str, status: str) -> int:
        rows = self.stage.clouds.book.orders[account].values()
        return sum(order.payment_status == status for order in rows)

    def listed_unpaid(self) -> int:
        """Unpaid orders of the last year that the clouds list, all accounts together."""
        book = self.stage.clouds.book
        since = book.order_now() - timedelta(days=365)
        rows = [
            book.orders[name][each] for name in book.accounts for each in list_row_ids(book, name)
        ]
        return sum(row.payment_status == "unpaid" and row.created_at >= since for row in rows)


def amount_of(order: CloudOrder) -> str:
    return f"{order.payable:,.2f}"
