"""Approval requests, what they owe, and who is reminded. Each port has contract tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditEntry, AuditRecord
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import CardCopy, Leased, Owed
from bot.domain.reminders import Reminder
from bot.domain.votes import Verdict


class RequestStore(Protocol):
    """Inputs as they came, requests, votes. Each method is one transaction with its records."""

    async def accept(self, given: Input) -> bool:
        """Store an input as it came, with its record; False when its id was seen within 24 hours,
        which is recorded as refused by the rule `duplicate`. Raises StorageError when it could not
        be stored."""
        ...

    async def waiting_inputs(self, *, limit: int) -> tuple[Input, ...]:
        """Inputs that were stored but not judged yet, oldest first."""
        ...

    async def refuse(
        self, given: Input, verdict: Verdict, *, owed: Sequence[Owed] = (), at: datetime
    ) -> None:
        """Record that an input does not count, with the rule that stopped it. Does nothing for one
        that was judged before."""
        ...

    async def create(
        self, request: ApprovalRequest, *, given: Input, owed: Sequence[Owed], at: datetime
    ) -> bool:
        """Store a new request (pending, version 1, no votes) and its record; False when an open
        one exists for the same order, or *given* was judged before."""
        ...

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
        """Replace *before* by *after* (version one higher) where the stored row still has the
        status and version of *before*; False when somebody was faster, or *given* was judged
        before. *given* is judged to count. A transition that the table does not list, and a second
        vote of one user id, raise StorageError; another order, rule, requester or reason raises
        ValueError.
        While an input of a kind in *heed* for this request is stored and not judged yet, nothing
        changes and the answer is False: whoever was told that it is recorded is heard first.
        """
        ...

    async def look_again(self, request: ApprovalRequest, *, due_at: datetime) -> bool:
        """Only the executor's next look at a pending request moves to *due_at*: no new version, no
        record. False when the request is no longer as it was read."""
        ...

    async def get(self, request_id: str) -> ApprovalRequest | None: ...

    async def open_for(self, account: str, order_id: str) -> ApprovalRequest | None: ...

    async def due(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        """Ids of requests whose due_at has come, earliest first."""
        ...

    async def claimed(self) -> tuple[ApprovalRequest, ...]:
        """Requests in executing: at start-up, claims without a receipt."""
        ...

    async def open_requests(self, *, limit: int) -> tuple[ApprovalRequest, ...]:
        """All open requests, oldest first."""
        ...

    async def requests_of(
        self, user_ids: frozenset[str], *, limit: int
    ) -> tuple[ApprovalRequest, ...]:
        """Requests made by, or voted on by, one of *user_ids*, newest first."""
        ...

    async def requests_for(self, account: str, order_id: str) -> tuple[ApprovalRequest, ...]:
        """All requests for one order, newest first."""
        ...

    async def cancelled_since(
        self, since: datetime, accounts: Collection[str]
    ) -> tuple[ApprovalRequest, ...]:
        """Requests for orders of these accounts that ended as cancelled since then, oldest
        first."""
        ...

    async def history(self, subjects: Sequence[str], *, limit: int) -> tuple[AuditRecord, ...]:
        """The newest *limit* records about these subjects, oldest first."""
        ...


class OutboxStore(Protocol):
    """Messages owed, and where cards stand."""

    async def owe(self, owed: Sequence[Owed], *, at: datetime) -> None: ...

    async def lease(self, *, now: datetime, until: datetime, limit: int) -> tuple[Leased, ...]:
        """Take due rows, lane by lane, for sending until then."""
        ...

    async def done(self, leased: Leased, *, result: str) -> None:
        """The row is settled: sent, or *result* says why not. A stale fence does nothing."""
        ...

    async def again(self, leased: Leased, *, due_at: datetime) -> None: ...

    async def release_all(self, *, now: datetime) -> None:
        """At start-up every lease is stale: due again, before whatever was owed after it."""
        ...

    async def copies(self, request_id: str) -> tuple[CardCopy, ...]: ...

    async def copy_at(self, channel: str, ts: str) -> CardCopy | None: ...

    async def keep_copy(self, copy: CardCopy) -> None: ...

    async def drop_copy(self, copy: CardCopy) -> None: ...

    async def oldest(self, *, now: datetime) -> timedelta:
        """How long the oldest unsettled row has been due; zero when none is."""
        ...


class ReminderStore(Protocol):
    """Who is reminded of a request, and when."""

    async def start(self, reminders: Sequence[Reminder]) -> None:
        """Plan them; one that exists for the same request and person is left as it is."""
        ...

    async def planned(self, request_ids: Collection[str]) -> dict[str, tuple[Reminder, ...]]:
        """By request id."""
        ...

    async def due(self, *, now: datetime, limit: int) -> tuple[Reminder, ...]: ...

    async def move(
        self,
        before: Reminder,
        after: Reminder | None,
        *,
        entry: AuditEntry | None = None,
        owed: Sequence[Owed] = (),
        at: datetime,
    ) -> bool:
        """Replace *before*, or end it (None), with what is owed; False if it changed meanwhile."""
        ...
