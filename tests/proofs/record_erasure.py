"""Free text taken out of a database for good, with nothing but SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from sqlite3 import Connection, connect

from bot.domain.audit import AuditEntry, AuditKind
from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.export import exported_lines
from storage.requests import SqliteRequestStore
from storage.verify import head_of
from tests.builders import NOON
from tests.proofs.record_checks import no_alarm
from tests.request_builders import a_request, an_input
from tests.request_house import WISH


def erase(path: Path, text: str) -> int:
    """Wherever *text* stands in the database at *path*, which no bot has open; how often it was on
    the record. Text behind a commitment goes with its salt, so that nobody can try guesses."""
    with closing(connect(path, isolation_level=None)) as db:
        db.execute("pragma secure_delete = on")
        db.execute("begin immediate")
        erased = db.execute("delete from audit_text where text = ?", (text,)).rowcount
        for table, column in _text_columns(db):
            where = f"instr({column}, :text) > 0"
            db.execute(
                f"update {table} set {column} = replace({column}, :text, '') where {where}",  # noqa: S608
                {"text": text},
            )
        db.execute("commit")
        db.execute("vacuum")
        db.execute("pragma wal_checkpoint(truncate)")
    return erased


def _text_columns(db: Connection) -> Iterator[tuple[str, str]]:
    """Outside of the record."""
    tables = db.execute("select name from sqlite_master where type = 'table'").fetchall()
    for (table,) in tables:
        if table.startswith(("audit", "sqlite_", "_sqlite_")):
            continue
        for column in db.execute(f"pragma table_info({table})").fetchall():
            if column[2].lower() == "text":
                yield table, column[1]


async def _written(path: Path, texts: list[str]) -> None:
    """Each text as a person's reason for a request, and as what a cloud said of it."""
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    log, store = SqliteAuditLog(storage), SqliteRequestStore(storage)
    for number, text in enumerate(texts):
        given = replace(WISH, input_id=f"wish-{number}", reason=text)
        await store.accept(given)
        request = a_request(request_id=f"R-{number}", order_id=f"CS{number}", reason=text)
        assert await store.create(request, given=given, owed=(), at=NOON)
        entry = AuditEntry(
            kind=AuditKind.REQUEST_FAILED, actor="countersign", texts={"outcome": text}
        )
        await log.append(entry, at=NOON)
    await storage.aclose()


def erased(path: Path, rng: Random, number: int) -> int:
    """Write *number* texts, erase every other one, and look for them in each byte of the files; the
    chain, its heads and its export are as before. How many went."""
    texts = [f"reason {rng.randbytes(12).hex()} 买" for _each in range(number)]
    asyncio.run(_written(path, texts))
    lines, head = list(exported_lines(path)), head_of(path)
    no_alarm(path, [head], lines)
    gone = texts[::2]
    for text in gone:
        assert text.encode() in _bytes_of(path), f"{text} was never there"
        assert erase(path, text) == 2, f"{text} stood on the record for its input and its outcome"
    left = _bytes_of(path)
    for text in texts:
        assert (text.encode() in left) == (text not in gone), f"{text} is gone: {text in gone}"
    assert list(exported_lines(path)) == lines
    no_alarm(path, [head], lines)
    asyncio.run(_written_on(path))
    no_alarm(path, [head, head_of(path)])
    return len(gone)


async def _written_on(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    assert await SqliteRequestStore(storage).accept(an_input(input_id="later"))
    await storage.aclose()


def _bytes_of(path: Path) -> bytes:
    """Of the database and of whatever SQLite keeps beside it."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))
