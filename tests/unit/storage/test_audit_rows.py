"""Rows of the record, and everything that somebody with the file can make of one."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from bot.domain.audit import AuditEntry, AuditKind
from storage.audit_rows import BadRecord, Progress, Row, _are_plain, verify_rows
from storage.chain import GENESIS, body_of

NAMES = ("seq", "at_ms", "actor", "kind", "subject", "body", "prev", "hash")
AT_MS = 1795003200001
REASON = "ab" * 32


def a_row(seq: int = 1, prev: bytes = GENESIS, /, **columns: Any) -> Row:
    """As the bot writes it; a hash follows from what is changed, unless it is named too."""
    entry = AuditEntry(
        kind=AuditKind.CHAIN_CREATED if seq == 1 else AuditKind.ORDER_SHOWN,
        actor="U0ALICE",
        subject="order:a/1",
        facts={"n": seq},
    )
    row: dict[str, Any] = {
        "seq": seq,
        "at_ms": AT_MS,
        "actor": b"U0ALICE",
        "kind": entry.kind.value.encode(),
        "subject": b"order:a/1",
        "body": body_of(entry, seq=seq, at_ms=AT_MS, commitments={"reason": REASON}),
        "prev": prev,
    }
    row |= columns
    if "hash" not in row:
        body = row["body"] if isinstance(row["body"], bytes) else str(row["body"]).encode()
        row["hash"] = sha256(prev + body).digest()
    return tuple(row[name] for name in NAMES)


def rows(count: int, changed: int = 0, **columns: Any) -> list[Row]:
    """A chain; its record *changed* has *columns* instead of its own."""
    chain: list[Row] = []
    for seq in range(1, count + 1):
        prev = chain[-1][7] if chain else None
        chain.append(a_row(seq, prev or GENESIS, **(columns if seq == changed else {})))
    return chain


def are_plain(chain: Sequence[Row]) -> bool:
    return _are_plain(tuple(zip(*chain, strict=True)))


def body(text: str) -> bytes:
    """A body with single quotes for double ones."""
    return text.replace("'", '"').encode()


def a_body(**parts: object) -> bytes:
    """The body of record 2, with parts of it as they are named."""
    said = {
        "actor": "'U0ALICE'",
        "at_ms": AT_MS,
        "facts": "{'n':2}",
        "kind": "'order:shown'",
        "seq": 2,
        "subject": "'order:a/1'",
        "texts": f"{{'reason':'{REASON}'}}",
        "v": 1,
    } | parts
    return body("{" + ",".join(f"'{name}':{value}" for name, value in said.items()) + "}")


def test_what_the_bot_writes_is_plain() -> None:
    assert are_plain(rows(1))
    assert are_plain(rows(3))
    assert are_plain(rows(3)[1:])
    assert are_plain([a_row(2, body=a_body())])


NOT_PLAIN: list[dict[str, Any]] = [
    {"actor": b"U0MALLORY"},
    {"at_ms": AT_MS + 1},
    {"kind": b"order:shared"},
    {"subject": b""},
    {"seq": 3},
    {"actor": None},
    {"kind": 7},
    {"body": None},
    {"body": "text"},
    {"at_ms": float(AT_MS)},
    {"body": a_body(v=2)},
    {"body": a_body() + b" "},
    {"body": a_body(facts="{'n':{}}")},
    {"body": a_body(facts="{'n':2},'seq':2")},
    {"body": a_body(texts="{},'n':{}")},
    {"body": b" " + a_body()},
    {"body": body("{'kind':'order:shown'}")},
    {"actor": b'a"b', "body": a_body(actor="'a'b'")},
    {"actor": b"a\\", "body": a_body(actor="'a\\'")},
    {"kind": b'a"b', "body": a_body(kind="'a'b'")},
    {"kind": b"a\\", "body": a_body(kind="'a\\'")},
    {"subject": b'a"b', "body": a_body(subject="'a'b'")},
    {"subject": b"a\\", "body": a_body(subject="'a\\'")},
    {"kind": b"chain:created", "body": a_body(kind="'chain:created'")},
]


@pytest.mark.parametrize("columns", NOT_PLAIN)
def test_what_the_bot_would_not_write_is_not_plain(columns: dict[str, Any]) -> None:
    """Not alone, not behind honest rows, not before one."""
    assert not are_plain([a_row(2, **columns)])
    chain = rows(3, changed=2, **columns)
    assert not are_plain(chain)
    assert not are_plain(chain[:2])
    assert not are_plain(chain[1:])


def test_only_record_1_starts_the_chain() -> None:
    other = a_body(seq=1)
    assert not are_plain([a_row(1, kind=b"order:shown", body=other)])
    again = a_row(2, kind=b"chain:created", body=a_body(kind="'chain:created'"))
    assert not are_plain([a_row(1), again])
    assert not are_plain([again])


def test_an_honest_chain_is_followed_to_its_end() -> None:
    chain, done = rows(5), Progress()
    verify_rows(chain[:2], done)
    assert (done.seq, done.hash) == (2, chain[1][7])
    verify_rows(chain[2:], done)
    assert (done.seq, done.hash) == (5, chain[4][7])


@pytest.mark.parametrize(
    "unusual",
    [
        {"body": a_body(facts="{'n':'}'}")},
        {"actor": b'a"b', "body": a_body(actor="'a\\'b'")},
        {"subject": b"a\\b", "body": a_body(subject="'a\\\\b'")},
    ],
)
def test_what_is_honest_in_another_way_raises_no_alarm(unusual: dict[str, Any]) -> None:
    chain, done = rows(3, changed=2, **unusual), Progress()
    assert not are_plain(chain)
    verify_rows(chain, done)
    assert (done.seq, done.hash) == (3, chain[2][7])


NO_RECORD = "its content is not a record"
NOT_THAT = "its content is not that of record 2"
COLUMNS = "its search columns differ from its content"
HASH = "its content does not match its hash"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"actor": b"U0MALLORY"}, COLUMNS),
        ({"at_ms": AT_MS + 1}, COLUMNS),
        ({"at_ms": AT_MS + 0.5}, COLUMNS),
        ({"kind": b"order:shared"}, COLUMNS),
        ({"subject": b""}, COLUMNS),
        ({"subject": None}, COLUMNS),
        ({"hash": bytes(32)}, HASH),
        ({"hash": None}, HASH),
        ({"body": "text"}, HASH),
        ({"prev": bytes(32)}, "it does not follow the record before it"),
        ({"body": b"[]"}, NO_RECORD),
        ({"body": b"{}"}, NO_RECORD),
        ({"body": b"\xff"}, NO_RECORD),
        ({"body": a_body(actor=7)}, NO_RECORD),
        ({"body": a_body(at_ms=f" {AT_MS}")}, NO_RECORD),
        ({"body": a_body(facts="[]")}, NO_RECORD),
        ({"body": a_body(facts="{'n':{'m':1}}")}, NO_RECORD),
        ({"body": a_body(texts="null")}, NO_RECORD),
        ({"body": a_body(v="true")}, NO_RECORD),
        ({"body": a_body(v=2)}, NOT_THAT),
        ({"body": a_body(seq=3)}, NOT_THAT),
        ({"kind": b"chain:created", "body": a_body(kind="'chain:created'")}, NOT_THAT),
    ],
)
def test_the_first_wrong_record_is_named_with_its_reason(
    columns: dict[str, Any], reason: str
) -> None:
    chain, done = rows(3, changed=2, **columns), Progress()
    with pytest.raises(BadRecord) as bad:
        verify_rows(chain, done)
    assert (bad.value.seq, bad.value.reason) == (2, reason)
    assert (done.seq, done.hash) == (1, chain[0][7])


def test_a_chain_that_starts_with_another_record_than_the_first_kind() -> None:
    with pytest.raises(BadRecord) as bad:
        verify_rows([a_row(1, kind=b"order:shown", body=a_body(seq=1))], Progress())
    assert (bad.value.seq, bad.value.reason) == (1, "its content is not that of record 1")


def test_a_missing_record_is_named_and_so_is_the_next() -> None:
    chain, done = rows(4), Progress()
    with pytest.raises(BadRecord) as bad:
        verify_rows([*chain[:2], chain[3]], done)
    assert (bad.value.seq, bad.value.reason) == (3, "it is missing, the next is 4")
    assert done.seq == 2


def test_numbers_that_skip_are_found_though_each_hash_fits() -> None:
    chain, done = rows(2), Progress()
    with pytest.raises(BadRecord) as bad:
        verify_rows([*chain, a_row(4, chain[1][7])], done)
    assert (bad.value.seq, bad.value.reason) == (3, "it is missing, the next is 4")
    assert (done.seq, done.hash) == (2, chain[1][7])


def test_a_chain_does_not_start_before_its_first_record() -> None:
    with pytest.raises(BadRecord) as bad:
        verify_rows([a_row(0)], Progress())
    assert (bad.value.seq, bad.value.reason) == (1, "it is missing, the next is 0")


@pytest.mark.parametrize("no_hash", ["text", 7, None])
def test_a_hash_that_is_no_bytes_is_found_though_the_next_record_names_it(no_hash: object) -> None:
    chain, done = rows(2, changed=2, hash=no_hash), Progress()
    with pytest.raises(BadRecord) as bad:
        verify_rows([*chain, a_row(3, prev=no_hash, hash=bytes(32))], done)
    assert (bad.value.seq, bad.value.reason) == (2, HASH)
    assert (done.seq, done.hash) == (1, chain[0][7])


def test_a_finding_travels_between_processes() -> None:
    bad = pickle.loads(pickle.dumps(BadRecord(3, "it is missing")))  # noqa: S301 - our own bytes
    assert (bad.seq, bad.reason) == (3, "it is missing")
    assert bad.args == (3, "it is missing")
