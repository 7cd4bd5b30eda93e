"""A record in a database of its own, and what somebody with the file can do to it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.domain.audit import AuditEntry
from storage.audit import SqliteAuditLog
from storage.chain import canonical
from storage.database import Storage
from tests.builders import NOON, an_entry

KEY = b"a key outside the database"


async def write_record(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=KEY)
    log = SqliteAuditLog(storage)
    for number in range(9):
        await log.append(an_entry(facts={"n": number}, texts={"reason": f"r{number}"}), at=NOON)
    await storage.aclose()


async def append(path: Path, entry: AuditEntry, key: bytes | None = KEY) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=key)
    await SqliteAuditLog(storage).append(entry, at=NOON)
    await storage.aclose()


def stored(path: Path, column: str, seq: int) -> bytes:
    with closing(sqlite3.connect(path)) as db:
        (value,) = db.execute(f"select {column} from audit where seq = ?", (seq,)).fetchone()  # noqa: S608
    return bytes(value)


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the file and without the bot can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        names = [
            row[0] for row in db.execute("select name from sqlite_master where type='trigger'")
        ]
        for name in names:
            db.execute(f"drop trigger {name}")
        for statement in statements:
            db.execute(statement)


def rewrite_from(path: Path, start: int) -> None:
    """Change one record and recompute every hash after it, as the format describes."""
    tamper(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rows = db.execute("select seq, body, prev from audit order by seq").fetchall()
        prev = rows[start - 1][2]
        for seq, body, _prev in rows[start - 1 :]:
            told = json.loads(body)
            told["actor"] = "U0MALLORY"
            changed = canonical(told)
            digest = hashlib.sha256(prev + changed).digest()
            db.execute(
                "update audit set actor = ?, body = ?, prev = ?, hash = ? where seq = ?",
                (told["actor"], changed, prev, digest, seq),
            )
            prev = digest
