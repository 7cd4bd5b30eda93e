"""An order as last seen as rows: written in one go, found again, read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from bot.domain.filters import Snapshot
from bot.domain.orders import Order
from storage.columns import clamp, clean_text, from_ms, to_ms
from storage.sightings import Sighting, order_from_json, seen_again

_CREATED_UNKNOWN = 0
_NO_DEADLINE = 2**63 - 1
_ORDERS_AT_ONCE = 10_000  # SQLite takes 32,766 parameters in one statement

_Key = tuple[str, str]  # account, order id
Values = dict[str, str | int | None]

_JOIN = " join snapshot_order o on o.account = s.account and o.order_id = s.order_id"
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


def save_orders(db: Database, orders: Sequence[Order], seen_ms: int) -> None:
    """What each sighting tells beyond the earlier ones; the rest only gets the new moment."""
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


def select_snapshots(db: Database, where: str, values: Values) -> tuple[Snapshot, ...]:
    """*where* is the rest of the statement, our own text: `s` is snapshot, `o` snapshot_order."""
    return snapshots_of(open_select(db, where, values).fetchall())


def open_select(db: Database, where: str, values: Values) -> sqlite3.Cursor:
    """The same, to be fetched row by row."""
    sql = f"select o.body, s.seen_ms from snapshot s{_JOIN} {where}"  # noqa: S608 - ours
    return db.execute(sql, values)


def snapshots_of(rows: Iterable[tuple[str, int]]) -> tuple[Snapshot, ...]:
    return tuple(Snapshot(order_from_json(body), from_ms(seen_ms)) for body, seen_ms in rows)


def any_of(name: str, values: Iterable[str]) -> tuple[str, Values]:
    """`in (:name0, :name1)` and its parameters."""
    named: Values = {f"{name}{at}": clean_text(value) for at, value in enumerate(values)}
    return f"in ({', '.join(f':{parameter}' for parameter in named)})", named


def _known(db: Database, keys: set[_Key]) -> dict[_Key, Sighting]:
    known: dict[_Key, Sighting] = {}
    accounts, account_values = any_of("account", {account for account, _ in keys})
    ids = sorted({order_id for _, order_id in keys})
    for start in range(0, len(ids), _ORDERS_AT_ONCE):
        these, values = any_of("id", ids[start : start + _ORDERS_AT_ONCE])
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


def _to_row(key: _Key, sighting: Sighting, seen_ms: int) -> Values:
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
