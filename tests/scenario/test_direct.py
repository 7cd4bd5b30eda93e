"""Text typed in the bot's direct messages is read as what follows `/order`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.manifest import BOT_EVENTS
from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.state import Message
from tests.cancelling import MINUTE, POLICY, form_of
from tests.stage import ALICE, BOB, GENERAL, GUEST, Mode, Stage, acked, labels, said, staged

MODES = ("http",)

DM = {who: f"D{who[1:]}" for who in (ALICE, BOB, GUEST)}


@pytest.fixture(scope="module")
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp(f"direct-{mode}")
    async with staged(folder, mode, policy=POLICY) as stage:
        yield stage


def heard(stage: Stage, who: str) -> set[str]:
    return {each.ts for each in stage.slack.messages(DM[who], who)}


async def answer(stage: Stage, who: str, text: str, *, besides: set[str]) -> Message:
    """The bot's newest message in the conversation with *who* once it says *text*."""

    def find() -> Message | None:
        for message in reversed(stage.slack.messages(DM[who], who)):
            is_new = message.ts not in besides and message.user_id != who
            if is_new and message.ephemeral_to is None and text in said(message):
                return message
        return None

    return await stage.appears(find, f"in the direct messages: {text}")


async def say(stage: Stage, who: str, text: str, *, until: str = "") -> Message:
    stage.later(seconds=MINUTE)
    before = heard(stage, who)
    acked(await stage.slack.say(who, DM[who], text))
    return await answer(stage, who, until, besides=before)


@pytest.mark.parametrize("typed", ["help", "/order help", "order help", " /ORDER  help "])
async def test_a_leading_order_is_left_out(stage: Stage, typed: str) -> None:
    await say(stage, BOB, typed, until="What can be typed")


@pytest.mark.parametrize("typed", ["order", "/order"])
async def test_the_command_alone_shows_the_panel(stage: Stage, typed: str) -> None:
    await say(stage, BOB, typed, until="Cloud orders")


async def test_an_order_is_shown_with_its_buttons(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    card = await say(stage, ALICE, f"show {order.order_id}", until=order.order_id)
    assert {"All details", "Refresh"} <= set(labels(card))
    assert stage.recorded("order:shown", actor=ALICE)
    await stage.press(ALICE, "details", where=DM[ALICE], ts=card.ts)
    await stage.window(ALICE, "order_info.order_id")


async def test_an_id_arrives_as_slack_wraps_it(stage: Stage) -> None:
    order = stage.an_order("alibaba-main", index=1)
    link = f"https://usercenter2.aliyun.com/order/detail?orderId={order.order_id}&amp;x=1"
    before = heard(stage, ALICE)
    event = event_of(stage, ALICE, f"show <{link}|the &lt;order&gt;> alibaba-main")
    acked(await stage.slack.send_event(event))
    await answer(stage, ALICE, order.order_id, besides=before)


async def test_a_list_is_one_message_that_is_drawn_anew(stage: Stage) -> None:
    before = heard(stage, ALICE)
    listed = await say(stage, ALICE, "unpaid account:huawei-main", until="Unpaid orders: ")
    await stage.appears(lambda: "asking" not in said(listed), "the whole list")
    said_by_bot = [
        each
        for each in stage.slack.messages(DM[ALICE], ALICE)
        if each.ts not in before and each.user_id != ALICE
    ]
    assert said_by_bot == [listed]
    await stage.press(ALICE, "next_page", where=DM[ALICE], ts=listed.ts)
    await stage.redrawn(listed, "9 to 16")


async def test_a_page_that_was_turned_to_stays_when_the_clouds_answer_late(stage: Stage) -> None:
    await say(stage, ALICE, "list account:huawei-main since:60d", until="1 to 8")
    stage.clouds.book.faults.append(Fault("slow", "huawei-main", "list_orders", 1.5))
    command = "list account:huawei-main since:60d"
    listed = await say(stage, ALICE, command, until="asking the clouds")
    await stage.press(ALICE, "next_page", where=DM[ALICE], ts=listed.ts)
    second = said(await stage.redrawn(listed, "9 to 16"))
    await stage.idle()
    assert said(listed) == second


async def test_cancel_shows_the_orders_card_whose_button_opens_the_form(stage: Stage) -> None:
    order = stage.an_order("alibaba-main")
    card = await say(stage, ALICE, f"cancel {order.order_id} alibaba-main", until=order.order_id)
    assert stage.slack.views(ALICE) == []
    await stage.press(ALICE, "request_cancel", where=DM[ALICE], ts=card.ts)
    await form_of(stage, ALICE, "cancel_form")
    again = await say(stage, ALICE, "cancel", until=order.order_id)
    assert "Request cancel" in labels(again)


async def test_cancel_without_an_order_asks_which(stage: Stage) -> None:
    await say(stage, BOB, "cancel", until="Which order?")
    assert stage.recorded("lookup:refused", actor=BOB, input="message", rule="UsageError")


async def test_a_word_that_is_not_known_gets_an_example(stage: Stage) -> None:
    await say(stage, BOB, "thanks <!channel> & <b>", until="I do not know “thanks”")


async def test_a_guest_is_refused_and_that_is_recorded(stage: Stage) -> None:
    await say(stage, GUEST, "unpaid", until="You may not view any account here")
    assert stage.recorded("lookup:refused", actor=GUEST, input="message", rule="viewers")


async def test_a_message_that_slack_tells_twice_is_answered_once(stage: Stage) -> None:
    stage.later(seconds=MINUTE)
    before = heard(stage, BOB)
    delivery = acked(await stage.slack.say(BOB, DM[BOB], "accounts"))
    await answer(stage, BOB, "Your accounts", besides=before)
    counted = len(stage.recorded("accounts:listed", actor=BOB))
    await stage.slack.redeliver(delivery)
    await stage.idle()
    assert len(stage.recorded("accounts:listed", actor=BOB)) == counted


async def test_a_person_of_another_workspace_is_refused_at_the_gate(stage: Stage) -> None:
    stage.later(seconds=MINUTE)
    before = heard(stage, BOB)
    event = event_of(stage, BOB, "accounts") | {"team": "T0ELSEWHERE"}
    acked(await stage.slack.send_event(event))
    told = await answer(stage, BOB, "Only members of this workspace", besides=before)
    assert "alibaba" not in said(told)
    assert stage.recorded("lookup:refused", actor=BOB, input="gate", rule="workspace")


Changed = Callable[[dict[str, Any]], dict[str, Any]]
IGNORED: dict[str, Changed] = {
    "the bot's own message": lambda event: event | {"bot_id": "B0COUNTERSIGN"},
    "an edit": lambda event: (
        event | {"subtype": "message_changed", "message": dict(event), "hidden": True}
    ),
    "a message that was deleted": lambda event: event | {"subtype": "message_deleted"},
    "a reply in the thread of a card": lambda event: event | {"thread_ts": "1795003200.000001"},
    "a file": lambda event: event | {"subtype": "file_share", "files": [{"id": "F1"}]},
    "a message of a channel": lambda event: event | {"channel": GENERAL, "channel_type": "group"},
    "an empty message": lambda event: event | {"text": " "},
}


@pytest.mark.parametrize("what", IGNORED)
async def test_what_nobody_typed_to_the_bot_is_let_pass(stage: Stage, what: str) -> None:
    stage.slack.state.subscriptions = None
    event = IGNORED[what](event_of(stage, ALICE, "accounts"))
    counted, before = len(of_people(stage)), heard(stage, ALICE)
    acked(await stage.slack.send_event(event))
    await stage.idle()
    assert heard(stage, ALICE) == before
    assert len(of_people(stage)) == counted


async def test_a_message_in_a_channel_never_reaches_the_bot(stage: Stage) -> None:
    stage.slack.state.subscriptions = frozenset(BOT_EVENTS)
    delivery = await stage.slack.say(ALICE, GENERAL, "accounts")
    assert delivery.error == "not_subscribed"


def event_of(stage: Stage, who: str, text: str) -> dict[str, Any]:
    """A message event whose text is already what Slack sends."""
    state = stage.slack.state
    message = Message(ts=state.next_ts(), channel_id=DM[who], user_id=who, text=text)
    return payloads.said(state.person(who), state.channel(DM[who]), message)


def of_people(stage: Stage) -> list[dict[str, Any]]:
    """Records, but for those that the bot makes when it starts."""
    return [each for each in stage.records() if each["actor"] != "countersign"]
