"""What every AuditLog does: SQLite and the fake get the same questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.audit import AuditHead
from bot.ports import AuditLog
from storage.audit import SqliteAuditLog
from storage.database import Storage
from tests.builders import NOON, an_entry
from tests.fakes import FakeAuditLog


@pytest.fixture(params=["sqlite", "fake"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AuditLog]:
    if request.param == "fake":
        yield FakeAuditLog()
        return
    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    yield SqliteAuditLog(storage)
    await storage.aclose()


async def test_a_new_log_begins_with_one_record(log: AuditLog) -> None:
    assert (await log.head()).seq == 1


async def test_each_record_follows_the_one_before(log: AuditLog) -> None:
    before = await log.head()
    first = await log.append(an_entry(), at=NOON)
    second = await log.append(an_entry(), at=NOON)
    assert (first.seq, first.prev.hex()) == (2, before.hash)
    assert (second.seq, second.prev) == (3, first.hash)
    assert await log.head() == AuditHead(3, second.hash.hex())


async def test_the_hash_is_that_of_the_link_and_the_body(log: AuditLog) -> None:
    record = await log.append(an_entry(facts={"code": "CBC.0100"}), at=NOON)
    assert record.hash == hashlib.sha256(record.prev + record.body).digest()


async def test_the_body_tells_everything_but_free_text(log: AuditLog) -> None:
    entry = an_entry(
        facts={"total": 7, "account": "huawei-main", "shared": False, "code": None},
        texts={"reason": "bought twice, 买重了"},
    )
    at = NOON + timedelta(microseconds=1999)
    record = await log.append(entry, at=at)
    told = json.loads(record.body)
    commitment = told.pop("texts").pop("reason")
    assert told == {
        "v": 1,
        "seq": 2,
        "at_ms": 1795003200001,
        "actor": "U0ALICE",
        "kind": "order:shown",
        "subject": "order:huawei-main/CS2611171200ABCDE",
        "facts": {"total": 7, "account": "huawei-main", "shared": False, "code": None},
    }
    assert len(commitment) == 64
    assert "bought" not in record.body.decode()
    assert record.at == NOON + timedelta(milliseconds=1)


async def test_equal_texts_do_not_look_equal_on_the_record(log: AuditLog) -> None:
    entry = an_entry(texts={"reason": "no"})
    first, second = [await log.append(entry, at=NOON) for _ in range(2)]
    assert json.loads(first.body)["texts"] != json.loads(second.body)["texts"]


@pytest.mark.parametrize("facts", [{"amount": 1.5}, {"список": "x"}, {"ids": ["1"]}], ids=repr)
async def test_a_fact_that_two_writers_could_write_apart_is_refused(
    log: AuditLog, facts: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        await log.append(an_entry(facts=facts), at=NOON)
    assert (await log.head()).seq == 1
