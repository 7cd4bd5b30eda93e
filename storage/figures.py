"""What the database says about itself, for /metrics: a few counts on indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from storage.columns import from_ms
from storage.database import Storage

_OPEN = "status in ('pending', 'approved', 'executing', 'unknown')"
_WAITING = "state in ('ready', 'leased')"


@dataclass(frozen=True, slots=True)
class Figures:
    """*records* counts the audit records after the one that was asked about, by kind, up to number
    *seq*. *requests* counts the open ones by status. *owed* tells, by lane, how many messages wait
    and for how long the oldest has."""

    seq: int
    records: Mapping[str, int]
    requests: Mapping[str, int]
    owed: Mapping[str, tuple[int, timedelta]]


class SqliteFigures:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def head(self) -> int:
        """The number of the newest record."""
        return await self._storage.run(_head)

    async def read(self, *, after: int, now: datetime) -> Figures:
        """Raises StorageError."""

        def work(db: Database) -> Figures:
            records = db.execute(
                "select kind, count(*) from audit where seq > ? group by kind", [after]
            )
            requests = db.execute(
                f"select status, count(*) from request where {_OPEN} group by status"  # noqa: S608
            )
            owed = db.execute(
                f"select lane, count(*), min(owed_ms) from outbox where {_WAITING} group by lane"  # noqa: S608
            )
            return Figures(
                seq=_head(db),
                records=dict(records.fetchall()),
                requests=dict(requests.fetchall()),
                owed={lane: (count, now - from_ms(ms)) for lane, count, ms in owed.fetchall()},
            )

        return await self._storage.run(work)


def _head(db: Database) -> int:
    (seq,) = db.execute("select coalesce(max(seq), 0) from audit").fetchone()
    return int(seq)
