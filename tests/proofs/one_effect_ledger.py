"""The database file as tests and auditors read it, by a connection of their own."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LEFT = """
    select (select count(*) from input where judged_ms is null),
      (select count(*) from outbox where state in ('ready', 'leased') and due_ms <= :now),
      (select count(*) from outbox where state = 'leased'),
      (select count(*) from request where due_ms <= :now or status = 'executing'),
      (select count(*) from digest_run where state = 'begun')
"""


@dataclass(frozen=True, slots=True)
class Line:
    seq: int
    at_ms: int
    kind: str
    actor: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A request as it stands in the table; *votes* are when who approved, oldest first."""

    status: str
    expires_ms: int
    approved_ms: int | None
    claimed_ms: int | None
    votes: dict[str, int]


class Ledger:
    """The database file, read by a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def close(self) -> None:
        self._db.close()

    def is_quiet(self, now_ms: int) -> bool:
        """Nothing is left to judge, to read, to ask a cloud, to compose or to send."""
        return not any(self.left(now_ms).values())

    def left(self, now_ms: int) -> dict[str, int]:
        row = self._db.execute(_LEFT, {"now": now_ms}).fetchone()
        return dict(zip(("inputs", "messages", "leases", "requests", "digests"), row, strict=True))

    def head(self) -> int:
        return int(self._db.execute("select coalesce(max(seq), 0) from audit").fetchone()[0])

    def lines(self, request_id: str, *, after: int = 0) -> list[Line]:
        """Of the record, all that names this request, oldest first."""
        rows = self._db.execute(
            "select seq, at_ms, kind, actor, body from audit where seq > :after and subject ="
            " (select 'order:' || account || '/' || order_id from request where id = :id)"
            " order by seq",
            {"after": after, "id": request_id},
        )
        lines = [
            Line(seq, at_ms, kind, actor, json.loads(body)["facts"])
            for seq, at_ms, kind, actor, body in rows
        ]
        return [line for line in lines if line.facts.get("request_id") == request_id]

    def row(self, request_id: str) -> Row:
        found = self._db.execute(
            "select seq, status, expires_ms, approved_ms, claimed_ms from request where id = ?",
            (request_id,),
        ).fetchone()
        votes = self._db.execute(
            "select user_id, at_ms from request_vote where kind = 'approve' and request_seq = ?"
            " order by place",
            (found[0],),
        )
        _seq, status, expires_ms, approved_ms, claimed_ms = found
        return Row(status, expires_ms, approved_ms, claimed_ms, dict(votes.fetchall()))

    def refused_at_the_gate(self, who: str, *, after: int) -> int:
        (count,) = self._db.execute(
            "select count(*) from audit where seq > ? and kind = 'lookup:refused' and actor = ?",
            (after, who),
        ).fetchone()
        return int(count)
