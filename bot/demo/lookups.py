"""The morning: orders are looked up in three clouds."""

from __future__ import annotations

import re

from bot.demo.scene import ALICE, BOB, GUEST, Scene, amount_of
from bot.sandbox.clouds.book import Fault

STALLED = "huawei-main"


class Lookups(Scene):
    async def play(self) -> None:
        """Raises StoryFailed at the first step that does not hold."""
        await self.look_around()
        await self.one_order_in_each_cloud()
        await self.share_and_details()
        await self.unpaid_with_a_stalled_cloud()
        await self.products_and_accounts()
        await self.strangers_and_typing_errors()
        await self.restart_and_old_buttons()

    async def look_around(self) -> None:
        self.told.scene("Morning. Alice has never used it.")
        card = await self.type(ALICE, "")
        listed = re.search(r"\[Unpaid \((\d+)\)\] \[Waiting for you \(0\)\] \[Find…\]", str(card))
        most = self.listed_unpaid()
        least = most - self.count("unicloud-main", "unpaid")  # told by details, which take longer
        self.holds(
            f"the panel offers what is unpaid in all clouds, {most} at most",
            listed and least <= int(listed[1]) <= most,
        )
        card = await self.type(ALICE, "help")
        self.holds(
            "help shows examples that work here", any("/order show" in line for line in card)
        )

    async def one_order_in_each_cloud(self) -> None:
        self.told.scene("One order in each cloud, read now.")
        for account in ("alibaba-main", "alibaba-intl", "huawei-main", "unicloud-main"):
            order = self.an_order(account, "unpaid")
            card = await self.type(ALICE, f"show {order.order_id} {account}")
            self.holds(f"{account}: the amount is the cloud's", amount_of(order) in card[0])
            self.holds(f"{account}: the state is the cloud's", "npaid" in " ".join(card[:2]))
        order = self.an_order("alibaba-main", "paid")
        await self.type(ALICE, order.order_id, until="Which account")
        await self.click(ALICE, "show_order")
        await self.appears(
            "an id that fits several accounts is asked about, then shown",
            lambda: self.private(ALICE, amount_of(order)),
        )
        number = "P21784954245923"
        card = await self.type(ALICE, number)
        self.holds("an order number of Unicloud finds its order", number in " ".join(card))
        self.holds("where no interface can cancel, the card says so", "no API" in " ".join(card))

    async def share_and_details(self) -> None:
        self.told.scene("She shows it to the others, and looks at every field.")
        order = self.an_order("huawei-main", "unpaid")
        await self.type(ALICE, f"{order.order_id} huawei-main")
        await self.click(ALICE, "details")
        await self.appears(
            "all details hold the cloud's own fields",
            lambda: self.window(ALICE, "order_info.order_id"),
        )
        await self.slack.close_view(ALICE)
        await self.click(ALICE, "share")
        shared = await self.appears(
            "Bob sees it in the channel", lambda: self.last(BOB, order.order_id)
        )
        self.holds("and who shared it", any(f"<@{ALICE}>" in line for line in shared))

    async def unpaid_with_a_stalled_cloud(self) -> None:
        self.told.scene("What is unpaid anywhere? One cloud does not answer.")
        self.stage.clouds.book.faults.append(Fault("slow", account=STALLED, seconds=30, times=0))
        # Further back than the panel looked: what was read for it a moment ago serves no more.
        card = await self.type(ALICE, "unpaid since:400d", until=f"No answer from {STALLED}")
        self.holds("the cloud that does not answer is named", STALLED in " ".join(card))
        self.holds("the list says what it covers", any("placed" in line for line in card))
        self.stage.clouds.book.faults.clear()
        await self.click(ALICE, "next_page")
        await self.appears(
            "Next turns the page", lambda: self.private(ALICE, "Unpaid orders:", "9 to 16")
        )
        expected = self.count(STALLED, "unpaid")
        await self.type(ALICE, f"unpaid account:{STALLED}", until=f"Unpaid orders: {expected}")
        self.holds(f"asked again it answers: all {expected} of its unpaid orders", holds=True)

    async def products_and_accounts(self) -> None:
        self.told.scene("What can be bought, and which accounts are there?")
        card = await self.type(ALICE, "products huawei-main", until="Products:")
        self.holds("products are listed", "Products:" in card[0])
        card = await self.type(ALICE, "accounts", until="Your accounts")
        names = self.stage.clouds.book.accounts
        self.holds("every account is listed", all(name in " ".join(card) for name in names))

    async def strangers_and_typing_errors(self) -> None:
        self.told.scene("Others try, and fingers slip.")
        card = await self.type(GUEST, "unpaid", until="may not view")
        self.holds("a guest sees no order", "may not view" in " ".join(card))
        card = await self.type(ALICE, "unpiad", until="unpaid")
        self.holds("a slip gets the nearest command", "/order unpaid" in " ".join(card))

    async def restart_and_old_buttons(self) -> None:
        self.told.scene("The bot is restarted; the cards stay where they are.")
        await self.type(ALICE, "list account:alibaba-main since:365d", until="1 to 8")
        await self.stage.stop()
        await self.stage.start()
        self.told.does("The bot", "is stopped and started again")
        await self.click(ALICE, "next_page")
        await self.appears(
            "the button of the old card works",
            lambda: self.private(ALICE, "Orders: ", "alibaba-main", "9 to 16"),
        )
