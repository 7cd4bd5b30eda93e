"""The SnapshotStore port on SQLite: orders as last seen, what is covered, who answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Snapshot, SnapshotPage
from bot.domain.orders import Order
from storage.columns import clean_text, from_ms, to_ms
from storage.database import Storage
from storage.snapshot_pages import read_page
from storage.snapshot_rows import Values, any_of, save_orders, select_snapshots
from storage.snapshot_stream import stream_pages


class SqliteSnapshotStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def save(self, orders: Sequence[Order], *, seen_at: datetime) -> None:
        if orders:
            seen_ms = to_ms(seen_at)
            await self._storage.run(lambda db: save_orders(db, orders, seen_ms))

    async def get(self, account: str, order_id: str) -> Snapshot | None:
        found = await self._select(
            "where s.account = :account and s.order_id = :order_id",
            {"account": clean_text(account), "order_id": clean_text(order_id)},
        )
        return found[0] if found else None

    async def find_by_id(self, order_id: str, accounts: frozenset[str]) -> tuple[Snapshot, ...]:
        if not accounts:
            return ()
        named, values = any_of("account", accounts)
        return await self._select(
            f"where (s.order_id = :order_id or s.order_number = :order_id) and s.account {named}"
            " order by s.account, s.order_id",
            {**values, "order_id": clean_text(order_id)},
        )

    async def page(self, wanted: OrderFilter, *, offset: int, limit: int) -> SnapshotPage:
        if not wanted.accounts:
            return SnapshotPage((), 0, 0)
        return await self._storage.run(lambda db: read_page(db, wanted, offset, limit))

    def pages(self, wanted: OrderFilter, *, limit: int) -> AsyncGenerator[SnapshotPage, None]:
        return stream_pages(self._storage.path, wanted, limit)

    async def due_for_details(self, account: str, *, limit: int) -> tuple[str, ...]:
        """`+ 0`: few are due, so that all would be gone through in the order of their creation."""
        return await self._ids(
            "select order_id from snapshot where account = :account"
            " and payment_status in ('unpaid', 'unknown') and (detailed = 0 or stale = 1)"
            " order by created_ms + 0 desc, order_id limit :limit",
            {"account": clean_text(account), "limit": limit},
        )

    async def open_ids(self, account: str, *, since: datetime, limit: int) -> tuple[str, ...]:
        return await self._ids(
            "select order_id from snapshot where account = :account"
            " and payment_status = 'unpaid' and (created_ms >= :since or created_ms = 0)"
            " order by created_ms desc, order_id limit :limit",
            {"account": clean_text(account), "since": to_ms(since), "limit": limit},
        )

    async def doubtful_ids(
        self, account: str, *, since: datetime, seen_before: datetime, limit: int
    ) -> tuple[str, ...]:
        return await self._ids(
            "select order_id from snapshot where account = :account"
            " and payment_status = 'unknown' and created_ms >= :since"
            " and detailed = 1 and seen_ms < :before and order_type <> 'refund'"
            " order by created_ms desc, order_id limit :limit",
            {
                "account": clean_text(account),
                "since": to_ms(since),
                "before": to_ms(seen_before),
                "limit": limit,
            },
        )

    async def coverage(self, account: str) -> Coverage | None:
        return (await self.coverages()).get(account)

    async def coverages(self) -> dict[str, Coverage]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select account, since_ms, until_ms, unpaid_since_ms, unpaid_at_ms from coverage"
                " order by account"
            ).fetchall()
        )
        return {
            account: Coverage(
                account,
                from_ms(since_ms),
                from_ms(until_ms),
                _moment(unpaid_since_ms),
                _moment(unpaid_at_ms),
            )
            for account, since_ms, until_ms, unpaid_since_ms, unpaid_at_ms in rows
        }

    async def cover(self, coverage: Coverage) -> None:
        values = {
            "account": clean_text(coverage.account),
            "since_ms": to_ms(coverage.since),
            "until_ms": to_ms(coverage.until),
            "unpaid_since_ms": to_ms(coverage.unpaid_since) if coverage.unpaid_since else None,
            "unpaid_at_ms": to_ms(coverage.unpaid_at) if coverage.unpaid_at else None,
        }
        await self._storage.run(
            lambda db: db.execute(
                "insert into coverage(account, since_ms, until_ms, unpaid_since_ms, unpaid_at_ms)"
                " values(:account, :since_ms, :until_ms, :unpaid_since_ms, :unpaid_at_ms)"
                " on conflict(account) do update set since_ms = excluded.since_ms,"
                " until_ms = excluded.until_ms, unpaid_since_ms = excluded.unpaid_since_ms,"
                " unpaid_at_ms = excluded.unpaid_at_ms",
                values,
            )
        )

    async def answered(self, account: str, *, at: datetime) -> None:
        values = {"account": clean_text(account), "good_ms": to_ms(at)}
        await self._storage.run(
            lambda db: db.execute(
                "insert into account_answer(account, good_ms, failed_ms, error)"
                " values(:account, :good_ms, null, '') on conflict(account) do update set"
                " good_ms = excluded.good_ms, failed_ms = null, error = ''",
                values,
            )
        )

    async def failed(self, account: str, *, at: datetime, error: str) -> None:
        values = {
            "account": clean_text(account),
            "failed_ms": to_ms(at),
            "error": clean_text(error),
        }
        await self._storage.run(
            lambda db: db.execute(
                "insert into account_answer(account, good_ms, failed_ms, error)"
                " values(:account, null, :failed_ms, :error) on conflict(account) do update set"
                " failed_ms = excluded.failed_ms, error = excluded.error",
                values,
            )
        )

    async def answers(self) -> dict[str, AccountAnswer]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select account, good_ms, failed_ms, error from account_answer order by account"
            ).fetchall()
        )
        return {
            account: AccountAnswer(account, _moment(good_ms), _moment(failed_ms), error)
            for account, good_ms, failed_ms, error in rows
        }

    async def _select(self, where: str, values: Values) -> tuple[Snapshot, ...]:
        return await self._storage.run(lambda db: select_snapshots(db, where, values))

    async def _ids(self, sql: str, values: Values) -> tuple[str, ...]:
        rows = await self._storage.run(lambda db: db.execute(sql, values).fetchall())
        return tuple(order_id for (order_id,) in rows)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
