"""A database as years of use leave it, written in plain SQL past the guards that look up the head
for each row; each record is formed and chained by the functions of the chain."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.domain.accounts import Account, Provider
from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.orders import Order, PaymentStatus
from storage.chain import body_of, hash_of
from storage.columns import to_ms
from storage.database import Storage
from storage.request_rows import insert_request, update_request
from storage.snapshot_rows import save_orders
from tests.builders import NOON, a_detailed_order
from tests.request_builders import a_request, moved

ACCOUNTS = tuple(Account(f"account-{number}", Provider.ALIBABA, "china") for number in range(4))
PEOPLE = ("U0ALICE", *(f"U0{number:03}" for number in range(49)))
RECORDS_OF_AN_ORDER = 20
RECORDS_OF_A_REQUEST = 50
OPEN = 10  # requests that are open, whatever the size
UNPAID = 200  # orders that are unpaid, whatever the size
AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Size:
    records: int
    orders: int

    @property
    def requests(self) -> int:
        """That have ended; Alice made at least as many as an inbox shows."""
        return max(60, self.records // RECORDS_OF_A_REQUEST)


def an_old_id(number: int) -> tuple[str, str]:
    """Account and order id."""
    return ACCOUNTS[number % len(ACCOUNTS)].name, f"21{10**9 + number:010}"


def an_old_order(number: int) -> Order:
    """The first are unpaid; 50,000 are spread over two years."""
    status = PaymentStatus.UNPAID if number < UNPAID else PaymentStatus.PAID
    account, order_id = an_old_id(number)
    return a_detailed_order(
        provider=Provider.ALIBABA,
        account=account,
        order_id=order_id,
        payment_status=status,
        payment_word=status.value,
        created_at=NOON - timedelta(minutes=5 + 20 * number),
        deadline=NOON + timedelta(hours=1 + number) if number < UNPAID else None,
    )


def write(path: Path, size: Size) -> None:
    """Create *path*; no bot may have it open."""
    asyncio.run(_create(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=off", "synchronous=off", "cache_size=-400000"):
            connection.execute(f"pragma {pragma}")
        put_off = connection.execute(_PUT_OFF).fetchall()
        connection.execute("begin")
        for kind, name, _sql in put_off:
            connection.execute(f"drop {kind} {name}")
        _write_orders(connection, size.orders)
        _write_requests(connection, size.requests)
        connection.executemany(_INSERT, _records(connection, size.records))
        for _kind, _name, sql in put_off:
            connection.execute(sql)
        connection.execute("commit")
        connection.execute("analyze")


_PUT_OFF = """
    select type, name, sql from sqlite_master
    where type = 'trigger' or type = 'index' and name in ('audit_subject', 'snapshot_order_id')
"""
_INSERT = "insert into audit values(?, ?, ?, ?, ?, ?, ?, ?)"
_COPIES = """
    with recursive number(at) as (select 1 union all select at + 1 from number where at < :copies)
    insert into request({columns}) select {values} from request, number where id = 'R-000000'
"""


async def _create(path: Path) -> None:
    storage = await Storage.open(path, now=NOON - timedelta(days=730))
    await storage.aclose()


def _records(
    connection: sqlite3.Connection, records: int
) -> Iterator[tuple[int, int, str, str, str, bytes, bytes, bytes]]:
    """So many in all, each order's spread over the whole time."""
    (prev,) = connection.execute("select hash from audit").fetchone()
    kind, form = AuditKind.ORDER_SHOWN.value, _form()
    orders = max(1, records // RECORDS_OF_AN_ORDER)
    for seq in range(2, records + 1):
        account, order_id = an_old_id(seq % orders)
        actor, subject = PEOPLE[seq % len(PEOPLE)], f"order:{account}/{order_id}"
        at_ms = to_ms(NOON) - (records - seq)
        body = form % (actor, at_ms, account, order_id, kind, seq, subject)
        prev_of_this, prev = prev, hash_of(prev, encoded := body.encode())
        yield seq, at_ms, actor, kind, subject, encoded, prev_of_this, prev


def _form() -> str:
    """A record's body with gaps, for to write out each anew would take most of the time: actor,
    at_ms, account, order id, kind, seq, subject."""
    at_ms, seq = 10**12, 10**9
    entry = AuditEntry(
        kind=AuditKind.ORDER_SHOWN,
        actor="%s",
        subject="%s",
        facts={"account": "%s", "order_id": "%s"},
    )
    whole = body_of(entry, seq=seq, at_ms=at_ms, commitments={}).decode()
    for number in (at_ms, seq):
        whole = whole.replace(f":{number},", ":%d,")
    return whole.replace(entry.kind.value, "%s")


def _write_orders(connection: sqlite3.Connection, orders: int) -> None:
    db = Database(connection, execute_plugins=False)
    for first in range(0, orders, AT_ONCE):
        numbers = range(first, min(orders, first + AT_ONCE))
        save_orders(db, [an_old_order(number) for number in numbers], to_ms(NOON))


def _write_requests(connection: sqlite3.Connection, requests: int) -> None:
    """One that ended and its copies, for orders that were paid since; then the open ones."""
    db = Database(connection, execute_plugins=False)
    first = a_request(request_id="R-000000", **_about(UNPAID))
    insert_request(db, first)
    ended = moved(first, RequestStatus.WITHDRAWN, ended_at=NOON, ended_by=first.requested_by)
    update_request(db, first, ended)
    columns = [
        row[1] for row in connection.execute("pragma table_info(request)") if row[1] != "seq"
    ]
    changed = {
        "id": "printf('R-%06d', at)",
        "order_id": f"printf('21%010d', {10**9 + UNPAID} + at)",
        "requested_by": "case when at % 2 = 0 then 'U0ALICE' else 'U0BOB' end",
        "ended_ms": f"ended_ms - (:copies - at) * {_APART_MS}",
    }
    values = ", ".join(changed.get(column, column) for column in columns)
    statement = _COPIES.format(columns=", ".join(columns), values=values)
    connection.execute(statement, {"copies": requests})
    for number in range(OPEN):
        insert_request(db, a_request(request_id=f"R-OPEN{number}", **_about(number)))


def _about(number: int) -> dict[str, Any]:
    """An order of the house, as a request names it."""
    account, order_id = an_old_id(number)
    order = an_old_order(number)
    return {"account": account, "order_id": order_id, "order": order, "provider": order.provider}


_APART_MS = 20 * 60 * 1000
