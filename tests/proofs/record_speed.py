"""How long verification takes, beside the bare hashes of the same bytes."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from bot.domain.audit import AuditEntry, AuditKind
from storage.chain import body_of, commitment, hash_of
from storage.columns import to_ms
from storage.database import Storage
from storage.verify import head_of, verify_file
from tests.builders import NOON
from tests.proofs.proof import Bug, Figures, Proof, Size

MOST = 2.0  # times the bare hashes, from so many records on:
MANY = 1_000_000
TRIES = 3  # the best of them is free of what else the machine did
WITH_TEXT = 20  # one record of so many carries a reason


def run(size: Size) -> Figures:
    records = size["records"]
    with TemporaryDirectory(prefix="countersign-long-") as name:
        path = Path(name) / "long.db"
        written(path, records)
        times = times_bare(path)
    assert records < MANY or times <= MOST, f"{times:.2f} times as long as bare SHA-256"
    return {"records": records, "times bare SHA-256 over the same bytes": f"{times:.2f}"}


def written(path: Path, records: int) -> None:
    """A record of that length, in plain SQL past the guard that looks up the head for each row."""

    async def whole() -> None:
        storage = await Storage.open(path, now=NOON)
        await storage.run(lambda db: _insert(db, records))
        await storage.aclose()

    asyncio.run(whole())


def _insert(db: Database, records: int) -> None:
    (prev,) = db.execute("select hash from audit").fetchone()
    db.execute("drop trigger audit_append")
    texts: list[tuple[int, str, bytes, str]] = []
    db.conn.executemany(
        "insert into audit values(?, ?, ?, ?, ?, ?, ?, ?)", _rows(prev, records, texts)
    )
    db.conn.executemany("insert into audit_text values(?, ?, ?, ?)", texts)


def _rows(
    prev: bytes, records: int, texts: list[tuple[int, str, bytes, str]]
) -> Iterator[tuple[int, int, str, str, str, bytes, bytes, bytes]]:
    for seq in range(2, records + 1):
        entry = AuditEntry(
            kind=AuditKind.REQUEST_VOTED,
            actor=f"U0{seq % 50:06}",
            subject=f"order:huawei-main/CS{seq % 5000:08}",
            facts={
                "request_id": f"R-{seq % 9999:08}",
                "status": "pending",
                "outcome": "",
                "fence": 0,
                "approvals": 1,
                "needed": 2,
            },
        )
        committed = {}
        if seq % WITH_TEXT == 0:
            salt, text = token_bytes(16), f"reason {seq}"
            texts.append((seq, "reason", salt, text))
            committed["reason"] = commitment(salt, text.encode())
        at_ms = to_ms(NOON) + seq
        body = body_of(entry, seq=seq, at_ms=at_ms, commitments=committed)
        record_hash = hash_of(prev, body)
        yield seq, at_ms, entry.actor, entry.kind.value, entry.subject, body, prev, record_hash
        prev = record_hash


def times_bare(path: Path) -> float:
    """The time of `countersign audit verify --anchor` in that of reading the same bytes and doing
    nothing but SHA-256 of each record. Raises AssertionError if it finds something."""
    head = head_of(path)

    def verified() -> None:
        result = verify_file(path, anchor=head)
        assert result.ok, result.reason

    return _best(verified) / _best(lambda: _bare(path))


def _bare(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        for prev, body in db.execute("select prev, body from audit order by seq"):
            sha256(prev + body).digest()


def _best(work: Callable[[], None]) -> float:
    taken = []
    for _try in range(TRIES):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


PROOF = Proof(
    name="record speed",
    promise="Checking a long record takes at most twice the time of its bare hashes",
    commit={"records": 20_000},
    full={"records": MANY},
    bug={"records": MANY},
    run=run,
    alone=True,
    bugs=(
        Bug(
            "each record is looked at by itself",
            "storage/audit_rows.py",
            "if _follow(columns, done) and _are_plain(columns):",
            "if not rows:",
        ),
    ),
)
