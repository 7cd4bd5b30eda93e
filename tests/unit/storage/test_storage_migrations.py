"""The steps of the schema: where they lead, that they are all or nothing, who may take them."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from bot.errors import StorageError
from storage.database import Storage
from storage.migrations import migrate
from storage.records import insert_record, start_chain
from storage.schema import SCHEMA
from tests.builders import NOON, an_entry

STEPS = [
    "m001_audit",
    "m002_snapshots",
    "m003_conversations",
    "m004_requests",
    "m005_outbox",
    "m006_digests",
    "m007_reminders",
    "m008_home",
    "m009_heads",
]
COMMITTED = Path(__file__).parents[2] / "data" / "storage" / "schema.sql"


def connect(path: Path | str) -> Database:
    return Database(sqlite3.connect(path, isolation_level=None))


def schema(db: Database) -> str:
    rows = db.execute(
        "select sql from sqlite_master where sql is not null"
        " and tbl_name <> '_sqlite_migrations' order by type desc, name"
    )
    return "".join(f"{sql};\n" for (sql,) in rows.fetchall())


def test_the_steps_lead_to_the_committed_schema() -> None:
    with closing(connect(":memory:")) as db:
        migrate(db)
        assert schema(db) == COMMITTED.read_text()
        assert [step.name for step in SCHEMA.applied(db)] == STEPS


@pytest.mark.parametrize("reached", range(1, len(STEPS)))
def test_a_record_written_at_any_step_survives_the_rest(reached: int) -> None:
    with closing(connect(":memory:")) as db:
        db.execute("pragma foreign_keys=on")
        SCHEMA.apply(db, stop_before=STEPS[reached])
        start_chain(db, at=NOON, key=b"key")
        record = insert_record(db, an_entry(texts={"reason": "why"}), at=NOON, key=b"key")
        migrate(db)
        rows = db.execute("select body, hash from audit where seq = 2").fetchall()
        assert rows == [(record.body, record.hash)]
        assert db.execute("pragma foreign_key_check").fetchall() == []
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert schema(db) == COMMITTED.read_text()


def test_a_failure_after_the_last_step_takes_all_steps_back(path: Path) -> None:
    def fail(db: Database) -> None:
        raise LookupError(db.table_names())

    with closing(connect(path)) as db:
        with pytest.raises(LookupError):
            migrate(db, fail)
        assert db.table_names() == []


def test_two_that_start_at_once_queue(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"{attempt}.db"
        with closing(connect(path)) as db:
            db.execute("pragma journal_mode=wal")
        barrier = threading.Barrier(2)
        with ThreadPoolExecutor(2) as two:
            ended = list(two.map(migrated, [path] * 2, [barrier] * 2))
        assert ended == [COMMITTED.read_text()] * 2


def migrated(path: Path, barrier: threading.Barrier) -> str:
    with closing(connect(path)) as db:
        barrier.wait(10)
        migrate(db)
        return schema(db)


async def test_a_newer_schema_is_refused(path: Path, storage: Storage) -> None:
    await storage.aclose()
    newer = Migrations("countersign")

    @newer()
    def m999_from_the_future(db: Database) -> None:
        db.execute("create table future(a integer) strict")

    with closing(connect(path)) as db:
        newer.apply(db)
    with pytest.raises(StorageError, match=r"newer countersign \(m999_from_the_future"):
        await Storage.open(path, now=NOON)


def test_every_table_is_strict() -> None:
    with closing(connect(":memory:")) as db:
        migrate(db)
        tables = [name for name in db.table_names() if not name.startswith("_sqlite")]
        assert [name for name in tables if not db.table(name).strict] == []
