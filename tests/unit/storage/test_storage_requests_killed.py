"""A process killed between the statements of one step leaves all of the step or nothing of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.approvals import RequestStatus
from storage.database import Storage
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from storage.verify import verify_file
from tests.builders import NOON
from tests.request_builders import a_request, an_input, an_owed_card

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

# argv: a folder, and each statement of the approval to be killed before (0: after the last). Forks
# a process of its own for each: NUMBER.db is its database. What was not killed in between prints
# how many statements it began.
APPROVER = """
import asyncio, os, signal, sys
from pathlib import Path
from storage.database import Storage
from storage.requests import SqliteRequestStore
from tests.builders import NOON
from tests.request_builders import a_request, a_vote, an_input, an_owed_card, moved
from tests.request_house import S, VOTED, WISH

async def approve(path, killed_before):
    storage = await Storage.open(path, now=NOON)
    store, request, statements = SqliteRequestStore(storage), a_request(), []
    await store.accept(WISH)
    await store.create(request, given=WISH, owed=[an_owed_card(1)], at=NOON)
    await store.accept(an_input())

    def count(statement):
        statements.append(statement)
        if len(statements) == killed_before:
            os.kill(os.getpid(), signal.SIGKILL)

    await storage._on_thread(lambda: storage._db.conn.set_trace_callback(count))
    approved = moved(request, S.APPROVED, votes=(a_vote(),))
    await store.change(
        request, approved, entry=VOTED, given=an_input(), owed=[an_owed_card(2)], at=NOON
    )
    print(len(statements), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

for number in sys.argv[2:]:
    if os.fork() == 0:
        asyncio.run(approve(Path(sys.argv[1]) / f"{number}.db", int(number)))
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
"""


def approve(folder: Path, *killed_before: int) -> str:
    """What the approvals told: how many statements each took that was not killed in between."""
    ended = subprocess.run(
        [sys.executable, "-c", APPROVER, str(folder), *map(str, killed_before)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.timeout(120)
async def test_a_kill_between_two_statements_leaves_all_or_nothing(tmp_path: Path) -> None:
    last = int(approve(tmp_path, 0))
    assert last >= 8
    await check(tmp_path / "0.db", approved=True)
    between = (2, 3, last // 2, last - 1, last)
    assert approve(tmp_path, *between) == ""
    for killed_before in between:
        await check(tmp_path / f"{killed_before}.db", approved=False)


async def check(path: Path, *, approved: bool) -> None:
    storage = await Storage.open(path, now=NOON)
    store, outbox = SqliteRequestStore(storage), SqliteOutboxStore(storage)
    found = await store.get("R1")
    assert found is not None
    owed = [each.owed for each in await outbox.lease(now=NOON, until=NOON, limit=9)]
    waiting = await store.waiting_inputs(limit=9)
    await storage.aclose()
    records = verify_file(path).records
    if approved:
        assert (found.status, found.version) == (RequestStatus.APPROVED, 2)
        assert (len(found.votes), owed) == (1, [an_owed_card(1), an_owed_card(2)])
        assert (waiting, records) == ((), 5)
    else:
        assert (found, owed) == (a_request(), [an_owed_card(1)])
        assert (waiting, records) == ((an_input(),), 4)
