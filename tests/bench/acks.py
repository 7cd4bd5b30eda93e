"""How long `/order …` waits for its ack, beside a Bolt app that only acks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.sandbox.workspace.payloads import slash_command
from tests.bench.figures import Row, Series, at_most, faster, percentile
from tests.bench.load import Signer, Sink, pressed
from tests.bench.serving import Server, beside, countersign, set_stage
from tests.stage import ALICE, GENERAL, Stage

TITLE = "Ack of `/order help` over HTTP"
LINES = {1: 150, 50: 20, 200: 8}  # lines at once -> how often in a round
PAUSE = 0.006  # seconds until the next, when all is done
OURS = "countersign"
DEFAULT, BEFORE = "bare Bolt", "bare Bolt with process_before_response"
PERCENTILES = {"p50": 50.0, "p99": 99.0}


@dataclass(slots=True)
class Pressing:
    """Commands for one stage, each with a trigger of its own; answers go to *sink*."""

    stage: Stage
    sink: Sink
    answers: str
    numbers: count[int]
    answered: int = 0

    async def round(self, server: Server, times: int, lines: int, *, answers: bool) -> list[float]:
        """So many lines send a command at the same moment; the next when all is done."""
        taken = []
        for _time in range(times):
            taken += await pressed(server.url, self._commands(server, lines), lines=lines)
            if answers:
                self.answered += lines
                await self.sink.holds(self.answered)
            await asyncio.sleep(PAUSE)
        return taken

    def _commands(self, server: Server, count: int) -> list[bytes]:
        signer = Signer(server.url, self.stage.slack.signing_secret)
        state = self.stage.slack.state
        payload = slash_command(
            state, state.person(ALICE), state.channel(GENERAL), command="/order", text="help"
        )
        return [
            signer.command(
                payload
                | {"response_url": self.answers, "trigger_id": f"bench.{next(self.numbers)}"}
            )
            for _request in range(count)
        ]


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    """*share* of the requests, for a quick look."""
    taken: dict[tuple[int, str], dict[str, list[float]]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        stage = await stack.enter_async_context(set_stage(folder))
        sink = Sink()
        commands = Pressing(stage, sink, await sink.open(), count(1))
        stack.callback(sink.close)
        servers = {
            OURS: await stack.enter_async_context(countersign(stage)),
            DEFAULT: await stack.enter_async_context(beside(stage, "tests.bench.bare_bolt")),
            BEFORE: await stack.enter_async_context(
                beside(stage, "tests.bench.bare_bolt", "before")
            ),
        }
        for name, server in servers.items():
            await commands.round(server, 50, 1, answers=name == OURS)
        for _round in range(rounds):
            for lines, whole in LINES.items():
                times = max(2, int(whole * share))
                for name, server in servers.items():
                    got = await commands.round(server, times, lines, answers=name == OURS)
                    kept = taken.setdefault((lines, name), {each: [] for each in PERCENTILES})
                    for each, percent in PERCENTILES.items():
                        kept[each].append(percentile(got, percent))
    return _rows(taken)


def _rows(taken: Mapping[tuple[int, str], Mapping[str, Sequence[float]]]) -> list[Row]:
    """The default has a goal of its own only where nothing else makes either wait."""
    rows = []
    for lines in LINES:
        for each in PERCENTILES:
            ours, default, before = (
                Series(tuple(taken[lines, name][each])) for name in (OURS, DEFAULT, BEFORE)
            )
            what = f"{lines} connection{'s' if lines > 1 else ''}, {each}"
            row = at_most(what, ours, before, BEFORE, 1.3)
            rows.append(replace(row, beside=f"{row.beside}; {DEFAULT}: {default}"))
            if lines == 1 and each == "p50":
                rows.append(faster(what, ours, default, DEFAULT, 8))
    return rows
