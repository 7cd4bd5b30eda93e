"""What is asked of requests and the outbox costs the same however many there were before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.domain.outbox import CardCopy, CopyRole
from storage.database import Storage
from storage.inputs import insert_input, judge_input
from storage.outbox import SqliteOutboxStore, insert_owed
from storage.records import insert_record
from storage.request_rows import insert_request, update_request
from storage.requests import SqliteRequestStore
from tests.builders import NOON
from tests.request_builders import a_request, a_vote, an_input, an_owed_card, moved
from tests.request_house import SUBJECT, VOTED, S

FEW, MANY = 100, 400
ORDER = a_request().order_id
NAMES = frozenset({"U0ALICE", "U0BOB"})


class Busy:
    """Both stores on one database, and what they cost in steps of SQLite's machine."""

    def __init__(self, storage: Storage) -> None:
        self.requests = SqliteRequestStore(storage)
        self.outbox = SqliteOutboxStore(storage)
        self._storage = storage
        self._steps = 0

    async def fill(self, number: int) -> None:
        await self._storage.run(lambda db: fill(db, number))
        await self.outbox.keep_copy(CardCopy("R1", CopyRole.APPROVALS, "C1", "1.000001"))

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
    """All asked by Alice and voted on by Bob, ten still open, three about one order."""
    for at in range(number):
        request = a_request(request_id=f"R{at}", order_id=ORDER if at in (11, 12, 13) else f"{at}")
        voted = moved(request, S.PENDING, votes=(a_vote(),), due_at=NOON)
        insert_request(db, request)
        update_request(db, request, voted)
        if at >= 10:
            update_request(db, voted, moved(voted, S.DENIED, due_at=None))
        click = an_input(input_id=f"{at}")
        insert_input(db, click)
        judge_input(db, click, NOON)
        insert_record(db, VOTED, at=NOON)
        insert_owed(db, [an_owed_card(dedup=f"{at}")], NOON)
        db.execute(
            "insert into card_copy(channel, ts, request_id, role, unsure)"
            " values('C0', :ts, :ts, 'approvals', 0)",
            {"ts": f"{at}"},
        )
    db.execute("update outbox set state = 'done' where id > 10")


ASKED: dict[str, Callable[[Busy], Awaitable[object]]] = {
    "accept": lambda busy: busy.requests.accept(an_input()),
    "waiting_inputs": lambda busy: busy.requests.waiting_inputs(limit=5),
    "get": lambda busy: busy.requests.get("R50"),
    "open_for": lambda busy: busy.requests.open_for("huawei-main", "5"),
    "due": lambda busy: busy.requests.due(now=NOON, limit=5),
    "claimed": lambda busy: busy.requests.claimed(),
    "open_requests": lambda busy: busy.requests.open_requests(limit=5),
    "requests_of": lambda busy: busy.requests.requests_of(NAMES, limit=5),
    "requests_for": lambda busy: busy.requests.requests_for("huawei-main", ORDER),
    "history": lambda busy: busy.requests.history([SUBJECT, "order:a/1"], limit=5),
    "change": lambda busy: busy.requests.change(
        a_request(), moved(a_request(), S.DENIED), entry=VOTED, at=NOON
    ),
    "lease": lambda busy: busy.outbox.lease(now=NOON, until=NOON, limit=5),
    "release_all": lambda busy: busy.outbox.release_all(now=NOON),
    "oldest": lambda busy: busy.outbox.oldest(now=NOON),
    "copies": lambda busy: busy.outbox.copies("R1"),
    "copy_at": lambda busy: busy.outbox.copy_at("C1", "1.000001"),
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
async def test_the_answer_costs_no_more_after_many_requests(
    quiet_and_busy: list[Busy], question: str
) -> None:
    quiet, busy = [await each.cost(ASKED[question]) for each in quiet_and_busy]
    assert 0 < busy <= quiet + 40
