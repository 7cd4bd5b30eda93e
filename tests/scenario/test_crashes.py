"""`countersign serve` killed at its worst moments: what was acknowledged is done, and done once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.crash import VARIABLE
from bot.domain.approvals import Outcome, RequestStatus
from bot.domain.outbox import CopyRole
from bot.sandbox.clouds.book import CloudOrder
from tests.cancelling import (
    APPROVALS,
    agreed,
    as_recorded,
    asked,
    cancels,
    cards,
    click,
    ends,
    open_cancel_form,
    reached,
    records,
    unjudged,
    unpaid_order,
)
from tests.preloaded import ROOT, Preloaded, preloaded
from tests.served import Served, serving
from tests.stage import ALICE, BOB, CHEN, Stage, acked, eventually, said, staged

pytestmark = pytest.mark.slow

S = RequestStatus
POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "0s"'
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The bot runs as a process until it is killed, and on the stage after that. At the end the
    whole record is in one piece."""
    folder = tmp_path_factory.mktemp("crashes")
    async with staged(folder, "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
        await stage.stop()
        stage.real_time = True
        yield stage
        await verified(stage)


@pytest.fixture(scope="module")
async def forks() -> AsyncIterator[Preloaded]:
    async with preloaded() as forks:
        yield forks


async def verified(stage: Stage) -> None:
    """As an auditor does it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "audit", "verify", "--database", str(stage.database)),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out
    assert out.decode().startswith("ok ")


@asynccontextmanager
async def restarted(stage: Stage) -> AsyncIterator[None]:
    await stage.start()
    try:
        yield
    finally:
        await stage.stop()


async def killed(served: Served) -> None:
    assert await served.ended() == KILLED


@pytest.mark.parametrize("where", ["before_accept", "after_accept"])
async def test_pitfall_6_a_click_around_its_storing(
    stage: Stage, forks: Preloaded, where: str
) -> None:
    """Not stored: not acknowledged, and nothing happens. Stored: handled once."""
    order = unpaid_order(stage)
    async with restarted(stage):
        request = await asked(stage, order)
    shown = cards(stage, request, APPROVALS, BOB)[-1]
    async with serving(stage, forks=forks, **{VARIABLE: where}) as served:
        await served.ready()
        clicked = await stage.slack.click_message(BOB, APPROVALS, "approve", ts=shown.ts)
        assert not clicked.ok, "no 200 for what may not be stored"
        await killed(served)
    assert unjudged(stage) == (where == "after_accept")
    async with restarted(stage):
        if where == "before_accept":
            assert records(stage, order)[-1].votes == ()
            acked(await stage.slack.click_message(BOB, APPROVALS, "approve", ts=shown.ts))
        else:
            await stage.slack.redeliver(clicked)
        await done(stage, order, votes=[BOB])


async def done(stage: Stage, order: CloudOrder, *, votes: list[str]) -> None:
    request = await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert [vote.user_id for vote in request.votes] == votes
    assert len(cancels(stage, order)) == 1
    assert ends(stage, request) == ["request:cancelled"]
    assert unjudged(stage) == 0


async def test_pitfall_6_a_click_acknowledged_and_not_yet_judged(
    stage: Stage, forks: Preloaded
) -> None:
    order = unpaid_order(stage)
    async with serving(stage, forks=forks) as served:
        await served.ready()
        request = await asked(stage, order)
        stage.slack.fault("slow", "users.info", seconds=5, times=0)
        await click(stage, BOB, "approve", request)
        served.kill()
        await killed(served)
    stage.slack.faults.ordered.clear()
    assert unjudged(stage) == 1
    assert records(stage, order)[-1].votes == ()
    async with restarted(stage):
        await done(stage, order, votes=[BOB])


async def crashed(stage: Stage, forks: Preloaded, order: CloudOrder, where: str) -> None:
    """Asked, approved, killed on the way to the cloud and back."""
    async with serving(stage, forks=forks, **{VARIABLE: where}) as served:
        await served.ready()
        request = await asked(stage, order)
        await click(stage, BOB, "approve", request)
        await killed(served)


async def test_a_kill_before_the_claim_changes_nothing(stage: Stage, forks: Preloaded) -> None:
    order = unpaid_order(stage)
    await crashed(stage, forks, order, "before_claim")
    assert records(stage, order)[-1].status is S.APPROVED
    assert cancels(stage, order) == []
    async with restarted(stage):
        await done(stage, order, votes=[BOB])


async def test_pitfall_7_a_claim_without_receipt_is_unknown_and_never_called_blindly(
    stage: Stage, forks: Preloaded
) -> None:
    order = unpaid_order(stage)
    await crashed(stage, forks, order, "after_claim")
    assert records(stage, order)[-1].status is S.EXECUTING
    async with restarted(stage):
        request = await reached(stage, order, S.UNKNOWN)
        assert request.outcome == Outcome.NO_RECEIPT
        await agreed(stage, order)
        order.payment_status = "paid"
        request = await reached(stage, order, S.FAILED)
        await agreed(stage, order)
        assert request.outcome == Outcome.PAID
        assert cancels(stage, order) == []


@pytest.mark.parametrize("where", ["after_call", "after_receipt"])
async def test_pitfall_7_a_kill_after_the_call_is_settled_by_reading(
    stage: Stage, forks: Preloaded, where: str
) -> None:
    order = unpaid_order(stage, "huawei-main")
    await crashed(stage, forks, order, where)
    (request,) = records(stage, order)
    assert request.status is (S.EXECUTING if where == "after_call" else S.CANCELLED)
    assert "Cancelled:" not in said(cards(stage, request, APPROVALS, BOB)[-1])
    async with restarted(stage):
        await done(stage, order, votes=[BOB])


async def test_a_kill_after_a_post_is_made_good_and_said(stage: Stage, forks: Preloaded) -> None:
    """The card may stand there twice; both are one request, and a click on either counts."""
    order = unpaid_order(stage)
    async with serving(stage, forks=forks, **{VARIABLE: "after_post"}) as served:
        await served.ready()
        await open_cancel_form(stage, order)
        acked(await stage.slack.submit(ALICE, {"reason": "posted twice"}))
        await killed(served)
    stage.slack.state.stacks.clear()
    (request,) = records(stage, order)
    (lost,) = cards(stage, request, APPROVALS, BOB)
    async with restarted(stage):
        await eventually(lambda: len(cards(stage, request, APPROVALS, BOB)) == 2, "the card")
        again = cards(stage, request, APPROVALS, BOB)[-1]
        assert "An earlier attempt to post this card may have arrived" in said(again)
        await stage.press(BOB, "approve", where=APPROVALS, ts=lost.ts)
        request = await reached(stage, order, S.CANCELLED)
        role = CopyRole.APPROVALS
        await stage.redrawn(lost, as_recorded(request, CopyRole.ADOPTED))
        await stage.redrawn(again, as_recorded(request, role, unsure=True))
        assert len(cards(stage, request, APPROVALS, BOB)) == 2
        assert len(cancels(stage, order)) == 1


async def test_pitfalls_8_and_16_old_buttons_work_and_two_are_still_needed(
    stage: Stage, forks: Preloaded
) -> None:
    order = unpaid_order(stage)
    stage.quorum = 2
    async with serving(stage, forks=forks) as served:
        await served.ready()
        request = await asked(stage, order)
        await click(stage, BOB, "approve", request)
        await stage.record("request:voted", actor=BOB, request_id=request.request_id)
        await agreed(stage, order)
        served.kill()
        await killed(served)
    stage.quorum = 1
    async with restarted(stage):
        request = await agreed(stage, order)
        assert (request.status, request.requirement.quorum) == (S.PENDING, 2)
        assert cancels(stage, order) == []
        await click(stage, BOB, "approve", request)
        await stage.private(BOB, "one person has one vote", where=APPROVALS)
        assert records(stage, order)[-1].status is S.PENDING
        await click(stage, CHEN, "approve", request)
        await done(stage, order, votes=[BOB, CHEN])
