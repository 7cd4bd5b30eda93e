"""The bot's own services on one small world, a step at a time, from any stored row.

They run once for each branch of a step's tree, however many states of the world lead there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import count, product
from types import SimpleNamespace
from typing import Any, NamedTuple

import structlog
from structlog.typing import EventDict

from bot.domain.approvals import ApprovalRequest, RequestStatus, Vote
from bot.domain.inputs import Input, InputKind
from bot.domain.policy import Requirement
from bot.services import executor as executing
from bot.services.access import Access
from bot.services.decisions import Decisions
from bot.services.executor import Executor
from bot.services.people import People
from bot.services.reading import OrderReader
from bot.services.requests import Requests
from tests.builders import NOON
from tests.proofs.scripted_ports import (
    Clock,
    Cloud,
    Deaf,
    Died,
    Node,
    Script,
    Slack,
    Store,
    Waiting,
)
from tests.proofs.second_opinion import Config, Event, Said
from tests.proofs.worlds import ACCOUNT, MEMBERS, ORDER_ID, TICK, World

REQUEST_ID = "R-MODEL"
PRESSES = tuple(kind for kind in InputKind if kind is not InputKind.REQUEST)
ENDS = (InputKind.DENY, InputKind.WITHDRAW, InputKind.STOP)

S = RequestStatus
_NO_MATTER = Requirement(requesters=MEMBERS, approvers=MEMBERS, quorum=1, hold=TICK, expires=TICK)


class Core(NamedTuple):
    """A state but for what Slack says; *row* and *case* are numbers, *case* the caller's own."""

    row: int
    waiting: Waiting
    config: Config
    case: int


@dataclass(eq=False, slots=True)
class Leaf:
    """How a step ended: the number of the row, the input that waits, what happened. *next* is for
    the caller to note what follows."""

    row: int
    waiting: Waiting
    events: tuple[Event, ...]
    next: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """*config*: the process ends, and another runs on this from now on."""

    name: str
    do: Callable[[], None]
    config: Config | None = None


@dataclass(frozen=True, slots=True)
class Process:
    requests: Requests
    decisions: Decisions
    executor: Executor


class Driven:
    """*rows* are all the rows met so far, the first None; *runs* counts how often services ran.
    *failures* are errors that the services did not expect; they go on, and so does the check."""

    def __init__(self, world: World) -> None:
        structlog.configure(processors=[self._logged])
        self.world = world
        self.failures: list[str] = []
        self.rows: list[ApprovalRequest | None] = [None]
        self.runs = 0
        self._numbers: dict[ApprovalRequest | None, int] = {None: 0}
        self._trees: dict[tuple[int, Waiting, Config, int], Node[Leaf]] = {}
        self._ids = count()
        self._script: Script[Leaf] = Script(world)
        self._store = Store(self._script)
        every = product(range(len(world.policies)), range(len(world.aliases)))
        self._processes = {each: self._process(each) for each in (Config(*pair) for pair in every)}
        self._process_now = self._processes[Config(0, 0)]
        self.actions = tuple(self._actions())
        self._script.others = tuple(self._others())
        self._script.slow_only = 1

    def ends(self, core: Core, action: int, said: Said) -> list[Leaf]:
        """All ways in which the action of that number may end where Slack says this."""
        runs_on = self.actions[action].config or core.config
        root = self._trees.get((core.row, core.waiting, runs_on, action))
        if root is None:
            root = self._trees[core.row, core.waiting, runs_on, action] = Node()
        ends: list[Leaf] = []
        todo = [root]
        while todo:
            node = todo.pop()
            if node.leaf is None and node.asked is None:
                self._process_now = self._processes[runs_on]
                self._script.begin(root, node.path, said)
                self._script.end(self._run(core, self.actions[action]))
            if node.leaf is not None:
                ends.append(node.leaf)
            elif node.asked is not None and node.asked >= 0:
                todo.append(node.after(said[node.asked]))
            else:
                todo.extend(node.then.values())
        return ends

    def later(self, row: int) -> int:
        """The number of the row as it stands a tick later."""
        known = self.rows[row]
        return self._number(known and _canonical(known, NOON + TICK))

    def _run(self, core: Core, action: Action) -> Leaf:
        self.runs += 1
        known, store = self.rows[core.row], self._store
        store.requests = {} if known is None else {REQUEST_ID: known}
        store.inputs, store.judged = {}, set()
        for kind, user in core.waiting:
            self._stored(kind, user)
        try:
            action.do()
        except Died:
            pass
        except Exception as error:  # noqa: BLE001 - whoever called would log it
            self.failures.append(f"{action.name}: {error!r}")
            return Leaf(core.row, core.waiting, ())
        number, after = core.row, store.row()
        if after is not None and (after is not known or self._script.now != NOON):
            number = self._number(_canonical(after, self._script.now))
        return Leaf(number, store.waiting(), tuple(self._script.events))

    def _logged(self, logger: object, method: str, event: EventDict) -> EventDict:
        del logger, method
        if event.get("exc_info"):
            self.failures.append(f"{event['event']}: {sys.exc_info()[1]!r}")
        raise structlog.DropEvent

    def _number(self, row: ApprovalRequest | None) -> int:
        number = self._numbers.setdefault(row, len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number

    def _process(self, config: Config) -> Process:
        policy, humans = self.world.policies[config.policy], self.world.aliases[config.aliases]
        clock, wake, slack = Clock(self._script), asyncio.Event(), Slack(self._script)
        adapters = {ACCOUNT.name: Cloud(self._script, self._store)}
        people = People(policy, humans, slack)
        reader = OrderReader(adapters, Deaf(), clock)  # type: ignore[arg-type]
        requests = Requests(
            store=self._store,
            adapters=adapters,
            reader=reader,
            access=Access([ACCOUNT], policy, slack),
            people=people,
            clock=clock,
            wake=wake,
        )
        decisions = Decisions(
            store=self._store,
            copies=Deaf(),  # type: ignore[arg-type]
            people=people,
            requests=requests,
            clock=clock,
            wake=wake,
        )
        executor = Executor(
            store=self._store,
            adapters=adapters,
            reader=reader,
            people=people,
            clock=clock,
            wake=wake,
        )
        return Process(requests, decisions, executor)

    def _actions(self) -> Iterator[Action]:
        world = self.world
        for user, order in product(world.askers, range(len(world.orders))):
            yield Action(f"{user} asks for order {order}", partial(self._ask, user, order))
        for kind, user in product(PRESSES, world.users):
            yield Action(f"{user}: {kind}", partial(self._press, kind, user))
        for kind, user in product(PRESSES, world.users):
            if world.left_over and not world.raced:
                yield Action(f"{user}: {kind}, not judged", partial(self._leave, kind, user))
        if world.left_over:
            yield Action("what is left over is judged", self._sweep)
        yield Action("the executor looks", self._look)
        for config in self._processes:
            yield Action(f"restart on {config}", self._restart, config)

    def _others(self) -> Iterator[Callable[[], None]]:
        """What may happen while a step waits; time passes only while somebody does not answer."""
        yield self._pass_time
        if self.world.left_over:
            for kind, user in product(ENDS, self.world.users):
                yield partial(self._leave, kind, user)
            return
        yield self._look
        for user in self.world.askers:
            yield partial(self._ask, user, 0)
        for kind, user in product(PRESSES, self.world.users):
            yield partial(self._press, kind, user)

    def _ask(self, user: str, order: int) -> None:
        self._script.order = order
        _drive(self._process_now.requests.ask(self._stored(InputKind.REQUEST, user)))
        self._script.order = None

    def _press(self, kind: InputKind, user: str) -> None:
        _drive(self._process_now.decisions.handle(self._stored(kind, user)))

    def _leave(self, kind: InputKind, user: str) -> None:
        """Only one at a time."""
        if not self._store.waiting():
            self._stored(kind, user)

    def _sweep(self) -> None:
        _drive(self._process_now.decisions.recover())

    def _look(self) -> None:
        """At any time, due or not."""
        _drive(self._process_now.executor._work(REQUEST_ID))

    def _restart(self) -> None:
        _drive(self._process_now.executor.recover())
        _drive(self._process_now.decisions.recover())

    def _pass_time(self) -> None:
        self._script.now += TICK
        self._script.events.append(("later",))

    def _stored(self, kind: InputKind, user: str) -> Input:
        given = self._given(kind, user)
        _drive(self._store.accept(given))
        return given

    def _given(self, kind: InputKind, user: str) -> Input:
        return Input(
            input_id=str(next(self._ids)),
            kind=kind,
            user_id=user,
            at=NOON,
            request_id="" if kind is InputKind.REQUEST else REQUEST_ID,
            account=ACCOUNT.name,
            order_id=ORDER_ID,
            reason="bought twice",
        )


def _canonical(row: ApprovalRequest, now: datetime) -> ApprovalRequest:
    """The row without what no step depends on, its times as if *now* were NOON. Who voted stands in
    one order; of a request that has ended only who asked and how it ended is kept."""
    passed = now - NOON
    order, votes = row.order, row.votes if row.is_open else ()
    if passed and order.deadline is not None:
        order = replace(order, deadline=max(NOON, order.deadline - passed))
    return replace(
        row,
        request_id=REQUEST_ID,
        version=1,
        order=order,
        requirement=row.requirement if row.is_open else _NO_MATTER,
        created_at=NOON,
        expires_at=max(NOON, row.expires_at - passed) if row.is_open else NOON,
        votes=tuple(sorted((replace(each, at=NOON) for each in votes), key=_voter)),
        due_at=NOON,
        approved_at=None,
        hold_until=max(NOON, row.hold_until - passed) if row.is_open and row.hold_until else None,
        fence=min(row.fence, 1),
        claimed_at=None,
        reads=row.reads if row.status is S.UNKNOWN else 0,
        ended_at=None,
        ended_by="",
        end_reason="",
        outcome=row.outcome if row.status is S.PENDING else "",
        outcome_text="",
        current=None,
    )


def _voter(vote: Vote) -> str:
    return vote.user_id


async def _in_turn(*work: Awaitable[Any]) -> list[Any]:
    """What the services await at the same time. Slack and the cloud change between steps only, so
    that which answers first makes no difference here."""
    return [await each for each in work]


def one_after_the_other() -> None:
    """In this process, from now on."""
    vars(executing).update(asyncio=SimpleNamespace(gather=_in_turn), both=_in_turn)


def _drive(work: Coroutine[Any, Any, Any]) -> None:
    """Nothing here ever waits, so that no loop is needed."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("a service waited for something that is no port")
