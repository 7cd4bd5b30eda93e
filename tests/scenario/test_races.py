"""People who press at the same instant: signed clicks, let go together at the real listener."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.sandbox.clouds.book import CloudOrder, Fault
from bot.sandbox.workspace.state import ApiCall, Message
from tests.cancelling import (
    APPROVALS,
    DM,
    MINUTE,
    POLICY,
    agreed,
    aimed,
    approved,
    asked,
    cancels,
    cards,
    click,
    ends,
    form_of,
    open_cancel_form,
    reached,
    records,
    together,
    unjudged,
    unpaid_order,
)
from tests.stage import (
    ALICE,
    BOB,
    CHEN,
    GUEST,
    STRANGER,
    Stage,
    acked,
    eventually,
    labels,
    said,
    staged,
)

pytestmark = pytest.mark.slow

S = RequestStatus
OWNER = "U0OWNER"  # a full member who is no approver
HOLD = 31.0


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("races")
    async with staged(folder, "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
        yield stage


def shown_to(
    stage: Stage, request: ApprovalRequest, who: str = BOB, where: str = APPROVALS
) -> Message:
    return cards(stage, request, where, who)[-1]


def told(stage: Stage, who: str, before: set[str], where: str = APPROVALS) -> list[str]:
    """What only *who* was told since *before*."""
    return [
        said(message)
        for message in stage.slack.messages(where, who)
        if message.ephemeral_to == who and message.ts not in before
    ]


async def all_judged(stage: Stage) -> None:
    await eventually(lambda: unjudged(stage) == 0, "every input is judged")


@pytest.mark.parametrize("round_", range(2))
async def test_pitfall_1_two_approve_in_the_same_millisecond(stage: Stage, round_: int) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    shown, before = shown_to(stage, request), stage.seen(CHEN, APPROVALS) | stage.seen(BOB)
    first, second = (BOB, CHEN) if round_ % 2 else (CHEN, BOB)
    await together(aimed(stage, first, "approve", shown), aimed(stage, second, "approve", shown))
    await all_judged(stage)
    request = await reached(stage, order, S.APPROVED)
    late = {BOB, CHEN} - {vote.user_id for vote in request.approvals()}
    for who in late:
        (voter,) = (vote.user_id for vote in request.approvals())
        message = await stage.private(who, "already approved", besides=before, where=APPROVALS)
        assert f"<@{voter}>" in said(message)
    stage.later(seconds=HOLD)
    await reached(stage, order, S.CANCELLED)
    request = await agreed(stage, order)
    assert len(cancels(stage, order)) == 1
    assert ends(stage, request) == ["request:cancelled"]


async def test_pitfall_1_after_the_decision_the_second_is_told_by_whom(stage: Stage) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    late = aimed(stage, CHEN, "approve", shown_to(stage, request))
    before = stage.seen(CHEN, APPROVALS)
    await click(stage, BOB, "approve", request)
    await reached(stage, order, S.APPROVED)
    await late()
    message = await stage.private(CHEN, "already approved", besides=before, where=APPROVALS)
    assert "<@U0BOB>" in said(message)
    stage.later(seconds=HOLD)
    await reached(stage, order, S.CANCELLED)
    assert len(cancels(stage, order)) == 1
    assert [vote.user_id for vote in (await agreed(stage, order)).votes] == [BOB]


@pytest.mark.parametrize("redelivered", [False, True])
async def test_pitfall_1_one_person_twice_is_one_vote(stage: Stage, redelivered: bool) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    shown = shown_to(stage, request)
    once = aimed(stage, BOB, "approve", shown)
    again = once if redelivered else aimed(stage, BOB, "approve", shown)
    await together(once, again, once)
    await all_judged(stage)
    request = await reached(stage, order, S.APPROVED)
    assert [vote.user_id for vote in request.votes] == [BOB]
    subject = f"order:{order.account}/{order.order_id}"
    stored = stage.recorded("input:stored", subject=subject, actor=BOB)
    refused = stage.recorded("input:refused", subject=subject, rule="duplicate")
    assert len(stored) + len(refused) == 3
    assert len(stored) == (1 if redelivered else 2)
    stage.later(seconds=HOLD)
    await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert len(cancels(stage, order)) == 1


@pytest.mark.parametrize("round_", range(2))
async def test_pitfall_2_approve_and_withdraw_together(stage: Stage, round_: int) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    before = stage.seen(BOB, APPROVALS)
    yes = aimed(stage, BOB, "approve", shown_to(stage, request))
    no = aimed(stage, ALICE, "withdraw", shown_to(stage, request, ALICE, DM))
    await together(*((yes, no) if round_ % 2 else (no, yes)))
    await all_judged(stage)
    request = await reached(stage, order, S.WITHDRAWN, S.STOPPED)
    await agreed(stage, order)
    assert ends(stage, request) == [f"request:{request.status}"]
    assert request.ended_by == ALICE
    if not request.approvals():
        message = await stage.private(BOB, "already withdrawn", besides=before, where=APPROVALS)
        assert "<@U0ALICE>" in said(message)
    assert labels(shown_to(stage, request)) == []
    await nothing_is_called(stage, order, request)


@pytest.mark.parametrize("round_", range(2))
async def test_pitfall_2_approve_and_deny_together(stage: Stage, round_: int) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    await click(stage, CHEN, "deny", request)
    await form_of(stage, CHEN, "deny_form")
    before = stage.seen(BOB, APPROVALS)
    yes = aimed(stage, BOB, "approve", shown_to(stage, request))

    async def no() -> None:
        acked(await stage.slack.submit(CHEN, {"reason": "we need it"}))

    await together(*((yes, no) if round_ % 2 else (no, yes)))
    await all_judged(stage)
    request = await reached(stage, order, S.DENIED, S.STOPPED)
    await agreed(stage, order)
    assert ends(stage, request) == [f"request:{request.status}"]
    assert (request.ended_by, request.end_reason) == (CHEN, "we need it")
    if not request.approvals():
        message = await stage.private(BOB, "already denied", besides=before, where=APPROVALS)
        assert "<@U0CHEN>" in said(message)
    await stage.direct(ALICE, f"({request.request_id})")
    await nothing_is_called(stage, order, request)


async def nothing_is_called(stage: Stage, order: CloudOrder, ended: ApprovalRequest) -> None:
    """Also after every hold is over: the row is due no more."""
    assert ended.due_at is None
    stage.later(seconds=HOLD)
    assert cancels(stage, order) == []
    assert records(stage, order)[-1].status is ended.status


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.08])
async def test_stop_and_claim_together(stage: Stage, delay: float) -> None:
    """A stop that was stored before the claim holds; a later one is told that it is late."""
    order = unpaid_order(stage)
    request = await approved(stage, order)
    await agreed(stage, order)
    shown, before = shown_to(stage, request), stage.seen(BOB, APPROVALS)
    stop, wake = aimed(stage, BOB, "stop", shown), aimed(stage, OWNER, "stop", shown)
    stage.clouds.book.faults.append(Fault("slow", order.account, "get_order", 0.04))
    stage.clouds.book.faults.append(Fault("slow", order.account, "cancel_order", 0.04))

    async def stop_soon() -> None:
        await asyncio.sleep(delay)
        await stop()

    stage.later(seconds=HOLD)
    await together(stop_soon, wake)
    await all_judged(stage)
    request = await reached(stage, order, S.STOPPED, S.CANCELLED)
    await agreed(stage, order)
    assert ends(stage, request) == [f"request:{request.status}"]
    assert len(cancels(stage, order)) == (request.status is S.CANCELLED)
    kinds = [record["kind"] for record in about(stage, order) if is_stop_or_claim(record)]
    if request.status is S.CANCELLED:
        assert kinds == ["request:claimed", "input:stored"]
        await stage.private(BOB, "Too late", besides=before, where=APPROVALS)
    else:
        assert kinds == ["input:stored"]
        assert not [text for text in told(stage, BOB, before) if "Too late" in text]
    stage.clouds.book.faults.clear()


def about(stage: Stage, order: CloudOrder) -> list[dict[str, Any]]:
    subject = f"order:{order.account}/{order.order_id}"
    return [record for record in stage.records() if record["subject"] == subject]


def is_stop_or_claim(record: dict[str, Any]) -> bool:
    by_bob = record["kind"] == "input:stored" and record["actor"] == BOB
    is_stop = by_bob and bool(record["facts"]["kind"] == "stop")
    return is_stop or bool(record["kind"] == "request:claimed")


async def test_a_stop_is_heard_while_the_order_is_read_for_the_last_time(stage: Stage) -> None:
    order = unpaid_order(stage)
    request = await approved(stage, order)
    await agreed(stage, order)
    read = len(stage.clouds.book.calls)
    stage.clouds.book.faults.append(Fault("slow", order.account, "get_order", 0.3))
    stage.later(seconds=HOLD)
    await eventually(lambda: len(stage.clouds.book.calls) > read, "the read before the claim")
    await click(stage, BOB, "stop", request)
    request = await reached(stage, order, S.STOPPED)
    await agreed(stage, order)
    await nothing_is_called(stage, order, request)


@pytest.mark.parametrize("round_", range(2))
async def test_pitfall_5_two_ask_for_one_order_at_the_same_instant(
    stage: Stage, round_: int
) -> None:
    stage.later(seconds=MINUTE)
    order = unpaid_order(stage)
    people = (ALICE, CHEN) if round_ % 2 else (CHEN, ALICE)
    for who in people:
        await open_cancel_form(stage, order, who)

    async def submit(who: str) -> None:
        acked(await stage.slack.submit(who, {"reason": f"by {who}"}))

    await together(*(lambda who=who: submit(who) for who in people))
    await all_judged(stage)
    request = await reached(stage, order, S.PENDING)
    assert len(records(stage, order)) == 1
    (other,) = {*people} - {request.requested_by}
    await stage.window(request.requested_by, "Asked. The approvers see it now")
    pointed = await stage.window(other, f"already asked for: {request.request_id}")
    assert f"<@{request.requested_by}>" in said(pointed)
    assert await stage.record("input:refused", actor=other, rule="open")
    for who in people:
        await stage.slack.close_view(who)
    dm = DM if request.requested_by == ALICE else "D0CHEN"
    shown = await eventually(
        lambda: cards(stage, request, dm, request.requested_by), "the requester's card"
    )
    await stage.press(request.requested_by, "withdraw", where=dm, ts=shown[-1].ts)
    await reached(stage, order, S.WITHDRAWN)


async def test_pitfall_5_after_it_failed_a_new_request_is_possible(stage: Stage) -> None:
    order = unpaid_order(stage, "huawei-main")
    await approved(stage, order)
    stage.clouds.book.faults.append(Fault("lie", order.account, "cancel_order"))
    stage.later(seconds=HOLD)
    await reached(stage, order, S.UNKNOWN)
    order.payment_status = "paid"
    stage.later(seconds=3)
    failed = await reached(stage, order, S.FAILED)
    await agreed(stage, order)
    order.payment_status = "unpaid"
    again = await asked(stage, order, "once more")
    assert again.request_id != failed.request_id
    assert records(stage, order)[0] == failed, "the old one stays as it was"
    await click(stage, ALICE, "withdraw", again, DM)
    await reached(stage, order, S.WITHDRAWN)


async def test_pitfall_3_an_older_card_keeps_its_own_state(stage: Stage) -> None:
    older_order, order = unpaid_order(stage), unpaid_order(stage, "huawei-main")
    older = await asked(stage, older_order, "older")
    newer = await asked(stage, order, "newer")
    await click(stage, BOB, "approve", newer)
    await reached(stage, order, S.APPROVED)
    await agreed(stage, order)
    assert await agreed(stage, older_order) == older
    assert labels(shown_to(stage, older)) == ["Approve", "Deny…", "Details"]
    await click(stage, ALICE, "withdraw", older, DM)
    await click(stage, BOB, "stop", newer)
    await reached(stage, older_order, S.WITHDRAWN)
    await reached(stage, order, S.STOPPED)
    again = await asked(stage, order, "once more")
    await click(stage, BOB, "approve", again)
    await reached(stage, order, S.APPROVED)
    await agreed(stage, order)
    (old,) = cards(stage, newer, APPROVALS, BOB)
    assert "Stopped before anything was done" in said(old)
    await click(stage, BOB, "stop", again)
    await reached(stage, order, S.STOPPED)


async def test_pitfall_41_while_slack_asks_to_wait_nothing_is_dropped_or_sent_twice(
    stage: Stage,
) -> None:
    stage.later(seconds=MINUTE)
    stage.expected |= {("chat.postMessage", "ratelimited"), ("chat.update", "ratelimited")}
    one, two = unpaid_order(stage), unpaid_order(stage, "huawei-main")
    first = await asked(stage, one, "first")
    stage.slack.fault("rate_limited", "chat.update", seconds=30)
    await click(stage, BOB, "deny", first)
    await form_of(stage, BOB, "deny_form")
    acked(await stage.slack.submit(BOB, {"reason": "kept"}))
    await reached(stage, one, S.DENIED)
    await eventually(lambda: limited(stage) == 1, "Slack asks to wait")
    await open_cancel_form(stage, two)
    acked(await stage.slack.submit(ALICE, {"reason": "second"}))
    await stage.window(ALICE, "Asked. The approvers see it now")
    await stage.slack.close_view(ALICE)
    second = await reached(stage, two, S.PENDING)
    calls = len(chat_calls(stage))
    await stage.type(BOB, "inbox", until="second")
    assert len(chat_calls(stage)) == calls, "nothing is sent while Slack rests"
    assert cards(stage, second, APPROVALS, BOB) == []
    stage.later(seconds=31)
    await agreed(stage, one)
    await agreed(stage, two)
    await stage.direct(ALICE, f"({first.request_id}): denied")
    posted = [call for call in chat_calls(stage) if call.ok and call.method == "chat.postMessage"]
    texts = [str(call.args) for call in posted]
    assert sum(f"request {second.request_id}" in text for text in texts) == 2
    assert sum(f"({first.request_id}): denied" in text for text in texts) == 1
    last = [f"({first.request_id}): denied" in text for text in texts]
    assert last.index(True) == len(texts) - 1, "decisions go before notices"
    await click(stage, ALICE, "withdraw", second, DM)
    await reached(stage, two, S.WITHDRAWN)


def limited(stage: Stage) -> int:
    return sum(call.error == "ratelimited" for call in stage.slack.calls)


def chat_calls(stage: Stage) -> list[ApiCall]:
    return [call for call in stage.slack.calls if call.method.startswith("chat.")]


async def test_pitfall_19_a_stranger_in_a_connected_channel_decides_nothing(stage: Stage) -> None:
    order = unpaid_order(stage)
    members = stage.slack.state.channel(APPROVALS).members
    members.append(STRANGER)
    request = await asked(stage, order)
    before = stage.seen(STRANGER, APPROVALS)
    shown = shown_to(stage, request)
    for action in ("approve", "deny", "details", "take_back", "stop", "withdraw"):
        stage.later(seconds=5)
        await aimed(stage, STRANGER, action, shown, over="approve")()
    await eventually(lambda: len(told(stage, STRANGER, before)) == 6, "a refusal each")
    assert {*told(stage, STRANGER, before)} == {
        "Only members of this workspace can use countersign."
    }
    refused = stage.recorded("lookup:refused", actor=STRANGER, rule="workspace")
    assert len(refused) == 6
    assert stage.slack.views(STRANGER) == []
    await click(stage, ALICE, "withdraw", request, DM)
    request = await reached(stage, order, S.WITHDRAWN)
    assert request.votes == ()
    members.remove(STRANGER)


@pytest.mark.parametrize("who", [OWNER, GUEST])
async def test_pitfall_20_who_has_no_rights_is_refused_with_the_reason_and_on_record(
    stage: Stage, who: str
) -> None:
    members = stage.slack.state.channel(APPROVALS).members
    if who not in members:
        members.append(who)
    order = unpaid_order(stage)
    request = await asked(stage, order)
    subject = f"order:{order.account}/{order.order_id}"
    reasons = {
        "approve": "You are not an approver" if who == OWNER else "Only active full members",
        "take_back": "You have no approval here",
        "withdraw": "Only the person who asked",
        "stop": "You are not an approver" if who == OWNER else "Only active full members",
    }
    for action, reason in reasons.items():
        stage.later(seconds=5)
        before = stage.seen(who, APPROVALS)
        await aimed(stage, who, action, shown_to(stage, request), over="approve")()
        await stage.private(who, reason, besides=before, where=APPROVALS)
    await aimed(stage, who, "deny", shown_to(stage, request))()
    await form_of(stage, who, "deny_form")
    acked(await stage.slack.submit(who, {"reason": "I say so"}))
    await stage.direct(who, reasons["approve"])
    await all_judged(stage)
    refused = stage.recorded("input:refused", subject=subject, actor=who)
    assert [record["facts"]["kind"] for record in refused] == [*reasons, "deny"]
    assert (await agreed(stage, order)).votes == ()
    await click(stage, ALICE, "withdraw", request, DM)
    await reached(stage, order, S.WITHDRAWN)
