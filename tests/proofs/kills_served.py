"""`countersign serve`, started as in life and killed at its points, on the real clock; another bot,
in this process, then finishes what it began."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from random import Random

from bot.crash import VARIABLE
from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.sandbox.clouds.book import CloudOrder
from tests.cancelling import (
    APPROVALS,
    cancels,
    cards,
    ends,
    open_cancel_form,
    records,
    unjudged,
    unpaid_order,
)
from tests.proofs.kills_judge import Remains
from tests.served import Served, serving
from tests.stage import ALICE, BOB, CHEN, Stage, eventually, said, staged

POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "0s"'
MOMENT = "moment"
PLACES = (
    *("after_call", "after_accept", "after_claim", "after_receipt", MOMENT),
    *("before_accept", "before_claim", "after_post"),
)
S = RequestStatus


async def killed_as_served(folder: Path, kills: int, seed: int) -> Counter[str]:
    total: Counter[str] = Counter()
    if not kills:
        return total
    home = folder / "served"
    home.mkdir()
    rng = Random(seed)
    async with staged(home, "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
        await stage.stop()
        stage.real_time = True
        for number, place in enumerate(islice(cycle(PLACES), kills)):
            try:
                await _one(stage, place, rng)
            except AssertionError as error:
                raise AssertionError(f"serve {number}, killed {place}: {error}") from error
            total["real"] += 1
    return total


async def _one(stage: Stage, place: str, rng: Random) -> None:
    order = unpaid_order(stage, rng.choice(("alibaba-main", "huawei-main")))
    point = "" if place == MOMENT else place
    answered: list[str] = []
    async with serving(stage, forks=None, **{VARIABLE: point}) as served:
        await _ready(served)
        people = asyncio.create_task(_cancel_it(stage, order, answered))
        if place == MOMENT:
            await asyncio.sleep(rng.uniform(0.2, 1.2))
            served.kill()
        assert await served.ended() == -9
        await _given_up(people)
    Remains(stage.database).hold(answered)
    was = records(stage, order)
    claimed = bool(was) and was[-1].status is S.EXECUTING
    await stage.start()
    try:
        await _finish(stage, order, claimed=claimed)
    finally:
        await stage.stop()
    Remains(stage.database).hold(answered)


async def _ready(served: Served) -> None:
    """A start as in life imports everything, beside bots that keep the machine busy."""
    for _turn in range(3):
        with suppress(TimeoutError):
            await served.ready()
            return
    raise AssertionError(f"it does not start: {served.stderr}")


async def _cancel_it(stage: Stage, order: CloudOrder, answered: list[str]) -> None:
    """Alice asks and Bob agrees, as far as they get."""
    stage.slack.state.stacks.clear()
    await open_cancel_form(stage, order)
    wish = await stage.slack.submit(ALICE, {"reason": "not needed"})
    if wish.ok:
        answered.append(wish.payload["trigger_id"])
    [request] = await eventually(lambda: records(stage, order), "the request")
    shown = await eventually(lambda: cards(stage, request, APPROVALS, BOB), "its card")
    click = await stage.slack.click_message(BOB, APPROVALS, "approve", ts=shown[-1].ts)
    if click.ok:
        answered.append(click.payload["trigger_id"])


async def _given_up(people: asyncio.Task[None]) -> None:
    """What they still wait for does not come."""
    people.cancel()
    await asyncio.gather(people, return_exceptions=True)


async def _finish(stage: Stage, order: CloudOrder, *, claimed: bool) -> None:
    """What stands is done: a wish that was not stored is made again, an open request approved."""
    await eventually(lambda: unjudged(stage) == 0, "what was acknowledged is judged")
    if claimed:
        await eventually(lambda: _newest(stage, order).status is not S.EXECUTING, "recovery")
        outcome = _newest(stage, order).outcome
        assert outcome in (Outcome.NO_RECEIPT, ""), f"a claim cut short: {outcome}"
        if not cancels(stage, order):
            order.payment_status = "paid"  # so that one read settles it
    if not records(stage, order):
        await _cancel_it(stage, order, [])
    request = _newest(stage, order)
    if request.status is S.PENDING and not request.votes:
        shown = await eventually(lambda: cards(stage, request, APPROVALS, BOB), "its card")
        await stage.press(BOB, "approve", where=APPROVALS, ts=shown[-1].ts)
    await eventually(lambda: not _newest(stage, order).is_open, f"the end of {order.order_id}")
    request = _newest(stage, order)
    calls = cancels(stage, order)
    had_effect = any(call.effect for call in calls)
    assert len(calls) <= 1, f"{len(calls)} cancel calls"
    assert had_effect == (request.status is S.CANCELLED), f"{request.status}, effect {had_effect}"
    assert ends(stage, request) == [f"request:{request.status}"]
    title = f"{request.status.capitalize()}: "
    await eventually(
        lambda: said(cards(stage, request, APPROVALS, BOB)[-1]).startswith(title), "the true card"
    )
    stage.slack.state.stacks.clear()


def _newest(stage: Stage, order: CloudOrder) -> ApprovalRequest:
    return records(stage, order)[-1]
