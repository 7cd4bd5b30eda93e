"""The SnapshotStore port on SQLite: orders as last seen, what is covered, who answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database

from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Snapshot, SnapshotPage, Sort
from bot.domain.money import Money
from bot.domain.orders import Order
from storage.columns import clamp, clean_text, from_ms, to_ms
from storage.database import Storage
from storage.sightings import Sighting, order_from_json, seen_again

_CREATED_UNKNOWN = 0
_NO_DEADLINE = 2**63 - 1
_ORDERS_AT_ONCE = 10_000  # SQLite takes 32,766 parameters in one statement

_Key = tuple[str, str]  # account, order id
_Values = dict[str, str | int | None]

_JOIN = " join snapshot_order o on o.account = s.account and o.order_id = s.order_id"
_SORTED = {
    Sort.NEWEST: "s.created_ms desc, s.account, s.order_id",
    Sort.LAPSES_FIRST: "s.lapse_ms, s.created_ms, s.account, s.order_id",
}
_UPSERT = """
    insert into snapshot(account, order_id, order_number, provider, payment_status, order_type,
      product, payable_micros, created_ms, lapse_ms, seen_ms, row_digest, detailed, stale)
    values(:account, :order_id, :order_number, :provider, :payment_status, :order_type,
      :product, :payable_micros, :created_ms, :lapse_ms, :seen_ms, :row_digest, :detailed, :stale)
    on conflict(account, order_id) do update set
      order_number = excluded.order_number, provider = excluded.provider,
      payment_status = excluded.payment_status, order_type = excluded.order_type,
      product = excluded.product, payable_micros = excluded.payable_micros,
      created_ms = excluded.created_ms, lapse_ms = excluded.lapse_ms,
      seen_ms = excluded.seen_ms, row_digest = excluded.row_digest,
      detailed = excluded.detailed, stale = excluded.stale
"""
_UPSERT_ORDER = """
    insert into snapshot_order(account, order_id, body) values(:account, :order_id, :body)
    on conflict(account, order_id) do update set body = excluded.body
"""


class SqliteSnapshotStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def save(self, orders: Sequence[Order], *, seen_at: datetime) -> None:
        if orders:
            seen_ms = to_ms(seen_at)
            await self._storage.run(lambda db: _save(db, orders, seen_ms))

    async def get(self, account: str, order_id: str) -> Snapshot | None:
        found = await self._select(
            " where s.account = :account and s.order_id = :order_id",
            {"account": clean_text(account), "order_id": clean_text(order_id)},
        )
        return found[0] if found else None

    async def find_by_id(self, order_id: str, accounts: frozenset[str]) -> tuple[Snapshot, ...]:
        if not accounts:
            return ()
        named, values = _any_of("account", accounts)
        return await self._select(
            f" where (s.order_id = :order_id or s.order_number = :order_id) and s.account {named}"
            " order by s.account, s.order_id",
            {**values, "order_id": clean_text(order_id)},
        )

    async def page(self, wanted: OrderFilter, *, offset: int, limit: int) -> SnapshotPage:
        if not wanted.accounts:
            return SnapshotPage((), 0, 0)
        return await self._storage.run(lambda db: _page(db, wanted, offset, limit))

    async def due_for_details(self, account: str, *, limit: int) -> tuple[str, ...]:
        return await self._ids(
            "select order_id from snapshot where account = :account"
            " and payment_status in ('unpaid', 'unknown') and (detailed = 0 or stale = 1)"
            " order by created_ms desc, order_id limit :limit",
            {"account": clean_text(account), "limit": limit},
        )

    async def open_ids(self, account: str, *, since: datetime, limit: int) -> tuple[str, ...]:
        return await self._ids(
            "select order_id from snapshot where account = :account"
            " and payment_status = 'unpaid' and (created_ms >= :since or created_ms = 0)"
            " order by created_ms desc, order_id limit :limit",
            {"account": clean_text(account), "since": to_ms(since), "limit": limit},
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

    async def _select(self, where: str, values: _Values) -> tuple[Snapshot, ...]:
        sql = f"select o.body, s.seen_ms from snapshot s{_JOIN}{where}"  # noqa: S608 - ours
        return await self._storage.run(lambda db: _snapshots(db, sql, values))

    async def _ids(self, sql: str, values: _Values) -> tuple[str, ...]:
        rows = await self._storage.run(lambda db: db.execute(sql, values).fetchall())
        return tuple(order_id for (order_id,) in rows)


def _save(db: Database, orders: Sequence[Order], seen_ms: int) -> None:
    before = _known(db, {_key(order) for order in orders})
    after = dict(before)
    for order in orders:
        after[_key(order)] = seen_again(after.get(_key(order)), order)
    news = {key: each for key, each in after.items() if each is not before.get(key)}
    db.conn.executemany(_UPSERT, [_to_row(key, each, seen_ms) for key, each in news.items()])
    db.conn.executemany(
        _UPSERT_ORDER,
        [
            {"account": account, "order_id": order_id, "body": each.body}
            for (account, order_id), each in news.items()
        ],
    )
    db.conn.executemany(
        "update snapshot set seen_ms = :seen_ms where account = :account and order_id = :order_id",
        [
            {"account": account, "order_id": order_id, "seen_ms": seen_ms}
            for account, order_id in after.keys() - news.keys()
        ],
    )


def _known(db: Database, keys: set[_Key]) -> dict[_Key, Sighting]:
    known: dict[_Key, Sighting] = {}
    accounts, account_values = _any_of("account", {account for account, _ in keys})
    ids = sorted({order_id for _, order_id in keys})
    for start in range(0, len(ids), _ORDERS_AT_ONCE):
        these, values = _any_of("id", ids[start : start + _ORDERS_AT_ONCE])
        rows = db.execute(
            "select s.account, s.order_id, o.body, s.detailed, s.row_digest, s.stale"  # noqa: S608 - no input
            f" from snapshot s{_JOIN} where s.account {accounts} and s.order_id {these}",
            {**account_values, **values},
        ).fetchall()
        for account, order_id, body, detailed, row_digest, stale in rows:
            if (account, order_id) in keys:
                sighting = Sighting(body, bool(detailed), row_digest, bool(stale))
                known[account, order_id] = sighting
    return known


def _page(db: Database, wanted: OrderFilter, offset: int, limit: int) -> SnapshotPage:
    where, values = _where(wanted)
    status = "1 = 1"
    if wanted.payment_status is not None:
        status = "s.payment_status = :payment_status"
        values["payment_status"] = wanted.payment_status.value
    total, unknown = db.execute(
        f"select count(case when {status} then 1 end),"  # noqa: S608 - no input in the text
        " count(case when s.payment_status = 'unknown' then 1 end)"
        f" from snapshot s where {where}",
        values,
    ).fetchone()
    if offset >= total:
        return SnapshotPage((), total, unknown)
    found = _snapshots(
        db,
        f"select o.body, s.seen_ms from snapshot s{_JOIN} where {where} and {status}"  # noqa: S608
        f" order by {_SORTED[wanted.sort]} limit :limit offset :offset",
        {**values, "limit": limit, "offset": offset},
    )
    return SnapshotPage(found, total, unknown)


def _where(wanted: OrderFilter) -> tuple[str, _Values]:
    """The filter without the payment status. `|| ''` and `+ 0` keep the planner from searching
    by these columns: the index that is in the order wanted ends a page after a few rows, where
    sorting what was searched cost 600 ms of 50,000 orders."""
    accounts, values = _any_of("account", wanted.accounts)
    parts = [
        f"s.account || '' {accounts}",
        "(s.created_ms + 0 >= :since and s.created_ms + 0 < :until or s.created_ms + 0 = 0)",
    ]
    values |= {"since": to_ms(wanted.since), "until": to_ms(wanted.until)}
    if wanted.provider is not None:
        parts.append("s.provider = :provider")
        values["provider"] = wanted.provider.value
    if wanted.order_type is not None:
        parts.append("s.order_type = :order_type")
        values["order_type"] = wanted.order_type.value
    if wanted.product is not None:
        parts.append("instr(s.product, :product) > 0")
        values["product"] = clean_text(wanted.product).casefold()
    if wanted.over is not None:
        parts.append("(s.payable_micros > :over or s.payable_micros is null)")
        values["over"] = clamp(Money(wanted.over, "").micros)
    return " and ".join(parts), values


def _snapshots(db: Database, sql: str, values: _Values) -> tuple[Snapshot, ...]:
    rows = db.execute(sql, values).fetchall()
    return tuple(Snapshot(order_from_json(body), from_ms(seen_ms)) for body, seen_ms in rows)


def _to_row(key: _Key, sighting: Sighting, seen_ms: int) -> _Values:
    order = sighting.order
    return {
        "account": key[0],
        "order_id": key[1],
        "order_number": clean_text(order.order_number) if order.order_number else None,
        "provider": order.provider.value,
        "payment_status": order.payment_status.value,
        "order_type": order.order_type.value,
        "product": _product_words(order),
        "payable_micros": clamp(order.payable.micros) if order.payable else None,
        "created_ms": to_ms(order.created_at) if order.created_at else _CREATED_UNKNOWN,
        "lapse_ms": to_ms(order.deadline) if order.deadline else _NO_DEADLINE,
        "seen_ms": seen_ms,
        "row_digest": sighting.row_digest,
        "detailed": int(order.detailed),
        "stale": int(sighting.stale),
    }


def _product_words(order: Order) -> str:
    """Codes and names of the order and its lines, one a line, for the filter by product."""
    words = [order.product_code, order.product_name]
    for line in order.line_items:
        words += [line.product_code, line.product_name]
    return clean_text("\n".join(dict.fromkeys(words))).casefold()


def _key(order: Order) -> _Key:
    return clean_text(order.account), clean_text(order.order_id)


def _any_of(name: str, values: Iterable[str]) -> tuple[str, _Values]:
    """`in (:name0, :name1)` and its parameters."""
    named: _Values = {f"{name}{at}": clean_text(value) for at, value in enumerate(values)}
    return f"in ({', '.join(f':{parameter}' for parameter in named)})", named


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
