"""The HeadStore port on SQLite: the record's head of each UTC day, with its notice."""

from __future__ import annotations

from contextvars import copy_context
from datetime import date, datetime

from sqlite_utils import Database

from bot.domain.audit import AuditEntry, AuditHead, AuditKind
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.i18n import _
from storage.audit import head_of
from storage.columns import to_ms
from storage.database import Storage
from storage.outbox import insert_owed
from storage.records import SYSTEM, insert_record


class SqliteHeadStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def publish(self, day: date, *, owed_to: str, at: datetime) -> AuditHead | None:
        language = copy_context()  # the transaction runs on a thread that knows none

        def work(db: Database) -> AuditHead | None:
            head = head_of(db)
            if not _insert_day(db, day, head, at):
                return None
            if owed_to:
                insert_owed(db, [language.run(_notice, day, head, owed_to)], at)
            insert_record(db, _published(day, head), at=at, key=self._storage.audit_key)
            return head

        return await self._storage.run(work)

    async def published(self, *, limit: int) -> tuple[tuple[date, AuditHead], ...]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select day, seq, hash from head_day order by day desc limit :limit",
                {"limit": limit},
            ).fetchall()
        )
        return tuple(
            (date.fromisoformat(day), AuditHead(seq, record_hash.hex()))
            for day, seq, record_hash in rows
        )

    async def holds(self, head: AuditHead) -> bool:
        values = {"seq": head.seq, "hash": bytes.fromhex(head.hash)}
        found = await self._storage.run(
            lambda db: db.execute(
                "select 1 from audit where seq = :seq and hash = :hash", values
            ).fetchone()
        )
        return found is not None


def _insert_day(db: Database, day: date, head: AuditHead, at: datetime) -> bool:
    """False when the day has a head."""
    cursor = db.execute(
        "insert into head_day(day, seq, hash, at_ms) values(:day, :seq, :hash, :at_ms)"
        " on conflict(day) do nothing",
        {
            "day": day.isoformat(),
            "seq": head.seq,
            "hash": bytes.fromhex(head.hash),
            "at_ms": to_ms(at),
        },
    )
    return cursor.rowcount == 1


def _published(day: date, head: AuditHead) -> AuditEntry:
    """The record of it: about the head before this very record."""
    return AuditEntry(
        kind=AuditKind.HEAD_PUBLISHED,
        actor=SYSTEM,
        facts={"day": day.isoformat(), "seq": head.seq, "hash": head.hash},
    )


def _notice(day: date, head: AuditHead, owed_to: str) -> Owed:
    return Owed(
        dedup=f"head:{day.isoformat()}",
        lane=Lane.NOTICES,
        kind=OwedKind.NOTICE,
        user_id=owed_to,
        text=_(
            "Head of the record on {day}: {seq}:{hash}. Keep this message:"
            " countersign audit verify --anchor {seq}:{hash} shows later whether a record up to"
            " here was changed or removed.",
            day=day.isoformat(),
            seq=head.seq,
            hash=head.hash,
        ),
    )
