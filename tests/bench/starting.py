"""How long a start takes, beside the import of bare Bolt, and how much memory commands leave."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.sandbox.workspace.payloads import slash_command
from tests.bench.figures import Row, Series, at_most, under
from tests.bench.load import Signer, Sink, pressed
from tests.bench.serving import Server, countersign, output_of, set_stage
from tests.stage import ALICE, GENERAL, Stage

TITLE = "Starting, and staying"
COMMANDS = 5_000  # before and after the first look at the memory
LINES = 4  # commands at the same time
WARM = 200
GROWTH = 2.0  # MB that 5,000 commands may leave behind
BOLT = "from slack_bolt.app.async_app import AsyncApp; from aiohttp import web"
IMPORT = "importing bare Bolt and aiohttp"


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    ready, helped, bare = list[float](), list[float](), list[float]()
    for _round in range(rounds):
        bare.append(await _spent("-c", BOLT))
        helped.append(await _spent("-m", "bot", "--help"))
        ready.append(await _start())
    first, second = await _grown(max(WARM, int(COMMANDS * share)))
    imported = Series(tuple(bare))
    commands = f"{COMMANDS:,}"
    return [
        at_most("start to ready", Series(tuple(ready)), imported, IMPORT),
        under("start to ready", Series(tuple(ready)), 1.5, "under 1.5 s"),
        at_most("`countersign --help`", Series(tuple(helped)), imported, IMPORT),
        under("`countersign --help`", Series(tuple(helped)), 0.3, "under 0.3 s"),
        Row(what=f"memory after {commands} commands", ours=Series((first,), "MB")),
        under(
            f"what {commands} commands more add",
            Series((second - first,), "MB"),
            GROWTH,
            f"no growth: under {GROWTH:g} MB",
        ),
    ]


async def _spent(*arguments: str) -> float:
    began = time.perf_counter()
    await output_of(*arguments)
    return time.perf_counter() - began


async def _start() -> float:
    """From the start of the process until /readyz is green; the database is new."""
    with TemporaryDirectory() as folder:
        async with set_stage(Path(folder)) as stage:
            began = time.perf_counter()
            async with countersign(stage):
                return time.perf_counter() - began


async def _grown(commands: int) -> tuple[float, float]:
    """MB that the bot holds after so many commands, and after as many more."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        stage = await stack.enter_async_context(set_stage(folder))
        server = await stack.enter_async_context(countersign(stage))
        sink = Sink()
        stack.callback(sink.close)
        typed = Typed(stage, server, sink, await sink.open())
        await typed.commands(WARM)
        held = []
        for _half in range(2):
            await typed.commands(commands)
            held.append(server.resident_mb())
    return held[0], held[1]


class Typed:
    """Commands of all kinds that answer from what is stored, and one in ten that asks a cloud."""

    def __init__(self, stage: Stage, server: Server, sink: Sink, answers: str) -> None:
        order = stage.an_order("alibaba-main")
        self._texts = ["help", "inbox", "", f"history {order.order_id}", "accounts"] * 2
        self._texts[0] = f"show {order.order_id} {order.account}"
        self._stage, self._server, self._sink = stage, server, sink
        self._answers, self._numbers, self._wanted = answers, count(1), 0

    async def commands(self, number: int) -> None:
        """Typed and answered."""
        state = self._stage.slack.state
        signer = Signer(self._server.url, self._stage.slack.signing_secret)
        person, channel = state.person(ALICE), state.channel(GENERAL)
        payload = slash_command(state, person, channel, command="/order", text="")
        for first in range(0, number, WARM):
            given = []
            for at in range(first, min(number, first + WARM)):
                own = {
                    "text": self._texts[at % len(self._texts)],
                    "trigger_id": f"bench.{next(self._numbers)}",
                    "response_url": self._answers,
                }
                given.append(signer.command(payload | own))
            await pressed(self._server.url, given, lines=LINES)
            self._wanted += len(given)
            await self._sink.holds(self._wanted)
