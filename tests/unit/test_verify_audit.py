"""docs/verify_audit.py: an outsider's check of an exported record, run as an outsider runs it."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.domain.audit import AuditEntry, AuditKind
from bot.services.heads import Heads
from storage.audit import SqliteAuditLog
from storage.chain import canonical
from storage.database import Storage
from storage.export import exported_lines
from storage.heads import SqliteHeadStore
from storage.outbox import SqliteOutboxStore
from storage.verify import head_of
from tests.builders import NOON, an_entry
from tests.fakes import FixedClock

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "verify_audit.py"
KEY = "a key outside the database"
DAYS = 3
EACH = 6  # records a day, besides that of the published head


class Record(NamedTuple):
    database: Path
    export: Path
    heads: Path
    key: Path
    notices: tuple[str, ...]  # as posted in Slack

    @property
    def lines(self) -> list[str]:
        return self.export.read_text().splitlines()

    def write(self, *lines: str) -> None:
        self.export.write_text("".join(f"{line}\n" for line in lines))


async def _live(folder: Path) -> tuple[str, ...]:
    """Three days of a bot that publishes its head."""
    storage = await Storage.open(folder / "countersign.db", now=NOON, audit_key=KEY.encode())
    log, clock = SqliteAuditLog(storage), FixedClock()
    heads = Heads(
        store=SqliteHeadStore(storage),
        clock=clock,
        channel="C0APPROVALS",
        files=[folder / "heads.log"],
    )
    for _day in range(DAYS):
        for number in range(EACH):
            facts: dict[str, str | bool | int | None] = {
                "n": number,
                "yes": True,
                "none": None,
                "text": '№ 买 \u2028\x85\n\t"\\{}\x7f',
            }
            await log.append(an_entry(facts=facts, texts={"reason": "why"}), at=clock.now())
        await heads.step()
        clock.move(timedelta(days=1))
    outbox = SqliteOutboxStore(storage)
    owed = await outbox.lease(now=clock.now(), until=clock.now(), limit=DAYS)
    await storage.aclose()
    return tuple(each.owed.text for each in owed)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("lived")
    notices = asyncio.run(_live(folder))
    (folder / "audit.key").write_text(f"{KEY}\n")
    database, export = folder / "countersign.db", folder / "record.jsonl"
    export.write_text("".join(f"{line}\n" for line in exported_lines(database)))
    return Record(database, export, folder / "heads.log", folder / "audit.key", notices)


@pytest.fixture
def record(lived: Record, tmp_path: Path) -> Record:
    copy = tmp_path / "record.jsonl"
    copy.write_bytes(lived.export.read_bytes())
    return lived._replace(export=copy)


def run(*arguments: object, stdin: Path | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr, in a Python that sees nothing but its standard library."""
    with (stdin or Path("/dev/null")).open("rb") as given:
        ended = subprocess.run(
            [sys.executable, "-I", SCRIPT, *map(str, arguments)],
            stdin=given,
            capture_output=True,
            text=True,
            check=False,
        )
    return ended.returncode, ended.stdout, ended.stderr


def found(record: Record, *arguments: object) -> str:
    """The verdict on a record that is bad, checked against the heads in the file."""
    code, verdict, errors = run(record.export, "--heads", record.heads, *arguments)
    assert (code, errors) == (1, "")
    return verdict.strip()


def rechained(lines: list[str], start: int, change: Callable[[dict[str, Any]], bytes]) -> list[str]:
    """*change* makes the body of record *start*; all hashes from there on are made to fit."""
    records = [json.loads(line) for line in lines]
    prev = bytes.fromhex(records[start - 1]["prev"])
    for told in records[start - 1 :]:
        if told["seq"] == start:
            told["body"] = change(json.loads(told["body"])).decode()
        told["prev"] = prev.hex()
        prev = hashlib.sha256(prev + told["body"].encode()).digest()
        told["hash"] = prev.hex()
    return [json.dumps(told) for told in records]


def by_mallory(body: dict[str, Any]) -> bytes:
    return canonical(body | {"actor": "U0MALLORY"})


def test_it_is_short_and_imports_nothing_but_the_standard_library() -> None:
    text = SCRIPT.read_text()
    assert len(text.splitlines()) < 200
    tree = ast.parse(text, feature_version=(3, 9))
    imports = [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]
    names = {
        alias.name.partition(".")[0]
        for each in imports
        for alias in (
            [ast.alias(each.module or "")] if isinstance(each, ast.ImportFrom) else each.names
        )
    }
    assert names
    assert names <= sys.stdlib_module_names


def test_it_says_of_an_honest_record_what_the_product_says(record: Record) -> None:
    seq, digest = head_of(record.database)
    product = subprocess.run(
        [sys.executable, "-m", "bot", "audit", "verify", "--database", record.database],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    code, verdict, errors = run(
        record.export, "--heads", record.heads, "--key", record.key, "--anchor", f"{seq}:{digest}"
    )
    assert (code, verdict, errors) == (0, product.stdout, "")
    assert verdict == f"ok {seq} records, head {seq} {digest}\n"


def test_without_a_head_it_says_what_does_not_show(record: Record) -> None:
    code, verdict, errors = run(record.export)
    assert (code, verdict[:3]) == (0, "ok ")
    assert "No head was given" in errors


def test_the_export_may_come_by_a_pipe_and_after_the_anchors(record: Record) -> None:
    seq, digest = head_of(record.database)
    first = json.loads(record.lines[0])["hash"]
    anchors = (f"{seq}:{digest[:16].upper()}", f"1:{first}")
    assert run("--anchor", *anchors, record.export)[0] == 0
    assert run("-", "--anchor", anchors[0], "--anchor", anchors[1], stdin=record.export)[0] == 0
    assert run("--anchor", anchors[0], f"1:{digest}", record.export)[1].startswith("bad record 1:")


@pytest.mark.parametrize("posted", ["heads.log", "slack", "audit head"])
def test_a_cut_tail_is_found_by_any_head_that_was_kept(
    record: Record, tmp_path: Path, posted: str
) -> None:
    kept = tmp_path / "kept"
    seq, digest = head_of(record.database)
    newest = {
        "heads.log": (record.heads.read_text(), seq - 1),
        "slack": ("\n".join(record.notices), seq - 1),
        "audit head": (f"{seq} {digest}\n", seq),
    }
    text, covered = newest[posted]
    kept.write_text(text)
    assert run(record.export, "--heads", kept)[0] == 0
    record.write(*record.lines[: covered - 1])
    code, verdict, _errors = run(record.export, "--heads", kept)
    assert code == 1
    assert verdict == (f"bad record {covered}: it is missing: the anchor names record {covered}\n")


def test_a_line_of_heads_that_a_crash_cut_short_does_no_harm(
    record: Record, tmp_path: Path
) -> None:
    whole = record.heads.read_text()
    for cut in (3, 15, 30, len(whole) - 30):
        (tmp_path / "torn.log").write_text(f"{whole[:cut]}\n{whole}")
        assert run(record.export, "--heads", tmp_path / "torn.log")[0] == 0


def test_a_rewritten_record_is_found_by_the_next_head(record: Record) -> None:
    record.write(*rechained(record.lines, 3, by_mallory))
    assert run(record.export)[0] == 0  # a chain like any other
    covered = EACH + 1  # record 1 and those of the first day
    assert found(record) == (
        f"bad record {covered}: it differs from the anchor: the record was rewritten"
    )


def test_a_rewritten_record_is_found_with_the_key(record: Record) -> None:
    record.write(*rechained(record.lines, 3, by_mallory))
    code, verdict, _errors = run(record.export, "--key", record.key)
    assert (code, verdict) == (1, "bad record 3: its tag was not made with the key\n")
    untagged = [json.loads(line) for line in record.lines]
    for told in untagged[2:]:
        del told["tag"], told["key_id"]
    record.write(*map(json.dumps, untagged))
    assert run(record.export, "--key", record.key)[1] == (
        "bad record 3: it carries no tag of the key\n"
    )


def test_another_key_is_no_key_of_this_record(record: Record, tmp_path: Path) -> None:
    (tmp_path / "other.key").write_text("another\n")
    assert found(record, "--key", tmp_path / "other.key") == (
        "bad record 1: no record carries a tag of the key"
    )


CHANGES: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "removed": (lambda lines: lines[:4] + lines[5:], "5: it is missing, the next is 6"),
    "first removed": (lambda lines: lines[1:], "1: it is missing, the next is 2"),
    "all removed": (lambda lines: [], "1: the record is empty"),
    "doubled": (lambda lines: [*lines[:5], *lines[4:]], "6: it is missing, the next is 5"),
    "swapped": (
        lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
        "5: it is missing, the next is 6",
    ),
    "reworded": (
        lambda lines: [line.replace("U0ALICE", "U0MALLORY") for line in lines],
        "2: its content does not match its hash",
    ),
    "inserted": (
        lambda lines: ["", *lines[:2], "{}", *lines[2:]],
        "3: its line is not a record",
    ),
    "too deep": (lambda lines: ["[" * 100_000, *lines], "1: its line is not a record"),
    "two numbers": (
        lambda lines: [lines[0].replace('{"seq": 1,', '{"seq": 2, "seq": 1,'), *lines[1:]],
        "1: its line is not a record",
    ),
    "another type": (
        lambda lines: [lines[0].replace('"seq": 1,', '"seq": true,'), *lines[1:]],
        "1: its line is not a record",
    ),
    "another year": (
        lambda lines: [lines[0].replace('"at": "2026', '"at": "2025'), *lines[1:]],
        "1: its time differs from its content",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_at_its_record(record: Record, name: str) -> None:
    change, verdict = CHANGES[name]
    record.write(*change(record.lines))
    assert found(record) == f"bad record {verdict}"


OF_ANOTHER = "its content is not that of record 5"
NO_RECORD = "its content is not a record"
BODIES: dict[str, tuple[Callable[[dict[str, Any]], bytes], str]] = {
    "number": (lambda body: canonical(body | {"seq": 6}), OF_ANOTHER),
    "version": (lambda body: canonical(body | {"v": 2}), OF_ANOTHER),
    "a second start": (lambda body: canonical(body | {"kind": "chain:created"}), OF_ANOTHER),
    "spaces": (lambda body: json.dumps(body).encode(), NO_RECORD),
    "a name twice": (lambda body: canonical(body)[:-1] + b',"v":1}', NO_RECORD),
    "one more name": (lambda body: canonical(body | {"more": 1}), NO_RECORD),
    "number as text": (lambda body: canonical(body | {"seq": "5"}), NO_RECORD),
    "version as truth": (lambda body: canonical(body | {"v": True}), NO_RECORD),
    "nobody": (lambda body: canonical(body | {"actor": None}), NO_RECORD),
    "text for facts": (lambda body: canonical(body | {"facts": "none"}), NO_RECORD),
    "nested facts": (lambda body: canonical(body | {"facts": {"a": {}}}), NO_RECORD),
    "a fact in fractions": (
        lambda body: canonical(body).replace(b'"n":3', b'"n":3.5'),
        NO_RECORD,
    ),
    "a text in the clear": (lambda body: canonical(body | {"texts": {"a": "why"}}), NO_RECORD),
    "far future": (lambda body: canonical(body | {"at_ms": 2**53 - 1}), NO_RECORD),
    "a number": (lambda body: b"5", NO_RECORD),
    "nothing": (lambda body: b"", NO_RECORD),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_no_bot_writes_is_found_though_its_hash_fits(record: Record, name: str) -> None:
    change, reason = BODIES[name]
    record.write(*rechained(record.lines, 5, change))
    assert found(record) == f"bad record 5: {reason}"


def test_what_cannot_be_read_is_one_sentence(record: Record, tmp_path: Path) -> None:
    absent, empty = tmp_path / "absent", tmp_path / "empty"
    empty.touch()
    for arguments in (
        (absent,),
        (tmp_path,),
        (record.export, "--heads", absent),
        (record.export, "--heads", empty),
        (record.export, "--key", absent),
        (record.export, "--key", empty),
        (record.export, "--heads", ""),
        (record.export, "--key", ""),
        (record.export, "--anchor", "5:abc"),
        (record.export, "--anchor", f"0:{'a' * 64}"),
        (record.export, "--anchor", f"5:{'g' * 64}"),
    ):
        code, verdict, sentence = run(*arguments)
        assert (code, verdict, sentence.count("\n")) == (2, "", 1), arguments
        assert sentence.endswith(".\n")
    assert run()[0] == 2


async def test_an_export_of_a_fresh_database_is_ok(tmp_path: Path) -> None:
    storage = await Storage.open(tmp_path / "new.db", now=NOON)
    await storage.aclose()
    export = tmp_path / "new.jsonl"
    export.write_text("".join(f"{line}\n" for line in exported_lines(tmp_path / "new.db")))
    assert run(export)[:2] == (0, f"ok 1 records, head 1 {head_of(tmp_path / 'new.db')[1]}\n")


async def test_every_kind_of_record_that_the_bot_knows_passes(tmp_path: Path) -> None:
    storage = await Storage.open(tmp_path / "all.db", now=NOON)
    log = SqliteAuditLog(storage)
    for kind in [each for each in AuditKind if each is not AuditKind.CHAIN_CREATED]:
        await log.append(AuditEntry(kind=kind, actor="U\x00\ud800"), at=NOON)
    await storage.aclose()
    export = tmp_path / "all.jsonl"
    export.write_text("".join(f"{line}\n" for line in exported_lines(tmp_path / "all.db")))
    assert run(export)[0] == 0
