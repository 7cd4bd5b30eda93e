"""The HomeStore port on SQLite: who has opened the Home tab, and what stands there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime

from bot.domain.unpaid import Unpaid
from storage.columns import clean_text, to_ms
from storage.database import Storage
from storage.unpaid import unpaid_of


class SqliteHomeStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def opened(self, user_id: str, *, at: datetime) -> None:
        values = {"user_id": clean_text(user_id), "at_ms": to_ms(at)}
        await self._storage.run(
            lambda db: db.execute(
                "insert into home(user_id, opened_ms, digest) values(:user_id, :at_ms, '')"
                " on conflict(user_id) do update set opened_ms = excluded.opened_ms",
                values,
            )
        )

    async def drawn(self, user_id: str, digest: str) -> None:
        values = {"user_id": clean_text(user_id), "digest": clean_text(digest)}
        await self._storage.run(
            lambda db: db.execute(
                "update home set digest = :digest where user_id = :user_id", values
            )
        )

    async def openers(self, *, since: datetime, limit: int) -> tuple[tuple[str, str], ...]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select user_id, digest from home where opened_ms >= :since"
                " order by opened_ms desc, user_id limit :limit",
                {"since": to_ms(since), "limit": limit},
            ).fetchall()
        )
        return tuple((user_id, digest) for user_id, digest in rows)

    async def left(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select user_id from home where digest <> '' and user_id not in ("
                "select user_id from home where opened_ms >= :since"
                " order by opened_ms desc, user_id limit :limit"
                ") order by opened_ms desc, user_id",
                {"since": to_ms(since), "limit": limit},
            ).fetchall()
        )
        return tuple(user_id for (user_id,) in rows)

    async def unpaid(
        self, accounts: Collection[str], *, since: datetime, now: datetime, limit: int
    ) -> Mapping[str, Unpaid]:
        return await asyncio.to_thread(
            unpaid_of, self._storage.path, tuple(accounts), since, now, limit
        )
