"""Output that cannot be written: one sentence, and no complaint of Python's behind it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from storage.database import Storage

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """It holds a record."""
    asyncio.run(begin_a_record(tmp_path / "countersign.db"))
    return tmp_path


async def begin_a_record(database: Path) -> None:
    storage = await Storage.open(database, now=NOON)
    await storage.aclose()


def written_to(output: IO[str] | int, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and stderr. Output is buffered as in life, whatever the tests run with."""
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environ | {"PYTHONPATH": str(ROOT)},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full disk to write to")
@pytest.mark.parametrize("command", ["audit export", "audit head", "audit verify", "manifest"])
def test_a_full_disk_is_named_with_the_way_out(folder: Path, command: str) -> None:
    with FULL.open("w", encoding="utf-8") as full:
        assert written_to(full, folder, *command.split()) == (
            1,
            "the output cannot be written (No space left on device); free some space or write"
            " elsewhere\n",
        )


def test_a_reader_who_went_away_ends_the_export(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert written_to(writing, folder, "audit", "export") == (0, "")
    finally:
        os.close(writing)
