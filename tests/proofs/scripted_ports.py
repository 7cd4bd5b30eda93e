"""The ports of the services for the model check: each answer is an entry of a script.

A step of the services ends as it does because of the stored row, the configuration and the answers
that the ports gave on the way. Each answer is a branch of a tree that grows as it is walked; what
Slack says follows from the state, whatever else may happen is a free choice and tried in every way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditEntry, AuditRecord
from bot.domain.inputs import Input, InputKind
from bot.domain.money import Money
from bot.domain.orders import CancelEffect, CancelReceipt, Order, PaymentStatus
from bot.domain.outbox import Owed
from bot.domain.people import Person
from bot.domain.votes import Verdict
from bot.errors import NotAllowed, ProviderUnavailable
from tests.builders import NOON
from tests.fake_cloud import FakeAdapter
from tests.fake_requests import FakeRequestStore
from tests.proofs.second_opinion import Event, Said, Wrong
from tests.proofs.worlds import ACCOUNT, Is, World

TEAM = "T0HOME"
ANOTHER_AMOUNT = Money(Decimal("777.77"), "CNY")  # of no order in any world
Waiting = tuple[tuple[InputKind, str], ...]
S = RequestStatus
End = TypeVar("End")


class Died(BaseException):
    """The process ends here."""


class Node(Generic[End]):
    """A point of a step: *asked* is a place in what Slack says, or ~n for a free choice of n
    answers, None where nothing is known yet or the step ends with *leaf*. *path* are the answers
    that lead here, *then* what follows each."""

    __slots__ = ("asked", "leaf", "path", "then")

    def __init__(self, path: tuple[int, ...] = ()) -> None:
        self.path = path
        self.asked: int | None = None
        self.then: dict[int, Node[End]] = {}
        self.leaf: End | None = None

    def after(self, answer: int) -> Node[End]:
        found = self.then.get(answer)
        if found is None:
            found = self.then[answer] = Node((*self.path, answer))
        return found


class Script(Generic[End]):
    """*others* are what somebody else may do while a step waits, each at most once a step; the
    first *slow_only* of them only while it waits for an answer, not right before it writes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.place = {each: place for place, each in enumerate((*world.users, *world.groups))}
        self.others: Sequence[Callable[[], None]] = ()
        # Nothing races with what comes of a call: one effect is enough there.
        self.effects = (CancelEffect.UNKNOWN,) if world.raced else tuple(CancelEffect)
        self.slow_only = 0

    def begin(self, root: Node[End], path: tuple[int, ...], said: Said) -> None:
        self.events: list[Event] = []
        self.asked: set[int] = set()  # places that this step asked Slack about
        self.read = ""  # what the order was when it was read last
        self.told = ""  # what a cancel call came to
        self.order: int | None = None  # the number of the order that is being asked for
        self.now = NOON
        self._at, self._path, self._step, self._said = root, path, 0, said
        self._raced = not self.world.raced

    def end(self, leaf: End) -> None:
        """Where the step ended."""
        self._at.leaf = leaf

    def says(self, place: int) -> int:
        """What Slack says there."""
        self.asked.add(place)
        return self._branch(place, self._said[place])

    def choice(self, answers: int) -> int:
        return self._branch(~answers, 0)

    def meanwhile(self, *, writing: bool = False) -> None:
        """Perhaps somebody else is faster, once in a step. What they ask Slack is their own."""
        skipped = self.slow_only if writing else 0
        if self._raced or not (turn := self.choice(1 + len(self.others) - skipped)):
            return
        self._raced = True
        own = self.asked, self.read, self.order
        self.asked, self.read, self.order = set(), "", None
        self.others[skipped + turn - 1]()
        self.asked, self.read, self.order = own

    def _branch(self, asked: int, fresh: int) -> int:
        node = self._at
        if node.asked is None and node.leaf is None:
            node.asked = asked
            for answer in range(~asked):
                node.after(answer)
        if node.asked != asked:
            raise Wrong("the same step took another turn than before: something is remembered")
        answer = self._path[self._step] if self._step < len(self._path) else fresh
        self._step += 1
        self._at = node.after(answer)
        return answer


class Clock:
    def __init__(self, script: Script[Any]) -> None:
        self._script = script

    def now(self) -> datetime:
        return self._script.now


class Deaf:
    """Outbox, record and snapshots: no decision hangs on them."""

    def add(self, *told: object) -> None: ...

    def about(self, subjects: object) -> list[AuditRecord]:
        del subjects
        return []

    async def save(self, orders: object, *, seen_at: object) -> None: ...


class Slack:
    """The Directory port."""

    team_id = TEAM

    def __init__(self, script: Script[Any]) -> None:
        self._script = script
        self._people = {
            (user, said): _person(user, said) for user in script.world.users for said in Is
        }

    async def person(self, user_id: str) -> Person:
        place = self._script.place.get(user_id)
        said = Is.SILENT if place is None else Is(self._script.says(place))
        if said is Is.SILENT:
            raise NotAllowed("Slack does not answer.", rule="identity")
        return self._people[user_id, said]

    async def group_members(self, group_id: str) -> frozenset[str]:
        said = self._script.says(self._script.place[group_id])
        members = self._script.world.groups[group_id][said]
        if members is None:
            raise NotAllowed("Slack does not answer.", rule="groups")
        return members


class Cloud(FakeAdapter):
    """Whatever it is asked, it may answer anything that it ever could: the bot has to be right
    whichever is true."""

    def __init__(self, script: Script[Any], store: Store) -> None:
        super().__init__(ACCOUNT)
        self._script = script
        self._store = store

    async def get_order(self, order_id: str, *, language: str) -> Order:
        del order_id, language
        self._script.meanwhile()
        row = self._store.row()
        if row is None or (not row.is_open and self._is_asked_for()):
            return self._wanted()
        asked = row.status in (S.EXECUTING, S.UNKNOWN, S.FAILED)
        found = ("same", "cancelled" if asked else "changed", "silent")[self._script.choice(3)]
        self._script.read = found
        if self._script.told == "throttled" and found == "same":
            self._script.events.append(("untouched",))
        if found == "silent":
            raise ProviderUnavailable("no answer", account=ACCOUNT.name, operation="get_order")
        if found == "cancelled":
            return replace(row.order, payment_status=PaymentStatus.CANCELLED)
        return row.order if found == "same" else replace(row.order, payable=ANOTHER_AMOUNT)

    def _is_asked_for(self) -> bool:
        return any(kind is InputKind.REQUEST for kind, _user in self._store.waiting())

    def _wanted(self) -> Order:
        """The order that is asked for; one of them where the wish was left over."""
        if self._script.order is None:
            self._script.order = self._script.choice(len(self._script.world.orders))
        return self._script.world.orders[self._script.order]

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        del order_id
        asked, waiting = frozenset(self._script.asked), self._store.waiting()
        self._script.events.append(("call", asked, self._script.read, waiting))
        effects = self._script.effects
        turn = self._script.choice(len(effects) + 1)
        self._script.told = effects[turn].value if turn < len(effects) else "nothing"
        self._script.events.append(("told", self._script.told))
        if turn == len(effects):
            raise Died
        return CancelReceipt(effect=effects[turn])


class Store(FakeRequestStore):
    """The requests in memory, as the contract tests know them, telling what happens to them."""

    def __init__(self, script: Script[Any]) -> None:
        super().__init__(Deaf(), Deaf())  # type: ignore[arg-type]
        self._script = script
        self._seen = ""

    def row(self) -> ApprovalRequest | None:
        """The newest; worlds have one order, and so one open request at a time."""
        return next(reversed(self.requests.values()), None)

    async def accept(self, given: Input) -> bool:
        """Ids are never seen before."""
        self.inputs[given.input_id] = given
        return True

    def waiting(self) -> Waiting:
        """What is stored and not judged; the same of the same person counts once."""
        left = {
            (each.kind, each.user_id) for key, each in self.inputs.items() if key not in self.judged
        }
        return tuple(sorted(left))

    async def get(self, request_id: str) -> ApprovalRequest | None:
        found = await super().get(request_id)
        self._seen = found.status.value if found else ""
        return found

    async def create(
        self, request: ApprovalRequest, *, given: Input, owed: Sequence[Owed], at: datetime
    ) -> bool:
        made = await super().create(request, given=given, owed=owed, at=at)
        if made:
            self._script.events.append(("asked", given.user_id, self._script.order))
        return made

    async def change(
        self,
        before: ApprovalRequest,
        after: ApprovalRequest,
        *,
        entry: AuditEntry,
        owed: Sequence[Owed] = (),
        given: Input | None = None,
        heed: Collection[InputKind] = (),
        at: datetime,
    ) -> bool:
        self._script.meanwhile(writing=True)
        changed = await super().change(
            before, after, entry=entry, owed=owed, given=given, heed=heed, at=at
        )
        if changed and given is not None:
            self._pressed(given, before.status)
        if changed and (before.status, after.status) == (S.PENDING, S.APPROVED):
            self._script.events.append(("held",))
        return changed

    async def refuse(
        self, given: Input, verdict: Verdict, *, owed: Sequence[Owed] = (), at: datetime
    ) -> None:
        await super().refuse(given, verdict, owed=owed, at=at)
        if given.kind is not InputKind.REQUEST:
            self._pressed(given, self._seen)

    def _pressed(self, given: Input, status: str) -> None:
        if status in (S.PENDING, S.APPROVED):
            self._script.events.append(("press", given.kind.value, given.user_id, str(status)))


def _person(user_id: str, said: Is) -> Person:
    team = {Is.ELSEWHERE: "T0OTHER", Is.NOWHERE: ""}.get(said, TEAM)
    return Person(
        user_id=user_id,
        team_id=team,
        deleted=said is Is.DEACTIVATED,
        guest=said is Is.GUEST,
        stranger=said is Is.STRANGER,
        bot=said is Is.BOT,
    )
