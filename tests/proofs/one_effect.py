"""One effect: rounds of inputs that arrive together on one request, at the listener of the whole
bot, and what became of the request, of the order, and of what everybody was told."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import ceil
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import structlog

from bot.sandbox.clouds.book import CloudOrder, Fault
from storage.verify import verify_file
from tests.proofs import one_effect_judge as judge
from tests.proofs.one_effect_bugs import BUGS
from tests.proofs.one_effect_judge import Case
from tests.proofs.one_effect_ledger import Ledger
from tests.proofs.one_effect_people import (
    APPROVERS,
    EVERYBODY,
    POLICY,
    QUORUMS,
    Act,
    Asked,
    People,
    Press,
    at_once,
)
from tests.proofs.one_effect_races import HOLD, Races
from tests.proofs.proof import Figures, Proof, Size
from tests.stage import STRANGER, Stage, labels, said, staged

SEED = 6
ORDERS = 12  # on one stage, asked about again and again
ON_ONE_STAGE = 200  # rounds
STAGES = 2
MOST = 50  # inputs at once
SIZES = ((2, 4), (5, 10), (11, 25), (26, MOST))  # of a round, and how often each:
WEIGHTS = (78, 16, 5, 1)
PATIENCE = 15.0
EXPIRY = 201.0  # seconds: it is over; with two HOLDs less than 300, for signatures grow old
FAULTS = ("drop_before", "drop_after", "lie", "slow")
FINAL_BUTTONS = {"Ask again", "Details"}
# The card of a request that ended begins with one of these.
TITLES = {status: f"{status.capitalize()}: " for status in judge.FINAL}


@dataclass(slots=True)
class Round:
    """*since* is the newest record before it, *seen* how many messages there were."""

    since: int
    seen: int
    presses: list[Press] = field(default_factory=list)
    others: dict[str, list[judge.Late]] = field(default_factory=dict)


class Rounds:
    def __init__(self, stage: Stage, ledger: Ledger, people: People, rng: Random) -> None:
        self._stage, self._ledger, self._people, self._rng = stage, ledger, people, rng
        self._races = Races(stage, people, rng)
        self._session: aiohttp.ClientSession | None = None
        self._before: dict[str, tuple[Asked, judge.Late]] = {}  # the last request on an order
        self.total: Counter[str] = Counter()

    async def play(self, rounds: int) -> None:
        """So many rounds at least, on as many requests as they need."""
        orders = await self._people.prepare(ORDERS)
        async with aiohttp.ClientSession() as session:
            self._session = session
            while self.total["rounds"] < rounds:
                order = orders[self.total["requests"] % ORDERS]
                order.payment_status = "unpaid"
                await self._one_request(await self._people.ask(order))

    async def _one_request(self, asked: Asked) -> None:
        self.total["requests"] += 1
        presses: list[Press] = []
        await self._quiet()
        for _round in range(self._rng.choice((1, 2, 2, 3, 4))):
            presses += await self._round(asked)
            self.total["rounds"] += 1
        await self._let_time_pass(asked)
        case = self._case(asked)
        row = self._ledger.row(asked.request_id)
        calls = [
            call
            for call in self._stage.clouds.book.calls[asked.first_call :]
            if call.operation == "cancel_order" and call.order_id == asked.order.order_id
        ]
        judge.one_path(case)
        last, status = case.states()[-1], row.status
        assert last == status, f"on record {last}, in the table {status}"
        made = Counter(
            (each.who, each.kind)
            for each in presses
            if each.request_id == asked.request_id and each.who != STRANGER
        )
        judge.each_input_once(case, made)
        judge.two_humans(case, row)
        judge.nobody_is_overheard(case)
        judge.one_effect(case, calls, asked.order.payment_status)
        self._cards_show(asked, status)
        self.total[status] += 1
        self.total["cancel calls"] += len(calls)
        self._before[asked.order.order_id] = (asked, judge.late(case, status))
        kept = {
            id(card) for each, _late in self._before.values() for card in (each.approvals, each.own)
        }
        self._stage.clouds.book.faults.clear()
        self._stage.slack.faults.ordered.clear()
        self._people.forget(kept)

    async def _round(self, asked: Asked) -> list[Press]:
        """Everything at once; then what each was told is looked at."""
        state = self._stage.slack.state
        now = Round(self._ledger.head(), len(state.messages))
        status = self._ledger.row(asked.request_id).status
        self._something_breaks(asked)
        presses, at_worst = self._races.of(asked, status)
        self._draw(now, asked)
        spread = self._rng.choice((0.0, 0.0, 0.01, 0.05))
        acts: list[Act] = [
            (self._rng.uniform(0, spread), partial(self._people.send, press))
            for press in now.presses
            for _copy in range(press.copies)
        ]
        acts += [(self._rng.uniform(0, spread), act) for act in self._besides(asked)]
        now.presses += presses
        acts += at_worst
        self._rng.shuffle(acts)
        await at_once(acts)
        self.total["inputs"] += len(acts)
        await self._quiet()
        await self._all_told(now, asked)
        return now.presses

    def _draw(self, now: Round, asked: Asked) -> None:
        """Who presses what. Now and then a card of an older request, and a stranger's hand; at
        times all agree."""
        rng, [size] = self._rng, self._rng.choices(SIZES, WEIGHTS)
        older = self._before.get(asked.order.order_id)
        left, agree = rng.randint(*size), rng.random() < 0.3
        while left > 0:
            if rng.random() < 0.08:
                press = self._people.click(STRANGER, "approve", asked)
            elif older is not None and rng.random() < 0.06:
                press = self._people.click(rng.choice(APPROVERS), "approve", older[0])
                self._expect_of_older(now, press, *older)
            elif agree:
                press = self._people.click(rng.choice(APPROVERS), "approve", asked)
            else:
                press = self._press(asked)
            press.copies = rng.choice((1, 1, 1, 2, 3))
            left -= press.copies
            now.presses.append(press)

    def _press(self, asked: Asked) -> Press:
        rng = self._rng
        if rng.random() < 0.12:
            return self._people.deny(rng.choice(EVERYBODY), asked)
        if rng.random() < 0.5:
            return self._people.click(rng.choice(APPROVERS), "approve", asked)
        action = rng.choices(("approve", "take_back", "withdraw", "stop"), (3, 4, 2, 3))[0]
        return self._people.click(rng.choice(EVERYBODY), action, asked)

    def _expect_of_older(self, now: Round, press: Press, older: Asked, late: judge.Late) -> None:
        """It ended like that, and says so to everybody but to whoever asked for it."""
        own = judge.Late(judge.BY_RULE["requester"], frozenset())
        now.others.setdefault(press.who, []).append(own if press.who == older.asker else late)

    def _something_breaks(self, asked: Asked) -> None:
        rng, account = self._rng, asked.order.account
        if rng.random() < 0.3:
            kind: Any = rng.choice(FAULTS)
            fault = Fault(kind, account, "cancel_order", seconds=0.03)
            self._stage.clouds.book.faults[:] = [fault]
        if rng.random() < 0.3:
            self._stage.slack.fault("slow", "users.info", seconds=0.02, times=rng.randint(1, 6))

    def _besides(self, asked: Asked) -> Iterator[Callable[[], Awaitable[None]]]:
        """What is no input of a person: time passes, somebody pays, somebody forges."""
        rng = self._rng
        if rng.random() < 0.3:
            yield partial(self._time_passes, HOLD)
        if rng.random() < 0.04:
            yield partial(self._time_passes, EXPIRY)
        if rng.random() < 0.03:
            yield partial(_is_paid, asked.order)
        if rng.random() < 0.1 and self._session is not None:
            press = self._people.click(APPROVERS[0], "approve", asked)
            self.total["forged"] += 1
            yield partial(self._people.forge, press, self._session, too_old=rng.random() < 0.5)

    async def _time_passes(self, seconds: float) -> None:
        self._stage.later(seconds=seconds)

    async def _quiet(self) -> None:
        """Until nothing is left to do at this moment of the clock."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not self._ledger.is_quiet(int(self._stage.clock.now().timestamp() * 1000)):
            assert loop.time() < end, "an input is not judged, or a message not sent"
            await asyncio.sleep(0.004)

    async def _let_time_pass(self, asked: Asked) -> None:
        """Until the request has ended, and the outcome of its call is known."""
        for seconds in (HOLD, 5, 10, 20, 70, 5, EXPIRY):
            if self._ledger.row(asked.request_id).status in judge.FINAL:
                break
            self._stage.later(seconds=seconds)
            await asyncio.sleep(0)
            await self._quiet()
        await self._quiet()

    async def _all_told(self, now: Round, asked: Asked) -> None:
        case = self._case(asked)
        refused = [
            line
            for line in case.lines
            if line.seq > now.since
            and line.kind == "input:refused"
            and line.facts["rule"] != "duplicate"
        ]
        strangers = [press for press in now.presses if press.who == STRANGER]
        wanted = len(refused) + len(strangers) + sum(map(len, now.others.values()))
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while sum(map(len, (told := self._told(now)).values())) < wanted:
            assert loop.time() < end, f"{wanted} inputs did not count, told was {told}"
            await asyncio.sleep(0.004)
        only = "Only members of this workspace"
        said_to_strangers = told.pop(STRANGER, [])
        assert len(said_to_strangers) == len(strangers), f"strangers were told {said_to_strangers}"
        assert all(each.startswith(only) for each in said_to_strangers), said_to_strangers
        gate = self._ledger.refused_at_the_gate(STRANGER, after=now.since)
        assert gate == len(strangers), f"{gate} of {len(strangers)} strangers are on record"
        self.total["told"] += len(strangers)
        self.total["told"] += judge.told_the_truth(case, told, since=now.since, others=now.others)

    def _told(self, now: Round) -> dict[str, list[str]]:
        """What was said to one person alone, but for cards and for news of how it ended."""
        told: dict[str, list[str]] = {}
        for message in self._stage.slack.state.messages[now.seen :]:
            who = message.ephemeral_to
            if who is None and message.channel_id.startswith("D"):
                who = f"U{message.channel_id[1:]}"
            text = said(message)
            if who is not None and "(R-" not in text and "· request R-" not in text:
                told.setdefault(who, []).append(text)
        return told

    def _case(self, asked: Asked) -> Case:
        lines = self._ledger.lines(asked.request_id)
        quorum = QUORUMS[asked.order.account]
        return Case(asked.request_id, asked.asker, APPROVERS, quorum, lines)

    def _cards_show(self, asked: Asked, status: str) -> None:
        """The end, on both cards, with no button left that decides; one card in each place."""
        for card in (asked.approvals, asked.own):
            shown = said(card)
            assert shown.startswith(TITLES[status]), f"{status}, but a card says {shown[:80]!r}"
            assert {*labels(card)} <= FINAL_BUTTONS, f"{status}, but a card has {labels(card)}"
        cards = [
            message
            for message in self._stage.slack.state.messages
            if message.ephemeral_to is None
            and f"· request {asked.request_id}" in str(message.blocks)
        ]
        assert len(cards) == 2, f"{len(cards)} cards"


async def _is_paid(order: CloudOrder) -> None:
    if order.payment_status == "unpaid":
        order.payment_status = "paid"


def run(size: Size) -> Figures:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    total: Counter[str] = Counter()
    seeds = count(SEED)
    while total["rounds"] < size["rounds"]:
        left = size["rounds"] - total["rounds"]
        total.update(asyncio.run(_on_stages(seeds, min(left, STAGES * ON_ONE_STAGE))))
    ends = ", ".join(f"{total[end]:,} {end}" for end in sorted(judge.FINAL) if total[end])
    return {
        f"rounds of up to {MOST} inputs at once (seed {SEED})": total["rounds"],
        "inputs": total["inputs"],
        f"requests ({ends}), each with one end": total["requests"],
        "cancel calls": total["cancel calls"],
        "requests with two": 0,
        "inputs did not count, and each of these people was told why": total["told"],
    }


async def _on_stages(seeds: Iterator[int], rounds: int) -> Counter[str]:
    """Beside each other: on each there is more waiting than work."""
    share = ceil(rounds / STAGES)
    beside = [_on_a_stage(next(seeds), share) for _ in range(STAGES)]
    return sum(await asyncio.gather(*beside), Counter())


async def _on_a_stage(seed: int, rounds: int) -> Counter[str]:
    with TemporaryDirectory(prefix="countersign-rounds-") as name:
        async with staged(Path(name), "http", policy=POLICY, approvers=APPROVERS) as stage:
            ledger = Ledger(stage.database)
            played = Rounds(stage, ledger, People(stage), Random(seed))
            try:
                await played.play(rounds)
            except AssertionError as error:
                request = played.total["requests"]
                raise AssertionError(f"seed {seed}, request {request}: {error}") from error
            finally:
                ledger.close()
        found = verify_file(stage.database)
        assert found.ok, f"seed {seed}: record {found.bad_seq}: {found.reason}"
        return played.total


PROOF = Proof(
    name="one effect",
    promise="One effect, whoever presses what in the same instant",
    commit={"rounds": 150},
    full={"rounds": 10_000},
    bug={"rounds": 250},
    run=run,
    bugs=BUGS,
)
