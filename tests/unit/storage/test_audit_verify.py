"""What verification finds, and that it raises no alarm where all is well."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from storage.audit import SqliteAuditLog
from storage.chain import commitment
from storage.database import Storage
from storage.verify import head_of, verify_file
from tests.builders import NOON, an_entry
from tests.stored_record import KEY, append, stored, tamper

NOBODY = 65534
LONG = 33 * 1024 * 1024  # read in parts
COLUMNS = "its search columns differ from its content"
HASH = "its content does not match its hash"
TEXT = "its text does not match what was committed to"


def test_an_untouched_record_is_ok_and_ends_at_its_head(record: Path) -> None:
    result = verify_file(record, anchor=head_of(record), key=KEY)
    assert (result.ok, result.records, result.bad_seq, result.reason) == (True, 10, None, "")
    assert (result.head_seq, result.head_hash) == head_of(record)


@pytest.mark.parametrize(
    ("change", "bad_seq", "reason"),
    [
        ("update audit set actor = 'U0MALLORY' where seq = 5", 5, COLUMNS),
        ("update audit set at_ms = at_ms + 1 where seq = 5", 5, COLUMNS),
        ("update audit set subject = '' where seq = 5", 5, COLUMNS),
        ("update audit set kind = 'order:shared' where seq = 5", 5, COLUMNS),
        (
            "update audit set body = cast(replace(body, 'shown', 'shark') as blob) where seq = 5",
            5,
            HASH,
        ),
        ("update audit set hash = randomblob(32) where seq = 5", 5, HASH),
        (
            "update audit set prev = randomblob(32) where seq = 5",
            5,
            "it does not follow the record before it",
        ),
        ("delete from audit where seq = 5", 5, "it is missing, the next is 6"),
        ("delete from audit where seq = 1", 1, "it is missing, the next is 2"),
        ("delete from audit", 1, "the record is empty"),
        ("update audit_text set text = 'kinder' where seq = 5", 5, TEXT),
        ("update audit_text set salt = randomblob(16) where seq = 5", 5, TEXT),
        ("update audit_text set name = 'other' where seq = 5", 5, TEXT),
        ("update audit_text set name = cast(x'ff' as text) where seq = 5", 5, TEXT),
        ("insert into audit_text values(99, 'reason', zeroblob(16), 'why')", 99, TEXT),
    ],
)
def test_a_change_is_found_at_its_record(
    record: Path, change: str, bad_seq: int, reason: str
) -> None:
    tamper(record, change)
    result = verify_file(record)
    assert (result.ok, result.bad_seq, result.reason) == (False, bad_seq, reason)


def test_what_was_read_before_a_finding_is_counted(record: Path) -> None:
    tamper(record, "update audit set actor = 'U0MALLORY' where seq = 5")
    result = verify_file(record)
    assert (result.records, result.head_seq) == (4, 4)
    assert result.head_hash == stored(record, "hash", 4).hex()


def test_a_fact_of_the_same_name_commits_to_no_text(record: Path) -> None:
    salt, text = b"s" * 16, "said later"
    fact = {"reason": commitment(salt, text.encode())}
    asyncio.run(append(record, an_entry(facts=fact)))
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        db.execute("insert into audit_text values(11, 'reason', ?, ?)", (salt, text))
    result = verify_file(record)
    assert (result.ok, result.bad_seq, result.reason) == (False, 11, TEXT)


def test_a_text_of_any_name_is_the_one_committed_to(record: Path) -> None:
    name = 'a "name" \\ of \n a text'
    asyncio.run(append(record, an_entry(texts={name: "why", "reason": "because"})))
    assert verify_file(record, key=KEY).records == 11
    assert verify_file(record, key=KEY).ok
    tamper(record, "update audit_text set text = 'no' where seq = 11 and name <> 'reason'")
    assert verify_file(record).bad_seq == 11


def test_a_text_of_a_record_that_is_no_json_is_a_finding(record: Path) -> None:
    tamper(record, "update audit_text set text = 'other' where seq = 10")
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        body = stored(record, "body", 10).replace(b'"facts":{"n":8}', b'"facts":{n}')
        digest = hashlib.sha256(stored(record, "prev", 10) + body).digest()
        db.execute("update audit set body = ?, hash = ? where seq = 10", (body, digest))
    result = verify_file(record)
    assert (result.ok, result.bad_seq) == (False, 10)
    assert result.reason == "its text does not match what was committed to"


def test_an_erased_text_is_no_finding(record: Path) -> None:
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        db.execute("delete from audit_text where seq = 5")
    assert verify_file(record, key=KEY).ok


@pytest.mark.parametrize("body", [b"[]", b"{}", b"\xff", b'{"v":1}', b'{"v":2,"seq":10}'])
def test_a_body_that_is_no_record_is_found_though_its_hash_fits(record: Path, body: bytes) -> None:
    tamper(record)
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        (prev,) = db.execute("select prev from audit where seq = 10").fetchone()
        digest = hashlib.sha256(prev + body).digest()
        db.execute("update audit set body = ?, hash = ? where seq = 10", (body, digest))
    result = verify_file(record)
    assert (result.ok, result.bad_seq) == (False, 10)


def test_any_flipped_byte_of_a_body_is_found(record: Path) -> None:
    pristine = record.read_bytes()
    with closing(sqlite3.connect(record)) as db:
        (body,) = db.execute("select body from audit where seq = 5").fetchone()
    start = pristine.index(body)
    for offset in range(start, start + len(body), 7):
        damaged = bytearray(pristine)
        damaged[offset] ^= 0x01
        record.write_bytes(damaged)
        result = verify_file(record)
        assert (result.ok, result.bad_seq) == (False, 5)


@pytest.mark.parametrize(
    ("table", "bad_seq"), [("audit", 1), ("audit_text", 11), ("audit_tag", 11)]
)
def test_a_destroyed_page_is_a_finding_and_no_crash(record: Path, table: str, bad_seq: int) -> None:
    content = bytearray(record.read_bytes())
    with closing(sqlite3.connect(record)) as db:
        (page,) = db.execute(
            "select rootpage from sqlite_master where name = ?", (table,)
        ).fetchone()
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    record.write_bytes(content)
    result = verify_file(record, key=KEY)
    assert (result.ok, result.bad_seq, result.records) == (False, bad_seq, bad_seq - 1)
    assert result.reason == "the file is damaged (database disk image is malformed)"


async def test_it_reads_while_the_bot_writes(path: Path, storage: Storage) -> None:
    await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    assert verify_file(path).records == 2
    assert head_of(path)[0] == 2
    await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    assert verify_file(path).records == 3


def test_it_changes_no_byte(record: Path) -> None:
    before = record.read_bytes()
    verify_file(record)
    head_of(record)
    assert record.read_bytes() == before


def test_a_copy_in_a_folder_that_cannot_be_written_is_read(record: Path) -> None:
    """Also as root, for whom every folder can be written: the test lays down its rights."""
    uid = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy#1?.db"
        shutil.copyfile(record, copy)
        copy.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            if uid == 0:
                os.seteuid(NOBODY)
            result = verify_file(copy)
        finally:
            os.seteuid(uid)
            Path(folder).chmod(0o755)
    assert (result.ok, result.records) == (True, 10)


@pytest.mark.parametrize("read", [verify_file, head_of])
def test_what_is_no_record_is_refused_in_one_sentence(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    text, empty, other = (tmp_path / name for name in ("text.db", "empty.db", "other.db"))
    text.write_text("these are not the bytes of a database file " * 100)
    empty.touch()
    with closing(sqlite3.connect(other)) as db:
        db.execute("create table t(a)")
    for path in (tmp_path / "absent.db", tmp_path, text, empty, other):
        with pytest.raises(StorageError, match=rf"(?s)^[^\n]*{path.name}[^\n]*\.$"):
            read(path)


def test_an_empty_record_has_no_head(record: Path) -> None:
    tamper(record, "delete from audit")
    with pytest.raises(StorageError) as refused:
        head_of(record)
    assert str(refused.value) == f"{record} holds no audit record."


def test_a_short_record_is_read_in_this_process(record: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert verify_file(record).ok
    assert resource.getrusage(resource.RUSAGE_CHILDREN) == before


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("select 1", (10, None)),
        ("update audit set actor = 'U0MALLORY' where seq = 2", (1, 2)),
        ("update audit set actor = 'U0MALLORY' where seq = 9", (8, 9)),
    ],
)
def test_of_a_long_record_all_parts_are_read(
    record: Path, change: str, finding: tuple[int, int | None]
) -> None:
    """In two processes, unless something else runs beside this test."""
    tamper(record, change)
    os.truncate(record, LONG)  # SQLite knows how much of the file is its own
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr(os, "cpu_count", lambda: 2)
        result = verify_file(record)
    assert (result.records, result.bad_seq) == finding
