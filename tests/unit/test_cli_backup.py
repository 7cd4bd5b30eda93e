"""`countersign backup` and `restore` as an operator meets them: what they print, what they refuse,
and that a refusal leaves every file as it was."""

from __future__ import annotations

import errno
import os
import re
import resource
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from storage.audit import SqliteAuditLog
from storage.backup import _heeding_signals, unwritten
from storage.database import Storage
from storage.verify import head_of, verify_file
from tests.backups import contents, database, failed, refused, saved
from tests.builders import NOON, an_entry
from tests.unit.test_cli import as_before, countersign

__all__ = ["as_before", "database", "saved"]  # fixtures

SMALL = 65536  # bytes


def with_a_step_of_tomorrow(path: Path) -> None:
    newer = Migrations("countersign")

    @newer()
    def m999_from_the_future(db: Database) -> None:
        db.execute("create table future(a integer) strict")

    with closing(Database(sqlite3.connect(path, isolation_level=None))) as db:
        newer.apply(db)


async def test_a_backup_while_the_bot_runs_is_whole_and_private(
    tmp_path: Path, database: Path
) -> None:
    running = await Storage.open(database, now=NOON)
    done = countersign(tmp_path, "backup", "saved.db")
    saved = tmp_path / "saved.db"
    seq, digest = head_of(database)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"saved.db: {seq} records, head {seq} {digest}\n"
    assert saved.stat().st_mode & 0o777 == 0o600
    await SqliteAuditLog(running).append(an_entry(), at=NOON)
    assert (verify_file(saved).records, verify_file(database).records) == (5, 6)
    await running.aclose()
    assert {"saved.db", database.name} <= contents(tmp_path).keys()
    assert not [name for name in contents(tmp_path) if name.startswith(".")]


def test_a_backup_is_a_file_that_the_audit_commands_read(tmp_path: Path, saved: Path) -> None:
    done = countersign(tmp_path, "audit", "verify", "--database", saved.name)
    assert done.stdout.startswith("ok 5 records")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("backup", ["FILE", "--database", "countersign backup /mnt/backups/"]),
        ("restore", ["FILE", "--anchor", "stop the bot first", "countersign restore "]),
    ],
)
def test_help_teaches_with_an_example(tmp_path: Path, command: str, words: list[str]) -> None:
    done = countersign(tmp_path, command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert [word for word in words if word not in done.stdout] == []


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path, database: Path) -> None:
    (tmp_path / "saved.db").write_bytes(b"precious")
    for name in ("saved.db", database.name):
        assert "exists and is left as it is" in refused(tmp_path, "backup", name)
    (tmp_path / "dangling.db").symlink_to("nowhere")
    assert "exists and is left as it is" in failed(countersign(tmp_path, "backup", "dangling.db"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, database: Path) -> None:
    assert database.exists()
    assert "absent/saved.db cannot be written" in refused(tmp_path, "backup", "absent/saved.db")


def test_a_database_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = countersign(tmp_path, "backup", "saved.db")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no database" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, database: Path) -> None:
    """The limit on a file's size stands for the disk."""
    assert database.stat().st_size > SMALL
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heeded = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        sentence = refused(tmp_path, "backup", "saved.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heeded)
    assert "saved.db cannot be written" in sentence


def full() -> sqlite3.Error:
    """What SQLite says where no page can be added."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("pragma max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as refused:
            db.execute("create table notes(text)")
    return refused.value


@pytest.mark.parametrize(
    "error", [full(), *(OSError(each, os.strerror(each)) for each in (errno.ENOSPC, errno.EDQUOT))]
)
def test_a_full_disk_needs_space_and_no_other_folder(error: OSError | sqlite3.Error) -> None:
    sentence = str(unwritten(Path("saved.db"), error))
    assert sentence == "The disk under saved.db is full; free some space."


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_what_is_damaged_is_neither_kept_nor_put_in_place(
    tmp_path: Path, saved: Path, command: str
) -> None:
    damaged = saved if command == "restore" else tmp_path / "countersign.db"
    with closing(sqlite3.connect(damaged, isolation_level=None)) as db:
        db.execute("drop trigger audit_no_update")
        db.execute("update audit set body = x'00' where seq = 3")
    name = "other.db" if command == "backup" else saved.name
    sentence = refused(tmp_path, command, name)
    assert f"{damaged.name} is damaged (record 3: " in sentence
    assert "nothing was written" in sentence


def test_a_file_with_a_destroyed_page_is_not_restored(tmp_path: Path, saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[4096 * 2 : 4096 * 3] = os.urandom(4096)
    saved.write_bytes(content)
    assert re.search(r"damaged|cannot be read", refused(tmp_path, "restore", saved.name))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"no database " * 400, "cannot be read as a database"), (b"", "holds no audit record")],
)
def test_a_file_that_is_no_database_is_not_restored(
    tmp_path: Path, database: Path, content: bytes, sentence: str
) -> None:
    assert database.exists()
    (tmp_path / "notes.db").write_bytes(content)
    assert sentence in refused(tmp_path, "restore", "notes.db")
    assert "no database at absent.db" in refused(tmp_path, "restore", "absent.db")


@pytest.mark.parametrize("table", ["notes", "audit"])
def test_a_database_of_another_program_is_not_restored(
    tmp_path: Path, database: Path, table: str
) -> None:
    assert database.exists()
    with closing(sqlite3.connect(tmp_path / "notes.db")) as db:
        db.execute(f"create table {table}(text)")
    sentence = refused(tmp_path, "restore", "notes.db")
    assert re.search("holds no audit record|belongs to another program", sentence)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_downgrade_is_refused_by_the_name_of_the_step(
    tmp_path: Path, saved: Path, command: str
) -> None:
    with_a_step_of_tomorrow(saved if command == "restore" else tmp_path / "countersign.db")
    name = saved.name if command == "restore" else "other.db"
    sentence = refused(tmp_path, command, name)
    assert "was written by a newer countersign (m999_from_the_future)" in sentence


def test_a_backup_that_lost_its_guards_is_not_restored(tmp_path: Path, saved: Path) -> None:
    with closing(sqlite3.connect(saved)) as db:
        db.execute("drop trigger request_moves")
    assert "lost its guard request_moves" in refused(tmp_path, "restore", saved.name)


async def test_nothing_is_restored_while_a_bot_runs(tmp_path: Path, saved: Path) -> None:
    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    sentence = refused(tmp_path, "restore", saved.name)
    assert "Another countersign is using" in sentence
    assert "stop it first" in sentence
    await storage.aclose()


def test_the_database_is_not_restored_from_itself(tmp_path: Path, database: Path) -> None:
    sentence = refused(tmp_path, "restore", database.name)
    assert "is the database itself" in sentence


def test_a_backup_that_the_anchor_contradicts_is_not_restored(tmp_path: Path, saved: Path) -> None:
    sentence = refused(tmp_path, "restore", saved.name, "--anchor", f"4:{'0' * 64}")
    assert "Record 4 of saved.db is not the one that --anchor names" in sentence
    done = countersign(tmp_path, "restore", saved.name, "--anchor", "four")
    assert done.returncode == 2
    assert "SEQ:HASH" in done.stderr


def test_a_stop_signal_ends_a_long_statement_with_0() -> None:
    endless = (
        "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    )

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGINT, stop)
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with (
            closing(sqlite3.connect(":memory:")) as db,
            pytest.raises(SystemExit) as ended,
            _heeding_signals(db),
        ):
            db.execute(endless)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 0
