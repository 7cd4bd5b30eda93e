"""The scripted day: each step is done by a person in the workspace and checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from bot.demo.stage import Stage
from bot.demo.transcript import StoryFailed, Transcript, card_lines
from bot.sandbox.clouds.book import CloudOrder, Fault
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.state import Message, OpenView
from storage.verify import verify_file

ALICE, BOB, GUEST = "U0ALICE", "U0BOB", "U0GUEST"
GENERAL = "C0GENERAL"
NAMES = {ALICE: "Alice", BOB: "Bob", GUEST: "Gus, a guest,"}
STALLED = "huawei-main"
WAIT = 20.0


async def play(stage: Stage, told: Transcript) -> None:
    """Raises StoryFailed at the first step that does not hold."""
    story = Story(stage, told)
    await story.look_around()
    await story.one_order_in_each_cloud()
    await story.share_and_details()
    await story.unpaid_with_a_stalled_cloud()
    await story.products_and_accounts()
    await story.strangers_and_typing_errors()
    await story.restart_and_old_buttons()
    await story.the_record()


class Story:
    def __init__(self, stage: Stage, told: Transcript) -> None:
        self._stage = stage
        self._told = told
        self._slack = stage.workspace
        self._inputs = 0

    async def look_around(self) -> None:
        self._told.scene("Morning. Alice has never used it.")
        card = await self._type(ALICE, "")
        self._holds("the panel offers Unpaid and Find", "[Unpaid (0)] [Find…]" in card)
        card = await self._type(ALICE, "help")
        self._holds(
            "help shows examples that work here", any("/order show" in line for line in card)
        )

    async def one_order_in_each_cloud(self) -> None:
        self._told.scene("One order in each cloud, read now.")
        for account in ("alibaba-main", "alibaba-intl", "huawei-main", "unicloud-main"):
            order = self._an_order(account, "unpaid")
            card = await self._type(ALICE, f"show {order.order_id} {account}")
            self._holds(f"{account}: the amount is the cloud's", _amount(order) in card[0])
            self._holds(f"{account}: the state is the cloud's", "npaid" in " ".join(card[:2]))
        order = self._an_order("alibaba-main", "paid")
        await self._type(ALICE, order.order_id, until="Which account")
        await self._click(ALICE, "show_order")
        await self._appears(
            "an id that fits several accounts is asked about, then shown",
            lambda: self._private(ALICE, _amount(order)),
        )
        number = "P21784954245923"
        card = await self._type(ALICE, number)
        self._holds("an order number of Unicloud finds its order", number in " ".join(card))
        self._holds("where no interface can cancel, the card says so", "no API" in " ".join(card))

    async def share_and_details(self) -> None:
        self._told.scene("She shows it to the others, and looks at every field.")
        order = self._an_order("huawei-main", "unpaid")
        await self._type(ALICE, f"{order.order_id} huawei-main")
        await self._click(ALICE, "details")
        await self._appears(
            "all details hold the cloud's own fields",
            lambda: self._window(ALICE, "order_info.order_id"),
        )
        await self._slack.close_view(ALICE)
        await self._click(ALICE, "share")
        shared = await self._appears(
            "Bob sees it in the channel", lambda: self._last(BOB, order.order_id)
        )
        self._holds("and who shared it", any(f"<@{ALICE}>" in line for line in shared))

    async def unpaid_with_a_stalled_cloud(self) -> None:
        self._told.scene("What is unpaid anywhere? One cloud does not answer.")
        self._stage.clouds.book.faults.append(Fault("slow", account=STALLED, seconds=30, times=0))
        card = await self._type(ALICE, "unpaid", until=f"No answer from {STALLED}")
        self._holds("the cloud that does not answer is named", STALLED in " ".join(card))
        self._holds("the list says what it covers", any("placed" in line for line in card))
        self._stage.clouds.book.faults.clear()
        await self._click(ALICE, "next_page")
        await self._appears(
            "Next turns the page", lambda: self._private(ALICE, "Unpaid orders:", "9 to 16")
        )
        expected = self._count(STALLED, "unpaid")
        await self._type(ALICE, f"unpaid account:{STALLED}", until=f"Unpaid orders: {expected}")
        self._holds(f"asked again it answers: all {expected} of its unpaid orders", holds=True)

    async def products_and_accounts(self) -> None:
        self._told.scene("What can be bought, and which accounts are there?")
        card = await self._type(ALICE, "products huawei-main", until="Products:")
        self._holds("products are listed", "Products:" in card[0])
        card = await self._type(ALICE, "accounts", until="Your accounts")
        names = self._stage.clouds.book.accounts
        self._holds("every account is listed", all(name in " ".join(card) for name in names))

    async def strangers_and_typing_errors(self) -> None:
        self._told.scene("Others try, and fingers slip.")
        card = await self._type(GUEST, "unpaid", until="may not view")
        self._holds("a guest sees no order", "may not view" in " ".join(card))
        card = await self._type(ALICE, "unpiad", until="unpaid")
        self._holds("a slip gets the nearest command", "/order unpaid" in " ".join(card))

    async def restart_and_old_buttons(self) -> None:
        self._told.scene("The bot is restarted; the cards stay where they are.")
        await self._type(ALICE, "list account:alibaba-main since:365d", until="1 to 8")
        await self._stage.stop()
        await self._stage.start()
        self._told.does("The bot", "is stopped and started again")
        await self._click(ALICE, "next_page")
        await self._appears(
            "the button of the old card works",
            lambda: self._private(ALICE, "Orders: ", "alibaba-main", "9 to 16"),
        )

    async def the_record(self) -> None:
        self._told.scene("Everything is on record.")
        result = await asyncio.to_thread(verify_file, self._stage.database, anchor=None)
        self._told.does("An auditor", "runs countersign audit verify")
        self._told.sees([f"ok {result.records} records, head {result.head_seq} {result.head_hash}"])
        self._holds("the chain verifies", result.ok)
        began = 1  # the chain's first record says when it began
        self._holds(
            f"all {self._inputs} inputs left one record each",
            result.records == began + self._inputs,
        )

    def _holds(self, what: str, holds: object) -> None:
        self._told.check(what, holds=bool(holds))

    async def _appears(self, what: str, find: Callable[[], Message | OpenView | None]) -> list[str]:
        """Wait until *find* finds what a person then sees, and return its lines."""
        card = await self._wait(what, find)
        self._told.check(what, holds=True)
        return card

    async def _wait(self, what: str, find: Callable[[], Message | OpenView | None]) -> list[str]:
        try:
            found = await self._slack.until(find, timeout=WAIT)
        except TimeoutError:
            found = None
        if found is None:
            raise StoryFailed(what)
        card = card_lines(found.blocks)
        self._told.sees(card)
        return card

    async def _type(self, who: str, text: str, *, until: str = "") -> list[str]:
        """Type a command and return the lines of the private answer that holds *until*."""
        self._told.does(NAMES[who], f"types /order {text}")
        seen = {message.ts for message in self._slack.messages(GENERAL, who)}
        self._acked(await self._slack.command(who, GENERAL, text))
        return await self._wait(
            f"/order {text} is answered", lambda: self._private(who, until, besides=seen)
        )

    async def _click(self, who: str, action: str) -> None:
        self._told.does(NAMES[who], f"presses {action}")
        self._acked(await self._slack.click_message(who, GENERAL, action))

    def _acked(self, delivery: Delivery) -> None:
        self._inputs += 1
        if delivery.error:
            raise StoryFailed(f"Slack was answered in time ({delivery.error})")

    def _private(self, who: str, *texts: str, besides: Collection[str] = ()) -> Message | None:
        """The newest answer that only this person sees and whose card has all *texts*."""
        for message in reversed(self._slack.messages(GENERAL, who)):
            if message.ts in besides or message.ephemeral_to != who:
                continue
            card = "\n".join(card_lines(message.blocks))
            if all(text in card for text in texts):
                return message
        return None

    def _last(self, who: str, text: str) -> Message | None:
        for message in reversed(self._slack.messages(GENERAL, who)):
            if message.ephemeral_to is None and text in str(message.blocks):
                return message
        return None

    def _window(self, who: str, text: str) -> OpenView | None:
        views = self._slack.views(who)
        return views[-1] if views and text in str(views[-1].blocks) else None

    def _an_order(self, account: str, status: str) -> CloudOrder:
        rows = self._stage.clouds.book.orders[account].values()
        return next(order for order in rows if order.payment_status == status)

    def _count(self, account: str, status: str) -> int:
        rows = self._stage.clouds.book.orders[account].values()
        return sum(order.payment_status == status for order in rows)


def _amount(order: CloudOrder) -> str:
    return f"{order.payable:,.2f}"
