"""The stores of approval requests: SQLite and the fakes answer the same questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from tests.builders import NOON
from tests.fakes import FakeRequestStore
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
