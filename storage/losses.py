"""Which records a restore lost: written on its own record, read again by whoever verifies.

A restored database goes on from the backup's last record, so numbers that were lost are given out
anew. `lost` on the record of a restore names them, `12..40`, several parted by a blank, and `12..`
where no head from after the backup was known. `exact` says that the replaced database was there to
count.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic_core import from_json

from bot.domain.audit import DATABASE, AuditHead, AuditKind
from bot.i18n import _
from storage.columns import from_ms
from storage.reading import reading

_RANGE = re.compile(r"([1-9][0-9]{0,17})\.\.([1-9][0-9]{0,17})?")
_HEADS = (("head_seq", "head_hash"), ("replaced_seq", "replaced_hash"))

Range = tuple[int, int | None]  # first and last record, None where the last is not known
Facts = Mapping[str, str | bool | int | None]


@dataclass(frozen=True, slots=True)
class Loss:
    """What one restore lost. *heads* are those that its record names."""

    at: datetime
    ranges: tuple[Range, ...]
    exact: bool
    heads: tuple[AuditHead, ...] = ()

    def sentence(self) -> str:
        """`records 12..40 were lost with a restore at …`; "" where nothing was."""
        when = self.at.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
        known = [f"{first}..{last}" for first, last in self.ranges if last is not None]
        unknown = [first for first, last in self.ranges if last is None]
        if unknown and not known:
            return _(
                "records from {first} on may have been lost with a restore at {when}: no head from"
                " after its backup was known",
                first=unknown[0],
                when=when,
            )
        if not known:
            return ""
        parts = {"ranges": " and ".join(known), "when": when}
        if self.exact:
            return _("records {ranges} were lost with a restore at {when}", **parts)
        return _(
            "records {ranges} were lost with a restore at {when}; some after them may have been",
            **parts,
        )

    def explains(self, anchor: tuple[int, str]) -> bool:
        """Whether a head noted elsewhere, number and first hex digits, may be of a lost record."""
        seq, digits = anchor
        named = [head for head in self.heads if head.seq == seq]
        return any(first <= seq <= (last or 0) for first, last in self.ranges) and (
            not named or any(head.hash.startswith(digits) for head in named)
        )


@dataclass(frozen=True, slots=True)
class Replaced:
    """The database that a restore puts away: its newest record, how many records, counted from the
    first, the backup has too, and whether the next one there tells of a restore."""

    head: AuditHead
    common: int
    was_restored: bool = False


def loss_of(
    backup: AuditHead, outside: Iterable[AuditHead], replaced: Replaced | None, *, at: datetime
) -> Loss:
    """What is lost when *backup* takes the place of *replaced*. *outside* are heads noted elsewhere
    that the backup does not hold."""
    heads = tuple(outside)
    found = [(min(head.seq, backup.seq + 1), head.seq) for head in heads]
    if replaced is not None:
        heads += (replaced.head,)
        found.append((replaced.common + 1, replaced.head.seq))
    ranges: list[Range] = [*_merged([each for each in found if each[0] <= each[1]])]
    if replaced is None and not any(last > backup.seq for _first, last in found):
        ranges.append((backup.seq + 1, None))
    return Loss(at, tuple(ranges), exact=replaced is not None, heads=heads)


def facts_of(loss: Loss, outside: AuditHead | None, replaced: Replaced | None) -> Facts:
    """*outside* is the newest head that was known outside the database."""
    told = [f"{first}..{'' if last is None else last}" for first, last in loss.ranges]
    heads = (outside, replaced.head if replaced else None)
    named: dict[str, str | bool | int | None] = {"lost": " ".join(told), "exact": loss.exact}
    for (seq, digest), head in zip(_HEADS, heads, strict=True):
        named[seq], named[digest] = (head.seq, head.hash) if head else (None, None)
    return named


def losses_in(path: Path) -> tuple[Loss, ...]:
    """Those that the record of the database at *path* tells of, oldest first. Says nothing about
    whether that record is sound. Raises StorageError when there is no record to read."""
    with reading(path) as connection:
        try:
            rows = connection.execute(
                "select at_ms, body from audit where subject = :subject order by seq",
                {"subject": DATABASE},
            ).fetchall()
        except sqlite3.DatabaseError:  # damaged, which verification names by its record
            return ()
    found = (_loss(at_ms, body) for at_ms, body in rows)
    return tuple(loss for loss in found if loss is not None)


def tells_of_a_restore(connection: sqlite3.Connection, seq: int) -> bool:
    """Whether the database in which record *seq* stands left another there, with a restore."""
    row = connection.execute("select at_ms, body from audit where seq = ?", (seq,)).fetchone()
    return row is not None and _loss(*row) is not None


def _loss(at_ms: object, body: bytes) -> Loss | None:
    """None for what is no record of a restore; verification says what else is wrong with it."""
    try:
        told = from_json(body)
        facts = told["facts"]
        if told["kind"] != AuditKind.CHAIN_RESTORED or not isinstance(at_ms, int):
            return None
        matches = [_RANGE.fullmatch(part) for part in str(facts["lost"]).split()]
        ranges = [
            (int(match[1]), int(match[2]) if match[2] else None) for match in matches if match
        ]
        heads = [AuditHead(facts[seq], str(facts[digest])) for seq, digest in _HEADS if facts[seq]]
        return Loss(from_ms(at_ms), tuple(ranges), exact=bool(facts["exact"]), heads=tuple(heads))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that overlap or touch as one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
