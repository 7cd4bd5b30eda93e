"""An open database in a temporary folder, and a closed one with a record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Storage
from tests.builders import NOON
from tests.stored_record import write_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "countersign.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(path, now=NOON)
    yield opened
    await opened.aclose()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A closed database of 10 records, each but the first with a text and all tagged."""
    path = tmp_path_factory.mktemp("recorded") / "countersign.db"
    asyncio.run(write_record(path))
    return path.read_bytes()


@pytest.fixture
def record(path: Path, recorded: bytes) -> Path:
    path.write_bytes(recorded)
    return path
