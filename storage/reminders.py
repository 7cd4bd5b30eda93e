"""The ReminderStore port on SQLite: who is reminded of a request, and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from bot.domain.audit import AuditEntry
from bot.domain.outbox import Owed
from bot.domain.reminders import Reminder
from storage.columns import clean_text, from_ms, to_ms
from storage.database import Storage
from storage.outbox import insert_owed
from storage.records import insert_record

_Row = dict[str, str | int]

_START = """
    insert into reminder(request_id, user_id, due_ms, count, escalation)
    values(:request_id, :user_id, :due_ms, :count, :escalation)
    on conflict(request_id, user_id) do nothing
"""
_MOVE = """
    update reminder
    set due_ms = :new_due_ms, count = :new_count, escalation = :new_escalation
    where request_id = :request_id and user_id = :user_id and due_ms = :due_ms
      and count = :count and escalation = :escalation
"""
_END = """
    delete from reminder
    where request_id = :request_id and user_id = :user_id and due_ms = :due_ms
      and count = :count and escalation = :escalation
"""


class SqliteReminderStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def start(self, reminders: Sequence[Reminder]) -> None:
        rows = [_row(each) for each in reminders]
        await self._storage.run(lambda db: db.conn.executemany(_START, rows))

    async def planned(self, request_ids: Collection[str]) -> dict[str, tuple[Reminder, ...]]:
        if not request_ids:
            return {}
        named = {f"id{at}": clean_text(each) for at, each in enumerate(request_ids)}
        found = await self._select(
            f"where request_id in ({', '.join(f':{name}' for name in named)})"
            " order by request_id, user_id",
            named,
        )
        planned: dict[str, tuple[Reminder, ...]] = {}
        for each in found:
            planned[each.request_id] = (*planned.get(each.request_id, ()), each)
        return planned

    async def due(self, *, now: datetime, limit: int) -> tuple[Reminder, ...]:
        return await self._select(
            "where due_ms <= :now order by due_ms, request_id, user_id limit :limit",
            {"now": to_ms(now), "limit": limit},
        )

    async def _select(self, rest: str, values: Mapping[str, str | int]) -> tuple[Reminder, ...]:
        rows = await self._storage.run(
            lambda db: db.execute(
                f"select request_id, user_id, due_ms, count, escalation from reminder {rest}",  # noqa: S608 - no input in the text
                dict(values),
            ).fetchall()
        )
        return tuple(
            Reminder(
                request_id=request_id,
                user_id=user_id,
                due_at=from_ms(due_ms),
                count=count,
                escalation=bool(escalation),
            )
            for request_id, user_id, due_ms, count, escalation in rows
        )

    async def move(
        self,
        before: Reminder,
        after: Reminder | None,
        *,
        entry: AuditEntry | None = None,
        owed: Sequence[Owed] = (),
        at: datetime,
    ) -> bool:
        statement, values = _END if after is None else _MOVE, _row(before)
        if after is not None:
            if (after.request_id, after.user_id) != (before.request_id, before.user_id):
                raise ValueError("a reminder keeps its request and its person")
            values |= {f"new_{name}": value for name, value in _row(after).items()}

        def work(db: Database) -> bool:
            if db.execute(statement, values).rowcount != 1:
                return False
            insert_owed(db, owed, at)
            if entry is not None:
                insert_record(db, entry, at=at, key=self._storage.audit_key)
            return True

        return await self._storage.run(work)


def _row(reminder: Reminder) -> _Row:
    return {
        "request_id": clean_text(reminder.request_id),
        "user_id": clean_text(reminder.user_id),
        "due_ms": to_ms(reminder.due_at),
        "count": reminder.count,
        "escalation": int(reminder.escalation),
    }
