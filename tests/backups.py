"""A database, a backup of it, and the commands over both, for tests of the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from storage.audit import SqliteAuditLog
from storage.database import Storage
from tests.builders import NOON, an_entry
from tests.unit.test_cli import ACCOUNT, POLICY, Done, countersign

KEY = "a key outside the database"
TAGGED = f'{POLICY}[audit]\nkey = "file:audit.key"\nheads = ["slack", "file:heads.log"]\n{ACCOUNT}'


def more(path: Path, records: int, key: bytes | None = None) -> None:
    """The bot runs and is used."""
    asyncio.run(_more(path, records, key))


async def _more(path: Path, records: int, key: bytes | None) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=key)
    for _record in range(records):
        await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    await storage.aclose()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """With 5 records."""
    path = tmp_path / "countersign.db"
    more(path, 4)
    return path


@pytest.fixture
def saved(tmp_path: Path, database: Path) -> Path:
    assert database.exists()
    assert countersign(tmp_path, "backup", "saved.db").returncode == 0
    return tmp_path / "saved.db"


def contents(folder: Path) -> dict[str, bytes]:
    names = [each for each in folder.iterdir() if not each.name.endswith(("-shm", "-wal", ".lock"))]
    return {each.name: each.read_bytes() for each in names}


def failed(done: Done) -> str:
    """The one line on stderr of a command that ended with 1 and printed nothing."""
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


def refused(folder: Path, *arguments: str) -> str:
    before = contents(folder)
    sentence = failed(countersign(folder, *arguments))
    assert contents(folder) == before
    return sentence
