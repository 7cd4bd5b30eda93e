"""Check the record without trusting the bot: a reading connection of its own, no lock, no write.

Works on a copy and beside a running bot. What it proves: each stored body is the one that was
hashed, none is missing in between, the search columns say what the bodies say, and each text that
was not erased is the one committed to. A cut tail or a chain rewritten from its start shows only
against an *anchor*, a head that somebody noted elsewhere, or against the HMAC key.
"""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bot.domain.audit import AuditKind
from bot.errors import StorageError, UsageError
from bot.i18n import _
from storage.chain import FORMAT, GENESIS, commitment, hash_of, key_id_of, tag_of
from storage.reading import reading

_ANCHOR_HASH = re.compile("[0-9a-f]{16,64}")  # as many digits of a head as people copy


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """*records* and the head count what was read and found good; *bad_seq* is the first record
    that is wrong or missing, with the *reason* as a sentence part; None and "" when *ok*."""

    ok: bool
    records: int
    head_seq: int
    head_hash: str
    bad_seq: int | None = None
    reason: str = ""


@dataclass(slots=True)
class _Progress:
    """The last record found good."""

    seq: int = 0
    hash: bytes = GENESIS


class _BadRecord(Exception):
    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq = seq
        self.reason = reason


def verify_file(
    path: Path, *, anchor: tuple[int, str] | None = None, key: bytes | None = None
) -> VerifyResult:
    """Read the whole record of the database at *path*.

    *anchor* is a head noted elsewhere: number and hash, 16 hex digits of it at least. With *key*
    the HMAC tags are checked: from the first record that this key tagged, each must carry one.
    Raises StorageError when there is no record to read, UsageError for an anchor that is none.
    """
    if anchor is not None:
        anchor = _checked_anchor(anchor)
    done = _Progress()
    with reading(path) as connection:
        try:
            _verify_chain(connection, done, anchor)
            _verify_texts(connection)
            if key is not None:
                _verify_tags(connection, key)
        except _BadRecord as bad:
            return _result(done, bad)
        except sqlite3.DatabaseError as error:
            reason = _("the file is damaged ({reason})", reason=error)
            return _result(done, _BadRecord(done.seq + 1, reason))
    return _result(done, None)


def head_of(path: Path) -> tuple[int, str]:
    """Number and hash (64 hex digits) of the newest record. Raises StorageError."""
    with reading(path) as connection:
        row = connection.execute("select seq, hash from audit order by seq desc limit 1").fetchone()
    if row is None:
        raise StorageError(_("{path} holds no audit record.", path=path))
    return row[0], row[1].hex()


def _result(done: _Progress, bad: _BadRecord | None) -> VerifyResult:
    return VerifyResult(
        ok=bad is None,
        records=done.seq,
        head_seq=done.seq,
        head_hash=done.hash.hex(),
        bad_seq=bad.seq if bad else None,
        reason=bad.reason if bad else "",
    )


def _verify_chain(
    connection: sqlite3.Connection, done: _Progress, anchor: tuple[int, str] | None
) -> None:
    rows = connection.execute(
        "select seq, at_ms, actor, kind, subject, body, prev, hash from audit order by seq"
    )
    for seq, at_ms, actor, kind, subject, body, prev, stored in rows:
        expected = done.seq + 1
        if seq != expected:
            raise _BadRecord(expected, _("it is missing, the next is {seq}", seq=seq))
        if prev != done.hash:
            raise _BadRecord(seq, _("it does not follow the record before it"))
        if not isinstance(body, bytes) or stored != hash_of(prev, body):
            raise _BadRecord(seq, _("its content does not match its hash"))
        if anchor is not None and seq == anchor[0] and not stored.hex().startswith(anchor[1]):
            raise _BadRecord(seq, _("it differs from the anchor: the record was rewritten"))
        _verify_body(seq, body, (at_ms, actor, kind, subject))
        done.seq, done.hash = seq, stored
    if done.seq == 0:
        raise _BadRecord(1, _("the record is empty"))
    if anchor is not None and done.seq < anchor[0]:
        raise _BadRecord(
            done.seq + 1, _("it is missing: the anchor names record {seq}", seq=anchor[0])
        )


def _verify_body(seq: int, body: bytes, columns: tuple[int, bytes, bytes, bytes]) -> None:
    """Compare the copies for searching with the hashed body; text comes as UTF-8 bytes."""
    try:
        told = json.loads(body)
        copies = (told["at_ms"], *(told[name].encode() for name in ("actor", "kind", "subject")))
        form = (told["v"], told["seq"], type(told["facts"]), type(told["texts"]))
        first = told["kind"] == AuditKind.CHAIN_CREATED
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _BadRecord(seq, _("its content is not a record")) from error
    if form != (FORMAT, seq, dict, dict) or first != (seq == 1):
        raise _BadRecord(seq, _("its content is not that of record {seq}", seq=seq))
    if copies != columns:
        raise _BadRecord(seq, _("its search columns differ from its content"))


def _verify_texts(connection: sqlite3.Connection) -> None:
    """A text that is absent was erased, which is allowed; one that is there must be the one."""
    rows = connection.execute(
        "select t.seq, t.name, t.salt, t.text, a.body from audit_text t"
        " left join audit a on a.seq = t.seq order by t.seq"
    )
    for seq, name, salt, text, body in rows:
        committed = json.loads(body)["texts"] if body is not None else {}
        readable = all(isinstance(part, bytes) for part in (name, salt, text))
        if not readable or committed.get(name.decode(errors="replace")) != commitment(salt, text):
            raise _BadRecord(seq, _("its text does not match what was committed to"))


def _verify_tags(connection: sqlite3.Connection, key: bytes) -> None:
    rows = connection.execute(
        "select a.seq, a.hash, t.key_id, t.tag from audit a"
        " left join audit_tag t on t.seq = a.seq order by a.seq"
    )
    key_id, tagged = key_id_of(key).encode(), False
    for seq, record_hash, tag_key_id, tag in rows:
        if tag_key_id == key_id:
            tagged = True
            if tag != tag_of(key, record_hash):
                raise _BadRecord(seq, _("its tag was not made with the key"))
        elif tagged:
            raise _BadRecord(seq, _("it carries no tag of the key"))
    if not tagged:
        raise _BadRecord(1, _("no record carries a tag of the key"))


def _checked_anchor(anchor: tuple[int, str]) -> tuple[int, str]:
    seq, digits = anchor[0], anchor[1].lower()
    if seq < 1 or not _ANCHOR_HASH.fullmatch(digits):
        raise UsageError(
            _("An anchor is SEQ:HASH, a number from 1 and 16 to 64 hex digits of its hash.")
        )
    return seq, digits
