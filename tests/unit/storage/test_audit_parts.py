"""A long record is verified in parts, and the verdict is that of a whole reading.

Processes are forked only where nothing else runs, so each case is a Python of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from storage.audit import SqliteAuditLog
from storage.audit_parts import Part, parts_of
from storage.database import Storage
from storage.verify import head_of
from tests.builders import NOON, an_entry

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
RECORDS = 90
LONG = 33 * 1024 * 1024

VERDICT = """
import os, sys
from pathlib import Path
from storage.audit_parts import parts_of
from storage.verify import verify_file
path = Path(sys.argv[1])
for processors in (1, 3):
    os.cpu_count = lambda: processors
    result = verify_file(path, anchor=(int(sys.argv[2]), sys.argv[3]))
    print(len(parts_of(path)), "parts:", result.ok, result.bad_seq, repr(result.reason))
"""
CHILDREN = """
import os, signal, sys
from storage.audit_parts import Part, in_processes
def work(part):
    if sys.argv[1] == "raises" and part.first == 2:
        raise LookupError("part 2")
    if sys.argv[1] == "killed" and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return part.first, os.getpid() == parent
parent = os.getpid()
try:
    print(in_processes(work, [Part(1, 1), Part(2, 2), Part(3, 3)]))
except LookupError as error:
    print("raised", error)
"""


def run(code: str, *arguments: object) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    return ended.stdout.strip()


async def _write(path: Path) -> None:
    storage = await Storage.open(path, now=NOON)
    log = SqliteAuditLog(storage)
    for number in range(RECORDS - 1):
        await log.append(an_entry(facts={"n": number}, texts={"reason": f"r{number}"}), at=NOON)
    await storage.aclose()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short record in a long file, without guards."""
    path = tmp_path_factory.mktemp("long") / "countersign.db"
    asyncio.run(_write(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        names = db.execute("select name from sqlite_master where type = 'trigger'").fetchall()
        for (name,) in names:
            db.execute(f"drop trigger {name}")
        db.execute("create table padding(bytes)")
        db.execute("insert into padding values(zeroblob(?))", (LONG,))
    return path


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ("select 1", 3),
        ("update audit set actor = 'U0MALLORY' where seq = 30", 3),
        ("update audit set hash = zeroblob(32) where seq = 30", 3),
        ("update audit set prev = zeroblob(32) where seq = 31", 3),
        ("update audit set body = cast('{}' as blob) where seq in (20, 70)", 3),
        ("update audit_text set text = 'another' where seq = 60", 3),
        ("delete from audit where seq = 30", 1),
        ("delete from audit where seq > 40", 3),
        ("delete from audit where seq <= 30", 1),
        ("update audit set seq = -5 where seq = 31", 3),
        ("update audit set seq = 200 where seq = 90", 1),
        ("delete from audit", 1),
    ],
)
def test_the_verdict_is_that_of_a_whole_reading(
    written: Path, tmp_path: Path, change: str, parts: int
) -> None:
    seq, digest = head_of(written)
    path = tmp_path / "copy.db"
    shutil.copyfile(written, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(change)
    whole, in_parts = run(VERDICT, path, seq, digest).splitlines()
    assert whole.startswith("1 parts: True" if change == "select 1" else "1 parts: False")
    assert in_parts == whole.replace("1", str(parts), 1)


def test_parts_leave_out_no_number_and_overlap_nowhere() -> None:
    cover = [Part(None, 30), Part(31, 60), Part(61, None)]
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table audit(seq)")
        db.executemany("insert into audit values(?)", [(seq,) for seq in range(-3, 99)])
        found = [
            seq
            for part in cover
            for (seq,) in db.execute(f"select seq from audit where {part.where('seq')}")  # noqa: S608
        ]
    assert found == list(range(-3, 99))
    assert Part().where("seq") == "true"


def test_a_short_file_is_read_in_one_piece(tmp_path: Path) -> None:
    asyncio.run(_write(tmp_path / "short.db"))
    assert parts_of(tmp_path / "short.db") == [Part()]


def test_each_part_has_a_process_and_the_answers_are_in_order() -> None:
    assert run(CHILDREN, "") == "[(1, False), (2, False), (3, False)]"


def test_an_error_in_a_part_is_raised() -> None:
    assert run(CHILDREN, "raises") == "raised part 2"


def test_the_part_of_a_killed_process_is_done_all_the_same() -> None:
    assert run(CHILDREN, "killed") == "[(1, True), (2, True), (3, True)]"
