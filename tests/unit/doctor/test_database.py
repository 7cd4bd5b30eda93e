"""The database: there, writable, closed to others, whole, of this version, written by one."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.doctor.database import check_database
from bot.doctor.findings import Code, Notes
from storage.database import Storage
from storage.inspection import has_wal_reset_bug
from tests.doctor_house import House

NOBODY = 65534
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/fdinfo").is_dir(), reason="has no /proc")
BUGGY = has_wal_reset_bug(sqlite3.sqlite_version_info[:3])


async def made(house: House) -> Path:
    storage = await Storage.open(house.database, now=house.clock.now())
    await storage.aclose()
    return house.database


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(sql)


async def test_a_folder_that_is_not_there(house: House) -> None:
    house.top = ['database = "no-such-folder/countersign.db"']
    path = house.folder / "no-such-folder" / "countersign.db"
    report = await house.finds((Code.DATABASE_FOLDER_MISSING, str(path)))
    assert f"mkdir -m 700 {path.parent}" in report.findings[0].fix


def test_a_folder_that_cannot_be_written() -> None:
    """Also as root, who may write everywhere: the test lays down its rights."""
    uid, notes = os.geteuid(), Notes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "countersign.db"
        Path(folder).chmod(0o555)
        try:
            if uid == 0:
                os.seteuid(NOBODY)
            check_database(path, notes)
        finally:
            os.seteuid(uid)
            Path(folder).chmod(0o700)
    assert [(each.code, each.subject) for each in notes.findings] == [
        (Code.DATABASE_NOT_WRITABLE, str(path))
    ]


async def test_a_folder_in_the_databases_place(house: House) -> None:
    """No chmod 600 is named: it would close the folder to its owner too."""
    house.database.mkdir(mode=0o755)
    report = await house.finds((Code.DATABASE_NOT_WRITABLE, str(house.database)))
    assert report.findings[0].problem == f"{house.database} is a folder."
    assert report.findings[0].fix == "Name a file in it."


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    notes = Notes()
    tmp_path.chmod(0o700)
    check_database(tmp_path / "countersign.db", notes, least_free=2**80)
    assert [(each.code, each.subject) for each in notes.findings] == [
        (Code.DISK_FULL, str(tmp_path))
    ]


async def test_a_database_that_others_may_read(house: House) -> None:
    (await made(house)).chmod(0o644)
    await house.finds((Code.DATABASE_OPEN, str(house.database)))


async def test_a_folder_that_others_may_write(house: House) -> None:
    house.folder.chmod(0o770)
    await house.finds((Code.DATABASE_OPEN, str(house.folder)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_a_database_of_another_user_is_no_finding_but_told(house: House) -> None:
    os.chown(await made(house), NOBODY, NOBODY)
    report = await house.finds()
    assert any("run this as that one" in each for each in report.not_checked)


async def test_a_folder_like_tmp_is_no_finding(house: House) -> None:
    house.folder.chmod(0o1777)
    await house.finds()


async def test_a_file_that_is_no_database(house: House) -> None:
    house.database.write_text("no database " * 100)
    house.database.chmod(0o600)
    report = await house.finds((Code.DATABASE_DAMAGED, str(house.database)))
    assert report.findings[0].fix == "Restore a backup."


async def test_a_damaged_page(house: House) -> None:
    path = await made(house)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    await house.finds((Code.DATABASE_DAMAGED, str(path)))


async def test_a_database_of_another_program(house: House) -> None:
    change(house.database, "create table notes(text)")
    house.database.chmod(0o600)
    await house.finds((Code.DATABASE_FOREIGN, str(house.database)))


async def test_a_database_of_a_newer_version(house: House) -> None:
    path = await made(house)
    change(
        path,
        "insert into _sqlite_migrations(migration_set, name, applied_at)"
        " values('countersign', 'm999_later', '')",
    )
    report = await house.finds((Code.DATABASE_NEWER, str(path)))
    assert "m999_later" in report.findings[0].problem
    assert report.findings[0].fix == "Start that version."


async def test_a_database_that_lost_a_guard(house: House) -> None:
    path = await made(house)
    change(path, "drop trigger audit_no_update")
    report = await house.finds((Code.DATABASE_UNGUARDED, str(path)))
    assert "audit_no_update" in report.findings[0].problem


@asynccontextmanager
async def opened_elsewhere(path: Path, how: str) -> AsyncIterator[None]:
    """Another process that has the database open."""
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], uri=True)\n"
        "db.execute('select count(*) from audit').fetchone()\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, f"file:{path}?mode={how}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"open\n"
        yield
    finally:
        process.stdin.close()
        await process.wait()


@NEEDS_PROC
async def test_a_second_writer_with_a_sqlite_that_cannot_take_one(house: House) -> None:
    path = await made(house)
    expected = [(Code.SQLITE_WAL_BUG, str(path))] if BUGGY else []
    async with opened_elsewhere(path, "rw"):
        await house.finds(*expected)
    await house.finds()


@NEEDS_PROC
async def test_a_second_reader_is_no_finding(house: House) -> None:
    async with opened_elsewhere(await made(house), "ro"):
        await house.finds()


async def test_litestream_beside_a_sqlite_that_cannot_take_it(house: House) -> None:
    path = await made(house)
    (house.folder / ".countersign.db-litestream").mkdir()
    notes = Notes()
    check_database(path, notes, sqlite=(3, 51, 2))
    (found,) = notes.findings
    assert found.code is Code.SQLITE_WAL_BUG
    assert "SQLite 3.51.2" in found.problem
    assert "Litestream" in found.problem
    good = Notes()
    check_database(path, good, sqlite=(3, 51, 3))
    assert good.findings == []


@pytest.mark.parametrize(
    ("version", "has"),
    [((3, 6, 23), False), ((3, 7, 0), True), ((3, 51, 2), True), ((3, 51, 3), False)],
)
def test_which_versions_have_the_bug(version: tuple[int, int, int], has: bool) -> None:
    assert has_wal_reset_bug(version) is has
