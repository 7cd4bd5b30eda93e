"""The file and its one writing connection: rights, lock, transactions, refusals in one sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StorageError
from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.verify import verify_file
from tests.builders import NOON, an_entry

ROOT = Path(__file__).parents[3]

# argv: the database. For each line that it reads, a process of its own prints its id, appends
# records until it is killed and prints the number of each that was acknowledged; an empty line ends
# them.
WRITER = """
import asyncio, os, sys
from pathlib import Path
from storage.audit import SqliteAuditLog
from storage.database import Storage
from tests.builders import NOON, an_entry

async def main():
    log = SqliteAuditLog(await Storage.open(Path(sys.argv[1]), now=NOON))
    while True:
        record = await log.append(an_entry(texts={"reason": "x" * 500}), at=NOON)
        print(record.seq, flush=True)

for _ in sys.stdin:
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        asyncio.run(main())
    os.wait()
    print(flush=True)
"""


RUBBISH = b"\xa5" * 20_000
DURABLE = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "trusted_schema": 0,
    "busy_timeout": 5000,
    "cell_size_check": 1,
}


def count(db: Database) -> int:
    number: int = db.execute("select count(*) from coverage").fetchone()[0]
    return number


def insert(db: Database, account: str) -> None:
    db.execute(
        "insert into coverage(account, since_ms, until_ms) values(:account, 0, 0)",
        {"account": account},
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_to_others(path: Path) -> None:
    path.chmod(0o644)
    path.parent.chmod(0o755)


def content(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes | bytearray) -> None:
    path.write_bytes(content)


def destroy_page(path: Path, table: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        select = "select rootpage from sqlite_master where name = :table"
        (page,) = db.execute(select, {"table": table}).fetchone()
    damaged = bytearray(content(path))
    damaged[(page - 1) * 4096 : page * 4096] = RUBBISH[:4096]
    write(path, damaged)


async def test_only_the_owner_can_read_the_files(path: Path) -> None:
    umask = os.umask(0o022)
    try:
        storage = await Storage.open(path, now=NOON)
    finally:
        os.umask(umask)
    names = {"", "-wal", "-shm", ".lock"}
    assert {mode(path.with_name(path.name + name)) for name in names} == {0o600}
    await storage.aclose()


async def test_a_file_that_others_could_read_is_tightened_and_its_folder_left_alone(
    path: Path, storage: Storage
) -> None:
    await storage.aclose()
    open_to_others(path)
    again = await Storage.open(path, now=NOON)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o755
    await again.aclose()


async def test_the_connection_is_as_durable_as_promised(storage: Storage) -> None:
    def read(db: Database) -> dict[str, object]:
        return {name: db.execute(f"pragma {name}").fetchone()[0] for name in DURABLE}

    assert await storage.run(read) == DURABLE


async def test_a_second_process_is_kept_out_until_the_first_ends(path: Path) -> None:
    first = await Storage.open(path, now=NOON)
    with pytest.raises(StorageError, match=r"Another countersign is using .*; stop it first"):
        await Storage.open(path, now=NOON)
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(StorageError, match="Another countersign"):
        await Storage.open(link, now=NOON)
    await first.aclose()
    second = await Storage.open(path, now=NOON)
    await second.aclose()


async def test_what_fails_leaves_nothing_behind(storage: Storage) -> None:
    def work(db: Database) -> None:
        insert(db, "a")
        raise LookupError

    with pytest.raises(LookupError):
        await storage.run(work)
    assert await storage.run(count) == 0


async def test_a_cancelled_caller_waits_for_its_commit_and_blocks_nobody(storage: Storage) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(db: Database) -> None:
        insert(db, "slow")
        inside.set()
        go_on.wait(10)

    caller = asyncio.create_task(storage.run(slow))
    await asyncio.to_thread(inside.wait, 10)
    caller.cancel()
    other = asyncio.create_task(storage.run(lambda db: insert(db, "other")))
    await asyncio.sleep(0)
    assert not caller.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await other
    assert await storage.run(count) == 2


async def test_a_caller_cancelled_again_and_again_leaves_no_transaction_open(
    storage: Storage,
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow_and_failing(db: Database) -> None:
        insert(db, "slow")
        inside.set()
        go_on.wait(10)
        raise LookupError

    caller = asyncio.create_task(storage.run(slow_and_failing))
    await asyncio.to_thread(inside.wait, 10)
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await storage.run(lambda db: insert(db, "next"))
    assert await storage.run(count) == 1


async def test_closing_lets_waiting_work_finish_first(path: Path) -> None:
    storage = await Storage.open(path, now=NOON)
    waiting = [asyncio.create_task(storage.run(lambda db: insert(db, "a")))]
    await asyncio.sleep(0)
    await storage.aclose()
    await asyncio.gather(*waiting)
    await storage.aclose()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("select count(*) from coverage").fetchone() == (1,)


async def test_a_closed_storage_refuses_in_one_sentence(storage: Storage) -> None:
    await storage.aclose()
    with pytest.raises(StorageError, match="closed"):
        await storage.run(count)
    assert not await storage.healthy()


async def test_it_is_healthy_while_a_write_reaches_the_disk(storage: Storage) -> None:
    assert await storage.healthy()
    with closing(sqlite3.connect(storage.path)) as db:
        assert db.execute("select writes from probe").fetchone() == (1,)


async def test_a_full_disk_is_told_and_survived(storage: Storage) -> None:
    log = SqliteAuditLog(storage)
    await log.append(an_entry(), at=NOON)
    pages = await _pragma(storage, "page_count")
    await _pragma(storage, f"max_page_count={pages}")
    with pytest.raises(StorageError, match="full; free some space"):
        await log.append(an_entry(texts={"reason": "x" * 1_000_000}), at=NOON)
    assert (await log.head()).seq == 2
    await _pragma(storage, "max_page_count=1000000")
    await log.append(an_entry(texts={"reason": "x" * 1_000_000}), at=NOON)
    assert verify_file(storage.path).records == 3


async def _pragma(storage: Storage, pragma: str) -> int:
    number: int = await storage.run(lambda db: db.execute(f"pragma {pragma}").fetchone()[0])
    return number


async def test_a_refused_statement_becomes_an_error_of_ours(storage: Storage) -> None:
    with pytest.raises(StorageError, match="refused") as refused:
        await storage.run(lambda db: db.execute("insert into probe(id, writes) values(2, 0)"))
    assert isinstance(refused.value.__cause__, sqlite3.IntegrityError)


async def test_a_folder_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be written .* folder exists"):
        await Storage.open(tmp_path / "absent" / "countersign.db", now=NOON)


async def test_random_bytes_are_refused_and_left_as_they_are(path: Path) -> None:
    write(path, RUBBISH)
    with pytest.raises(StorageError, match="damaged or is no database; restore a backup"):
        await Storage.open(path, now=NOON)
    assert content(path) == RUBBISH


async def test_a_damaged_page_is_refused(path: Path, storage: Storage) -> None:
    await storage.aclose()
    destroy_page(path, "card")
    with pytest.raises(StorageError, match="damaged"):
        await Storage.open(path, now=NOON)


async def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("create table notes(text)")
    before = content(path)
    with pytest.raises(StorageError, match="belongs to another program"):
        await Storage.open(path, now=NOON)
    assert content(path) == before


@pytest.mark.parametrize(
    "statements",
    [
        ["drop trigger audit_no_update"],
        [
            "drop trigger audit_no_delete",
            "create trigger audit_no_delete before delete on audit begin select 1; end",
        ],
    ],
    ids=["dropped", "hollowed out"],
)
async def test_a_record_without_its_guards_is_refused(
    path: Path, storage: Storage, statements: list[str]
) -> None:
    await storage.aclose()
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
    with pytest.raises(StorageError, match=r"lost its guard audit_no_(update|delete)"):
        await Storage.open(path, now=NOON)


async def test_a_failed_start_frees_the_lock(path: Path) -> None:
    write(path, RUBBISH)
    with pytest.raises(StorageError, match="damaged"):
        await Storage.open(path, now=NOON)
    write(path, b"")
    storage = await Storage.open(path, now=NOON)
    await storage.aclose()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_killed_process_has_lost_nothing_that_it_acknowledged(path: Path) -> None:
    acknowledged = 1
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writers:
        assert writers.stdin is not None
        assert writers.stdout is not None
        for round_number in range(8):
            writers.stdin.write("another\n")
            writers.stdin.flush()
            writer = int(writers.stdout.readline())
            for _ in range(3 + 7 * round_number):
                acknowledged = int(writers.stdout.readline())
            os.kill(writer, signal.SIGKILL)
            while line := writers.stdout.readline().strip():
                acknowledged = int(line)
            result = verify_file(path)
            assert result.ok
            assert result.records in (acknowledged, acknowledged + 1)
