"""A database that an older countersign wrote keeps all it owed when a newer one opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.domain.outbox import CardCopy, CopyRole, Lane, OwedKind
from storage.database import Storage
from storage.digests import SqliteDigestStore
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from storage.verify import verify_file
from tests.builders import NOON
from tests.request_builders import a_request, an_owed_card
from tests.stored_digests import a_run, an_owed_digest

AT_M005 = Path(__file__).parents[2] / "data" / "storage" / "m005.sql"
APPROVALS = CardCopy("R1", CopyRole.APPROVALS, "C0APPROVALS", "1795003200.000001")
DIRECT = CardCopy("R1", CopyRole.REQUESTER, "D0ALICE", "1795003200.000002", unsure=True)
NOTICE = an_owed_card(
    dedup="notice:R1:U0BOB",
    lane=Lane.NOTICES,
    kind=OwedKind.NOTICE,
    user_id="U0BOB",
    text="云 <!channel>",
)


@pytest.fixture
async def upgraded(path: Path) -> AsyncIterator[Storage]:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(AT_M005.read_text())
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    yield storage
    await storage.aclose()


async def test_what_was_owed_is_still_owed_and_what_was_sent_is_not(upgraded: Storage) -> None:
    outbox = SqliteOutboxStore(upgraded)
    await outbox.owe([an_owed_card(), an_owed_digest()], at=NOON)
    leased = await outbox.lease(now=NOON, until=NOON, limit=9)
    assert [each.owed for each in leased] == [NOTICE, an_owed_digest()]


async def test_copies_of_cards_mention_nobody(upgraded: Storage) -> None:
    outbox = SqliteOutboxStore(upgraded)
    assert await outbox.copies("R1") == (APPROVALS, DIRECT)
    assert not DIRECT.mentioned
    assert not DIRECT.urgent


async def test_requests_and_the_record_are_as_they_were(upgraded: Storage) -> None:
    assert await SqliteRequestStore(upgraded).get("R1") == a_request()
    assert verify_file(upgraded.path, key=b"key").records == 3


async def test_a_digest_can_begin(upgraded: Storage) -> None:
    assert await SqliteDigestStore(upgraded).begin(a_run(), at=NOON)
