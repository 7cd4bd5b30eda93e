"""One database and the bots that die on it: each goes on where the last one fell."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from random import Random

from bot.domain.approvals import ApprovalRequest
from bot.manifest import BOT_EVENTS
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace import start_workspace
from tests.cancelling import APPROVALS, records
from tests.clouds import fresh_clouds
from tests.proofs.kills_forks import Ahead, Child, Forks, Order
from tests.proofs.kills_judge import Remains, interrupted
from tests.proofs.kills_looks import Looks
from tests.proofs.one_effect_ledger import Ledger
from tests.proofs.one_effect_people import APPROVERS, POLICY, QUORUMS, Asked, People, Press
from tests.served import free_address
from tests.stage import ALICE, BOB, GENERAL, ShiftedClock, Stage

ORDERS = 4
HOLD, EXPIRY = 31.0, 241.0
PATIENCE = 20.0
TIMES = (HOLD, 5, 10, 20, 70, 5, EXPIRY, 5, 5, 5, 5)  # seconds after which all has ended
CLICKS = (
    *("before_accept", "after_accept", "before_claim", "after_claim", "after_call"),
    *("after_receipt", "after_post"),
)
POINTS = (*CLICKS, "after_digest", "after_digest_part")
STATEMENT, EARLY_STATEMENT = "between two statements", "between two statements of a start"
MOMENT, EARLY_MOMENT, AT_REST = "at any moment", "at any moment of a start", "at rest"
PLACES = (
    *(*CLICKS, *POINTS),
    *(STATEMENT, EARLY_STATEMENT, MOMENT) * 4,
    *(EARLY_MOMENT, AT_REST),
)
WAVES = 4  # of inputs in one life, until it dies where it should


class House:
    """*total* counts the kills by where they hit."""

    def __init__(self, stage: Stage, forks: Forks, rng: Random) -> None:
        self._stage, self._forks, self._rng = stage, forks, rng
        self._ahead = Ahead(stage.folder / "ahead", make=True)
        self._people = People(stage)
        self._remains = Remains(stage.database)
        self._looks = Looks(stage, self._remains)
        self._orders: list[CloudOrder] = []
        self._events = free_address()
        self._cut_short: set[tuple[str, int]] = set()  # claims of which no receipt was kept
        self.total: Counter[str] = Counter()
        stage.slack.use_http(f"http://{self._events}/slack/events")
        stage.write_config()
        text = stage.config.read_text(encoding="utf-8")
        listen = f'mode = "http"\nlisten = "{self._events}"'
        text = text.replace('mode = "http"\n', f"{listen}\n").replace(
            'listen = "127.0.0.1:0"\n', "", 1
        )
        stage.config.write_text(text, encoding="utf-8")

    async def prepare(self) -> None:
        """The first bot makes the database; people open their forms."""
        child = await self._begun(AT_REST)
        assert await child.ready(), "the first bot did not start"
        self._orders = await self._people.prepare(ORDERS)
        await self._dead(child, AT_REST)

    async def life(self, place: str) -> None:
        """A bot begins, people press, and it dies at that place; or, where it never gets there,
        when there is nothing left to do."""
        child = await self._begun(place)
        answered: list[str] = []
        if place == EARLY_MOMENT:
            await asyncio.sleep(self._rng.uniform(0.0, 0.06))
            child.kill()
        waves = WAVES if place in POINTS else 1
        while waves and await child.ready():
            waves -= 1
            acts = asyncio.gather(*self._acts(child, answered, digest="digest" in place))
            if place == MOMENT:
                await asyncio.sleep(self._rng.uniform(0.0, 0.15))
                child.kill()
            await acts
            await self._quiet(child)
            if waves:
                self._later(child, HOLD)
                await self._quiet(child)
        await self._dead(child, place)
        self._remains.hold(answered)
        self._cut_short.update(self._remains.claims_cut_short())

    async def calm(self) -> None:
        """A last bot lives until all is done and said; then everything is looked at."""
        child = await self._begun(AT_REST)
        assert await child.ready(), "it does not start any more"
        await self._quiet(child)
        self._claims_are_unknown()
        await self._press_lost_cards()
        for seconds in TIMES:
            self._later(child, seconds)
            await self._quiet(child)
        assert child.code is None, f"it died of itself: {child.code}"
        self.total.update(self._looks.at_requests(self._cut_short))
        self._looks.at_posts()
        self.total["digests"] += self._looks.at_digests()
        await self._dead(child, AT_REST)
        self._remains.hold([])

    async def _begun(self, place: str) -> Child:
        rng = self._rng
        at = {STATEMENT: rng.randint(1, 250), EARLY_STATEMENT: rng.randint(1, 90)}.get(place, 0)
        order = Order(
            config=str(self._stage.config),
            database=str(self._stage.database.resolve()),
            ahead=str(self._stage.folder / "ahead"),
            environ=self._stage.environ(),
            point=place if place in POINTS else "",
            statement=at,
            serving=place != EARLY_STATEMENT,
        )
        return await self._forks.start(order)

    async def _dead(self, child: Child, place: str) -> None:
        """Where it did not die by itself it is killed. It never ends in any other way."""
        was_there = not child.kill() or place in (MOMENT, EARLY_MOMENT)
        code = await child.ended()
        assert code == -9, f"the bot ended with {code}, to be killed {place}"
        self.total[place if was_there else AT_REST] += 1

    def _acts(self, child: Child, answered: list[str], *, digest: bool) -> list[Awaitable[None]]:
        """What people do about each order, as things stand, and time that passes."""
        rng, acts = self._rng, list[Awaitable[None]]()
        newest = {each.order_id: each for each in records(self._stage)}
        for order in self._orders:
            for press in self._presses(order, newest.get(order.order_id)):
                acts.append(self._send(press, rng.uniform(0, 0.03), answered))
        if digest:
            acts.append(self._ask_for_a_digest())
        if rng.random() < 0.7:
            acts.append(self._time_passes(child, HOLD))
        if rng.random() < 0.03:
            acts.append(self._time_passes(child, EXPIRY))
        return acts

    def _presses(self, order: CloudOrder, request: ApprovalRequest | None) -> list[Press]:
        """Slack may deliver any of them twice."""
        rng, found = self._rng, list[Press]()
        if request is None or not request.is_open:
            if rng.random() < 0.6:
                order.payment_status = "unpaid"
                found.append(self._people.wish(order))
        elif asked := self._asked(order, request):
            for who in rng.sample(APPROVERS, rng.randint(1, 2)):
                actions = ("approve",) * 8 + ("take_back", "stop")
                found.append(self._people.click(who, rng.choice(actions), asked))
            if rng.random() < 0.1:
                ends = rng.choice(("withdraw", "stop"))
                found.append(self._people.click(asked.asker, ends, asked))
        return [each for press in found for each in [press] * rng.choice((1, 1, 1, 2))]

    def _asked(self, order: CloudOrder, request: ApprovalRequest) -> Asked | None:
        """None while no card of it stands anywhere."""
        own = self._looks.cards(request.request_id, f"D{request.requested_by[1:]}")
        ours = self._looks.cards(request.request_id, APPROVALS)
        if not own and not ours:
            return None
        pick = self._rng.choice
        return Asked(
            order,
            request.request_id,
            request.requested_by,
            0,
            pick(ours or own),
            pick(own or ours),
        )

    async def _send(self, press: Press, delay: float, answered: list[str]) -> None:
        await asyncio.sleep(delay)
        try:
            delivery = await self._people.deliver(press)
        except ConnectionResetError:  # it died while it answered
            return
        if delivery.ok:
            answered.append(str(press.payload["trigger_id"]))

    async def _ask_for_a_digest(self) -> None:
        with suppress(ConnectionResetError):
            await self._stage.slack.command(ALICE, GENERAL, "digest now")

    async def _time_passes(self, child: Child, seconds: float) -> None:
        await asyncio.sleep(self._rng.uniform(0, 0.05))
        self._later(child, seconds)

    def _later(self, child: Child, seconds: float) -> None:
        self._stage.later(seconds=seconds)
        self._ahead.seconds = self._stage.clock.ahead.total_seconds()
        child.clock_moved()

    async def _quiet(self, child: Child) -> None:
        """Until nothing is left to do at this moment of the clock, or the bot is dead. Whatever an
        earlier bot began and left lying is done at once: no lease, no claim is waited for."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        with closing(Ledger(self._stage.database)) as ledger:
            while child.code is None:
                now_ms = int(self._stage.clock.now().timestamp() * 1000)
                if ledger.is_quiet(now_ms):
                    return
                assert loop.time() < end, f"left lying: {ledger.left(now_ms)}"
                await asyncio.sleep(0.004)

    def _claims_are_unknown(self) -> None:
        with closing(Ledger(self._stage.database)) as ledger:
            for request_id, claimed in self._cut_short:
                interrupted(ledger.lines(request_id), claimed)

    async def _press_lost_cards(self) -> None:
        """A post that was cut off may stand there without the bot knowing. Who presses on it makes
        it known, and it is drawn anew."""
        known = self._remains.copies()
        for request in records(self._stage):
            for place in (APPROVALS, f"D{request.requested_by[1:]}"):
                for card in self._looks.cards(request.request_id, place):
                    if (card.channel_id, card.ts) not in known:
                        self.total["cards lost and found"] += 1
                        order = self._stage.clouds.book.order(request.order_id)
                        assert order is not None
                        asked = Asked(
                            order, request.request_id, request.requested_by, 0, card, card
                        )
                        who = BOB if place == APPROVALS else request.requested_by
                        await self._people.send(self._people.click(who, "stop", asked))


@asynccontextmanager
async def housed(folder: Path, forks: Forks, rng: Random) -> AsyncIterator[House]:
    clock = ShiftedClock()
    async with (
        fresh_clouds(clock.now) as clouds,
        start_workspace(now=clock.now, events=BOT_EVENTS) as slack,
    ):
        stage = Stage(folder, "http", clock, clouds, slack, policy=POLICY, approvers=APPROVERS)
        stage.accounts = tuple(QUORUMS)
        house = House(stage, forks, rng)
        await house.prepare()
        yield house
