"""Rows of the record against what they claim: together where they look as the bot writes them, one
by one where something does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import repeat
from typing import Any

from pydantic_core import from_json

from bot.domain.audit import AuditKind
from bot.i18n import _
from storage.chain import FORMAT, GENESIS, canonical, hash_of
from storage.columns import from_ms

COLUMNS = "seq, at_ms, actor, kind, subject, body, prev, hash"
# Text comes as UTF-8 bytes. In a file that others wrote, anything may stand anywhere.
Row = tuple[Any, ...]
_Column = tuple[Any, ...]

_CREATED = AuditKind.CHAIN_CREATED.value.encode()
_START = b'{"actor":"%b","at_ms":%d,"facts":{'
_END = b'},"kind":"%b","seq":%d,"subject":"%b","texts":{'
_LAST = b'},"v":%d}' % FORMAT
_NAMES = {"v", "seq", "at_ms", "actor", "kind", "subject", "facts", "texts"}
_COMMITMENT = re.compile("[0-9a-f]{64}")
_BRACES = 3  # to close the record, its facts, its texts


@dataclass(slots=True)
class Progress:
    """The last record found good."""

    seq: int = 0
    hash: bytes = GENESIS


class BadRecord(Exception):
    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(seq, reason)
        self.seq = seq
        self.reason = reason


def verify_rows(rows: Sequence[Row], done: Progress) -> None:
    """Move *done* over *rows*, of COLUMNS. Raises BadRecord for the first that is wrong or missing,
    with *done* at the one before."""
    columns = tuple(zip(*rows, strict=True))
    if _follow(columns, done) and _are_plain(columns):
        done.seq, done.hash = rows[-1][0], rows[-1][7]
        return
    for row in rows:
        _verify_link(row, done)
        if not _are_plain(tuple((each,) for each in row)):
            _verify_body(row)
        done.seq, done.hash = row[0], row[7]


def _follow(columns: tuple[_Column, ...], done: Progress) -> bool:
    """Whether the chain continues through all of them."""
    seqs, *_columns, bodies, prevs, hashes = columns
    try:
        return (
            seqs == tuple(range(done.seq + 1, done.seq + 1 + len(seqs)))
            and prevs == (done.hash, *hashes[:-1])
            and hashes
            == tuple([sha256(p + b).digest() for p, b in zip(prevs, bodies, strict=True)])
        )
    except TypeError:  # a value that is no bytes
        return False


def _are_plain(columns: tuple[_Column, ...]) -> bool:
    """Whether the bodies certainly say what the other columns say, told by their bytes in a
    fraction of the time that parsing takes.

    Each has both ends of its facts as expected, the end of a record, and no closing brace but the
    three that stand in these: then nothing else closes `facts` or `texts`, and no name beside them
    stands there twice. Whether the facts are JSON is not asked. False is no verdict.
    """
    seqs, moments, actors, kinds, subjects, bodies, _prevs, _hashes = columns
    starts = map(_START.__mod__, zip(actors, moments, strict=True))
    ends = map(_END.__mod__, zip(kinds, seqs, subjects, strict=True))
    try:
        words = b"".join((*actors, *kinds, *subjects))
        return (
            all(map(bytes.startswith, bodies, starts))
            and min(map(bytes.rfind, bodies, ends)) >= 0
            and all(map(bytes.endswith, bodies, repeat(_LAST)))
            and b"".join(bodies).count(b"}") == _BRACES * len(bodies)
            and not (b'"' in words or b"\\" in words)
            and set(map(type, moments)) == {int}  # %d takes fractions too
            and kinds.count(_CREATED) == (kinds[0] == _CREATED) == (seqs[0] == 1)
        )
    except (TypeError, ValueError, OverflowError):  # %d takes no infinity
        return False


def _is_canonical(told: dict[str, Any], body: bytes) -> bool:
    """Whether *body*, read as *told*, is written in the one form of a record."""
    facts, texts = told["facts"], told["texts"]
    from_ms(told["at_ms"])  # of a year that exists
    return (
        canonical(told) == body
        and set(told) == _NAMES
        and {type(told[name]) for name in ("v", "seq", "at_ms")} == {int}
        and set(map(type, facts.values())) <= {str, bool, int, type(None)}
        and all(map(_COMMITMENT.fullmatch, texts.values()))
    )


def _verify_link(row: Row, done: Progress) -> None:
    seq, *_columns, body, prev, stored = row
    expected = done.seq + 1
    if seq != expected:
        raise BadRecord(expected, _("it is missing, the next is {seq}", seq=seq))
    if prev != done.hash:
        raise BadRecord(seq, _("it does not follow the record before it"))
    if not isinstance(body, bytes) or stored != hash_of(prev, body):
        raise BadRecord(seq, _("its content does not match its hash"))


def _verify_body(row: Row) -> None:
    seq, at_ms, actor, kind, subject, body, _prev, _hash = row
    try:
        told = from_json(body)
        copies = (told["at_ms"], *(told[name].encode() for name in ("actor", "kind", "subject")))
        first = told["kind"] == AuditKind.CHAIN_CREATED
        fits = _is_canonical(told, body)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadRecord(seq, _("its content is not a record")) from error
    if not fits:
        raise BadRecord(seq, _("its content is not a record"))
    if (told["v"], told["seq"]) != (FORMAT, seq) or first != (seq == 1):
        raise BadRecord(seq, _("its content is not that of record {seq}", seq=seq))
    if copies != (at_ms, actor, kind, subject):
        raise BadRecord(seq, _("its search columns differ from its content"))
