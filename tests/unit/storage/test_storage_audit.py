"""The record in the database: append-only, one chain for all writers, texts that can be erased."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StorageError
from storage.audit import SqliteAuditLog, head_of
from storage.chain import commitment, key_id_of, tag_of
from storage.columns import to_ms
from storage.database import Storage
from storage.records import insert_record
from storage.verify import verify_file
from tests.builders import NOON, an_entry


async def test_record_1_says_which_chain_this_is(storage: Storage) -> None:
    rows = await storage.run(
        lambda db: db.execute("select seq, kind, actor, body, prev from audit").fetchall()
    )
    [(seq, kind, actor, body, prev)] = rows
    facts = json.loads(body)["facts"]
    assert (seq, kind, actor, prev) == (1, "chain:created", "countersign", bytes(32))
    assert facts["format"] == 1
    assert len(facts["chain"]) == 32


async def test_a_chain_starts_once(path: Path, storage: Storage) -> None:
    before = await SqliteAuditLog(storage).head()
    await storage.aclose()
    again = await Storage.open(path, now=NOON + timedelta(days=1))
    assert await SqliteAuditLog(again).head() == before
    await again.aclose()


def test_an_empty_record_has_no_head() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table audit(seq, hash)")
        with pytest.raises(StorageError, match=r"^The audit record is empty; restore a backup\.$"):
            head_of(Database(db))


async def test_pitfall_51_fifty_concurrent_writers_make_one_chain_and_no_false_alarm(
    path: Path, storage: Storage
) -> None:
    log = SqliteAuditLog(storage)
    odd = timedelta(microseconds=123_457)  # finer than what is stored
    appended = await asyncio.gather(
        *(
            log.append(
                an_entry(actor=f"U0{number}", facts={"n": number}, texts={"text": "№ 买"}),
                at=NOON + number * odd,
            )
            for number in range(50)
        )
    )
    assert sorted(record.seq for record in appended) == list(range(2, 52))
    stored = await storage.run(
        lambda db: db.execute("select seq, at_ms, body, prev, hash from audit").fetchall()
    )
    assert len({prev for _seq, _at, _body, prev, _hash in stored}) == 51
    by_seq = {row[0]: row[1:] for row in stored}
    for record in appended:
        at_ms, body, prev, record_hash = by_seq[record.seq]
        assert (body, prev, record_hash) == (record.body, record.prev, record.hash)
        assert at_ms == json.loads(body)["at_ms"] == to_ms(record.at)
    result = verify_file(path)
    assert (result.ok, result.records) == (True, 51)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor = 'U0MALLORY' where seq = 1",
        "delete from audit where seq = 1",
        "insert or replace into audit select * from audit where seq = 1",
        "insert into audit select 3, at_ms, actor, kind, subject, body, hash, zeroblob(32)"
        " from audit",
        "insert into audit select 2, at_ms, actor, kind, subject, body, prev, zeroblob(32)"
        " from audit",
        "insert into audit select null, at_ms, actor, kind, subject, body, hash, zeroblob(32)"
        " from audit",
        "update audit_text set text = 'another'",
        "update audit_tag set tag = zeroblob(32)",
        "delete from audit_tag",
        "insert or replace into audit_tag select seq, key_id, zeroblob(32) from audit_tag",
    ],
)
async def test_the_database_refuses_to_rewrite_the_record(path: Path, statement: str) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    if "audit_text" in statement:
        await SqliteAuditLog(storage).append(an_entry(texts={"reason": "why"}), at=NOON)
    with pytest.raises(StorageError, match=r"append only|chain broken|not edited"):
        await storage.run(lambda db: db.execute(statement))
    await storage.aclose()
    assert verify_file(path).ok


async def test_a_text_is_kept_beside_its_commitment(storage: Storage) -> None:
    record = await SqliteAuditLog(storage).append(an_entry(texts={"reason": "买\x00重"}), at=NOON)
    [(salt, text)] = await storage.run(
        lambda db: db.execute(
            "select salt, text from audit_text where seq = :seq", {"seq": record.seq}
        ).fetchall()
    )
    assert text == "买\ufffd重"
    assert json.loads(record.body)["texts"]["reason"] == commitment(salt, text.encode())


async def test_a_record_joins_the_transaction_of_another_store(storage: Storage) -> None:
    class Refused(Exception):
        pass

    def work(db: Database) -> None:
        insert_record(db, an_entry(), at=NOON)
        raise Refused

    with pytest.raises(Refused):
        await storage.run(work)
    assert (await SqliteAuditLog(storage).head()).seq == 1


async def test_a_record_without_a_key_has_no_tag(storage: Storage) -> None:
    await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    assert await storage.run(lambda db: db.execute("select * from audit_tag").fetchall()) == []


async def test_with_a_key_each_record_is_tagged(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    record = await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    await storage.aclose()
    with closing(sqlite3.connect(path)) as db:
        tags = db.execute("select seq, key_id, tag from audit_tag").fetchall()
    assert [seq for seq, _key_id, _tag in tags] == [1, 2]
    assert tags[1][1:] == (key_id_of(b"key"), tag_of(b"key", record.hash))
