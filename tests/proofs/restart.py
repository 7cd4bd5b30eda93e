"""The bot stopped and started while people press buttons, in both of Slack's delivery modes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

from bot.domain.approvals import ApprovalRequest
from bot.sandbox.workspace.inputs import NotPossible
from tests.cancelling import APPROVALS, POLICY, asked, cards, click, records, unpaid_order
from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.proofs.soak import quiet
from tests.stage import BOB, CHEN, Mode, Stage, eventually, labels, said, staged

REQUESTS = 6
PRESSING = 4  # people's fingers at once


def run(size: Size) -> Figures:
    quiet()
    total: Counter[str] = Counter()
    downs: list[float] = []
    for mode in ("http", "socket"):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_one_mode(Path(folder), mode, size["restarts"], total, downs))
    return {
        "restarts": 2 * size["restarts"],
        "clicks acknowledged": total["acked"],
        "told to try again": total["again"],
        "failed acks, told by Slack": total["failed"],
        "acknowledged clicks lost": 0,
        "dead buttons": 0,
        "median s from the signal to ready": f"{median(downs):.2f}",
        "s at most": f"{max(downs):.2f}",
    }


async def _one_mode(
    folder: Path, mode: Mode, restarts: int, total: Counter[str], downs: list[float]
) -> None:
    async with staged(folder, mode, policy=POLICY, approvers=(BOB, CHEN), quorum=2) as stage:
        requests = [await asked(stage, unpaid_order(stage)) for _request in range(REQUESTS)]
        acked: set[str] = set()
        over = asyncio.Event()
        fingers = [
            asyncio.create_task(
                _press(stage, requests, random.Random(seed), acked=acked, total=total, over=over)
            )
            for seed in range(PRESSING)
        ]
        for _restart in range(restarts):
            await asyncio.sleep(0.2)
            began = time.monotonic()
            await stage.stop()
            await stage.start()
            downs.append(time.monotonic() - began)
        over.set()
        await asyncio.gather(*fingers)
        await stage.idle()
        missing, told = len(acked - _stored(stage)), _told_to_try_again(stage)
        assert missing <= told, (
            f"{mode}: {missing} of {len(acked)} acknowledged clicks are not stored,"
            f" and {told} times somebody was told to try again"
        )
        for request in requests:
            await _still_alive(stage, request, mode)
        total["acked"] += len(acked) - missing
        total["again"] += missing


async def _press(
    stage: Stage,
    requests: list[ApprovalRequest],
    chance: random.Random,
    *,
    acked: set[str],
    total: Counter[str],
    over: asyncio.Event,
) -> None:
    """Bob approves and takes it back, again and again; what Slack says failed he is told."""
    while not over.is_set():
        request = chance.choice(requests)
        with suppress(NotPossible, IndexError):
            shown = cards(stage, request, APPROVALS, BOB)[-1]
            action = chance.choice([a for a in ("approve", "take_back") if _has(shown.blocks, a)])
            delivery = await stage.slack.click_message(BOB, APPROVALS, action, ts=shown.ts)
            if delivery.ok:
                acked.add(str(delivery.payload["trigger_id"]))
            else:
                total["failed"] += 1
        await asyncio.sleep(0.01)


async def _still_alive(stage: Stage, request: ApprovalRequest, mode: str) -> None:
    """The card's buttons work: somebody denies it by the form, or approves it."""
    now = next(each for each in records(stage) if each.request_id == request.request_id)
    shown = cards(stage, request, APPROVALS, CHEN)[-1]
    assert "Approve" in labels(shown), f"{mode}: {request.request_id} is {now.status}, no button"
    before = len(now.votes)
    await click(stage, CHEN, "approve", request)
    order = stage.clouds.book.orders[request.account][request.order_id]

    def counted() -> bool:
        (found,) = [each for each in records(stage, order) if each.request_id == now.request_id]
        return len(found.votes) > before

    await eventually(counted, f"{mode}: the vote on {request.request_id}")


def _has(blocks: list[dict[str, object]], action: str) -> bool:
    return f"'action_id': '{action}'" in str(blocks)


def _told_to_try_again(stage: Stage) -> int:
    """What the bot says while it leaves, to the person alone."""
    seen = stage.slack.messages(APPROVALS, BOB)
    return sum("I am restarting" in said(message) for message in seen)


def _stored(stage: Stage) -> set[str]:
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as db:
        return {row[0] for row in db.execute("select id from input")}


PROOF = Proof(
    name="restart",
    promise="A restart under load loses nothing that was acknowledged and leaves no dead button",
    commit={"restarts": 3},
    full={"restarts": 12},
    bug={"restarts": 6},
    run=run,
    bugs=(
        Bug(
            "what comes while it leaves is dropped without a word",
            "handlers/gate.py",
            '            return NotAllowed(_("I am restarting. Try again in a few seconds."),'
            ' rule="restarting")\n',
            '            return NotAllowed(_("Thank you."), rule="restarting")\n',
        ),
        Bug(
            "half of the clicks are acknowledged and not stored",
            "handlers/requests.py",
            "                    is_new = await self._desk.request_store.accept(given)\n"
            "                except StorageError:\n"
            '                    logger.exception("not_recorded")\n'
            "                    await ack()\n",
            "                    is_new = given.at.microsecond % 2 == 0 and"
            " await self._desk.request_store.accept(given)\n"
            "                except StorageError:\n"
            '                    logger.exception("not_recorded")\n'
            "                    await ack()\n",
        ),
    ),
)
