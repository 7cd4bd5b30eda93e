"""The request services at work on fakes of all ports: one account, Alice asks, Bob and Carol may
approve. What the world does is set on the fakes; the clock moves only when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import Input, InputKind
from bot.domain.orders import Order
from bot.domain.outbox import CopyRole
from bot.domain.policy import Humans, Policy, Principals, Rule
from bot.services.access import Access, Viewer
from bot.services.decisions import Decisions
from bot.services.digest_delivery import DigestDelivery
from bot.services.executor import Executor
from bot.services.outbox import Outbox
from bot.services.people import People
from bot.services.reading import OrderReader
from bot.services.reminder_delivery import ReminderDelivery
from bot.services.requests import Requests
from bot.services.told import Told
from tests.builders import a_detailed_order, an_account
from tests.fake_digests import FakeChannels, FakeDigestStore, FakeReminderStore
from tests.fake_requests import FakeOutboxStore, FakeRequestStore
from tests.fake_slack import FakeDirectory, FakeMessenger
from tests.fakes import FakeSnapshotStore, FixedClock
from tests.scripted_cloud import DROPS_BEFORE_ACTING, ScriptedCloud

ORDER_ID = "CS2611171200ABCDE"
ALICE, BOB, CAROL, DAVE = "U0ALICE", "U0BOB", "U0CAROL", "U0DAVE"
CHANNEL = "C0APPROVALS"
HOLD = timedelta(seconds=30)

S = RequestStatus
K = InputKind


def people_named(*user_ids: str) -> Principals:
    return Principals(people=frozenset(user_ids))


def a_policy(*rules: Rule, **parts: Any) -> Policy:
    members = Principals(members=True)
    usual: dict[str, Any] = {
        "viewers": members,
        "requesters": members,
        "approvers": people_named(BOB, CAROL),
        "quorum": 1,
        "hold": HOLD,
        "expires": timedelta(hours=24),
        "rules": rules,
    }
    return Policy(**(usual | parts))


class Office:
    """`restart` makes new services over the same stores, as a new process would."""

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        orders: Iterable[Order] | None = None,
        humans: Humans | None = None,
        cloud: ScriptedCloud | None = None,
    ) -> None:
        self.policy = policy or a_policy()
        self.humans = humans or Humans()
        placed = [a_detailed_order()] if orders is None else list(orders)
        self.cloud = cloud or ScriptedCloud(an_account(), placed)
        self.clock = FixedClock()
        self.rows = FakeOutboxStore()
        self.store = FakeRequestStore(self.rows)
        self.digests = FakeDigestStore(self.rows, self.store.audit)
        self.planned = FakeReminderStore(self.rows, self.store.audit)
        self.snapshots = FakeSnapshotStore()
        self.channels = FakeChannels()
        self.slack = FakeMessenger()
        self.directory = FakeDirectory()
        self.directory.add(ALICE, BOB, CAROL, DAVE)
        self._inputs = count(1)
        self.restart()

    def restart(self) -> None:
        adapters = {self.cloud.account.name: self.cloud}
        self.wake = asyncio.Event()
        self.people = People(self.policy, self.humans, self.directory)
        self.reader = OrderReader(adapters, self.snapshots, self.clock)
        self.access = Access([self.cloud.account], self.policy, self.directory)
        self.requests = Requests(
            store=self.store,
            adapters=adapters,
            reader=self.reader,
            access=self.access,
            people=self.people,
            clock=self.clock,
            wake=self.wake,
        )
        self.decisions = Decisions(
            store=self.store,
            copies=self.rows,
            people=self.people,
            requests=self.requests,
            clock=self.clock,
            wake=self.wake,
        )
        self.executor = Executor(
            store=self.store,
            adapters=adapters,
            reader=self.reader,
            people=self.people,
            clock=self.clock,
            wake=self.wake,
        )
        self.outbox = Outbox(
            store=self.rows,
            requests=self.store,
            messenger=self.slack,
            people=self.people,
            audit=self.store.audit,
            clock=self.clock,
            digests=DigestDelivery(
                store=self.digests,
                messenger=self.slack,
                outbox=self.rows,
                audit=self.store.audit,
                access=self.access,
                channels=self.channels,
                clock=self.clock,
            ),
            reminders=ReminderDelivery(store=self.planned, people=self.people, clock=self.clock),
            approvals_channel=CHANNEL,
        )

    async def recover(self) -> None:
        await self.executor.recover()
        await self.outbox.recover()
        await self.decisions.recover()

    def an_input(self, kind: InputKind, user_id: str, request_id: str = "", **parts: Any) -> Input:
        return Input(
            input_id=f"trigger-{next(self._inputs)}",
            kind=kind,
            user_id=user_id,
            at=self.clock.now(),
            request_id=request_id,
            **parts,
        )

    async def ask(
        self, user_id: str = ALICE, *, order_id: str = ORDER_ID, reason: str = "bought twice"
    ) -> Told:
        account = self.cloud.account.name
        given = self.an_input(K.REQUEST, user_id, account=account, order_id=order_id, reason=reason)
        await self.store.accept(given)
        return await self.requests.ask(given)

    async def asked(self, user_id: str = ALICE, **parts: Any) -> str:
        """The id of a new request."""
        told = await self.ask(user_id, **parts)
        assert told.request_id, told.text
        return told.request_id

    async def press(
        self, kind: InputKind, user_id: str, request_id: str, *, reason: str = "", **parts: Any
    ) -> Told:
        given = self.an_input(kind, user_id, request_id, reason=reason, **parts)
        await self.store.accept(given)
        return await self.decisions.handle(given)

    async def approved(self, *approvers: str) -> str:
        """The id of a request in its hold."""
        request_id = await self.asked()
        for user_id in approvers or (BOB,):
            await self.press(K.APPROVE, user_id, request_id)
        await self.executor.step()
        assert self.status(request_id) is S.APPROVED
        return request_id

    async def unknown(self) -> str:
        """The id of a request whose cancel call got no clear answer and had no effect."""
        request_id = await self.approved()
        self.cloud.answers.append(DROPS_BEFORE_ACTING)
        await self.later(HOLD)
        assert self.status(request_id) is S.UNKNOWN
        return request_id

    async def later(self, span: timedelta) -> None:
        """Time passes, then the executor looks once."""
        self.clock.move(span)
        await self.executor.step()

    def request(self, request_id: str) -> ApprovalRequest:
        return self.store.requests[request_id]

    def status(self, request_id: str) -> RequestStatus:
        return self.request(request_id).status

    def stands(self, request_id: str) -> tuple[RequestStatus, str]:
        request = self.request(request_id)
        return request.status, request.outcome

    def due_in(self, request_id: str) -> timedelta | None:
        due_at = self.request(request_id).due_at
        return None if due_at is None else due_at - self.clock.now()

    @property
    def cancel_calls(self) -> list[str]:
        return self.cloud.asked("cancel_order")

    def kinds(self) -> list[AuditKind]:
        """What was recorded, in order."""
        return [entry.kind for entry in self.store.audit.entries]

    def refusals(self) -> list[tuple[str, str]]:
        """(actor, rule) of each refused input."""
        return [
            (entry.actor, str(entry.facts["rule"]))
            for entry in self.store.audit.entries
            if entry.kind is AuditKind.INPUT_REFUSED
        ]

    def facts(self, kind: AuditKind) -> dict[str, Any]:
        """Of the newest record of this kind."""
        return dict(next(e.facts for e in reversed(self.store.audit.entries) if e.kind is kind))

    async def viewer(self, user_id: str) -> Viewer:
        return await self.access.viewer(user_id)

    def shown(self, request_id: str) -> list[tuple[CopyRole, RequestStatus]]:
        """What the tracked copies show now."""
        return [
            (copy.role, self.slack.cards[key].status)
            for key, copy in self.rows.kept.items()
            if copy.request_id == request_id
        ]
