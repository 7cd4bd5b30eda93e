"""*Look up order* on a message: the orders whose numbers stand in it, in a window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.people import BOT_USER_ID
from bot.sandbox.workspace.state import Message, OpenView
from tests.cancelling import MINUTE, POLICY, form_of
from tests.stage import (
    ALICE,
    BOB,
    FINANCE,
    GENERAL,
    GUEST,
    Mode,
    Stage,
    acked,
    labels,
    said,
    staged,
)

MODES = ("http",)


@pytest.fixture(scope="module")
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp(f"shortcut-{mode}")
    async with staged(folder, mode, policy=POLICY) as stage:
        yield stage


def posted(stage: Stage, text: str, *, where: str = GENERAL, **more: Any) -> Message:
    state = stage.slack.state
    return state.post(Message(ts=state.next_ts(), channel_id=where, user_id=BOB, text=text, **more))


async def looked_up(
    stage: Stage, text: str, until: str, *, who: str = ALICE, **more: Any
) -> OpenView:
    stage.later(seconds=MINUTE)
    message = posted(stage, text, **more)
    acked(await stage.slack.use_shortcut(who, message.channel_id, message.ts, "look_up_order"))
    return await stage.window(who, until)


async def test_an_order_in_a_message_is_shown_as_its_card(stage: Stage) -> None:
    order = stage.an_order("alibaba-main")
    view = await looked_up(stage, f"who bought {order.order_id}?", "Which account holds")
    assert "alibaba-main" in said(view)
    await stage.press_in_window(ALICE, "show_order")
    card = await stage.window(ALICE, "As of")
    assert order.order_id in said(card)
    await stage.press_in_window(ALICE, "request_cancel")
    await form_of(stage, ALICE, "cancel_form")
    assert stage.recorded("order:shown", actor=ALICE)


async def test_the_bot_need_not_be_a_member_of_the_channel(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    view = await looked_up(stage, f"({order.order_id.lower()})", order.order_id, where=FINANCE)
    assert {"All details", "Share", "Refresh"} <= set(labels(view))


async def test_several_numbers_get_a_card_each_and_at_most_five(stage: Stage) -> None:
    orders = [stage.an_order("huawei-main", index=index) for index in range(6)]
    text = " and ".join(order.order_id for order in orders)
    view = await looked_up(stage, text, "Only the first 5 numbers are looked up")
    assert [order.order_id in said(view) for order in orders] == [True] * 5 + [False]
    assert labels(view).count("All details") == 5
    assert "Refresh" not in labels(view)  # it would take the place of all five


async def test_numbers_in_blocks_and_attachments_are_found(stage: Stage) -> None:
    first, second = (stage.an_order("huawei-main", index=index) for index in (1, 2))
    block = {"type": "section", "text": {"type": "mrkdwn", "text": f"*{first.order_id}*"}}
    element = {"type": "link", "url": f"https://x.example/?orderId={second.order_id}"}
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [element]}],
    }
    message = posted(stage, "see below", blocks=[block, rich])
    message.user_id = BOT_USER_ID  # only messages of apps carry their blocks here
    stage.later(seconds=MINUTE)
    acked(await stage.slack.use_shortcut(ALICE, GENERAL, message.ts, "look_up_order"))
    view = await stage.window(ALICE, second.order_id)
    assert first.order_id in said(view)


async def test_a_message_without_a_number_says_what_they_look_like(stage: Stage) -> None:
    view = await looked_up(stage, "call 13800138000 on 2026-11-20", "I see no order number")
    assert "CS18122203217MRPB (huawei)" in said(view)
    assert stage.recorded("input:answered", actor=ALICE, input="look_up_order")


async def test_what_goes_wrong_with_one_number_leaves_the_others(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    view = await looked_up(stage, f"CS0000000000XXXXX {order.order_id}", "knows no order")
    assert "All details" in labels(view)
    assert stage.recorded("lookup:failed", actor=ALICE)


async def test_a_cloud_that_does_not_answer_is_named(stage: Stage) -> None:
    first, second = (stage.an_order("huawei-main", index=index) for index in (7, 8))
    stage.clouds.book.faults.append(Fault("error_500", account="huawei-main", times=0))
    await looked_up(stage, f"{first.order_id} {second.order_id}", "huawei-main")


async def test_pitfall_39_a_window_that_opens_too_late_loses_no_question(stage: Stage) -> None:
    stage.clouds.book.faults.clear()
    order = stage.an_order("huawei-main", index=3)
    stage.later(seconds=MINUTE)
    stage.expected.add(("views.open", "expired_trigger_id"))
    stage.slack.fault("error", "views.open", error="expired_trigger_id")
    message = posted(stage, order.order_id)
    acked(await stage.slack.use_shortcut(BOB, GENERAL, message.ts, "look_up_order"))
    await stage.direct(BOB, order.order_id)
    assert stage.slack.views(BOB) == []
    assert stage.recorded("order:shown", actor=BOB)


async def test_a_guest_sees_nothing(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    view = await looked_up(stage, order.order_id, "You may not view any account", who=GUEST)
    assert order.order_id not in said(view)
    assert stage.recorded("lookup:refused", actor=GUEST, input="look_up_order", rule="viewers")


async def test_a_shortcut_that_slack_tells_twice_counts_once(stage: Stage) -> None:
    message = posted(stage, "nothing here")
    delivery = acked(await stage.slack.use_shortcut(BOB, GENERAL, message.ts, "look_up_order"))
    await stage.window(BOB, "I see no order number")
    await stage.slack.redeliver(delivery)
    await stage.idle()
    assert len(stage.recorded("input:answered", actor=BOB, input="look_up_order")) == 1


@pytest.mark.parametrize("team", ["T0ELSEWHERE", ""])
async def test_a_shortcut_from_another_workspace_is_refused_at_the_gate(
    stage: Stage, team: str
) -> None:
    state = stage.slack.state
    message = posted(stage, stage.an_order("huawei-main").order_id)
    payload = payloads.message_shortcut(
        state, state.person(BOB), state.channel(GENERAL), message, callback_id="look_up_order"
    )
    payload["user"]["team_id"] = team
    before = len(stage.recorded("lookup:refused", actor=BOB, input="gate", rule="workspace"))
    seen = stage.seen(BOB)
    acked(await stage.slack.courier.deliver("interactive", payload, BOB))
    await stage.private(BOB, "Only members of this workspace", besides=seen)
    after = len(stage.recorded("lookup:refused", actor=BOB, input="gate", rule="workspace"))
    assert after == before + 1
    assert stage.slack.views(BOB) == []
