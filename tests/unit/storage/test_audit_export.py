"""The exported record: a stranger with JSON and SHA-256 can check it, line by line."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StorageError
from storage.chain import key_id_of, tag_of
from storage.database import Storage
from storage.export import exported_lines
from storage.records import insert_record
from storage.verify import head_of
from tests.builders import NOON, an_entry

ROOT = Path(__file__).parents[3]
KEY = b"k" * 32
REASON = "wrong region, says № 买"


def check(lines: Iterable[str]) -> tuple[int, str]:
    """The head of the exported chain, recomputed with hashlib and json alone."""
    seq, head = 0, bytes(32)
    for line in lines:
        record = json.loads(line)
        body = record["body"].encode()
        assert record["seq"] == json.loads(body)["seq"] == seq + 1
        assert record["prev"] == head.hex()
        seq, head = record["seq"], hashlib.sha256(head + body).digest()
        assert record["hash"] == head.hex()
    return seq, head.hex()


async def append(storage: Storage, number: int) -> None:
    def work(db: Database) -> None:
        for at in range(number):
            entry = an_entry(facts={"n": at, "line": "a\u2028b\x85c\nd"}, texts={"reason": REASON})
            moment = NOON + at * timedelta(microseconds=1500)
            insert_record(db, entry, at=moment, key=storage.audit_key)

    await storage.run(work)


async def test_the_chain_is_recomputed_from_the_lines_alone(path: Path, storage: Storage) -> None:
    await append(storage, 1203)  # more than two pages
    lines = list(exported_lines(path))
    assert check(lines) == head_of(path)
    assert len(lines) == 1204
    assert [line for line in lines if not line.isascii() or len(line.splitlines()) != 1] == []


async def test_a_changed_line_is_found_by_the_checker(path: Path, storage: Storage) -> None:
    await append(storage, 2)
    lines = [line.replace("U0ALICE", "U0MALLORY") for line in exported_lines(path)]
    with pytest.raises(AssertionError):
        check(lines)


async def test_a_line_says_when_in_utc_to_the_millisecond(path: Path, storage: Storage) -> None:
    await append(storage, 2)
    told = [json.loads(line) for line in exported_lines(path)]
    assert [each["at"] for each in told[1:]] == [
        "2026-11-18T12:00:00.000Z",
        "2026-11-18T12:00:00.001Z",
    ]
    assert set(told[1]) == {"seq", "at", "body", "prev", "hash"}


async def test_the_texts_stay_in_the_database(path: Path, storage: Storage) -> None:
    await append(storage, 1)
    told = [json.loads(line)["body"] for line in exported_lines(path)]
    assert set(json.loads(told[1])["texts"]) == {"reason"}
    assert [body for body in told if REASON in body] == []


async def test_a_tag_is_exported_with_the_id_of_its_key(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=KEY)
    await append(storage, 1)
    await storage.aclose()
    told = [json.loads(line) for line in exported_lines(path)]
    assert {each["key_id"] for each in told} == {key_id_of(KEY)}
    assert [each["tag"] for each in told] == [
        tag_of(KEY, bytes.fromhex(each["hash"])).hex() for each in told
    ]


async def test_a_running_bot_goes_on_writing_while_the_lines_are_read(
    path: Path, storage: Storage
) -> None:
    await append(storage, 700)
    lines = exported_lines(path)
    first = next(lines)
    await append(storage, 3)
    with closing(sqlite3.connect(path)) as other:
        (busy, *_pages) = other.execute("pragma wal_checkpoint(truncate)").fetchone()
    assert busy == 0  # the export keeps no snapshot open that the log would have to be kept for
    assert check([first, *lines])[0] == 701  # what came later is not part of it


async def test_exporting_writes_nothing(path: Path, storage: Storage) -> None:
    await append(storage, 1)
    await storage.aclose()
    before = content(path)
    assert len(list(exported_lines(path))) == 2
    assert content(path) == before


def test_without_a_record_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no database"):
        list(exported_lines(tmp_path / "absent.db"))
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("create table notes(text)")
    with pytest.raises(StorageError, match="no audit record"):
        list(exported_lines(tmp_path / "other.db"))


@pytest.mark.parametrize("spoilt", ["at_ms = 9000000000000000000", "body = x'ff'"])
async def test_a_record_that_is_no_text_is_named(path: Path, storage: Storage, spoilt: str) -> None:
    await append(storage, 1)
    await storage.aclose()
    with closing(sqlite3.connect(path)) as hand, hand:
        for (trigger,) in hand.execute(
            "select name from sqlite_master where type = 'trigger' and tbl_name = 'audit'"
        ).fetchall():
            hand.execute(f"drop trigger {trigger}")
        hand.execute(f"update audit set {spoilt} where seq = 2")  # noqa: S608  two fixed texts
    lines: Iterator[str] = exported_lines(path)
    assert json.loads(next(lines))["seq"] == 1
    with pytest.raises(StorageError, match="Record 2 is damaged"):
        next(lines)


@pytest.mark.slow
async def test_a_reader_who_leaves_early_ends_the_export_quietly(
    path: Path, storage: Storage
) -> None:
    await append(storage, 400)  # more than a pipe and a buffer hold
    assert left_early(path) == (0, b"")


def left_early(path: Path) -> tuple[int, bytes]:
    """Exit code and stderr of an export whose reader leaves after one line."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "audit", "export", "--database", str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as export:
        assert export.stdout is not None
        assert export.stderr is not None
        assert json.loads(export.stdout.readline())["seq"] == 1
        export.stdout.close()
        return export.wait(timeout=30), export.stderr.read()


def content(path: Path) -> bytes:
    return path.read_bytes()
