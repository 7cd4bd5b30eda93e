"""The stores of requests and digests: SQLite and the fakes answer the same questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.digests import SqliteDigestStore
from storage.heads import SqliteHeadStore
from storage.homes import SqliteHomeStore
from storage.outbox import SqliteOutboxStore
from storage.reminders import SqliteReminderStore
from storage.requests import SqliteRequestStore
from storage.snapshots import SqliteSnapshotStore
from tests.builders import NOON
from tests.digest_house import DigestHouse
from tests.fake_digests import (
    FakeDigestStore,
    FakeHeadStore,
    FakeReminderStore,
)
from tests.fake_homes import FakeHomeStore
from tests.fakes import FakeRequestStore, FakeSnapshotStore
from tests.request_house import House


@pytest.fixture(params=["sqlite", "fake"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    if request.param == "fake":
        fake = FakeRequestStore()
        yield House(fake, fake.outbox, fake.audit)
        return
    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    yield House(SqliteRequestStore(storage), SqliteOutboxStore(storage), SqliteAuditLog(storage))
    await storage.aclose()


@pytest.fixture(params=["sqlite", "fake"])
async def digest_house(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[DigestHouse]:
    if request.param == "fake":
        fake, snapshots = FakeRequestStore(), FakeSnapshotStore()
        shared = (fake.outbox, fake.audit)
        yield DigestHouse(
            fake,
            *shared,
            FakeDigestStore(*shared),
            FakeReminderStore(*shared),
            FakeHomeStore(snapshots),
            FakeHeadStore(*shared),
            snapshots,
        )
        return
    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    yield DigestHouse(
        SqliteRequestStore(storage),
        SqliteOutboxStore(storage),
        SqliteAuditLog(storage),
        SqliteDigestStore(storage),
        SqliteReminderStore(storage),
        SqliteHomeStore(storage),
        SqliteHeadStore(storage),
        SqliteSnapshotStore(storage),
    )
    await storage.aclose()
