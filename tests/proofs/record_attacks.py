"""What somebody with the whole database, or the whole export, can do to a record that is covered by
a head noted elsewhere; and honest records to do it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from sqlite3 import Connection, connect
from typing import Any, NamedTuple

from bot.domain.audit import DATABASE, AuditEntry, AuditKind
from storage.audit import SqliteAuditLog
from storage.chain import canonical, commitment, hash_of
from storage.columns import from_ms
from storage.database import Storage
from storage.export import exported_lines
from storage.heads import SqliteHeadStore
from tests.builders import NOON

OWN = (AuditKind.CHAIN_CREATED, AuditKind.CHAIN_RESTORED)
KINDS = tuple(each for each in AuditKind if each not in OWN)
WORDS = ("", "U0BOB", "买", "a\u2028b", "order:a/1", "x" * 300)
ODD = (*WORDS, 'say "no"', "{}", "\\", '},"kind":"', "\x00")


class Row(NamedTuple):
    seq: int
    at_ms: int
    actor: str
    kind: str
    subject: str
    body: bytes
    prev: bytes
    hash: bytes


Rows = Sequence[Row]
Text = tuple[int, str, bytes, str]


@dataclass(frozen=True, slots=True)
class Honest:
    """A record as a bot left it. *heads* were noted while it grew, the newest last; *texts* are
    rows of `audit_text`."""

    path: Path
    rows: Rows
    texts: Sequence[Text]
    lines: Sequence[str]
    heads: Sequence[tuple[int, str]]

    @property
    def covered(self) -> int:
        return self.heads[-1][0]


async def lived(path: Path, rng: Random) -> Honest:
    """A short life with days that end in a head, and some records after the last one."""
    storage = await Storage.open(path, now=NOON)
    log, days, now = SqliteAuditLog(storage), SqliteHeadStore(storage), NOON
    words = rng.choice((WORDS, ODD))
    for _day in range(rng.randint(1, 4)):
        for _each in range(rng.randint(1, 9)):
            at = now + timedelta(milliseconds=rng.randrange(10**7))
            await log.append(an_entry(rng, words), at=at)
        await days.publish(now.date(), owed_to="", at=now)
        now += timedelta(days=1)
    noted = [(head.seq, head.hash) for _day, head in await days.published(limit=9)]
    for _each in range(rng.randint(0, 4)):
        await log.append(an_entry(rng, words), at=now)
    await storage.aclose()
    with connect(path) as db:
        rows = [Row(*row) for row in db.execute(f"select {', '.join(Row._fields)} from audit")]  # noqa: S608
        texts = db.execute("select seq, name, salt, text from audit_text").fetchall()
    return Honest(path, rows, texts, list(exported_lines(path)), sorted(noted))


def an_entry(rng: Random, words: Sequence[str]) -> AuditEntry:
    return AuditEntry(
        kind=rng.choice(KINDS),
        actor=rng.choice(words),
        subject=rng.choice(words),
        facts={
            name: rng.choice((*words, None, True, False, 0, -5, 2**53 - 1))
            for name in rng.sample(("a", "b", "seq", "v", "actor"), rng.randint(0, 4))
        },
        texts={
            name: rng.choice(words) for name in rng.sample(("reason", "why"), rng.randint(0, 2))
        },
    )


def honest(path: Path, rng: Random) -> Honest:
    return asyncio.run(lived(path, rng))


def changed(body: bytes, **parts: Any) -> bytes:
    return canonical(json.loads(body) | parts)


def rechained(rows: Rows, start: int) -> list[Row]:
    """From index *start* on, the numbers, links, hashes and columns are made to fit the bodies."""
    done = list(rows[:start])
    for row in rows[start:]:
        seq, prev = len(done) + 1, done[-1].hash if done else bytes(32)
        told: Mapping[str, Any] = json.loads(row.body)
        body = changed(row.body, seq=seq)
        columns = (told["at_ms"], told["actor"], told["kind"], told["subject"])
        done.append(Row(seq, *columns, body, prev, hash_of(prev, body)))
    return done


def forged(row: Row, rng: Random) -> Row:
    """The same record, saying something else; its columns agree."""
    told = json.loads(row.body)
    what = rng.randrange(4)
    if what == 0:
        told["actor"] += "X"
    elif what == 1:
        told["facts"]["n"] = "another"
    elif what == 2:
        told["at_ms"] += rng.choice((-1, 1, 10**6))
    else:
        told["texts"]["reason"] = rng.randbytes(32).hex()
    return row._replace(body=canonical(told), actor=told["actor"], at_ms=told["at_ms"])


def swap(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """Two records change places: each with its hashes, or with only its content."""
    done = list(rows)
    at = rng.randrange(1, covered)
    other = rng.choice([each for each in range(1, len(rows)) if each != at] or [0])
    one, two = rows[at], rows[other]
    if rng.random() < 0.5:
        done[at], done[other] = two._replace(seq=one.seq), one._replace(seq=two.seq)
    else:
        done[at] = two._replace(seq=one.seq, prev=one.prev, hash=one.hash)
        done[other] = one._replace(seq=two.seq, prev=two.prev, hash=two.hash)
    return rechained(done, min(at, other)) if rng.random() < 0.3 else done


def insert(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """One record more: forged, or one that is there already."""
    at = rng.randrange(1, covered)
    new = rng.choice(rows[1:])
    if rng.random() < 0.5:
        new = forged(new, rng)
    done = [*rows[:at], new._replace(seq=at + 1), *rows[at:]]
    if rng.random() < 0.4:
        return rechained(done, at)
    if rng.random() < 0.5:
        return [*done[: at + 1], *(row._replace(seq=row.seq + 1) for row in rows[at:])]
    return done


def delete(rows: Rows, covered: int, rng: Random) -> list[Row]:
    at = rng.randrange(0, covered)
    done = [*rows[:at], *rows[at + rng.randint(1, 3) :]]
    if at and rng.random() < 0.4:
        return rechained(done, at)
    if rng.random() < 0.3:
        return [row._replace(seq=seq) for seq, row in enumerate(done, start=1)]
    return done


def rewrite(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """A chain that fits in itself: whole, or from a record on."""
    at = rng.choice((0, rng.randrange(covered)))
    every = rng.random() < 0.3
    done = [
        forged(row, rng) if row.seq == at + 1 or (every and row.seq > at) else row for row in rows
    ]
    return rechained(done, at)


def edit(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """One record says something else; its own hash fits, or is as it was."""
    at = rng.randrange(covered)
    new = forged(rows[at], rng)
    if rng.random() < 0.5:
        new = new._replace(hash=hash_of(new.prev, new.body))
    return [*rows[:at], new, *rows[at + 1 :]]


def renumber(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """A record counts itself as another, with hashes that fit from there on."""
    at = rng.randrange(covered)
    done = rechained(rows, at)
    body = changed(done[at].body, seq=at + 1 + rng.choice((-1, 1, 100)))
    done[at] = done[at]._replace(body=body, hash=hash_of(done[at].prev, body))
    for later in range(at + 1, len(done)):
        prev = done[later - 1].hash
        done[later] = done[later]._replace(prev=prev, hash=hash_of(prev, done[later].body))
    return done


def cut(rows: Rows, covered: int, rng: Random) -> list[Row]:
    return list(rows[: rng.randrange(covered)])


def excuse(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """A tail is cut, and a record claims that a restore lost it."""
    at = rng.randrange(1, covered)
    told = {
        "v": 1,
        "at_ms": rows[at - 1].at_ms,
        "actor": "countersign",
        "kind": AuditKind.CHAIN_RESTORED.value,
        "subject": DATABASE,
        "facts": {
            "lost": f"{at + 1}..{covered}",
            "exact": True,
            "head_seq": None,
            "head_hash": None,
            "replaced_seq": None,
            "replaced_hash": None,
        },
        "texts": {},
    }
    new = Row(0, 0, "", "", "", canonical(told), b"", b"")
    return rechained([*rows[:at], new, *rows[covered:]], at)


def flip(rows: Rows, covered: int, rng: Random) -> list[Row]:
    """One bit, or what stands in a column for searching."""
    at = rng.randrange(covered)
    row, name = rows[at], rng.choice(Row._fields[1:])
    value = getattr(row, name)
    if isinstance(value, bytes):
        value = flipped(value, rng)
    elif isinstance(value, int):
        value ^= 1 << rng.randrange(40)
    else:
        where = rng.randrange(len(value) + 1)
        value = f"{value[:where]}{rng.choice('x{}')}{value[where:]}"
    return [*rows[:at], row._replace(**{name: value}), *rows[at + 1 :]]


def flipped(value: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(value))
    return value[:at] + bytes([value[at] ^ 1 << rng.randrange(8)]) + value[at + 1 :]


Attack = Callable[[Rows, int, Random], list[Row]]
ATTACKS: Mapping[str, Attack] = {
    each.__name__: each for each in (swap, insert, delete, rewrite, edit, renumber, cut, excuse)
}


def line_of(row: Row) -> str:
    """As `countersign audit export` writes it."""
    at = from_ms(row.at_ms).isoformat(timespec="milliseconds")
    return json.dumps(
        {
            "seq": row.seq,
            "at": at.replace("+00:00", "Z"),
            "body": row.body.decode(errors="replace"),
            "prev": row.prev.hex(),
            "hash": row.hash.hex(),
        }
    )


def left_of(texts: Sequence[Text], rows: Rows) -> list[Text]:
    """Those that *rows* commit to: a careful thief takes the others away."""
    committed = {
        (row.seq, name, digest)
        for row in rows
        for name, digest in json.loads(row.body)["texts"].items()
    }
    return [
        (seq, name, salt, text)
        for seq, name, salt, text in texts
        if (seq, name, commitment(salt, text.encode())) in committed
    ]


class Plundered:
    """A database of the same columns without any guard, for rows in whatever order and number."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: Connection = connect(path, isolation_level=None)
        self._db.executescript(
            "pragma journal_mode = off; pragma synchronous = off;"
            f"create table audit({', '.join(Row._fields)});"
            "create table audit_text(seq, name, salt, text);"
            "create table audit_tag(seq, key_id, tag)"
        )

    def hold(self, rows: Rows, texts: Sequence[Text]) -> None:
        self._db.execute("begin")
        self._db.execute("delete from audit")
        self._db.execute("delete from audit_text")
        self._db.executemany("insert into audit values(?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._db.executemany("insert into audit_text values(?, ?, ?, ?)", texts)
        self._db.execute("commit")

    def close(self) -> None:
        self._db.close()
