"""What the services need from the world. No implementation; each has contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.accounts import Account, Capabilities
from bot.domain.approvals import ApprovalRequest, Verdict
from bot.domain.audit import AuditEntry, AuditHead, AuditRecord
from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Snapshot, SnapshotPage
from bot.domain.inputs import Input, InputKind
from bot.domain.orders import CancelReceipt, Order, OrderQuery, Product, Resource
from bot.domain.outbox import CardCopy, CopyRole, Leased, Owed
from bot.domain.people import Person


class Clock(Protocol):
    """The time of day; only the wiring room reads the real one."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class ProviderAdapter(Protocol):
    """One account at one provider. Every method raises a ProviderError and nothing foreign."""

    @property
    def account(self) -> Account: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def list_orders(self, query: OrderQuery) -> AsyncIterator[tuple[Order, ...]]:
        """Yield the list rows page by page until all are read, repeats dropped, newest first
        where the provider can sort. A page may be empty."""
        ...

    async def get_order(self, order_id: str, *, language: str) -> Order:
        """Read one order with all its lines; *language* ("en", "zh") where the provider has a
        choice. Raises ProviderNotFound."""
        ...

    async def list_resources(self, order_id: str) -> tuple[Resource, ...]:
        """The resources of an order; () where `capabilities.has_resources` is False."""
        ...

    async def list_products(self, *, language: str) -> tuple[Product, ...]:
        """All products of the provider, repeats dropped."""
        ...

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        """Cancel one unpaid order, sent once, with the account's cancel key where it has one.
        Called by the executor alone. Raises nothing foreign: whatever happens is a receipt."""
        ...

    async def aclose(self) -> None: ...


class SnapshotStore(Protocol):
    """Orders as last seen."""

    async def save(self, orders: Sequence[Order], *, seen_at: datetime) -> None:
        """Insert or replace. A list row never overwrites details (lines, deadline, fields, who
        placed it) that were read from the same list row; when the row changed, the order is
        due for details again."""
        ...

    async def get(self, account: str, order_id: str) -> Snapshot | None: ...

    async def find_by_id(self, order_id: str, accounts: frozenset[str]) -> tuple[Snapshot, ...]:
        """Snapshots whose order id or order number is *order_id*, in the named accounts."""
        ...

    async def page(self, wanted: OrderFilter, *, offset: int, limit: int) -> SnapshotPage: ...

    async def due_for_details(self, account: str, *, limit: int) -> tuple[str, ...]:
        """Ids of unpaid orders, and of those whose status is unknown, seen only as a list row or
        whose row changed since; newest first."""
        ...

    async def open_ids(self, account: str, *, since: datetime, limit: int) -> tuple[str, ...]:
        """Ids of unpaid orders created since then, or at a time not known; newest first."""
        ...

    async def coverage(self, account: str) -> Coverage | None: ...

    async def coverages(self) -> dict[str, Coverage]:
        """By account name."""
        ...

    async def cover(self, coverage: Coverage) -> None:
        """Record what the snapshots of an account hold; replaces what was recorded."""
        ...

    async def answered(self, account: str, *, at: datetime) -> None: ...

    async def failed(self, account: str, *, at: datetime, error: str) -> None: ...

    async def answers(self) -> dict[str, AccountAnswer]: ...


class AuditLog(Protocol):
    """The append-only, hash-chained record."""

    async def append(self, entry: AuditEntry, *, at: datetime) -> AuditRecord: ...

    async def head(self) -> AuditHead: ...


class ConversationStore(Protocol):
    """What buttons and forms refer to, for 24 hours; survives a restart."""

    async def put(
        self, kind: str, states: Sequence[dict[str, object]], *, user: str, at: datetime
    ) -> tuple[str, ...]:
        """Store each of *states* (JSON) and return the opaque ids that buttons carry."""
        ...

    async def get(self, card_id: str, kind: str, *, at: datetime) -> dict[str, object] | None:
        """The state behind a button, or None when it is unknown or older than 24 hours."""
        ...

    async def remember(
        self, user: str, channel: str, account: str, order_id: str, *, at: datetime
    ) -> None:
        """Note the order that a person looked at last in a channel."""
        ...

    async def recent(
        self, user: str, channel: str, *, at: datetime, limit: int
    ) -> tuple[tuple[str, str], ...]:
        """(account, order id) pairs, last looked at first, none older than 24 hours."""
        ...

    async def save_draft(
        self, user: str, form: str, values: dict[str, str], *, at: datetime
    ) -> None: ...

    async def draft(self, user: str, form: str, *, at: datetime) -> dict[str, str]: ...

    async def drop_draft(self, user: str, form: str) -> None: ...

    async def first_time(self, input_id: str, *, at: datetime) -> bool:
        """True once per Slack input (trigger or event id) within 24 hours, False on a repeat."""
        ...


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
        """At start-up every lease is stale."""
        ...

    async def copies(self, request_id: str) -> tuple[CardCopy, ...]: ...

    async def copy_at(self, channel: str, ts: str) -> CardCopy | None: ...

    async def keep_copy(self, copy: CardCopy) -> None: ...

    async def drop_copy(self, copy: CardCopy) -> None: ...

    async def oldest(self, *, now: datetime) -> timedelta:
        """How long the oldest unsettled row has been due; zero when none is."""
        ...


class Messenger(Protocol):
    """Slack, for what nobody typed a command for. Raises only the errors of `bot.errors` below
    MessengerError."""

    async def post_card(
        self, request: ApprovalRequest, role: CopyRole, to: str, *, again: bool
    ) -> CardCopy:
        """Post the card to a channel or (a user id) to a person. *again* says on the card that an
        earlier attempt may have arrived."""
        ...

    async def update_card(self, request: ApprovalRequest, copy: CardCopy) -> None: ...

    async def reply_result(self, request: ApprovalRequest, copy: CardCopy) -> None:
        """Post the result in the thread of a copy that can no longer be updated."""
        ...

    async def notify(self, user_id: str, text: str) -> None: ...


class Directory(Protocol):
    """People and user groups as Slack knows them. Fails closed: raises NotAllowed."""

    @property
    def team_id(self) -> str: ...

    async def person(self, user_id: str) -> Person: ...

    async def group_members(self, group_id: str) -> frozenset[str]: ...
