"""Two humans or nothing: every state that the services can reach in small worlds, and in each of
them whether a cancel call may be made, by another opinion than the bot's.

A world is searched until nothing new is found. What the services do is not copied here: they run
themselves (`driven`), on ports that answer whatever Slack and a cloud could.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

from tests.proofs.driven import Core, Driven, Leaf, one_after_the_other
from tests.proofs.proof import Figures, Proof, Size
from tests.proofs.scripted_ports import Waiting
from tests.proofs.second_opinion import Case, Config, Event, Now, Opinion, Said, Wrong
from tests.proofs.two_humans_bugs import BUGS
from tests.proofs.worlds import World, designed, drawn

SEED = 3
TELLS, TIME = -2, -1  # instead of the number of an action: Slack says something else; a tick passes


class Search:
    """Breadth first. A state is one number: that of its core times the number of all that Slack may
    say, plus the number of what it says."""

    def __init__(self, world: World, *, traced: bool = False) -> None:
        self.driven = Driven(world)
        self.opinion = Opinion(world)
        self.states: set[int] = set()
        self.transitions = 0
        self._world, self._traced = world, traced
        self._said = _all_said(world)
        self._tellings = _tellings(self._said)
        self._cores: list[Core] = []
        self._core_numbers: dict[Core, int] = {}
        self._cases: list[Case | None] = [None]
        self._case_numbers: dict[Case | None, int] = {None: 0}
        self._later: dict[int, int] = {}
        self._came: dict[int, tuple[int, str]] = {}  # from which state, by what; if traced
        self._doing: tuple[int, Iterable[Event]] = (TELLS, ())  # the action, what happens

    def run(self) -> None:
        """Raises Wrong; where the search is traced, with the way there."""
        start = self._core(0, (), Config(0, 0), None) * len(self._said)
        self.states.add(start)
        frontier = deque([start])
        while frontier:
            state = frontier.popleft()
            try:
                for after in self._following(state):
                    self.transitions += 1
                    if after not in self.states:
                        self.states.add(after)
                        frontier.append(after)
                        if self._traced:
                            self._came[after] = (state, self._named(after))
            except Wrong as wrong:
                raise Wrong(f"{wrong}: {'; '.join(self._way_to(state))}") from wrong
        if self.driven.failures:
            raise Wrong(f"a service failed: {self.driven.failures[0]}")

    def _following(self, state: int) -> Iterator[int]:
        """The states one step away."""
        number, told = divmod(state, len(self._said))
        core, said = self._cores[number], self._said[told]
        self._doing = (TELLS, ())
        for other in self._tellings[told]:
            yield state - told + other
        self._doing = (TIME, ())
        yield self._a_tick_after(number) * len(self._said) + told
        ends = self.driven.ends
        for action in range(len(self.driven.actions)):
            for leaf in ends(core, action, said):
                self._doing = (action, leaf.events)
                after = leaf.next.get(number)
                if after is None:
                    after = self._after(number, action, leaf, said)
                yield after * len(self._said) + told

    def _after(self, number: int, action: int, leaf: Leaf, said: Said) -> int:
        core = self._cores[number]
        config = self.driven.actions[action].config or core.config
        case = self._cases[core.case]
        if leaf.events:
            case = self.opinion.after(case, leaf.events, Now(config, said))
        after = self._core(leaf.row, leaf.waiting, config, case)
        if not leaf.events:
            leaf.next[number] = after
        return after

    def _a_tick_after(self, number: int) -> int:
        if number not in self._later:
            core = self._cores[number]
            case = self._cases[core.case]
            aged = case and self.opinion.later(case)
            row = self.driven.later(core.row)
            self._later[number] = self._core(row, core.waiting, core.config, aged)
        return self._later[number]

    def _core(self, row: int, waiting: Waiting, config: Config, case: Case | None) -> int:
        """A request that has ended cannot come back: what happened to it is forgotten, so that a
        call for it would be one that nobody asked for."""
        known = self.driven.rows[row]
        kept = case if known is not None and known.is_open else None
        case_number = self._case_numbers.setdefault(kept, len(self._cases))
        if case_number == len(self._cases):
            self._cases.append(kept)
        core = Core(row, waiting, config, case_number)
        number = self._core_numbers.setdefault(core, len(self._cores))
        if number == len(self._cores):
            self._cores.append(core)
        return number

    def _way_to(self, state: int) -> list[str]:
        steps = [self._named(state)]
        while state in self._came:
            state, step = self._came[state]
            steps.append(step)
        return steps[::-1]

    def _named(self, after: int) -> str:
        action, events = self._doing
        if action == TIME:
            return "a tick passes"
        if action == TELLS:
            said = self._said[after % len(self._said)]
            whom = (*self._world.users, *self._world.groups)
            each = (f"{who}={what!s}" for who, what in zip(whom, said, strict=True))
            return f"Slack says {' '.join(each)}"
        told = (" ".join(part for part in event if isinstance(part, str)) for event in events)
        happened = ", ".join(told)
        return f"{self.driven.actions[action].name} ({happened})"


def run(size: Size) -> Figures:
    """Raises AssertionError with a world and the shortest way to a cancel call that must not be."""
    one_after_the_other()
    counts = dict.fromkeys(("worlds", "states", "transitions", "runs", "calls"), 0)
    for world in _worlds(size):
        search = Search(world)
        try:
            search.run()
        except Wrong:
            _explain(world)
        counts["worlds"] += 1
        counts["states"] += len(search.states)
        counts["transitions"] += search.transitions
        counts["runs"] += search.driven.runs
        counts["calls"] += search.opinion.calls
    assert counts["calls"] > 0, "no cancel call was reached at all: nothing was tried"
    return {
        "worlds": counts["worlds"],
        "states": counts["states"],
        "transitions": counts["transitions"],
        f"runs of the services, frontier empty in every world (seed {SEED})": counts["runs"],
        "ways to a cancel call": counts["calls"],
        "cancel calls with fewer than two people, or against a rule": 0,
    }


def _worlds(size: Size) -> list[World]:
    """The smaller ones first."""
    worlds = [*designed(size["users"]), *(drawn(SEED, number) for number in range(size["drawn"]))]
    return sorted(worlds, key=_bulk)


def _bulk(world: World) -> int:
    told = prod(len(each) for each in (*world.users.values(), *world.groups.values()))
    edited = (len(world.policies) * len(world.aliases)) ** 2
    asked = len(world.askers) * len(world.orders)
    return told * edited * asked * (1 + 3 * world.raced) * (1 + 3 * world.left_over)


def _explain(world: World) -> None:
    """The same search again, noting the way."""
    try:
        Search(world, traced=True).run()
    except Wrong as wrong:
        raise AssertionError(f"world “{world.name}”: {wrong}") from wrong
    raise AssertionError(
        f"world “{world.name}”: wrong only at the first try: something is remembered"
    )


def _all_said(world: World) -> tuple[Said, ...]:
    """Users by what `Is` calls them, groups by number; the first is how the world begins."""
    groups = (range(len(each)) for each in world.groups.values())
    return tuple(product(*world.users.values(), *groups))


def _tellings(said: tuple[Said, ...]) -> tuple[tuple[int, ...], ...]:
    """By number, the numbers of those that differ in what is said of one user or group."""
    numbers = {each: number for number, each in enumerate(said)}
    values = [sorted(set(column)) for column in zip(*said, strict=True)]
    return tuple(
        tuple(
            numbers[*each[:place], other, *each[place + 1 :]]
            for place, value in enumerate(each)
            for other in values[place]
            if other != value
        )
        for each in said
    )


PROOF = Proof(
    name="two humans",
    promise="Two humans or nothing",
    commit={"users": 3, "drawn": 1},
    full={"users": 5, "drawn": 3},
    bug={"users": 3, "drawn": 0},
    run=run,
    bugs=BUGS,
)
