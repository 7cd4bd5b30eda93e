"""Files that no bot wrote: whatever stands in a column, the answer is a finding or a sentence."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StorageError
from storage.chain import canonical
from storage.database import Storage
from storage.export import exported_lines
from storage.inspection import Trouble, inspect
from storage.verify import head_of, verify_file
from tests.builders import NOON
from tests.stored_record import tamper

NO_RECORD = "its content is not a record"


def loosened(path: Path, *statements: str) -> None:
    """The table takes any value, as in a file that somebody else made."""
    tamper(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("pragma writable_schema=on")
        for strict, loose in ((") strict", ")"), (" not null", "")):
            db.execute(
                "update sqlite_master set sql = replace(sql, ?, ?) where name = 'audit'",
                (strict, loose),
            )
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("pragma ignore_check_constraints=on")
        for statement in statements:
            db.execute(statement)


def body_replaced(path: Path, change: Callable[[dict[str, Any]], bytes]) -> None:
    """Record 10 says something else, and its hash fits."""
    tamper(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        body, prev = db.execute("select body, prev from audit where seq = 10").fetchone()
        new = change(json.loads(body))
        db.execute(
            "update audit set body = ?, hash = ?, at_ms = coalesce(?, at_ms) where seq = 10",
            (new, hashlib.sha256(prev + new).digest(), _moment(new)),
        )


def _moment(body: bytes) -> int | None:
    at_ms = json.loads(body)["at_ms"]
    return at_ms if isinstance(at_ms, int) else None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at_ms", "9e999"),
        ("at_ms", "'noon'"),
        ("at_ms", "null"),
        ("actor", "x'ff'"),
        ("body", "5"),
        ("prev", "7"),
        ("hash", "5"),
    ],
)
def test_a_column_of_another_type_is_a_finding(record: Path, column: str, value: str) -> None:
    loosened(record, f"update audit set {column} = {value} where seq = 10")  # noqa: S608
    result = verify_file(record)
    assert (result.ok, result.bad_seq) == (False, 10)
    with suppress(StorageError):
        assert len(list(exported_lines(record))) == 10


def test_a_head_that_is_no_hash_is_a_sentence(record: Path) -> None:
    loosened(record, "update audit set hash = 5 where seq = 10")
    with pytest.raises(StorageError, match=r"^Record 10 is damaged; run audit verify\.$"):
        head_of(record)


FORMS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "blanks": lambda told: json.dumps(told, sort_keys=True).encode(),
    "a line end": lambda told: canonical(told) + b"\n",
    "a name twice": lambda told: canonical(told).replace(b'"v":1', b'"v":1,"v":1'),
    "a name more": lambda told: canonical(told | {"more": 1}),
    "facts in facts": lambda told: canonical(told | {"facts": {"n": {"deep": 1}}}),
    "a text in clear": lambda told: canonical(told | {"texts": {"reason": "in clear"}}),
    "a fraction": lambda told: canonical(told).replace(b'"v":1', b'"v":1.0'),
    "true for one": lambda told: canonical(told).replace(b'"v":1', b'"v":true'),
    "the year 33658": lambda told: canonical(told | {"at_ms": 10**15}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_body_in_another_form_is_no_record(record: Path, form: str) -> None:
    facts = {"text": "}", "flag": True, "number": 7, "nothing": None}
    body_replaced(record, lambda told: canonical(told | {"facts": facts}))
    assert verify_file(record).ok  # read one by one, and honest
    body_replaced(record, FORMS[form])
    result = verify_file(record)
    assert (result.ok, result.bad_seq, result.reason) == (False, 10, NO_RECORD)


def test_a_schema_that_is_no_text_is_told_as_damage(record: Path) -> None:
    content = bytearray(record.read_bytes())
    content[content.lower().index(b"create table audit(") + 10] = 0xE9
    record.write_bytes(content)
    for read in (verify_file, head_of):
        with pytest.raises(StorageError, match=r"^[^\n]*cannot be read as a database"):
            read(record)
    with pytest.raises(StorageError, match="is damaged or is no database; restore a backup"):
        asyncio.run(Storage.open(record, now=NOON))
    assert inspect(record, stop=lambda: False).trouble is Trouble.DAMAGED
