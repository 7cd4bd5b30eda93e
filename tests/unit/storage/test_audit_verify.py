"""What verification finds, and that it raises no alarm where all is well."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError, UsageError
from storage.audit import SqliteAuditLog
from storage.chain import canonical
from storage.database import Storage
from storage.verify import head_of, verify_file
from tests.builders import NOON, an_entry

KEY = b"a key outside the database"
NOBODY = 65534


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A closed database of 10 records, each but the first with a text and all tagged."""
    path = tmp_path_factory.mktemp("recorded") / "countersign.db"
    asyncio.run(_write_record(path))
    return path.read_bytes()


@pytest.fixture
def record(path: Path, recorded: bytes) -> Path:
    path.write_bytes(recorded)
    return path


async def _write_record(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=KEY)
    log = SqliteAuditLog(storage)
    for number in range(9):
        await log.append(an_entry(facts={"n": number}, texts={"reason": f"r{number}"}), at=NOON)
    await storage.aclose()


def tamper(path: Path, *statements: str) -> None:
    """What somebody with the file and without the bot can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        names = [
            row[0] for row in db.execute("select name from sqlite_master where type='trigger'")
        ]
        for name in names:
            db.execute(f"drop trigger {name}")
        for statement in statements:
            db.execute(statement)


def rewrite_from(path: Path, start: int) -> None:
    """Change one record and recompute every hash after it, as the format describes."""
    tamper(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rows = db.execute("select seq, body, prev from audit order by seq").fetchall()
        prev = rows[start - 1][2]
        for seq, body, _prev in rows[start - 1 :]:
            told = json.loads(body)
            told["actor"] = "U0MALLORY"
            changed = canonical(told)
            digest = hashlib.sha256(prev + changed).digest()
            db.execute(
                "update audit set actor = ?, body = ?, prev = ?, hash = ? where seq = ?",
                (told["actor"], changed, prev, digest, seq),
            )
            prev = digest


def test_an_untouched_record_is_ok_and_ends_at_its_head(record: Path) -> None:
    result = verify_file(record, anchor=head_of(record), key=KEY)
    assert (result.ok, result.records, result.bad_seq, result.reason) == (True, 10, None, "")
    assert (result.head_seq, result.head_hash) == head_of(record)


@pytest.mark.parametrize(
    ("change", "bad_seq", "reason"),
    [
        ("update audit set actor = 'U0MALLORY' where seq = 5", 5, "search columns"),
        ("update audit set at_ms = at_ms + 1 where seq = 5", 5, "search columns"),
        ("update audit set subject = '' where seq = 5", 5, "search columns"),
        ("update audit set kind = 'order:shared' where seq = 5", 5, "search columns"),
        (
            "update audit set body = cast(replace(body, 'shown', 'shark') as blob) where seq = 5",
            5,
            "hash",
        ),
        ("update audit set hash = randomblob(32) where seq = 5", 5, "hash"),
        ("update audit set prev = randomblob(32) where seq = 5", 5, "follow"),
        ("delete from audit where seq = 5", 5, "missing"),
        ("delete from audit where seq = 1", 1, "missing"),
        ("delete from audit", 1, "empty"),
        ("update audit_text set text = 'kinder' where seq = 5", 5, "text"),
        ("update audit_text set salt = randomblob(16) where seq = 5", 5, "text"),
        ("update audit_text set name = 'other' where seq = 5", 5, "text"),
    ],
)
def test_a_change_is_found_at_its_record(
    record: Path, change: str, bad_seq: int, reason: str
) -> None:
    tamper(record, change)
    result = verify_file(record)
    assert (result.ok, result.bad_seq) == (False, bad_seq)
    assert reason in result.reason


def test_an_erased_text_is_no_finding(record: Path) -> None:
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        db.execute("delete from audit_text where seq = 5")
    assert verify_file(record, key=KEY).ok


def test_pitfall_52_a_cut_tail_is_found_against_an_anchor_only(record: Path) -> None:
    anchor = head_of(record)
    tamper(
        record,
        "delete from audit_text where seq > 7",
        "delete from audit_tag where seq > 7",
        "delete from audit where seq > 7",
    )
    assert verify_file(record).ok
    result = verify_file(record, anchor=anchor)
    assert (result.ok, result.bad_seq, result.records) == (False, 8, 7)


def test_pitfall_52_a_rewritten_chain_is_found_against_an_anchor(record: Path) -> None:
    seq, digest = head_of(record)
    rewrite_from(record, 3)
    assert verify_file(record).ok
    for anchor in ((seq, digest), (seq, digest[:16].upper())):
        result = verify_file(record, anchor=anchor)
        assert (result.ok, result.bad_seq) == (False, 10)
        assert "anchor" in result.reason


def test_a_rewritten_chain_is_found_with_the_key(record: Path) -> None:
    rewrite_from(record, 3)
    assert verify_file(record, key=KEY).bad_seq == 3
    tamper(record, "delete from audit_tag where seq >= 3")
    assert verify_file(record, key=KEY).bad_seq == 3
    tamper(record, "delete from audit_tag")
    assert verify_file(record, key=KEY).bad_seq == 1


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


def test_a_destroyed_page_is_a_finding_and_no_crash(record: Path) -> None:
    content = bytearray(record.read_bytes())
    with closing(sqlite3.connect(record)) as db:
        (page,) = db.execute("select rootpage from sqlite_master where name = 'audit'").fetchone()
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    record.write_bytes(content)
    result = verify_file(record)
    assert (result.ok, result.bad_seq) == (False, 1)
    assert "damaged" in result.reason


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


@pytest.mark.parametrize("anchor", [(0, "a" * 64), (5, ""), (5, "abc"), (5, "g" * 64)], ids=repr)
def test_an_anchor_that_would_prove_nothing_is_refused(
    record: Path, anchor: tuple[int, str]
) -> None:
    with pytest.raises(UsageError, match="SEQ:HASH"):
        verify_file(record, anchor=anchor)
