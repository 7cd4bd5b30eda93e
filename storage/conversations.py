"""The ConversationStore port on SQLite: what buttons and forms refer to, for 24 hours."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from storage.columns import clean_text, to_ms
from storage.database import Storage

_KEPT_MS = 24 * 60 * 60 * 1000
_ID_BYTES = 12  # 16 characters that nobody guesses
_PURGED_AT_ONCE = 200  # of each table, so that no person waits for a long clean-up

_PURGE = tuple(
    f"delete from {table} where at_ms < :oldest and at_ms <="  # noqa: S608 - our own names
    f" (select max(at_ms) from (select at_ms from {table} order by at_ms limit :limit) as first)"
    for table in ("card", "recent_order", "draft", "seen_input")
)


class SqliteConversationStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def put(
        self, kind: str, states: Sequence[dict[str, object]], *, user: str, at: datetime
    ) -> tuple[str, ...]:
        rows = [
            {
                "id": secrets.token_urlsafe(_ID_BYTES),
                "kind": kind,
                "user_id": clean_text(user),
                "state": json.dumps(state, allow_nan=False),
                "at_ms": to_ms(at),
            }
            for state in states
        ]

        def work(db: Database) -> None:
            _purge(db, at)
            db.conn.executemany(
                "insert into card(id, kind, user_id, state, at_ms)"
                " values(:id, :kind, :user_id, :state, :at_ms)",
                rows,
            )

        await self._storage.run(work)
        return tuple(str(row["id"]) for row in rows)

    async def get(self, card_id: str, kind: str, *, at: datetime) -> dict[str, object] | None:
        row = await self._storage.run(
            lambda db: db.execute(
                "select state from card where id = :id and kind = :kind and at_ms >= :oldest",
                {"id": clean_text(card_id), "kind": kind, "oldest": _oldest(at)},
            ).fetchone()
        )
        if row is None:
            return None
        state: dict[str, object] = json.loads(row[0])
        return state

    async def remember(
        self, user: str, channel: str, account: str, order_id: str, *, at: datetime
    ) -> None:
        values = {
            "user_id": clean_text(user),
            "channel": clean_text(channel),
            "account": clean_text(account),
            "order_id": clean_text(order_id),
            "at_ms": to_ms(at),
        }
        await self._storage.run(
            lambda db: db.execute(
                "insert into recent_order(user_id, channel, account, order_id, at_ms)"
                " values(:user_id, :channel, :account, :order_id, :at_ms)"
                " on conflict(user_id, channel, account, order_id)"
                " do update set at_ms = excluded.at_ms",
                values,
            )
        )

    async def recent(
        self, user: str, channel: str, *, at: datetime, limit: int
    ) -> tuple[tuple[str, str], ...]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select account, order_id from recent_order where user_id = :user_id"
                " and channel = :channel and at_ms >= :oldest"
                " order by at_ms desc, account, order_id limit :limit",
                {
                    "user_id": clean_text(user),
                    "channel": clean_text(channel),
                    "oldest": _oldest(at),
                    "limit": limit,
                },
            ).fetchall()
        )
        return tuple((account, order_id) for account, order_id in rows)

    async def save_draft(
        self, user: str, form: str, values: dict[str, str], *, at: datetime
    ) -> None:
        row = {
            "user_id": clean_text(user),
            "form": form,
            "entries": json.dumps(values),
            "at_ms": to_ms(at),
        }
        await self._storage.run(
            lambda db: db.execute(
                "insert into draft(user_id, form, entries, at_ms)"
                " values(:user_id, :form, :entries, :at_ms) on conflict(user_id, form)"
                " do update set entries = excluded.entries, at_ms = excluded.at_ms",
                row,
            )
        )

    async def draft(self, user: str, form: str, *, at: datetime) -> dict[str, str]:
        row = await self._storage.run(
            lambda db: db.execute(
                "select entries from draft where user_id = :user_id and form = :form"
                " and at_ms >= :oldest",
                {"user_id": clean_text(user), "form": form, "oldest": _oldest(at)},
            ).fetchone()
        )
        entries: dict[str, str] = json.loads(row[0]) if row else {}
        return entries

    async def drop_draft(self, user: str, form: str) -> None:
        await self._storage.run(
            lambda db: db.execute(
                "delete from draft where user_id = :user_id and form = :form",
                {"user_id": clean_text(user), "form": form},
            )
        )

    async def first_time(self, input_id: str, *, at: datetime) -> bool:
        values = {"input_id": clean_text(input_id), "at_ms": to_ms(at), "oldest": _oldest(at)}
        written = await self._storage.run(
            lambda db: (
                db.execute(
                    "insert into seen_input(input_id, at_ms) values(:input_id, :at_ms)"
                    " on conflict(input_id) do update set at_ms = excluded.at_ms"
                    " where seen_input.at_ms < :oldest",
                    values,
                ).rowcount
            )
        )
        return written == 1


def _oldest(at: datetime) -> int:
    return to_ms(at) - _KEPT_MS


def _purge(db: Database, at: datetime) -> None:
    for statement in _PURGE:
        db.execute(statement, {"oldest": _oldest(at), "limit": _PURGED_AT_ONCE})
