"""What the services need from the world. No implementation; each has contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.accounts import Account, Capabilities
from bot.domain.audit import AuditEntry, AuditHead, AuditRecord
from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Snapshot, SnapshotPage
from bot.domain.orders import Order, OrderQuery, Product, Resource
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

    async def open_ids(
        self, account: str, *, since: datetime, limit: int, unknown: bool
    ) -> tuple[str, ...]:
        """Ids of orders created since then that are unpaid or, with *unknown*, of unknown status;
        newest first."""
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


class Directory(Protocol):
    """People and user groups as Slack knows them. Fails closed: raises NotAllowed."""

    @property
    def team_id(self) -> str: ...

    async def person(self, user_id: str) -> Person: ...

    async def group_members(self, group_id: str) -> frozenset[str]: ...
