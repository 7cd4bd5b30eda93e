"""A request that waits is remembered: the message, its buttons, and the order that was paid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace.state import Message
from tests.cancelling import APPROVALS, POLICY, asked, cards, click, reached, unpaid_order
from tests.refusing import refusing
from tests.stage import ALICE, BOB, CHEN, Stage, said, staged

pytestmark = pytest.mark.slow

S = RequestStatus
DM, ALICES = "D0BOB", "D0ALICE"


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("reminders")
    async with staged(folder, "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
        yield stage


async def reminded(stage: Stage) -> tuple[CloudOrder, ApprovalRequest, Message]:
    """An order, its request, and the message that reminds Bob of it."""
    order = unpaid_order(stage)
    order.deadline = None
    request = await asked(stage, order)
    await stage.idle()
    before = stage.seen(BOB, DM)
    stage.later(hours=1)

    def find() -> Message | None:
        for message in stage.slack.messages(DM, BOB):
            if message.ts not in before and "still waits for your decision" in said(message):
                return message
        return None

    return order, request, await stage.appears(find, "a reminder")


async def test_the_card_asks_the_approvers_by_name(stage: Stage) -> None:
    request = await asked(stage, unpaid_order(stage))
    [card] = cards(stage, request, APPROVALS, BOB)
    assert card.text.endswith("For <@U0BOB>, <@U0CHEN>")
    assert "For <@U0BOB>, <@U0CHEN>" in said(card)
    await click(stage, ALICE, "withdraw", request, where=ALICES)


async def test_pitfall_8_a_reminder_comes_after_a_restart_and_its_buttons_work(
    stage: Stage,
) -> None:
    order, request, message = await reminded(stage)
    assert order.account in message.text
    await stage.press(BOB, "show_request", where=DM, ts=message.ts)
    await stage.private(BOB, request.request_id, where=DM)
    await stage.press(BOB, "remind_me", where=DM, ts=message.ts)
    await stage.private(BOB, "I remind you", where=DM)  # at 08:30, or before it lapses
    answered = await stage.record("input:answered", actor=BOB, input="remind_me")
    assert answered["subject"] == f"order:{order.account}/{order.order_id}"
    await stage.record("request:reminded", request_id=request.request_id, user_id=BOB)
    await click(stage, ALICE, "withdraw", request, where=ALICES)
    await reached(stage, order, S.WITHDRAWN)
    await stage.press(BOB, "remind_me", where=DM, ts=message.ts)
    await stage.private(BOB, "already withdrawn", where=DM)
    await stage.record("lookup:refused", actor=BOB, input="remind_me", rule="status")


async def test_a_reminder_that_is_stored_is_told_though_the_answer_is_not_recorded(
    stage: Stage,
) -> None:
    order, request, message = await reminded(stage)
    before = stage.seen(BOB, DM)
    with refusing(stage.database, "insert on audit", "new.kind = 'input:answered'"):
        await stage.press(BOB, "remind_me", where=DM, ts=message.ts)
        await stage.private(BOB, "I remind you", besides=before, where=DM)
    await click(stage, ALICE, "withdraw", request, where=ALICES)
    await reached(stage, order, S.WITHDRAWN)


@pytest.mark.parametrize("of_another", [ALICE, BOB], ids=["of none", "of another account"])
async def test_an_approver_who_is_no_viewer_is_told_where_to_decide(
    tmp_path: Path, of_another: str
) -> None:
    policy = f"""viewers = ["{ALICE}"]
approvers = ["{BOB}"]
quorum = 1
[[policy.rules]]
accounts = ["alibaba-intl"]
viewers = ["{of_another}"]"""
    async with staged(tmp_path, "http", policy=policy) as stage:
        order = unpaid_order(stage, "huawei-main")
        order.deadline = None
        request = await asked(stage, order)
        await stage.idle()
        stage.later(hours=1)
        message = await stage.posted(BOB, "still waits for your decision", where=DM)
        await stage.press(BOB, "show_request", where=DM, ts=message.ts)
        told = await stage.private(BOB, "decides on its card in the approvals channel", where=DM)
        assert "You may not view the account of this order" in said(told)
        await stage.record("lookup:refused", actor=BOB, input="show_request", rule="viewers")
        await click(stage, BOB, "approve", request, where=APPROVALS)
        await reached(stage, order, S.APPROVED)


async def test_however_much_waits_slack_is_asked_once_who_each_person_is(stage: Stage) -> None:
    requests = []
    for _request in range(4):
        order = unpaid_order(stage)
        order.deadline = None
        requests.append(await asked(stage, order))
    await stage.idle()
    before = len(stage.slack.calls)
    stage.later(hours=1)
    for request in requests:
        for who in (BOB, CHEN):
            await stage.record("request:reminded", request_id=request.request_id, user_id=who)
    looked_up = [each for each in stage.slack.calls[before:] if each.method == "users.info"]
    assert len(looked_up) <= len({BOB, CHEN})


async def test_pitfall_26_an_order_that_is_paid_meanwhile_closes_its_request_and_both_hear(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    order.payment_status = "paid"
    stage.later(minutes=10)
    ended = await reached(stage, order, S.OUTDATED)
    assert ended.outcome == "paid"
    for who in (ALICE, BOB, CHEN):
        told = await stage.direct(who, f"({request.request_id}): it is already paid")
        assert order.order_id in told.text
