"""Slow clouds, a slow or broken Slack, redelivery: the ack is quick and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace.payloads import slash_command
from bot.sandbox.workspace.state import Message
from tests.stage import ALICE, BOB, GENERAL, Mode, Stage, acked, eventually, said, staged

MODES = ("socket",)

PATIENCE = 0.4  # seconds that this Slack waits for an ack, instead of three
SLOW = 0.7  # seconds that a cloud takes: longer than Slack waits


@pytest.fixture(scope="module")
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp(mode)
    async with staged(folder, mode, ack_seconds=PATIENCE) as stage:
        yield stage


def slow_cloud(stage: Stage, account: str = "huawei-main") -> None:
    fault = Fault("slow", account=account, operation="get_order", seconds=SLOW)
    stage.clouds.book.faults.append(fault)


async def test_pitfall_39_the_ack_comes_before_a_slow_cloud_and_the_order_follows(
    stage: Stage,
) -> None:
    order = stage.an_order("huawei-main")
    slow_cloud(stage)
    before = stage.seen(ALICE)
    delivery = acked(await stage.slack.command(ALICE, GENERAL, order.order_id))
    assert delivery.elapsed_ms < PATIENCE * 1000
    assert stage.seen(ALICE) == before, "the cloud has not answered yet"
    await stage.private(ALICE, order.order_id, besides=before)


async def test_pitfall_39_a_form_is_acknowledged_before_a_slow_cloud(stage: Stage) -> None:
    order = stage.an_order("huawei-main", index=1)
    panel = await stage.type(ALICE, "", until="Cloud orders")
    await stage.press(ALICE, "find", ts=panel.ts)
    await stage.window(ALICE)
    slow_cloud(stage)
    delivery = acked(await stage.slack.submit(ALICE, {"order_id": order.order_id}))
    assert delivery.elapsed_ms < PATIENCE * 1000
    assert "Asking the clouds" in said(stage.slack.views(ALICE)[-1])
    await stage.window(ALICE, order.order_id)


async def test_pitfall_39_no_ack_waits_for_slack_itself(stage: Stage) -> None:
    stage.later(minutes=4)
    stage.slack.fault("slow", "users.info", seconds=SLOW)
    delivery = acked(await stage.slack.command(ALICE, GENERAL, "help"))
    assert delivery.elapsed_ms < PATIENCE * 1000
    await stage.private(ALICE, "What can be typed")


async def test_pitfall_39_a_window_that_slack_no_longer_opens_can_be_asked_for_again(
    stage: Stage,
) -> None:
    order = stage.an_order("huawei-main", index=2)
    card = await stage.type(ALICE, order.order_id, until=order.order_id)
    stage.expected.add(("views.open", "expired_trigger_id"))
    stage.slack.fault("error", "views.open", error="expired_trigger_id")
    await stage.press(ALICE, "details", ts=card.ts)
    await stage.private(ALICE, "Press the button once more")
    await stage.press(ALICE, "details", ts=card.ts)
    await stage.window(ALICE, "page 1 of")


@pytest.mark.parametrize("how", ["expired_url", "used_url"])
async def test_pitfall_40_where_the_response_url_ended_the_answer_is_a_direct_message(
    stage: Stage, how: str
) -> None:
    stage.expected.add(("response_url", how))
    order = stage.an_order("huawei-main", index=3)
    slow_cloud(stage)
    known = set(stage.slack.state.response_urls)
    acked(await stage.slack.command(BOB, GENERAL, order.order_id))
    (new,) = set(stage.slack.state.response_urls) - known
    if how == "expired_url":
        stage.later(minutes=31)
    else:
        stage.slack.state.response_urls[new].uses = 5
    before = stage.seen(BOB, "D0BOB")
    message = await stage.appears(
        lambda: next(
            (each for each in stage.slack.messages("D0BOB", BOB) if each.ts not in before), None
        ),
        "a direct message",
    )
    assert order.order_id in said(message)
    again = stage.seen(BOB, "D0BOB")
    count = len(stage.recorded("order:shown", actor=BOB))
    await stage.press(BOB, "refresh", where="D0BOB", ts=message.ts)
    await eventually(
        lambda: len(stage.recorded("order:shown", actor=BOB)) > count, "its buttons work there"
    )
    assert stage.seen(BOB, "D0BOB") == again


@pytest.mark.parametrize("what", ["command", "click"])
async def test_pitfall_42_an_input_delivered_again_minutes_later_is_acknowledged_and_ignored(
    stage: Stage, what: str
) -> None:
    order = stage.an_order("alibaba-main", "paid", index=2 if what == "click" else 3)
    card = await stage.type(ALICE, f"{order.order_id} alibaba-main", until=order.order_id)
    delivery = stage.slack.deliveries[-1]
    if what == "click":
        delivery = await stage.press(ALICE, "refresh", ts=card.ts)
    subject = f"order:alibaba-main/{order.order_id}"
    count = 2 if what == "click" else 1
    await eventually(
        lambda: len(stage.recorded("order:shown", subject=subject)) >= count, "it is on record"
    )
    await stage.idle()
    stage.later(minutes=7)
    posts = stage.seen(ALICE)
    attempt = await stage.slack.redeliver(delivery)
    assert attempt.error is None
    await stage.idle()
    assert stage.seen(ALICE) == posts
    assert len(stage.recorded("order:shown", subject=subject)) == count


async def test_pitfall_42_a_refused_click_delivered_again_leaves_one_record(
    stage: Stage,
) -> None:
    state = stage.slack.state
    person, channel = state.person(ALICE), state.channel(GENERAL)
    typed = slash_command(state, person, channel, command="/order", text="unpaid")
    payload = dict(typed) | {"api_app_id": "A0OTHER"}
    delivery = await stage.slack.courier.deliver("slash_commands", payload, ALICE)
    await stage.slack.redeliver(delivery)
    await stage.idle()
    assert len(stage.recorded("lookup:refused", input="gate")) == 1


async def test_pitfall_41_a_rate_limit_is_waited_out_and_nothing_is_sent_twice(
    stage: Stage,
) -> None:
    order = stage.an_order("huawei-main", index=4)
    card = await stage.type(ALICE, order.order_id, until=order.order_id)
    stage.expected.add(("chat.postMessage", "ratelimited"))
    stage.slack.fault("rate_limited", "chat.postMessage", seconds=1)
    loop = asyncio.get_running_loop()
    pressed = loop.time()
    await stage.press(ALICE, "share", ts=card.ts)
    await stage.posted(BOB, order.order_id)
    assert loop.time() - pressed >= 1
    assert len(shared(stage, order.order_id)) == 1


async def test_a_post_whose_line_dropped_after_slack_took_it_is_not_sent_again(
    stage: Stage,
) -> None:
    order = stage.an_order("huawei-main", index=5)
    card = await stage.type(ALICE, order.order_id, until=order.order_id)
    stage.slack.fault("drop_after", "chat.postMessage")
    await stage.press(ALICE, "share", ts=card.ts)
    await stage.private(ALICE, "Look before you try again")
    assert len(shared(stage, order.order_id)) == 1


async def test_an_answer_that_slack_cannot_take_is_sent_another_way(stage: Stage) -> None:
    stage.expected.add(("response_url", "dropped"))
    stage.slack.fault("drop_before", "response_url")
    before = stage.seen(BOB, "D0BOB")
    acked(await stage.slack.command(BOB, GENERAL, "accounts"))
    message = await stage.direct(BOB, "Your accounts")
    assert message.ts not in before


async def test_a_dropped_ack_leaves_the_answer_all_the_same(stage: Stage) -> None:
    """The person sees a time-out of Slack's, and then the answer."""
    before = stage.seen(ALICE)
    stage.slack.fault("drop_after", "slash_commands")
    delivery = await stage.slack.command(ALICE, GENERAL, "help")
    assert delivery.error == "operation_timeout"
    await stage.private(ALICE, "What can be typed", besides=before)


def shared(stage: Stage, order_id: str) -> list[Message]:
    return [
        each
        for each in stage.slack.messages(GENERAL, BOB)
        if each.ephemeral_to is None and order_id in said(each)
    ]
