"""How long a click on Approve waits for its ack, with the write that comes before and without."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import SystemClock
from bot.domain.approvals import ApprovalRequest
from bot.domain.outbox import CopyRole
from bot.domain.policy import Principals
from bot.sandbox.workspace.acting import find_elements
from bot.sandbox.workspace.payloads import action, message_action
from bot.sandbox.workspace.state import Message
from handlers.ids import ActionId
from handlers.views.requests import request_card
from storage.database import Storage
from storage.requests import SqliteRequestStore
from tests.bench.figures import Row, Series, at_most, percentile, under
from tests.bench.load import Signer, pressed
from tests.bench.serving import Server, countersign, set_stage
from tests.request_builders import a_request, a_requirement, an_input
from tests.stage import BOB, CHEN, Stage

TITLE = "Ack of a click on Approve, with its durable write"
SINGLE, PAUSE = 60, 0.03  # clicks one after another, seconds between them
BURSTS, AT_ONCE = 4, 50
APPROVALS = "C0APPROVALS"


@dataclass(slots=True)
class Desk:
    """One bot with open requests, each to be clicked once; two approvals are needed, so that the
    first changes the cards and nothing else."""

    stage: Stage
    server: Server
    requests: Iterator[ApprovalRequest]
    clicked: int = 0

    async def click(self, clicks: int, *, lines: int, pause: float = 0.0) -> list[float]:
        signer = Signer(self.server.url, self.stage.slack.signing_secret)
        given = [signer.click(self._payload(next(self.requests))) for _click in range(clicks)]
        taken = await pressed(self.server.url, given, lines=lines, pause=pause)
        self.clicked += clicks
        await self._judged()
        return taken

    def _payload(self, request: ApprovalRequest) -> dict[str, object]:
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
        made = action(state, *place, {})
        return message_action(state, state.person(BOB), state.channel(APPROVALS), shown, made)

    async def _judged(self) -> None:
        """Until every click so far became a vote and every card was redrawn."""
        uri = f"file:{self.stage.database}?mode=ro"
        async with asyncio.timeout(120):
            with closing(sqlite3.connect(uri, uri=True)) as db:
                while db.execute(_LEFT, (self.clicked,)).fetchone()[0]:  # noqa: ASYNC110 - a file
                    await asyncio.sleep(0.05)


_LEFT = """
    select (select count(*) from request_vote) < ?
      or exists(select 1 from outbox where state <> 'done')
"""


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    single, bursts = max(10, int(SINGLE * share)), max(1, int(BURSTS * share))
    needed = 5 + rounds * (single + bursts * AT_ONCE)
    ways = {"with": "bot", "without": "tests.bench.unwritten"}
    medians: dict[str, list[float]] = {way: [] for way in ways}
    tails: dict[str, list[float]] = {way: [] for way in ways}
    async with AsyncExitStack() as stack:
        desks = {way: await _desk(stack, module, needed) for way, module in ways.items()}
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


async def _desk(stack: AsyncExitStack, module: str, requests: int) -> Desk:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    stage = await stack.enter_async_context(set_stage(folder))
    stage.approvers, stage.quorum = (BOB, CHEN), 2
    made = await _open_requests(stage.database, requests)
    server = await stack.enter_async_context(countersign(stage, module=module))
    return Desk(stage, server, iter(made))


async def _open_requests(path: Path, number: int) -> list[ApprovalRequest]:
    now = SystemClock().now()
    requirement = a_requirement(approvers=Principals(people=frozenset((BOB, CHEN))), quorum=2)
    storage = await Storage.open(path, now=now)
    store = SqliteRequestStore(storage)
    made = []
    for at in range(number):
        request = a_request(
            request_id=f"R{at:06}",
            order_id=f"CS26111712{at:06}",
            requirement=requirement,
            created_at=now,
            expires_at=now + requirement.expires,
        )
        await store.create(request, given=an_input(input_id=f"asked-{at}"), owed=(), at=now)
        made.append(request)
    await storage.aclose()
    return made
