"""How long a click on Approve waits for its ack, with the write that comes before and without."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import SystemClock
from bot.domain.approvals import ApprovalRequest
from bot.domain.outbox import CopyRole
from bot.domain.policy import Principals
from bot.domain.reminders import Reminder
from bot.sandbox.workspace.acting import find_elements
from bot.sandbox.workspace.payloads import action, message_action
from bot.sandbox.workspace.state import Message
from handlers.ids import ActionId
from handlers.views.requests import request_card
from storage.database import Storage
from storage.reminders import SqliteReminderStore
from storage.requests import SqliteRequestStore
from tests.bench.figures import Row, Series, at_most, percentile, under
from tests.bench.load import Signer, pressed
from tests.bench.serving import Server, countersign, set_stage
from tests.request_builders import a_request, a_requirement, an_input
from tests.stage import BOB, CHEN, Stage

TITLE = "Ack of a click on Approve, with its durable write"
SINGLE, PAUSE = 60, 0.03  # clicks one after another, seconds between them
BURSTS, AT_ONCE = 4, 50
OPEN = 60  # requests
APPROVALS = "C0APPROVALS"


@dataclass(frozen=True, slots=True)
class Desk:
    """One bot with open requests, each of which needs two approvals: the first changes the cards
    and nothing else, and can be taken back."""

    stage: Stage
    server: Server
    requests: tuple[ApprovalRequest, ...]

    async def click(self, clicks: int, *, lines: int, pause: float = 0.0) -> list[float]:
        """Bob approves so many requests; then, unmeasured, he takes it back."""
        taken = await self._pressed(ActionId.APPROVE, clicks, lines, pause)
        await self._votes(clicks)
        await self._pressed(ActionId.TAKE_BACK, clicks, lines=4, pause=pause)
        await self._votes(0)
        return taken

    async def _pressed(
        self, button: ActionId, clicks: int, lines: int, pause: float
    ) -> list[float]:
        signer = Signer(self.server.url, self.stage.slack.signing_secret)
        given = [signer.click(self._payload(each, button)) for each in self.requests[:clicks]]
        return await pressed(self.server.url, given, lines=lines, pause=pause)

    def _payload(self, request: ApprovalRequest, button: ActionId) -> dict[str, object]:
        state = self.stage.slack.state
        card = request_card(request, CopyRole.APPROVALS)
        shown = Message(
            ts=state.next_ts(),
            channel_id=APPROVALS,
            user_id=self.stage.slack.bot_user_id,
            text=card.text,
            blocks=[{"block_id": "b", **block} for block in card.as_dicts()],
        )
        place = find_elements(shown.blocks, ActionId.APPROVE.value, None)[0]
        made = action(state, *place, {}) | {"action_id": button.value}
        clicked = message_action(state, state.person(BOB), state.channel(APPROVALS), shown, made)
        del clicked["container"]["message_ts"]  # no card of its own for each click
        return clicked

    async def _votes(self, count: int) -> None:
        """Until every click was judged and every card redrawn."""
        uri = f"file:{self.stage.database}?mode=ro"
        async with asyncio.timeout(120):
            with closing(sqlite3.connect(uri, uri=True)) as db:
                while db.execute(_LEFT, (count,)).fetchone()[0]:  # noqa: ASYNC110 - a file
                    await asyncio.sleep(0.05)


_LEFT = """
    select (select count(*) from request_vote) <> ?
      or exists(select 1 from outbox where state <> 'done')
"""


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    single, bursts = max(10, int(SINGLE * share)), max(1, int(BURSTS * share))
    ways = {"with": "bot", "without": "tests.bench.unwritten"}
    medians: dict[str, list[float]] = {way: [] for way in ways}
    tails: dict[str, list[float]] = {way: [] for way in ways}
    async with AsyncExitStack() as stack:
        desks = {way: await _desk(stack, module) for way, module in ways.items()}
        for desk in desks.values():
            await desk.click(5, lines=1)
        for _round in range(rounds):
            for way, desk in desks.items():
                alone = await desk.click(single, lines=1, pause=PAUSE)
                together = [await desk.click(AT_ONCE, lines=AT_ONCE) for _burst in range(bursts)]
                medians[way].append(percentile(alone, 50))
                tails[way].append(percentile(list(chain.from_iterable(together)), 99))
    p50, p99 = ({way: Series(tuple(of[way])) for way in ways} for of in (medians, tails))
    more = p50["with"].minus(p50["without"])
    name = "the same click, not stored"
    return [
        at_most("ack of a click, p50", p50["with"], p50["without"], name),
        under("of this the durable write", more, 0.003, "under 3 ms"),
        at_most(f"ack of {AT_ONCE} clicks at once, p99", p99["with"], p99["without"], name),
        under(f"ack of {AT_ONCE} clicks at once, p99", p99["with"], 0.050, "under 50 ms"),
    ]


async def _desk(stack: AsyncExitStack, module: str) -> Desk:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    stage = await stack.enter_async_context(set_stage(folder))
    stage.approvers, stage.quorum = (BOB, CHEN), 2
    made = await _open_requests(stage.database)
    server = await stack.enter_async_context(countersign(stage, module=module))
    return Desk(stage, server, made)


async def _open_requests(path: Path) -> tuple[ApprovalRequest, ...]:
    """Reminders are planned already, which is otherwise done within the first seconds."""
    now = SystemClock().now()
    requirement = a_requirement(approvers=Principals(people=frozenset((BOB, CHEN))), quorum=2)
    storage = await Storage.open(path, now=now)
    store = SqliteRequestStore(storage)
    made = []
    for at in range(OPEN):
        request = a_request(
            request_id=f"R{at:06}",
            order_id=f"CS26111712{at:06}",
            requirement=requirement,
            created_at=now,
            expires_at=now + requirement.expires,
        )
        await store.create(request, given=an_input(input_id=f"asked-{at}"), owed=(), at=now)
        made.append(request)
    plans = [
        Reminder(request_id=each.request_id, user_id=BOB, due_at=each.expires_at) for each in made
    ]
    await SqliteReminderStore(storage).start(plans)
    await storage.aclose()
    return tuple(made)
