"""What is unpaid, added up beside the bot's own work: on a connection and in a transaction of its
own.

Amounts are read from the orders, with the digits they came with: SQLite would add up floating
numbers. Nothing else of them is, so that thousands cost what a page of a list does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pydantic import TypeAdapter
from sqlite_utils import Database

from bot.domain.money import Money
from bot.domain.orders import PaymentStatus
from bot.domain.unpaid import Unpaid
from bot.errors import StorageError
from bot.i18n import _
from storage.columns import clean_text, to_ms
from storage.snapshot_rows import Values, select_snapshots

_SPAN = "(s.created_ms >= :since and s.created_ms < :now or s.created_ms = 0)"
_COUNTED = (
    "select s.payment_status, count(*) from snapshot s"  # noqa: S608 - no input in the text
    " where s.account = :account and s.payment_status in ('unpaid', 'unknown')"
    f" and {_SPAN} group by s.payment_status"
)
_BODIES = (
    "select o.body from snapshot s join snapshot_order o"  # noqa: S608 - no input in the text
    " on o.account = s.account and o.order_id = s.order_id"
    f" where s.account = :account and s.payment_status = 'unpaid' and {_SPAN}"
)
# `|| ''` keeps the planner from searching by account: the index that is in order ends after a few
# rows. Orders without a deadline stand behind all others there.
_LAPSING = f"""
    where s.account || '' = :account and s.payment_status = 'unpaid' and {_SPAN}
      and s.lapse_ms > :now and s.lapse_ms < {2**63 - 1}
    order by s.lapse_ms, s.created_ms, s.account, s.order_id limit :limit
"""


@dataclass(frozen=True, slots=True)
class _Priced:
    """Of an order as it is stored."""

    payable: Money | None = None


_PRICED = TypeAdapter(_Priced)


def unpaid_of(
    path: Path, accounts: Sequence[str], since: datetime, now: datetime, limit: int
) -> dict[str, Unpaid]:
    """As the HomeStore port says; waits for the disk. Raises StorageError."""
    try:
        uri = f"{path.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            db = Database(connection, execute_plugins=False)
            db.execute("begin")
            span = {"since": to_ms(since), "now": to_ms(now), "limit": limit}
            return {
                name: read_unpaid(db, {"account": clean_text(name), **span}) for name in accounts
            }
    except sqlite3.Error as error:
        raise StorageError(
            _("{path} cannot be read ({reason}); look at disk and rights.", path=path, reason=error)
        ) from error


def read_unpaid(db: Database, values: Values) -> Unpaid:
    """*values*: account, since and now in milliseconds, limit."""
    counts = dict(db.execute(_COUNTED, values).fetchall())
    return Unpaid(
        count=counts.get(PaymentStatus.UNPAID, 0),
        sums=_sums(db.execute(_BODIES, values)),
        status_unknown=counts.get(PaymentStatus.UNKNOWN, 0),
        lapsing=select_snapshots(db, _LAPSING, values),
    )


def _sums(rows: Iterable[tuple[str]]) -> tuple[Money, ...]:
    """Currencies are never added to each other."""
    sums: dict[str, Decimal] = {}
    for (body,) in rows:
        payable = _PRICED.validate_json(body).payable
        if payable is not None:
            sums[payable.currency] = sums.get(payable.currency, Decimal(0)) + payable.amount
    return tuple(Money(sums[currency], currency) for currency in sorted(sums))
