"""What is asked of digests and reminders costs the same however many there were before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from storage.database import Storage
from storage.digest_rows import compose_run, insert_run, upsert_note
from storage.digests import SqliteDigestStore
from storage.heads import SqliteHeadStore
from storage.homes import SqliteHomeStore
from storage.reminders import SqliteReminderStore
from tests.builders import NOON
from tests.digest_house import CLAIMED, COMPOSED
from tests.stored_digests import a_note, a_reminder, a_run, some_contents

FEW, MANY = 100, 1000
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Busy:
    """The stores on one database, and what they cost in steps of SQLite's machine."""

    def __init__(self, storage: Storage) -> None:
        self.digests = SqliteDigestStore(storage)
        self.reminders = SqliteReminderStore(storage)
        self.homes = SqliteHomeStore(storage)
        self.heads = SqliteHeadStore(storage)
        self._storage = storage
        self._steps = 0

    async def fill(self, number: int) -> None:
        await self._storage.run(lambda db: fill(db, number))
        await self.digests.begin(a_run(run_id="waiting", key="waiting"), at=NOON)

    async def cost(self, ask: Callable[[Busy], Awaitable[object]]) -> int:
        self._steps = 0
        await self._watch(self._step)
        await ask(self)
        await self._watch(None)
        return self._steps

    async def _watch(self, step: Callable[[], int] | None) -> None:
        db = self._storage._db
        assert db is not None
        await self._storage._on_thread(lambda: db.conn.set_progress_handler(step, 1))

    def _step(self) -> int:
        self._steps += 1
        return 0


def fill(db: Database, number: int) -> None:
    """Half of the digests in #finance; three notes there; three reminders of R1; all reminders
    but ten are due tomorrow, all Home tabs but ten were opened yesterday."""
    for at in range(number):
        channel = "C0FINANCE" if at % 2 else "C0OTHER"
        key = (NOON - at * DAY).date().isoformat()
        run = a_run(run_id=f"{at}", channel=channel, key=key, begun_at=NOON - at * HOUR / 9)
        insert_run(db, run)
        compose_run(db, run.run_id, some_contents())
        upsert_note(db, a_note(channel="C0FINANCE" if at < 3 else f"C{at}", order_id=f"{at}"))
        far = {"number": at, "ms": 2**50 if at >= 10 else 0}
        db.execute("insert into reminder values(:number, 'U0BOB', :ms, 0, 0)", far)
        db.execute("insert into home values(:number, 9 - :ms, '')", far)
        db.execute("insert into head_day values(:day, 1, zeroblob(32), 0)", {"day": key})
    for user_id in ("U0ALICE", "U0BOB", "U0CAROL"):
        db.execute("insert into reminder values('R1', :user_id, 0, 0, 0)", {"user_id": user_id})


ASKED: dict[str, Callable[[Busy], Awaitable[object]]] = {
    "run": lambda busy: busy.digests.run("50"),
    "previous": lambda busy: busy.digests.previous(a_run(run_id="51"), since=NOON - 8 * HOUR),
    "previous of a quiet channel": lambda busy: busy.digests.previous(
        a_run(run_id="quiet", channel="C0QUIET"), since=NOON - 400 * DAY
    ),
    "previous of a channel that was quiet for long": lambda busy: busy.digests.previous(
        a_run(run_id="51"), since=NOON
    ),
    "taken": lambda busy: busy.digests.taken("C0FINANCE", since=date(2026, 11, 17)),
    "waiting": lambda busy: busy.digests.waiting(limit=5),
    "notes": lambda busy: busy.digests.notes("C0FINANCE", at=NOON),
    "note": lambda busy: busy.digests.note(a_note(), entry=CLAIMED, at=NOON),
    "begin": lambda busy: busy.digests.begin(a_run(), at=NOON),
    "compose": lambda busy: busy.digests.compose(
        a_run(), some_contents(), entry=COMPOSED, owed=(), at=NOON
    ),
    "keep_posted": lambda busy: busy.digests.keep_posted(a_run()),
    "planned": lambda busy: busy.reminders.planned(["R1", "R2"]),
    "due": lambda busy: busy.reminders.due(now=NOON, limit=5),
    "move": lambda busy: busy.reminders.move(a_reminder(), None, at=NOON),
    "openers": lambda busy: busy.homes.openers(since=NOON - 30 * 365 * DAY, limit=5),
    "published": lambda busy: busy.heads.published(limit=5),
}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def quiet_and_busy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[Busy]]:
    folder: Path = tmp_path_factory.mktemp("busy")
    storages = [await Storage.open(folder / f"{name}.db", now=NOON) for name in (FEW, MANY)]
    both = [Busy(storage) for storage in storages]
    for each, number in zip(both, (FEW, MANY), strict=True):
        await each.fill(number)
    yield both
    for storage in storages:
        await storage.aclose()


@pytest.mark.parametrize("question", ASKED)
async def test_the_answer_costs_no_more_after_many_digests(
    quiet_and_busy: list[Busy], question: str
) -> None:
    quiet, busy = [await each.cost(ASKED[question]) for each in quiet_and_busy]
    assert 0 < busy <= quiet + 40
