"""Orders as last seen, what conversations refer to, the record. Each port has contract tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.domain.audit import AuditEntry, AuditHead, AuditRecord
from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Snapshot, SnapshotPage
from bot.domain.orders import Order


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

    def pages(self, wanted: OrderFilter, *, limit: int) -> AsyncGenerator[SnapshotPage, None]:
        """The first *limit* orders of the list, page by page, as they stood at one moment whatever
        is saved meanwhile; one empty page when there are none. Holds up no other use of the
        store; to be closed (`aclosing`) by who does not read to the end."""
        ...

    async def due_for_details(self, account: str, *, limit: int) -> tuple[str, ...]:
        """Ids of unpaid orders, and of those whose status is unknown, seen only as a list row or
        whose row changed since; newest first."""
        ...

    async def open_ids(self, account: str, *, since: datetime, limit: int) -> tuple[str, ...]:
        """Ids of unpaid orders created since then, or at a time not known; newest first."""
        ...

    async def doubtful_ids(
        self, account: str, *, since: datetime, seen_before: datetime, limit: int
    ) -> tuple[str, ...]:
        """Ids of orders created since then whose details told no payment status when they were
        last seen, refunds apart, which have none; newest first."""
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


class AuditLog(Protocol):
    """The append-only, hash-chained record."""

    async def append(self, entry: AuditEntry, *, at: datetime) -> AuditRecord: ...

    async def head(self) -> AuditHead: ...


class HeadStore(Protocol):
    """One head of the record per UTC day."""

    async def publish(self, day: date, *, owed_to: str, at: datetime) -> AuditHead | None:
        """Store the head of *day* with its record, and owe *owed_to* ("" nobody) a notice of it;
        None when the day has one."""
        ...

    async def published(self, *, limit: int) -> tuple[tuple[date, AuditHead], ...]:
        """Newest first."""
        ...

    async def holds(self, head: AuditHead) -> bool:
        """Whether it is one of this record's, published or not."""
        ...
