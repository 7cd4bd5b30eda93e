"""One page of the orders as last seen, filtered and counted in the database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from bot.domain.filters import OrderFilter, SnapshotPage, Sort
from bot.domain.money import Money
from bot.domain.orders import PaymentStatus
from storage.columns import clamp, clean_text, to_ms
from storage.snapshot_rows import Values, any_of, select_snapshots

FEW = 2000  # orders that are found and sorted sooner than met in the order wanted

_SORTED = {
    Sort.NEWEST: ("s.created_ms", "desc, s.account, s.order_id"),
    Sort.LAPSES_FIRST: ("s.lapse_ms", ", s.created_ms, s.account, s.order_id"),
}


def read_page(db: Database, wanted: OrderFilter, offset: int, limit: int) -> SnapshotPage:
    total, unknown = counted(db, wanted)
    if offset >= total:
        return SnapshotPage((), total, unknown)
    few = wanted.payment_status is not None and total <= FEW
    listed, values = _searched(wanted) if few else in_order(wanted)
    found = select_snapshots(db, listed, {**values, "limit": limit, "offset": offset})
    return SnapshotPage(found, total, unknown)


def counted(db: Database, wanted: OrderFilter) -> tuple[int, int]:
    """How many orders fit, and of how many, payment status aside, the status is not known.

    By index alone where only accounts, status and time are asked for.
    """
    asked = set(PaymentStatus) if wanted.payment_status is None else {wanted.payment_status}
    where, values = _search(wanted, {*asked, PaymentStatus.UNKNOWN})
    rest = f"from snapshot s where {where} and s.created_ms"
    rows = db.execute(
        f"select s.payment_status, count(*) {rest} >= :since and s.created_ms < :until"
        " and s.created_ms <> 0 group by s.payment_status"
        f" union all select s.payment_status, count(*) {rest} = 0 group by s.payment_status",
        values,
    ).fetchall()
    total = sum(count for status, count in rows if status in asked)
    return total, sum(count for status, count in rows if status == PaymentStatus.UNKNOWN)


def in_order(wanted: OrderFilter) -> tuple[str, Values]:
    """The rest of a statement that selects them, and its values but `limit` and `offset`.

    `|| ''` and `+ 0` keep the planner from searching by these columns: the index that is in the
    order wanted ends a page after a few rows, where sorting what was searched cost 600 ms of
    50,000 orders.
    """
    accounts, values = any_of("account", wanted.accounts)
    parts = [
        f"s.account || '' {accounts}",
        "(s.created_ms + 0 >= :since and s.created_ms + 0 < :until or s.created_ms + 0 = 0)",
        *_others(wanted, values),
    ]
    if wanted.payment_status is not None:
        parts.append("s.payment_status = :payment_status")
        values["payment_status"] = wanted.payment_status.value
    order = " ".join(_SORTED[wanted.sort])
    where = f"where {' and '.join(parts)} order by {order} limit :limit offset :offset"
    return where, values


def _searched(wanted: OrderFilter) -> tuple[str, Values]:
    """The same for few orders: found by account and status, wherever they stand in the order. The
    orders themselves are read of one page only."""
    statuses = [wanted.payment_status] if wanted.payment_status is not None else PaymentStatus
    where, values = _search(wanted, statuses)
    first, rest = _SORTED[wanted.sort]
    order = f"{first} + 0 {rest}"  # + 0: not by the index that is in this order
    return (
        "where (s.account, s.order_id) in (select s.account, s.order_id from snapshot s"  # noqa: S608 - no input in the text
        f" where {where} and (s.created_ms >= :since and s.created_ms < :until or s.created_ms = 0)"
        f" order by {order} limit :limit offset :offset) order by {order}",
        values,
    )


def _search(wanted: OrderFilter, statuses: Iterable[PaymentStatus]) -> tuple[str, Values]:
    """The filter but for its time, in the terms of an index."""
    accounts, values = any_of("account", wanted.accounts)
    among, named = any_of("status", statuses)
    values |= named
    parts = [f"s.account {accounts}", f"s.payment_status {among}", *_others(wanted, values)]
    return " and ".join(parts), values


def _others(wanted: OrderFilter, values: Values) -> list[str]:
    """What else is asked for; the values, those of the time too, are added to *values*."""
    values |= {"since": to_ms(wanted.since), "until": to_ms(wanted.until)}
    parts = []
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
    return parts
