"""The power fails: a day of requests lives on a real database, and what its storage layer said to
SQLite is said again on a disk in memory, which then loses power anywhere."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from bot.errors import StorageError
from storage.database import Storage
from storage.verify import verify_file
from tests.builders import NOON
from tests.proofs.power_cut_disk import Acknowledged, Note, Platters, Sync, Truncate, Write, put
from tests.proofs.power_cut_sql import State, overheard, said_again, without_echoes
from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.proofs.record_day import HUMANS, live, rebuilt, stored

SEED = 6
NAME = "countersign.db"


@dataclass(frozen=True, slots=True)
class Day:
    """What was done to the disk, and the state after each transaction, that of no file first."""

    number: int
    path: Path
    notes: Sequence[Note]
    states: Sequence[str]
    numbers: dict[str, int] = field(default_factory=dict)  # of states, the last one of each

    @property
    def syncs_per_commit(self) -> float:
        synced = sum(isinstance(note, Sync) for note in self.notes)
        return synced / (len(self.states) - 1)


def run(size: Size) -> Figures:
    total: Counter[str] = Counter()
    syncs = []
    for number in range(size["days"]):
        with TemporaryDirectory(prefix="countersign-power-") as name:
            day = lived(Path(name).resolve(), number, size["steps"])
            syncs.append(day.syncs_per_commit)
            total.update(cut(day, size["cuts"]))
    return {
        f"power cuts (seed {SEED})": total["cuts"],
        "of them while WAL pages went into the database": total["checkpoint"],
        "transactions acknowledged before the cuts": total["acknowledged"],
        "lost": 0,
        "files inconsistent, chains broken or steps half done": 0,
        "syncs per transaction": f"{max(syncs):.2f}",
    }


def lived(folder: Path, number: int, steps: int) -> Day:
    """A day, and the same again on the disk in memory, which has to come to the same."""
    path = folder / NAME
    with overheard(path) as said:
        asyncio.run(live(path, seed=SEED + number, steps=steps))
    again = folder / "again"
    again.mkdir()
    notes, states = said_again(without_echoes(said), again / NAME)
    with closing(sqlite3.connect(path)) as db:
        assert State(db.execute).hash() == states[-1], "not all that was said was overheard"
    day = Day(number, path, notes, states)
    day.numbers.update((state, at) for at, state in enumerate(states))
    return day


def cut(day: Day, cuts: int) -> Counter[str]:
    """Cut the power at random deeds of the disk; half of them where the database itself is
    written, for that is seldom."""
    rng = Random(f"{SEED} {day.number}")
    everywhere = range(1, len(day.notes) + 1)
    database = [at for at in everywhere if _is_checkpoint(day.notes[at - 1])]
    chosen = sorted(
        rng.choice(database if database and number % 2 else everywhere) for number in range(cuts)
    )
    total: Counter[str] = Counter(cuts=cuts)
    platters, at, acknowledged = Platters(), 0, 0
    for end in chosen:
        for note in day.notes[at:end]:
            platters.take(note)
            if isinstance(note, Acknowledged):
                acknowledged = note.number
        at = end
        total["acknowledged"] += acknowledged
        total["checkpoint"] += _is_checkpoint(day.notes[end - 1])
        with TemporaryDirectory(prefix="countersign-cut-") as name:
            put(platters.after_a_cut(rng), Path(name))
            where = f"seed {SEED}, day {day.number}, cut after deed {end} of the disk"
            _check(Path(name) / NAME, day, acknowledged, where)
    return total


def _is_checkpoint(note: Note) -> bool:
    return isinstance(note, Write | Truncate) and note.name.endswith(NAME)


def _check(path: Path, day: Day, acknowledged: int, where: str) -> None:
    try:
        with closing(sqlite3.connect(path)) as db:
            state = State(db.execute).hash()
            assert _integrity(db) == ["ok"], f"{where}: {_integrity(db)}"
        number = day.numbers.get(state)
        if number is not None and number < acknowledged:
            raise AssertionError(
                f"{where}: {acknowledged - number} of {acknowledged} acknowledged transactions lost"
            )
        # The one that was cut may be there whole: it was not acknowledged.
        allowed = day.states[acknowledged : acknowledged + 2]
        assert state in allowed, f"{where}: no state that ever was"
        asyncio.run(_goes_on(path, where))
    except (sqlite3.Error, StorageError) as error:
        raise AssertionError(f"{where}: {error!r}") from error


def _integrity(db: sqlite3.Connection) -> list[str]:
    return [str(row[0]) for row in db.execute("pragma integrity_check")]


async def _goes_on(path: Path, where: str) -> None:
    """The bot starts on it; the chain holds, and the tables say what the record says."""
    storage = await Storage.open(path, now=NOON)
    try:
        assert await storage.healthy(), f"{where}: it cannot be written"
        from_tables = await storage.run(stored)
        from_record = rebuilt(_bodies(await storage.run(_record)), HUMANS.same)
        assert from_record == from_tables, f"{where}: a step is half done"
    finally:
        await storage.aclose()
    found = verify_file(path)
    assert found.ok, f"{where}: record {found.bad_seq}: {found.reason}"


def _record(db: Database) -> list[bytes]:
    return [row[0] for row in db.execute("select body from audit order by seq").fetchall()]


def _bodies(record: Iterable[bytes]) -> Iterable[dict[str, object]]:
    return (json.loads(body) for body in record)


DATABASE = "storage/database.py"
PROOF = Proof(
    name="power cut",
    promise="Nothing acknowledged is lost when the power fails",
    commit={"days": 1, "steps": 200, "cuts": 50},
    full={"days": 5, "steps": 400, "cuts": 200},
    bug={"days": 1, "steps": 100, "cuts": 60},
    run=run,
    bugs=(
        Bug("synchronous=normal", DATABASE, '"synchronous=full"', '"synchronous=normal"'),
        Bug("synchronous=off", DATABASE, '"synchronous=full"', '"synchronous=off"'),
        Bug(
            "the journal is kept in memory",
            DATABASE,
            'db.execute("pragma journal_mode=wal").fetchone()[0] != "wal"',
            'db.execute("pragma journal_mode=memory").fetchone()[0] != "memory"',
        ),
        Bug(
            "a step and its record are two transactions",
            "storage/requests.py",
            "            self._record(db, entry, at)\n",
            "            db.commit()\n            self._record(db, entry, at)\n",
        ),
    ),
)
