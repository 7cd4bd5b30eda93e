"""Check the record without trusting the bot: a reading connection of its own, no lock, no write.

Works on a copy and beside a running bot. What it proves: each stored body is the one that was
hashed, none is missing in between, the search columns say what the bodies say, and each text that
was not erased is the one committed to. A cut tail or a chain rewritten from its start shows only
against an *anchor*, a head that somebody noted elsewhere, or against the HMAC key.

A long record is read in parts: the stored hash is all that a part needs of the one before it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json

from bot.errors import StorageError, UsageError
from bot.i18n import _
from storage.audit_parts import Part, in_processes, parts_of
from storage.audit_rows import COLUMNS, BadRecord, Progress, verify_rows
from storage.chain import GENESIS, commitment, key_id_of, tag_of
from storage.losses import Loss, losses_in
from storage.reading import reading

_ANCHOR_HASH = re.compile("[0-9a-f]{16,64}")  # as many digits of a head as people copy
_PAGE = 64  # rows that stay in a processor's cache
_Anchor = tuple[int, str]


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """*records* and the head count what was read and found good; *bad_seq* is the first record
    that is wrong or missing, with the *reason* as a sentence part; None and "" when *ok*. *losses*
    are what the record tells of restores; *anchor_lost* that one of them explains why the anchor's
    record is not there, so that the anchor shows nothing."""

    ok: bool
    records: int
    head_seq: int
    head_hash: str
    bad_seq: int | None = None
    reason: str = ""
    losses: tuple[Loss, ...] = ()
    anchor_lost: bool = False


def verify_file(
    path: Path, *, anchor: tuple[int, str] | None = None, key: bytes | None = None
) -> VerifyResult:
    """Read the whole record of the database at *path*.

    *anchor* is a head noted elsewhere: number and hash, 16 hex digits of it at least. With *key*
    the HMAC tags are checked: from the first record that this key tagged, each must carry one.
    Raises StorageError when there is no record to read, UsageError for an anchor that is none.
    """
    noted = checked_anchor(anchor) if anchor is not None else None
    losses = losses_in(path)
    anchor_lost = noted is not None and bool(losses) and _is_lost(path, noted, losses)
    if anchor_lost:
        noted = None

    def work(part: Part) -> tuple[Progress, BadRecord | None]:
        done = Progress()
        return done, _try(path, done, lambda db: _verify_part(db, part, done, noted))

    parts = parts_of(path)
    found = in_processes(work, parts) if len(parts) > 1 else [work(parts[0])]
    done, bad = next((each for each in found if each[1] is not None), found[-1])
    if bad is None and key is not None:
        bad = _try(path, done, lambda db: _verify_tags(db, key))
    return _result(done, bad, losses, anchor_lost=anchor_lost)


def head_of(path: Path) -> tuple[int, str]:
    """Number and hash (64 hex digits) of the newest record. Raises StorageError."""
    with reading(path) as connection:
        row = connection.execute("select seq, hash from audit order by seq desc limit 1").fetchone()
    if row is None:
        raise StorageError(_("{path} holds no audit record.", path=path))
    if not isinstance(row[1], bytes):
        raise StorageError(_("Record {seq} is damaged; run audit verify.", seq=row[0]))
    return row[0], row[1].hex()


def _try(
    path: Path, done: Progress, check: Callable[[sqlite3.Connection], None]
) -> BadRecord | None:
    with reading(path) as connection:
        try:
            check(connection)
        except BadRecord as bad:
            return bad.with_traceback(None)  # whose frames would keep the file from being closed
        except sqlite3.DatabaseError as error:
            return BadRecord(done.seq + 1, _("the file is damaged ({reason})", reason=error))
    return None


def _is_lost(path: Path, anchor: _Anchor, losses: tuple[Loss, ...]) -> bool:
    """Numbers that were lost are given out anew: a head noted after the restore is in place."""
    seq, digits = anchor
    with reading(path) as connection:
        in_place = _stored_hash(connection, seq).hex().startswith(digits)
    return not in_place and any(loss.explains(anchor) for loss in losses)


def _result(
    done: Progress, bad: BadRecord | None, losses: tuple[Loss, ...], *, anchor_lost: bool
) -> VerifyResult:
    return VerifyResult(
        ok=bad is None,
        records=done.seq,
        head_seq=done.seq,
        head_hash=done.hash.hex(),
        bad_seq=bad.seq if bad else None,
        reason=bad.reason if bad else "",
        losses=losses,
        anchor_lost=anchor_lost,
    )


def _verify_part(
    connection: sqlite3.Connection, part: Part, done: Progress, anchor: _Anchor | None
) -> None:
    if part.first is not None:
        done.seq = part.first - 1
        done.hash = _stored_hash(connection, done.seq)
    rows = connection.execute(
        f"select {COLUMNS} from audit where {part.where('seq')} order by seq"  # noqa: S608 - no input
    )
    while page := rows.fetchmany(_PAGE):
        upto = anchor[0] - done.seq if anchor is not None else 0
        if anchor is not None and 0 < upto <= len(page):
            verify_rows(page[:upto], done)
            _verify_anchor(done, anchor, before=page[upto - 1][6])
            page = page[upto:]
        if page:
            verify_rows(page, done)
    _verify_end(part, done, anchor)
    _verify_texts(connection, part)


def _stored_hash(connection: sqlite3.Connection, seq: int) -> bytes:
    row = connection.execute("select hash from audit where seq = ?", (seq,)).fetchone()
    return row[0] if row else GENESIS


def _verify_anchor(done: Progress, anchor: _Anchor, *, before: bytes) -> None:
    if not done.hash.hex().startswith(anchor[1]):
        done.seq, done.hash = anchor[0] - 1, before
        raise BadRecord(anchor[0], _("it differs from the anchor: the record was rewritten"))


def _verify_end(part: Part, done: Progress, anchor: _Anchor | None) -> None:
    if done.seq == 0:
        raise BadRecord(1, _("the record is empty"))
    if part.last is not None and done.seq < part.last:
        raise BadRecord(done.seq + 1, _("it is missing"))
    if part.last is None and anchor is not None and done.seq < anchor[0]:
        reason = _("it is missing: the anchor names record {seq}", seq=anchor[0])
        raise BadRecord(done.seq + 1, reason)


def _verify_texts(connection: sqlite3.Connection, part: Part) -> None:
    """A text that is absent was erased, which is allowed; one that is there must be the one."""
    rows = connection.execute(
        "select t.seq, t.name, t.salt, t.text, a.body from audit_text t"  # noqa: S608 - no input
        f" left join audit a on a.seq = t.seq where {part.where('t.seq')} order by t.seq"
    )
    for seq, name, salt, text, body in rows:
        try:
            matches = _commits_to(body, name, commitment(salt, text))
        except (TypeError, AttributeError, KeyError, ValueError):  # no record, no bytes, no JSON
            matches = False
        if not matches:
            raise BadRecord(seq, _("its text does not match what was committed to"))


def _commits_to(body: bytes, name: bytes, digest: str) -> bool:
    """Seen in the bytes behind the last brace, where the bot writes it, or else parsed."""
    if b'"%b":"%b"' % (name, digest.encode()) in body[body.rfind(b"{") :]:
        return True
    return bool(from_json(body)["texts"].get(name.decode(errors="replace")) == digest)


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
                raise BadRecord(seq, _("its tag was not made with the key"))
        elif tagged:
            raise BadRecord(seq, _("it carries no tag of the key"))
    if not tagged:
        raise BadRecord(1, _("no record carries a tag of the key"))


def checked_anchor(anchor: tuple[int, str]) -> tuple[int, str]:
    """In lower case. Raises UsageError for one that is none."""
    seq, digits = anchor[0], anchor[1].lower()
    if seq < 1 or not _ANCHOR_HASH.fullmatch(digits):
        raise UsageError(
            _("An anchor is SEQ:HASH, a number from 1 and 16 to 64 hex digits of its hash.")
        )
    return seq, digits
