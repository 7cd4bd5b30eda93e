"""The drill: a backup while the bot runs, more happens, the disk is lost, the backup is restored.

An operator does it with the command line alone; people notice it on their cards.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator

import pytest

from bot.domain.approvals import Outcome, RequestStatus
from tests.cancelling import (
    APPROVALS,
    DM,
    agreed,
    asked,
    cancels,
    cards,
    click,
    reached,
    records,
    unpaid_order,
)
from tests.preloaded import ROOT
from tests.stage import ALICE, BOB, Stage, labels, said, staged

pytestmark = pytest.mark.slow

S = RequestStatus
MODES = ("http",)
POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "0s"'
BEFORE = "from before the restore"


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("drill"), "http", policy=POLICY) as stage:
        yield stage


async def operator(stage: Stage, *arguments: str) -> str:
    """What the command printed; it must end with 0 and say nothing on stderr."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments, "--config", str(stage.config)),
        cwd=stage.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b""), err.decode()
    return out.decode()


def lose_the_disk(stage: Stage) -> None:
    for file in stage.folder.glob("countersign.db*"):
        file.unlink()


async def test_the_drill(stage: Stage) -> None:
    pending, later = unpaid_order(stage), unpaid_order(stage, "huawei-main")
    known = await asked(stage, pending)
    saved = await operator(stage, "backup", "saved.db")
    count = int(re.fullmatch(r"saved.db: (\d+) records, head \1 [0-9a-f]{64}\n", saved)[1])  # type: ignore[index]

    await click(stage, BOB, "approve", known)
    await reached(stage, pending, S.CANCELLED)
    await agreed(stage, pending)
    lost = await asked(stage, later)
    noted = (await operator(stage, "audit", "head")).strip().replace(" ", ":")
    await stage.stop()
    lose_the_disk(stage)

    said_then = await operator(stage, "restore", "saved.db", "--anchor", noted)
    last = noted.partition(":")[0]
    losing = f"records {count + 1}..{last} were lost with a restore at "
    assert losing in said_then
    assert "open requests: 1 ended as expired, 0 " in said_then
    await stage.start()

    await the_known_request_ended_and_its_cards_say_so(stage)
    await the_card_of_the_lost_request_says_what_to_do(stage)
    assert cancels(stage, later) == []
    again = await asked(stage, later, "still not needed")
    assert again.request_id != lost.request_id
    await click(stage, BOB, "approve", again)
    await reached(stage, later, S.CANCELLED)
    await agreed(stage, later)
    assert len(cancels(stage, later)) == len(cancels(stage, pending)) == 1

    for anchor in ((), ("--anchor", noted)):
        verified = (await operator(stage, "audit", "verify", *anchor)).splitlines()
        assert verified[0].startswith(losing)
        assert verified[-1].startswith("ok ")


async def the_known_request_ended_and_its_cards_say_so(stage: Stage) -> None:
    """That its order was cancelled since is not known, and not denied."""
    request = records(stage)[0]
    assert (request.status, request.outcome) == (S.EXPIRED, Outcome.RESTORED)
    for where, who, buttons in ((APPROVALS, BOB, []), (DM, ALICE, ["Ask again"])):
        (card,) = cards(stage, request, where, who)
        await stage.redrawn(card, "Ended by a restore of the database")
        assert "nothing was done" not in said(card)
        assert labels(card) == buttons
    assert "ask again" in said(await stage.direct(ALICE, "restored from a backup"))


async def the_card_of_the_lost_request_says_what_to_do(stage: Stage) -> None:
    old = {
        where: next(
            message
            for message in reversed(stage.slack.messages(where, who))
            if "huawei-main" in said(message) and "Decide by" in said(message)
        )
        for where, who in ((APPROVALS, BOB), (DM, ALICE))
    }
    for who, action, where in ((BOB, "approve", APPROVALS), (ALICE, "withdraw", DM)):
        await stage.press(who, action, where=where, ts=old[where].ts)
        told = said(await stage.private(who, BEFORE, where=where))
        assert "ask again" in told
        assert await stage.record("input:refused", actor=who, rule="restored")
    for action in ("deny", "details"):
        before = stage.seen(BOB, APPROVALS)
        await stage.press(BOB, action, where=APPROVALS, ts=old[APPROVALS].ts)
        await stage.private(BOB, BEFORE, besides=before, where=APPROVALS)
