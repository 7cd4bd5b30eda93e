"""What people wait for, with clouds and Slack 50 ms away: from typing to the order's card, from a
click to the last card that shows it. Beside the same written by hand with Bolt and the SDK."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import SystemClock
from bot.domain.accounts import Account, Provider
from bot.domain.approvals import ApprovalRequest
from bot.domain.fingerprint import fingerprint
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.policy import Principals
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudAccount, CloudOrder, Fault
from bot.sandbox.workspace.state import Message
from storage.database import Storage
from storage.requests import SqliteRequestStore
from tests.bench.figures import Row, Series, at_most
from tests.bench.serving import beside, countersign, set_stage
from tests.request_builders import a_request, a_requirement, an_input
from tests.stage import ALICE, BOB, GENERAL, Stage, said

TITLE = "What people wait for, clouds and Slack at 50 ms"
AWAY = 0.050  # seconds of each call
ACCOUNT = "alibaba-main"
APPROVALS, DIRECT = "C0APPROVALS", f"D{ALICE[1:]}"
OURS, BY_HAND = "countersign", "Bolt and SDK by hand"


@dataclass
class Trip:
    """One of the two, reached at *url*; orders are those that it asks about, one a round."""

    stage: Stage
    url: str
    orders: list[CloudOrder]
    ask: Callable[[CloudOrder], Awaitable[None]]
    shown: list[float] = field(default_factory=list)
    approved: list[float] = field(default_factory=list)

    async def round(self, number: int, *, counts: bool) -> None:
        slack, order = self.stage.slack, self.orders[number]
        slack.use_http(self.url)
        before = self.stage.seen(ALICE)
        began = time.perf_counter()
        await slack.command(ALICE, GENERAL, f"show {order.order_id} {ACCOUNT}")
        await self.stage.private(ALICE, order.order_id, besides=before)
        shown = time.perf_counter() - began
        await self.ask(order)
        cards = [await self._card(order, where) for where in (APPROVALS, DIRECT)]
        began = time.perf_counter()
        await slack.click_message(BOB, APPROVALS, "approve", ts=cards[0].ts)
        await self.stage.appears(
            lambda: all("Approved" in said(card) for card in cards), "Approved"
        )
        if counts:
            self.shown.append(shown)
            self.approved.append(time.perf_counter() - began)

    async def _card(self, order: CloudOrder, where: str) -> Message:
        def find() -> Message | None:
            for message in reversed(self.stage.slack.messages(where, ALICE)):
                if order.order_id in said(message) and "0 of 1" in said(message):
                    return message
            return None

        return await self.stage.appears(find, f"the card of {order.order_id} in {where}")


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:  # noqa: ARG001 - each is short
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        stage = await stack.enter_async_context(set_stage(folder))
        stage.policy += '\nhold = "1h"'
        book = stage.clouds.book
        orders = [world.place(book, ACCOUNT) for _order in range(2 * (rounds + 1))]
        ours, theirs = orders[: rounds + 1], orders[rounds + 1 :]
        await _asked(stage, ours)
        account = stage.clouds.book.accounts[ACCOUNT]
        bot = await stack.enter_async_context(countersign(stage))
        hand = await stack.enter_async_context(
            beside(
                stage,
                "tests.bench.by_hand",
                *(stage.clouds.url.removeprefix("http://"), account.access_key_id),
                account.access_key_secret,
            )
        )
        stage.slack.fault("slow", seconds=AWAY, times=0)
        stage.clouds.book.faults.append(Fault("slow", seconds=AWAY, times=0))

        async def asked_before(_order: CloudOrder) -> None:
            """The cards of the stored requests stand since the start."""

        async def ask(order: CloudOrder) -> None:
            await stage.slack.command(ALICE, GENERAL, f"ask {order.order_id}")

        trips = {
            OURS: Trip(stage, bot.url, ours, asked_before),
            BY_HAND: Trip(stage, hand.url, theirs, ask),
        }
        for number in range(rounds + 1):
            for trip in trips.values():
                await trip.round(number, counts=number > 0)
        stage.slack.faults.ordered.clear()
        stage.clouds.book.faults.clear()
    shown, approved = (
        {name: Series(tuple(getattr(trip, what))) for name, trip in trips.items()}
        for what in ("shown", "approved")
    )
    return [
        at_most("typed `/order show` to the card", shown[OURS], shown[BY_HAND], BY_HAND, 1),
        at_most("click on Approve to every copy", approved[OURS], approved[BY_HAND], BY_HAND, 1),
    ]


async def _asked(stage: Stage, orders: list[CloudOrder]) -> None:
    """Open requests for *orders*, in the database before the bot starts; their cards are owed."""
    row, now = stage.clouds.book.accounts[ACCOUNT], SystemClock().now()
    adapter = build_adapter(
        Account(row.name, Provider(row.provider), row.site),
        _key(row),
        Transport(row.name, requests_per_second=100, timeout_s=10, clock=SystemClock()),
        SystemClock(),
        {"endpoint": stage.clouds.url},
    )
    requirement = a_requirement(approvers=Principals(people=frozenset((BOB,))))
    storage = await Storage.open(stage.database, now=now)
    store = SqliteRequestStore(storage)
    for placed in orders:
        order = await adapter.get_order(placed.order_id, language="en")
        request: ApprovalRequest = a_request(
            request_id=f"R-{placed.order_id}",
            provider=order.provider,
            account=order.account,
            order_id=order.order_id,
            order=order,
            fingerprint=fingerprint(order),
            requested_by=ALICE,
            requirement=requirement,
            created_at=now,
            expires_at=now + requirement.expires,
        )
        owed = Owed(
            dedup=f"card:{request.request_id}",
            lane=Lane.DECISIONS,
            kind=OwedKind.CARD,
            request_id=request.request_id,
        )
        given = an_input(input_id=f"asked-{placed.order_id}")
        await store.create(request, given=given, owed=[owed], at=now)
    await storage.aclose()
    await adapter.aclose()


def _key(row: CloudAccount) -> Credentials:
    return Credentials(row.access_key_id, {"access_key_secret": row.access_key_secret})
