"""The DigestStore port on SQLite: plans, the digests of each day, what people noted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlite_utils import Database

from bot.domain.audit import AuditEntry
from bot.domain.digest_contents import DigestContents
from bot.domain.digests import DigestPlan, DigestRun, OrderNote
from bot.domain.outbox import Owed
from storage.columns import clean_text, to_ms
from storage.database import Storage
from storage.digest_rows import (
    IS_TOLD,
    IS_WAITING,
    compose_run,
    insert_run,
    purge,
    replace_plan,
    runs_from,
    select_notes,
    select_plans,
    select_runs,
    upsert_note,
    upsert_plan,
)
from storage.outbox import insert_owed
from storage.records import insert_record

_WAITING = f"where {IS_WAITING} order by begun_ms, seq limit :limit"
_PREVIOUS = (
    "where seq = (select max(seq) from digest_run"  # noqa: S608 - our own words
    f" where channel = :channel and {IS_TOLD} and begun_ms >= :since"
    " and seq < (select seq from digest_run where id = :id))"
)
_NOTES = (
    "where channel = :channel and (until_ms is null or until_ms > :at)"
    " order by account, order_id, kind"
)


class SqliteDigestStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def plan(self, channel: str) -> DigestPlan | None:
        values = {"channel": clean_text(channel)}
        found = await self._storage.run(
            lambda db: select_plans(db, "where channel = :channel", values)
        )
        return found[0] if found else None

    async def plans(self) -> tuple[DigestPlan, ...]:
        return await self._storage.run(
            lambda db: select_plans(db, "where is_on = 1 order by channel", {})
        )

    async def put_plan(
        self,
        plan: DigestPlan,
        *,
        over: DigestPlan | None = None,
        entry: AuditEntry,
        owed: Sequence[Owed] = (),
        at: datetime,
    ) -> bool:
        def work(db: Database) -> bool:
            if over is None:
                upsert_plan(db, plan)
            elif not replace_plan(db, over, plan):
                return False
            insert_owed(db, owed, at)
            self._record(db, entry, at)
            return True

        return await self._storage.run(work)

    async def begin(self, run: DigestRun, *, at: datetime) -> bool:
        def work(db: Database) -> bool:
            purge(db, at)
            return insert_run(db, run)

        return await self._storage.run(work)

    async def waiting(self, *, limit: int) -> tuple[DigestRun, ...]:
        return await self._runs(_WAITING, {"limit": limit})

    async def compose(
        self,
        run: DigestRun,
        contents: DigestContents,
        *,
        entry: AuditEntry,
        owed: Sequence[Owed],
        at: datetime,
    ) -> bool:
        def work(db: Database) -> bool:
            if not compose_run(db, run.run_id, contents):
                return False
            insert_owed(db, owed, at)
            self._record(db, entry, at)
            return True

        return await self._storage.run(work)

    async def drop(self, run: DigestRun, *, at: datetime) -> None:  # noqa: ARG002 - the port's
        values = {"id": clean_text(run.run_id)}
        await self._storage.run(
            lambda db: db.execute(
                "update digest_run set state = 'dropped' where id = :id and state <> 'posted'",
                values,
            )
        )

    async def keep_posted(self, run: DigestRun) -> None:
        values = {
            "id": clean_text(run.run_id),
            "ts": clean_text(run.ts),
            "unsure": int(run.unsure),
            "parts": run.parts,
        }
        await self._storage.run(
            lambda db: db.execute(
                "update digest_run set state = 'posted', ts = :ts, unsure = :unsure,"
                " parts = :parts where id = :id and contents is not null",
                values,
            )
        )

    async def run(self, run_id: str) -> DigestRun | None:
        found = await self._runs("where id = :id", {"id": clean_text(run_id)})
        return found[0] if found else None

    async def previous(self, run: DigestRun, *, since: datetime) -> DigestRun | None:
        values: dict[str, str | int] = {
            "channel": clean_text(run.channel),
            "since": to_ms(since),
            "id": clean_text(run.run_id),
        }
        found = await self._runs(_PREVIOUS, values)
        return found[0] if found else None

    async def taken(self, channel: str, *, since: date) -> frozenset[str]:
        values = {"channel": clean_text(channel), "since": since.isoformat()}
        rows = await self._storage.run(
            lambda db: db.execute(
                "select key from digest_run"
                " where channel = :channel and key >= :since and daily = 1",
                values,
            ).fetchall()
        )
        return frozenset(key for (key,) in rows)

    async def _runs(self, rest: str, values: Mapping[str, str | int]) -> tuple[DigestRun, ...]:
        """A digest of thousands of orders takes milliseconds to read: neither the loop nor the
        thread that stores inputs waits for that."""
        rows = await self._storage.run(lambda db: select_runs(db, rest, values))
        return await asyncio.to_thread(runs_from, rows)

    async def note(self, note: OrderNote, *, entry: AuditEntry, at: datetime) -> None:
        def work(db: Database) -> None:
            upsert_note(db, note)
            self._record(db, entry, at)

        await self._storage.run(work)

    async def notes(self, channel: str, *, at: datetime) -> tuple[OrderNote, ...]:
        values: dict[str, str | int] = {"channel": clean_text(channel), "at": to_ms(at)}
        return await self._storage.run(lambda db: select_notes(db, _NOTES, values))

    def _record(self, db: Database, entry: AuditEntry, at: datetime) -> None:
        insert_record(db, entry, at=at, key=self._storage.audit_key)
