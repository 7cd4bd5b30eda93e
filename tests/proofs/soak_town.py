"""The people and the weather of the soak: who asks, decides and meddles, and what fails."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress

from bot.domain.approvals import ApprovalRequest
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudOrder, Fault
from bot.sandbox.workspace.acting import find_elements
from bot.sandbox.workspace.inputs import NotPossible
from tests.cancelling import APPROVALS, records, unjudged
from tests.stage import ALICE, BOB, CHEN, GENERAL, GUEST, STRANGER, Stage

CLOUDS = ("alibaba-main", "huawei-main")  # those that cancel
SOON = 1.0  # seconds in which something that is not cut off appears
WEATHER = (
    "slow",
    "drop_before",
    "drop_after",
    "throttle",
    "error_500",
    "garbage",
    "wrong_order",
    "lie",
    "clock_skew",
)
SKEWED = 7200.0  # seconds; clouds take a quarter of an hour
SLACK = (
    ("chat.postMessage", "rate_limited"),
    ("chat.postMessage", "drop_before"),
    ("chat.postMessage", "drop_after"),
    ("chat.postMessage", "error"),
    ("chat.update", "drop_after"),
    ("chat.update", "rate_limited"),
    ("users.info", "error"),
    ("views.open", "slow"),
    ("interactive", "drop_after"),
    ("interactive", "slow"),
    ("response_url", "drop_before"),
)
SETTLED = ("approve", "deny", "stop", "withdraw")


class Town:
    """Each bout orders some faults, then lets people act."""

    def __init__(self, stage: Stage, chance: random.Random) -> None:
        self.stage, self.chance = stage, chance
        self.faults = self.restarts = 0
        self._number = 0

    async def bout(self) -> None:
        self._weather()
        acts = [self._ask] * 3 + [self._decide] * 6 + [self._again, self._meddle]
        for _act in range(self.chance.randrange(5, 10)):
            with suppress(NotPossible, LookupError, TimeoutError, AssertionError):
                await self.chance.choice(acts)()
        await asyncio.sleep(0.05)
        for _pause in range(2):
            self.stage.later(seconds=self.chance.choice([20, 31, 45]))  # the hold may end
            await asyncio.sleep(0.1)
        if self.chance.random() < 0.1:
            self.restarts += 1
            await self.stage.stop()
            await self.stage.start()

    async def rest(self) -> None:
        """Fair weather until nothing is open and nothing is owed."""
        self.stage.clouds.book.faults.clear()
        self.stage.slack.faults.ordered.clear()
        await self.stage.idle()
        for _turn in range(60):
            self.stage.later(hours=1.5)
            await asyncio.sleep(0.1)
            if not self._moving():
                break

    def _moving(self) -> bool:
        if any(request.is_open for request in records(self.stage)) or unjudged(self.stage):
            return True
        with closing(sqlite3.connect(f"file:{self.stage.database}?mode=ro", uri=True)) as db:
            (owed,) = db.execute("select count(*) from outbox where state <> 'done'").fetchone()
        return bool(owed)

    def _weather(self) -> None:
        book, slack = self.stage.clouds.book, self.stage.slack
        book.faults.clear()
        slack.faults.ordered.clear()
        for _fault in range(self.chance.choice([0, 1, 1, 2, 3])):
            self.faults += 1
            operation = self.chance.choice(
                ["cancel_order", "cancel_order", "get_order", "list_orders"]
            )
            kind = self.chance.choice(WEATHER)
            book.faults.append(
                Fault(
                    kind,  # type: ignore[arg-type]
                    account=self.chance.choice(CLOUDS),
                    operation=operation,  # type: ignore[arg-type]
                    seconds=SKEWED if kind == "clock_skew" else 0.3,
                    times=self.chance.choice([1, 1, 2, 4]),
                )
            )
        for _fault in range(self.chance.choice([0, 0, 1, 2])):
            self.faults += 1
            method, kind = self.chance.choice(SLACK)
            slack.fault(kind, method, seconds=1, times=self.chance.choice([1, 2]))  # type: ignore[arg-type]

    async def _ask(self) -> None:
        """Somebody who does not wait for what does not come."""
        order = self._unpaid()
        who = self.chance.choice([ALICE, ALICE, CHEN])
        slack = self.stage.slack
        await slack.close_view(who, all_views=True) if slack.views(who) else None
        await slack.command(who, GENERAL, f"cancel {order.order_id} {order.account}")
        await slack.until(lambda: _is_form(slack.views(who)), timeout=SOON)
        self._number += 1
        await slack.submit(who, {"reason": f"not needed, number {self._number}"})
        if slack.deliveries and self.chance.random() < 0.2:
            await slack.redeliver(slack.deliveries[-1])
        await slack.until(lambda: records(self.stage, order), timeout=SOON)

    async def _decide(self) -> None:
        """Anybody presses anything on a card, right or not."""
        cards = [
            each for each in self.stage.slack.messages(APPROVALS, BOB) if _buttons(each.blocks)
        ]
        if not cards:
            return
        card = self.chance.choice(cards[-4:])
        who = self.chance.choice([BOB, BOB, CHEN, CHEN, ALICE, GUEST, STRANGER])
        offered = _buttons(card.blocks)
        likely = "approve" in offered and self.chance.random() < 0.8
        action = "approve" if likely else self.chance.choice(offered)
        delivery = await self.stage.slack.click_message(who, APPROVALS, action, ts=card.ts)
        if not delivery.ok:
            return
        if action == "deny":
            views = await self.stage.slack.until(lambda: self.stage.slack.views(who), timeout=SOON)
            assert views
            await self.stage.slack.submit(who, {"reason": "we need it"})
        if self.chance.random() < 0.3:
            await self.stage.slack.redeliver(delivery)

    async def _again(self) -> None:
        """Slack repeats something, minutes or days later."""
        if deliveries := self.stage.slack.deliveries[-40:]:
            await self.stage.slack.redeliver(self.chance.choice(deliveries))

    async def _meddle(self) -> None:
        """In the console, behind the bot's back."""
        asked = [request for request in records(self.stage) if request.is_open]
        if not asked:
            return
        request: ApprovalRequest = self.chance.choice(asked)
        order = self.stage.clouds.book.orders[request.account][request.order_id]
        if order.payment_status == "unpaid":
            order.payment_status = self.chance.choice(["paid", "cancelled"])

    def _unpaid(self) -> CloudOrder:
        known = {request.order_id for request in records(self.stage)}
        account = self.chance.choice(CLOUDS)
        orders = self.stage.clouds.book.orders[account].values()
        for order in orders:
            if (
                order.payment_status == "unpaid"
                and order.order_id not in known
                and order.cancellable()
            ):
                return order
        return world.place(self.stage.clouds.book, account)


def _is_form(views: Sequence[object]) -> bool:
    return bool(views) and getattr(views[-1], "sent", {}).get("callback_id") == "cancel_form"


def _buttons(blocks: list[dict[str, object]]) -> list[str]:
    return [action for action in SETTLED if find_elements(blocks, action, None)]
