"""The OutboxStore port on SQLite: messages owed, leases, and where cards stand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from bot.domain.outbox import CardCopy, CopyRole, Lane, Leased, Owed, OwedKind
from storage.columns import clean_text, from_ms, to_ms
from storage.database import Storage

_UNSETTLED = "state in ('ready', 'leased')"  # word for word that of the index outbox_due
_INSERT = """
    insert into outbox(dedup, lane, kind, request_id, user_id, text, run_id, owed_ms, due_ms, state,
      fence, attempts, result)
    values(:dedup, :lane, :kind, :request_id, :user_id, :text, :run_id, :at_ms, :at_ms, 'ready',
      0, 0, '')
    on conflict(dedup) do nothing
"""
_DUE = f"""
    select id, dedup, lane, kind, request_id, user_id, text, run_id, fence, attempts from outbox
    where {_UNSETTLED} and due_ms <= :now order by lane, due_ms, id limit :limit
"""  # noqa: S608 - our own words
_COPIES = "select request_id, role, channel, ts, unsure, mentioned, urgent from card_copy"
_KEEP = """
    insert into card_copy(channel, ts, request_id, role, unsure, mentioned, urgent)
    values(:channel, :ts, :request_id, :role, :unsure, :mentioned, :urgent)
    on conflict(channel, ts) do update set
      request_id = excluded.request_id, role = excluded.role, unsure = excluded.unsure,
      mentioned = excluded.mentioned, urgent = excluded.urgent
"""


class SqliteOutboxStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def owe(self, owed: Sequence[Owed], *, at: datetime) -> None:
        await self._storage.run(lambda db: insert_owed(db, owed, at))

    async def lease(self, *, now: datetime, until: datetime, limit: int) -> tuple[Leased, ...]:
        def work(db: Database) -> tuple[Leased, ...]:
            rows = db.execute(_DUE, {"now": to_ms(now), "limit": limit}).fetchall()
            db.conn.executemany(
                "update outbox set state = 'leased', fence = fence + 1, attempts = attempts + 1,"
                " due_ms = :until where id = :id",
                [{"id": row[0], "until": to_ms(until)} for row in rows],
            )
            return tuple(_leased(row) for row in rows)

        return await self._storage.run(work)

    async def done(self, leased: Leased, *, result: str) -> None:
        await self._settle(leased, "state = 'done', result = :news", clean_text(result))

    async def again(self, leased: Leased, *, due_at: datetime) -> None:
        await self._settle(leased, "state = 'ready', due_ms = :news", to_ms(due_at))

    async def _settle(self, leased: Leased, change: str, news: str | int) -> None:
        values = {"id": leased.outbox_id, "fence": leased.fence, "news": news}
        await self._storage.run(
            lambda db: db.execute(
                f"update outbox set {change}"  # noqa: S608 - one of the two above
                " where id = :id and state = 'leased' and fence = :fence",
                values,
            )
        )

    async def release_all(self, *, now: datetime) -> None:
        """They come before what was owed after them: which of two rows posts a card for the first
        time decides whether that may be the second time."""
        await self._storage.run(
            lambda db: db.execute(
                "update outbox set state = 'ready',"  # noqa: S608 - our own words
                " due_ms = case when owed_ms < :now then owed_ms else :now end"
                f" where {_UNSETTLED} and state = 'leased'",
                {"now": to_ms(now)},
            )
        )

    async def copies(self, request_id: str) -> tuple[CardCopy, ...]:
        return await self._copies(
            " where request_id = :request_id order by ts, channel",
            {"request_id": clean_text(request_id)},
        )

    async def copy_at(self, channel: str, ts: str) -> CardCopy | None:
        found = await self._copies(
            " where channel = :channel and ts = :ts",
            {"channel": clean_text(channel), "ts": clean_text(ts)},
        )
        return found[0] if found else None

    async def _copies(self, where: str, values: dict[str, str]) -> tuple[CardCopy, ...]:
        rows = await self._storage.run(lambda db: db.execute(_COPIES + where, values).fetchall())
        return tuple(_copy(row) for row in rows)

    async def keep_copy(self, copy: CardCopy) -> None:
        values = {
            "channel": clean_text(copy.channel),
            "ts": clean_text(copy.ts),
            "request_id": clean_text(copy.request_id),
            "role": copy.role.value,
            "unsure": int(copy.unsure),
            "mentioned": json.dumps([clean_text(user_id) for user_id in copy.mentioned]),
            "urgent": int(copy.urgent),
        }
        await self._storage.run(lambda db: db.execute(_KEEP, values))

    async def drop_copy(self, copy: CardCopy) -> None:
        values = {"channel": clean_text(copy.channel), "ts": clean_text(copy.ts)}
        await self._storage.run(
            lambda db: db.execute(
                "delete from card_copy where channel = :channel and ts = :ts", values
            )
        )

    async def oldest(self, *, now: datetime) -> timedelta:
        (owed_ms,) = await self._storage.run(
            lambda db: db.execute(
                f"select min(owed_ms) from outbox where {_UNSETTLED}"  # noqa: S608 - our own words
            ).fetchone()
        )
        if owed_ms is None:
            return timedelta(0)
        return max(timedelta(0), now - from_ms(owed_ms))


def insert_owed(db: Database, owed: Sequence[Owed], at: datetime) -> None:
    """Owe messages inside the transaction of whoever calls; one owed before is left as it is."""
    db.conn.executemany(
        _INSERT,
        [
            {
                "dedup": clean_text(each.dedup),
                "lane": each.lane.value,
                "kind": each.kind.value,
                "request_id": clean_text(each.request_id),
                "user_id": clean_text(each.user_id),
                "text": clean_text(each.text),
                "run_id": clean_text(each.run_id),
                "at_ms": to_ms(at),
            }
            for each in owed
        ],
    )


def _copy(row: tuple[str, str, str, str, int, str, int]) -> CardCopy:
    request_id, role, channel, ts, unsure, mentioned, urgent = row
    return CardCopy(
        request_id,
        CopyRole(role),
        channel,
        ts,
        bool(unsure),
        mentioned=tuple(json.loads(mentioned)),
        urgent=bool(urgent),
    )


def _leased(row: tuple[int, str, str, str, str, str, str, str, int, int]) -> Leased:
    """The row as it stands after the lease: its fence and attempts are one higher."""
    outbox_id, dedup, lane, kind, request_id, user_id, text, run_id, fence, attempts = row
    owed = Owed(
        dedup=dedup,
        lane=Lane(lane),
        kind=OwedKind(kind),
        request_id=request_id,
        user_id=user_id,
        text=text,
        run_id=run_id,
    )
    return Leased(outbox_id, owed, fence + 1, attempts + 1)
