"""What the bot owes arrives in the workspace: rate limits, unclear posts, old cards, restarts."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.outbox import CopyRole
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace.state import ApiCall
from tests.cancelling import (
    APPROVALS,
    DM,
    MINUTE,
    POLICY,
    agreed,
    aimed,
    approved,
    as_recorded,
    asked,
    cancels,
    cards,
    click,
    ends,
    form_of,
    open_cancel_form,
    reached,
    records,
    unjudged,
    unpaid_order,
)
from tests.stage import ALICE, BOB, CHEN, Stage, acked, eventually, said, staged

pytestmark = pytest.mark.slow

S = RequestStatus
OWNER = "U0OWNER"  # a full member who is no approver
DAY = 24 * 3600.0


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("deliveries")
    async with staged(folder, "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
        yield stage


def posts(stage: Stage) -> list[ApiCall]:
    return [call for call in stage.slack.calls if call.method == "chat.postMessage"]


def arrived(stage: Stage, *texts: str) -> list[str]:
    """Which of *texts* each post says that Slack took, in the order of the posts."""
    said_by = [str(call.args) for call in posts(stage) if call.ok]
    return [text for each in said_by for text in texts if text in each]


async def send_request(stage: Stage, order: CloudOrder, reason: str) -> ApprovalRequest:
    """Alice asks; nobody waits for the cards."""
    await open_cancel_form(stage, order)
    acked(await stage.slack.submit(ALICE, {"reason": reason}))
    await stage.window(ALICE, "Asked. The approvers see it now")
    await stage.slack.close_view(ALICE)
    return await reached(stage, order, S.PENDING)


async def deny(stage: Stage, request: ApprovalRequest, order: CloudOrder) -> None:
    await click(stage, BOB, "deny", request)
    await form_of(stage, BOB, "deny_form")
    acked(await stage.slack.submit(BOB, {"reason": "kept"}))
    await reached(stage, order, S.DENIED)


async def still_resting(stage: Stage, request: ApprovalRequest, count: int) -> None:
    """A refused click wakes the outbox; it makes no call."""
    shown = cards(stage, request, APPROVALS, BOB)[-1]
    before = stage.seen(OWNER, APPROVALS)
    await aimed(stage, OWNER, "approve", shown)()
    await stage.private(OWNER, "You are not an approver", besides=before, where=APPROVALS)
    await stage.type(BOB, "inbox", until="Waiting")
    assert len(posts(stage)) == count, "Slack asked to wait"


async def refused(stage: Stage, count: int, what: str) -> None:
    """So many posts were made, and the bot has heard the answer to the last one: only then does it
    know how long to wait."""
    await eventually(lambda: len(posts(stage)) == count and not leased(stage), what)


def leased(stage: Stage) -> int:
    """Messages that are being sent right now."""
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as db:
        (count,) = db.execute("select count(*) from outbox where state = 'leased'").fetchone()
    return int(count)


async def test_pitfall_41_posts_wait_as_long_as_slack_asks_and_approvals_go_before_notices(
    stage: Stage,
) -> None:
    stage.later(seconds=MINUTE)
    stage.expected.add(("chat.postMessage", "ratelimited"))
    stage.slack.state.channel(APPROVALS).members.append(OWNER)
    other = await asked(stage, unpaid_order(stage), "stays open")
    one, two = unpaid_order(stage), unpaid_order(stage, "huawei-main")
    first = await asked(stage, one, "first")
    stage.slack.calls.clear()
    stage.slack.fault("rate_limited", "chat.postMessage", seconds=300)
    await deny(stage, first, one)
    await refused(stage, 1, "the notice of the denial is refused")
    second = await send_request(stage, two, "second")
    stage.later(seconds=250)
    await still_resting(stage, other, 1)
    stage.slack.fault("rate_limited", "chat.postMessage", seconds=400)
    stage.later(seconds=60)
    await refused(stage, 2, "the card is refused too")
    stage.later(seconds=350)
    await still_resting(stage, other, 2)
    stage.later(seconds=60)
    await agreed(stage, two)
    notice, card = f"({first.request_id}): denied", f"request {second.request_id}"
    await stage.direct(ALICE, notice)
    assert arrived(stage, notice, card) == [card, card, notice]
    assert len(posts(stage)) == 2 + 3, "each was refused or sent, and none sent twice"
    for request in (other, second):
        await click(stage, ALICE, "withdraw", request, DM)
    await reached(stage, two, S.WITHDRAWN)
    assert arrived(stage, notice, card) == [card, card, notice]


async def test_a_card_whose_arrival_is_unclear_twice_loses_no_decision(stage: Stage) -> None:
    """The line drops after Slack took the card, both times. The approvers are told directly, the
    request stays in their inbox, and a click on either card decides."""
    stage.later(seconds=MINUTE)
    order = unpaid_order(stage)
    stage.slack.fault("drop_after", "chat.postMessage")
    request = await send_request(stage, order, "unclear")
    await eventually(lambda: cards(stage, request, DM, ALICE), "the requester's card")
    stage.slack.fault("drop_after", "chat.postMessage")
    stage.later(seconds=3)
    await eventually(lambda: len(cards(stage, request, APPROVALS, BOB)) == 2, "once more")
    first, again = cards(stage, request, APPROVALS, BOB)
    assert "An earlier attempt" not in said(first)
    assert "An earlier attempt to post this card may have arrived" in said(again)
    for who in (BOB, CHEN):
        told = await stage.direct(who, request.request_id)
        assert "/order inbox" in said(told)
    await stage.direct(ALICE, "the approvers were told directly")
    record = await stage.record("message:given_up", request_id=request.request_id)
    assert record["facts"]["to"] == APPROVALS
    await stage.type(BOB, f"history {request.order_id}", until="a message could not be delivered")
    await stage.type(BOB, "inbox", until="unclear")
    await stage.press(BOB, "approve", where=APPROVALS, ts=first.ts)
    request = await reached(stage, order, S.APPROVED)
    await stage.redrawn(first, as_recorded(request, CopyRole.ADOPTED))
    await stage.press(BOB, "stop", where=APPROVALS, ts=first.ts)
    request = await reached(stage, order, S.STOPPED)
    await stage.redrawn(first, as_recorded(request, CopyRole.ADOPTED))
    assert len(cards(stage, request, APPROVALS, BOB)) == 2
    assert cancels(stage, order) == []


async def test_pitfall_3_a_click_on_an_older_card_of_an_order_is_no_click_on_the_newer(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    older = await asked(stage, order, "older")
    late = aimed(stage, BOB, "approve", cards(stage, older, APPROVALS, BOB)[-1])
    await click(stage, ALICE, "withdraw", older, DM)
    older = await reached(stage, order, S.WITHDRAWN)
    newer = await asked(stage, order, "newer")
    before = stage.seen(BOB, APPROVALS)
    await late()
    await stage.private(BOB, "already withdrawn", besides=before, where=APPROVALS)
    await eventually(lambda: unjudged(stage) == 0, "the click is judged")
    assert records(stage, order) == (older, newer)
    await agreed(stage, order)
    await click(stage, BOB, "approve", newer)
    newer = await reached(stage, order, S.APPROVED)
    await agreed(stage, order)
    (shown,) = cards(stage, older, APPROVALS, BOB)
    assert said(shown) == as_recorded(older, CopyRole.APPROVALS)
    await click(stage, BOB, "stop", newer)
    await reached(stage, order, S.STOPPED)
    assert records(stage, order)[0] == older


async def test_pitfall_8_after_a_restart_the_buttons_work_and_the_hold_ends(stage: Stage) -> None:
    order, held = unpaid_order(stage), unpaid_order(stage, "huawei-main")
    request = await asked(stage, order)
    await approved(stage, held)
    await agreed(stage, held)
    await stage.idle()
    stage.later(seconds=31)
    await reached(stage, held, S.CANCELLED)
    await agreed(stage, held)
    await click(stage, CHEN, "deny", request)
    await form_of(stage, CHEN, "deny_form")
    acked(await stage.slack.submit(CHEN, {"reason": "kept"}))
    request = await reached(stage, order, S.DENIED)
    await agreed(stage, order)
    assert (request.ended_by, len(cancels(stage, held))) == (CHEN, 1)


async def test_pitfall_16_a_vote_given_anew_after_a_restart_is_still_one_of_two(
    stage: Stage,
) -> None:
    """The policy asks for one by then; the stored rule holds."""
    stage.quorum = 2
    await stage.idle()
    order = unpaid_order(stage)
    request = await asked(stage, order)
    await click(stage, BOB, "approve", request)
    await stage.record("request:voted", actor=BOB, request_id=request.request_id)
    stage.quorum = 1
    await stage.idle()
    await agreed(stage, order)
    await click(stage, BOB, "take_back", request)
    await stage.record("request:vote_taken_back", request_id=request.request_id)
    await agreed(stage, order)
    await click(stage, BOB, "approve", request)
    await eventually(lambda: len(records(stage, order)[-1].votes) == 1, "one vote")
    request = await agreed(stage, order)
    assert request.status is S.PENDING
    assert request.due_at is not None
    assert request.due_at > stage.clock.now(), "nothing is to be done yet"
    await click(stage, CHEN, "approve", request)
    request = await reached(stage, order, S.APPROVED)
    assert [vote.user_id for vote in request.votes] == [BOB, CHEN]
    await agreed(stage, order)
    await click(stage, BOB, "stop", request)
    await reached(stage, order, S.STOPPED)


@pytest.mark.parametrize("running", [True, False])
async def test_pitfall_8_a_request_made_before_a_restart_still_expires(
    stage: Stage, running: bool
) -> None:
    """Also when the moment passes while the bot is down."""
    order = unpaid_order(stage)
    request = await asked(stage, order)
    await stage.stop()
    if running:
        await stage.start()
    stage.later(seconds=DAY)
    if not running:
        await stage.start()
    request = await reached(stage, order, S.EXPIRED)
    await agreed(stage, order)
    assert request.outcome in ("", Outcome.DEADLINE)
    assert ends(stage, request) == ["request:expired"]
    await stage.direct(ALICE, f"({request.request_id})")
    assert cancels(stage, order) == []
