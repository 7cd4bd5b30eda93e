"""The afternoon: cancellations asked for, decided by a second person, and done exactly once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from bot.demo.scene import (
    ALICE,
    APPROVALS,
    BOB,
    CHEN,
    GUEST,
    NAMES,
    STRANGER,
    Scene,
    amount_of,
)
from bot.demo.stage import Stage
from bot.demo.transcript import StoryFailed, Transcript, card_lines
from bot.sandbox.clouds.book import CloudOrder, Fault
from bot.sandbox.workspace.state import Message

DM = "D0ALICE"
SMALL = Decimal(10_000)  # the demo's policy asks two people for more than that in CNY
ACCOUNT = "alibaba-main"
DONE = "The order is cancelled at the cloud"


class Cancelling(Scene):
    def __init__(self, stage: Stage, told: Transcript) -> None:
        super().__init__(stage, told)
        self._asked: set[str] = set()

    async def play(self) -> None:
        """Raises StoryFailed at the first step that does not hold."""
        for outsider in (GUEST, STRANGER):
            self.slack.state.channel(APPROVALS).members.append(outsider)
        await self.two_people()
        await self.denied()
        await self.stopped()
        await self.paid_meanwhile()
        await self.two_approvals()
        await self.line_dropped()
        await self.killed()

    async def two_people(self) -> None:
        self.told.scene("An unpaid order nobody needs. Alice asks; a second person decides.")
        order = await self.ask("bought twice")
        await self.press(ALICE, "approve", "bought twice")
        await self.refused(ALICE, "You asked for this cancellation")
        await self.press(GUEST, "approve", "bought twice")
        await self.refused(GUEST, "")
        await self.press(STRANGER, "approve", "bought twice")
        self.holds("nobody of them counted", self.cancels(order) == [])
        await self.press(BOB, "approve", "bought twice")
        await self.card("the hold runs: Stop is the last chance", "bought twice", "[Stop]")
        await self.card("the card says what the cloud says", "bought twice", DONE)
        self.holds("the cloud has it as cancelled", order.payment_status == "cancelled")
        self.holds("by one call", len(self.cancels(order)) == 1)
        lines = await self.type(ALICE, f"history {order.order_id} {ACCOUNT}", until="approve")
        self.holds("its history is told", any("bought twice" in line for line in lines))

    async def denied(self) -> None:
        self.told.scene("Bob says no.")
        order = await self.ask("too expensive")
        await self.press(BOB, "deny", "too expensive")
        await self.form(BOB, "deny_form")
        self.acked(await self.slack.submit(BOB, {"reason": "we need it on Monday"}))
        await self.card("the reason stands on the card", "too expensive", "we need it on Monday")
        self.holds("nothing reached the cloud", self.cancels(order) == [])

    async def stopped(self) -> None:
        self.told.scene("Approved, then stopped in the hold.")
        order = await self.ask("stop me")
        await self.press(BOB, "approve", "stop me")
        await self.card("the hold runs", "stop me", "[Stop]")
        await self.press(ALICE, "stop", "stop me", where=DM)
        await self.card("it is stopped", "stop me", "Stopped before anything was done")
        self.holds("nothing reached the cloud", self.cancels(order) == [])

    async def paid_meanwhile(self) -> None:
        self.told.scene("Somebody pays the order while Bob thinks.")
        order = await self.ask("paid meanwhile")
        order.payment_status = "paid"
        self.told.does("Finance", "pays it in the cloud's console")
        await self.press(BOB, "approve", "paid meanwhile")
        await self.card("the card says so", "paid meanwhile", "The order is already paid")
        self.holds("nothing reached the cloud", self.cancels(order) == [])

    async def two_approvals(self) -> None:
        self.told.scene("A large amount needs two approvals.")
        order = await self.ask("a large one", large=True)
        await self.press(BOB, "approve", "a large one")
        await self.card("one is not enough", "a large one", "1 of 2 approvals")
        self.holds("nothing reached the cloud yet", self.cancels(order) == [])
        await self.press(CHEN, "approve", "a large one")
        await self.card("two are", "a large one", DONE)
        self.holds("by one call", len(self.cancels(order)) == 1)

    async def line_dropped(self) -> None:
        self.told.scene("The cloud cancels, and the line drops before it can say so.")
        order = await self.ask("line dropped")
        self.stage.clouds.book.faults.append(
            Fault("drop_after", account=ACCOUNT, operation="cancel_order", times=1)
        )
        await self.press(BOB, "approve", "line dropped")
        await self.card("the outcome is not known", "line dropped", "has not said whether")
        await self.card("reading the order settles it", "line dropped", DONE)
        self.holds("there was one call", len(self.cancels(order)) == 1)

    async def killed(self) -> None:
        self.told.scene("The bot is killed between the claim and the receipt.")
        await self.stage.stop()
        process = await self.stage.start_process(crash_at="after_call")
        order = await self.ask("killed")
        await self.press(BOB, "approve", "killed")
        code = await asyncio.wait_for(process.wait(), timeout=20)
        self.told.does("The bot", f"is killed by signal {-code}")
        self.holds("the cloud had been asked", len(self.cancels(order)) == 1)
        await self.stage.start()
        self.told.does("The bot", "is started again")
        await self.card("it reads before it says anything", "killed", DONE)
        self.holds("and asks no second time", len(self.cancels(order)) == 1)
        await self.type(ALICE, "inbox")

    async def ask(self, reason: str, *, large: bool = False) -> CloudOrder:
        """Alice asks for the cancellation of an order; the approvers' card is there."""
        order = self._next_order(large=large)
        await self.type(
            ALICE, f"show {order.order_id} {ACCOUNT}", until=amount_of(order), quiet=True
        )
        await self.click(ALICE, "request_cancel")
        await self.form(ALICE, "cancel_form")
        self.told.does("Alice", f"gives the reason “{reason}”")
        self.acked(await self.slack.submit(ALICE, {"reason": reason}))
        await self.card("the approvers see it", reason, "[Approve]")
        await self.slack.close_view(ALICE)
        return order

    async def press(self, who: str, action: str, reason: str, *, where: str = APPROVALS) -> None:
        """Press a button on the card with this reason, once it is there."""
        what = f"there is a card “{reason}” to press {action} on"
        found = await self.found(what, lambda: self._card(reason, "", where=where, action=action))
        self.told.does(NAMES[who], f"presses {action}")
        self.acked(await self.slack.click_message(who, where, action, ts=found.ts))

    async def card(self, what: str, reason: str, text: str) -> None:
        await self.appears(what, lambda: self._card(reason, text))

    async def refused(self, who: str, text: str) -> None:
        def find() -> Message | None:
            for message in reversed(self.slack.messages(APPROVALS, who)):
                if message.ephemeral_to == who and text in "\n".join(card_lines(message.blocks)):
                    return message
            return None

        await self.appears("it does not count, and is said so in private", find)

    def _card(
        self, reason: str, text: str, *, where: str = APPROVALS, action: str = ""
    ) -> Message | None:
        """The newest card with this reason that says *text* and has a button *action*."""
        reader = ALICE if where == DM else BOB
        for message in reversed(self.slack.messages(where, reader)):
            said = "\n".join(card_lines(message.blocks))
            fits = message.ephemeral_to is None and reason in said and text in said
            if fits and (not action or f"'action_id': '{action}'" in str(message.blocks)):
                return message
        return None

    def _next_order(self, *, large: bool) -> CloudOrder:
        for order in self.stage.clouds.book.orders[ACCOUNT].values():
            fits = order.cancellable() and (order.payable > SMALL) == large
            if fits and order.order_id not in self._asked:
                self._asked.add(order.order_id)
                return order
        raise StoryFailed("there is an unpaid order left to ask for")
