"""The file before SQLite opens it: what is none is left alone, what is another program's too."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from storage.database import Storage
from tests.builders import NOON


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def refusal(path: Path) -> str:
    with pytest.raises(StorageError) as refused:
        opened(path)
    return str(refused.value)


def opened(path: Path) -> Path:
    """Where the file is that was opened, and closed again."""
    return asyncio.run(_opened(path))


async def _opened(path: Path) -> Path:
    storage = await Storage.open(path, now=NOON)
    await storage.aclose()
    return storage.path


def test_a_folder_keeps_its_rights_and_gets_no_lock_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    assert refusal(folder) == f"{folder} is a folder; name a file in it."
    assert mode(folder) == 0o755
    assert list(tmp_path.iterdir()) == [folder]


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o644)
    assert "pipe is no regular file; name another." in refusal(tmp_path / "pipe")
    assert mode(tmp_path / "pipe") == 0o644


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_database_of_another_program_keeps_its_rights_and_content(
    path: Path, journal: str
) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"pragma journal_mode = {journal}")
        db.execute("create table notes(text)")
    path.chmod(0o644)
    before = path.read_bytes()
    assert "belongs to another program" in refusal(path)
    assert mode(path) == 0o644
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}


def test_a_file_that_is_no_database_keeps_its_rights(path: Path) -> None:
    path.write_text("no database " * 100)
    path.chmod(0o644)
    assert "is damaged or is no database" in refusal(path)
    assert mode(path) == 0o644


def test_an_empty_file_becomes_a_database_of_its_owner_alone(path: Path) -> None:
    path.touch(0o644)
    opened(path)
    assert mode(path) == 0o600


def test_a_link_to_a_file_is_followed(path: Path) -> None:
    opened(path)
    path.chmod(0o644)
    link = path.with_name("link.db")
    link.symlink_to(path)
    assert (opened(link), mode(path), link.is_symlink()) == (path, 0o600, True)
