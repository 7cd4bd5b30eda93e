"""Hostile text: whatever stands in an order, a name, a reason or an error can be read, and nothing
else.

Each round fills every field of a world with fuzzed strings, draws everything from it that the bot
shows anywhere, and has it judged by others than the views: by the sandbox workspace's reading of
Slack's limits, by a scan for markup that is not ours, by a spreadsheet's eyes, by a terminal's.
A string counts if some output shows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from random import Random

from bot.redact import register
from tests.proofs.hostile_bugs import BUGS
from tests.proofs.hostile_doors import LOGGED, broken, page_state, refused_commands, typed
from tests.proofs.hostile_files import (
    Stream,
    events,
    exported,
    failures,
    log_lines,
    log_to,
    terminal_lines,
    transcript,
)
from tests.proofs.hostile_judge import Effect, Judge, Skeletons, skeletons
from tests.proofs.hostile_strings import REGISTERED, Strings
from tests.proofs.hostile_surfaces import Cast, Drawn, cast, everything
from tests.proofs.hostile_world import Plain, World
from tests.proofs.proof import Figures, Proof, Size

SEED = 6
SHAPES = 6  # worlds that differ in more than their texts
ROUNDS_A_COMMAND = 8  # the command line is slow: once in so many rounds


class Ours:
    """What a shape holds by itself, every text of it an `x`: the markup by surface, and the escape
    sequences of the log on a terminal."""

    def __init__(self, shape: int) -> None:
        world = World(Plain(), Random(f"shape {shape}"))
        found: dict[str, frozenset[str]] = {}
        for drawn in _drawn(world, cast(world)):
            found[drawn.name] = found.get(drawn.name, frozenset()) | skeletons(drawn.payload)
        self.markup: Skeletons = found
        self.events, self.failures = (_on_a_terminal(write, world) for write in (events, failures))


ours = cache(Ours)


def run(size: Size) -> Figures:
    """Raises AssertionError with the round, which alone tells it again."""
    for secret in REGISTERED:
        register(secret)
    made = seen = outputs = number = 0
    while seen < size["strings"]:
        strings, judge = one_round(number)
        made, seen = made + strings.made, seen + len(judge.seen - {0})
        outputs += judge.outputs
        number += 1
    return {
        f"fuzzed strings that some output showed (seed {SEED})": seen,
        "drawn in all": made,
        "outputs judged": outputs,
        "effects": 0,
        "invalid_blocks": 0,
        "secrets": 0,
    }


def one_round(number: int) -> tuple[Strings, Judge]:
    strings, shape = Strings(f"{SEED}:{number}"), number % SHAPES
    judge = Judge(strings, ours(shape).markup)
    world = World(strings, Random(f"shape {shape}"))
    try:
        _judged(world, judge, ours(shape))
        if number % ROUNDS_A_COMMAND == 0:
            refused_commands(world, judge)
    except Effect as effect:
        raise Effect(f"round {number} of seed {SEED}: {effect}") from effect
    except Exception as error:
        raise Effect(f"round {number} of seed {SEED}: it broke: {error!r}"[:1000]) from error
    return strings, judge


def _judged(world: World, judge: Judge, known: Ours) -> None:
    members = cast(world)
    cards = []
    for drawn in _drawn(world, members):
        if drawn.text is None:
            judge.view(drawn.name, drawn.payload)
        else:
            judge.message(drawn.name, drawn.text, drawn.payload)
            cards.append(drawn.payload)
    exported(world, members, judge)
    terminal_lines(_on_a_terminal(events, world), known.events.count("\x1b"), judge)
    told = _on_a_terminal(failures, world)
    terminal_lines(told, known.failures.count("\x1b"), judge, lines=True)
    stream = Stream(terminal=False)
    with log_to(stream):
        said = [*events(world), *failures(world)]
        answers = asyncio.run(broken(world))
    log_lines(stream.written(), [*said, *[{}] * LOGGED], judge)
    for name, text, payload in answers:
        judge.message(name, text, payload)
    some = world.draw.sample(cards, 4)
    transcript(some, judge)
    page_state(world, some, judge)


def _drawn(world: World, members: Cast) -> Iterator[Drawn]:
    yield from everything(world, members)
    yield from typed(world)


def _on_a_terminal(write: Callable[[World], object], world: World) -> str:
    stream = Stream(terminal=True)
    with log_to(stream):
        write(world)
    return stream.written()


PROOF = Proof(
    name="hostile text",
    promise="No text from outside can do anything but be read",
    commit={"strings": 20_000},
    full={"strings": 1_000_000},
    bug={"strings": 3_000},
    run=run,
    bugs=BUGS,
)
