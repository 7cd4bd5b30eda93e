"""Every button of the cards, in both modes."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace.state import Message
from tests.stage import (
    ALICE,
    BOB,
    CHEN,
    FINANCE,
    GENERAL,
    SECRET,
    SHARED,
    Stage,
    eventually,
    labels,
    said,
)

MODES = ("socket",)


async def shown(stage: Stage, index: int = 0, *, who: str = ALICE, where: str = GENERAL) -> Message:
    """The card of an unpaid order at Huawei."""
    order = stage.an_order("huawei-main", index=index)
    return await stage.type(who, order.order_id, until=order.order_id, where=where)


async def test_share_posts_the_order_for_everybody_in_the_channel(stage: Stage) -> None:
    card = await shown(stage)
    order = stage.an_order("huawei-main")
    await stage.press(ALICE, "share", ts=card.ts)
    posted = await stage.posted(BOB, order.order_id)
    assert f"shared by <@{ALICE}>" in json.dumps(posted.blocks)
    assert labels(posted) == ["All details", "Open in console"]
    (record,) = stage.recorded("order:shared", actor=ALICE)
    assert record["facts"]["channel"] == GENERAL


async def test_share_goes_through_the_response_url_where_the_bot_is_not_a_member(
    stage: Stage,
) -> None:
    stage.expected.add(("chat.postMessage", "not_in_channel"))
    card = await shown(stage, 1, where=FINANCE)
    order = stage.an_order("huawei-main", index=1)
    await stage.press(ALICE, "share", where=FINANCE, ts=card.ts)
    await stage.posted(BOB, order.order_id, where=FINANCE)


async def test_share_is_refused_where_another_company_reads(stage: Stage) -> None:
    card = await shown(stage, 2, where=SHARED)
    await stage.press(ALICE, "share", where=SHARED, ts=card.ts)
    await stage.private(ALICE, "shared with another company", where=SHARED)
    assert stage.recorded("lookup:refused", actor=ALICE, input="share", rule="share")
    assert not [each for each in stage.slack.messages(SHARED, BOB) if not each.ephemeral_to]


async def test_share_is_refused_where_the_bot_cannot_see_who_reads(stage: Stage) -> None:
    stage.expected.add(("conversations.info", "channel_not_found"))
    card = await shown(stage, 3, where=SECRET)
    await stage.press(ALICE, "share", where=SECRET, ts=card.ts)
    await stage.private(ALICE, "Invite me to it and try again", where=SECRET)
    assert not [each for each in stage.slack.messages(SECRET, BOB) if not each.ephemeral_to]


async def test_the_details_of_a_shared_order_can_be_opened_by_whoever_may_view_it(
    stage: Stage,
) -> None:
    card = await shown(stage, 4)
    order = stage.an_order("huawei-main", index=4)
    await stage.press(ALICE, "share", ts=card.ts)
    posted = await stage.posted(CHEN, order.order_id)
    await stage.press(CHEN, "details", ts=posted.ts)
    details = await stage.window(CHEN, "order_info.order_id")
    assert order.order_id in said(details)


async def test_pitfall_38_an_order_longer_than_slack_takes_turns_its_pages_in_the_window(
    stage: Stage,
) -> None:
    order = stage.an_order("alibaba-main", "paid", index=1)
    row = order.wire["rows"][0]
    order.wire["rows"] = [
        row | {"SubOrderId": str(int(order.order_id) + position), "Config": "setting " * 120}
        for position in range(80)
    ]
    command = f"{order.order_id} alibaba-main"
    card = await stage.type(ALICE, command, until=order.order_id)
    await stage.press(ALICE, "details", ts=card.ts)
    first = await stage.window(ALICE, "page 1 of")
    assert labels(first) == ["Next"]
    await stage.press_in_window(ALICE, "next_page")
    second = await stage.window(ALICE, "page 2 of")
    assert labels(second)[0] == "Previous"
    assert second.view_id == first.view_id
    await stage.press_in_window(ALICE, "previous_page")
    again = await stage.window(ALICE, "page 1 of")
    assert again.view_id == first.view_id


async def test_open_in_console_is_acknowledged(stage: Stage) -> None:
    card = await shown(stage)
    delivery = await stage.press(ALICE, "open_console", ts=card.ts)
    assert delivery.ok
    assert "huaweicloud.com" in delivery.payload["actions"][0]["url"]


async def test_refresh_reads_an_order_again_and_redraws_its_card(stage: Stage) -> None:
    card = await shown(stage, 5)
    order = stage.an_order("huawei-main", index=5)
    assert "Unpaid" in said(card)
    order.payment_status = "cancelled"
    try:
        await stage.press(ALICE, "refresh", ts=card.ts)
        await stage.redrawn(card, "Cancelled")
    finally:
        order.payment_status = "unpaid"


async def test_refresh_asks_the_clouds_for_a_list_again(stage: Stage) -> None:
    first = await stage.type(ALICE, "list account:unicloud-main since:30d", until="1 to 8")
    calls = stage.cloud_calls("list_orders")
    stage.later(seconds=6)
    await stage.press(ALICE, "refresh", ts=first.ts)
    await eventually(lambda: stage.cloud_calls("list_orders") > calls, "the cloud is asked again")
    await stage.appears(lambda: "1 to 8" in said(first), "the list is redrawn in its place")


async def test_next_and_previous_turn_a_list_in_its_place(stage: Stage) -> None:
    card = await stage.type(ALICE, "list account:huawei-main since:60d", until="1 to 8")
    await stage.press(ALICE, "next_page", ts=card.ts)
    second = await stage.redrawn(card, "9 to 16 of")
    assert labels(second)[-3:] == ["Previous", "Next", "Refresh"]
    await stage.press(ALICE, "previous_page", ts=card.ts)
    first = await stage.redrawn(card, "1 to 8 of")
    assert "Previous" not in labels(first)


async def test_a_page_that_was_turned_to_stays_when_the_clouds_answer_late(stage: Stage) -> None:
    card = await refreshed_slowly(stage)
    await stage.press(ALICE, "next_page", ts=card.ts)
    second = said(await stage.redrawn(card, "9 to 16 of"))
    await stage.idle()
    assert said(card) == second


async def test_refresh_after_a_turn_is_redrawn_when_the_clouds_have_answered(stage: Stage) -> None:
    card = await refreshed_slowly(stage)
    await stage.press(ALICE, "next_page", ts=card.ts)
    await stage.redrawn(card, "9 to 16 of")
    await stage.press(ALICE, "refresh", ts=card.ts)
    await stage.redrawn(card, "asking the clouds")
    await stage.appears(lambda: "asking" not in said(card), "the whole list")
    assert "1 to 8 of" in said(card)


async def refreshed_slowly(stage: Stage) -> Message:
    """A list that was refreshed and is drawn again once its slow cloud has answered."""
    before = stage.seen(ALICE)

    def whole() -> Message | None:
        for message in stage.slack.messages(GENERAL, ALICE):
            if message.ts not in before and "asking" not in said(message):
                return message
        return None

    await stage.type(ALICE, "list account:huawei-main since:60d", until="1 to 8")
    card = await stage.appears(whole, "the list of all that the cloud has")
    stage.later(seconds=6)
    stage.clouds.book.faults.append(Fault("slow", "huawei-main", "list_orders", 1.5))
    await stage.press(ALICE, "refresh", ts=card.ts)
    return await stage.redrawn(card, "asking the clouds")


async def test_next_turns_the_products(stage: Stage) -> None:
    card = await stage.type(ALICE, "products", until="1 to 30 of")
    await stage.press(ALICE, "next_page", ts=card.ts)
    await stage.redrawn(card, "31 to ")
    await stage.press(ALICE, "previous_page", ts=card.ts)
    await stage.redrawn(card, "1 to 30 of")


async def test_a_row_of_a_list_is_shown_beside_it(stage: Stage) -> None:
    card = await stage.type(ALICE, "unpaid account:huawei-main", until="Unpaid orders")
    before = stage.seen(ALICE)
    await stage.press(ALICE, "show_order", ts=card.ts, index=1)
    order = await stage.private(ALICE, "As of", besides=before)
    assert "All details" in labels(order)
    assert "Unpaid orders" in said(card)


async def test_unpaid_on_the_panel_becomes_the_list_and_is_redrawn_in_its_place(
    stage: Stage,
) -> None:
    panel = await stage.type(BOB, "", until="Cloud orders")
    stage.clouds.book.faults.append(Fault("slow", account="huawei-main", seconds=1.2))
    stage.later(seconds=6)
    before = stage.seen(BOB)
    await stage.press(BOB, "show_unpaid", ts=panel.ts)
    await stage.redrawn(panel, "asking the clouds")
    await stage.appears(lambda: "asking" not in said(panel), "the whole list")
    assert "Unpaid orders" in said(panel)
    assert stage.seen(BOB) == before


async def test_a_button_older_than_a_day_says_what_to_do(stage: Stage) -> None:
    card = await shown(stage)
    (element,) = [each for each in _elements(card) if each.get("action_id") == "details"]
    element["value"] = "no-such-card-id"
    await stage.press(ALICE, "details", ts=card.ts)
    await stage.private(ALICE, "older than a day")
    assert stage.recorded("lookup:refused", actor=ALICE, input="details", rule="UsageError")


async def test_a_button_of_another_version_is_acknowledged(stage: Stage) -> None:
    card = await shown(stage)
    (element,) = [each for each in _elements(card) if each.get("action_id") == "details"]
    element["action_id"] = "a_button_of_next_year"
    delivery = await stage.press(ALICE, "a_button_of_next_year", ts=card.ts)
    assert delivery.ok


def _elements(card: Message) -> list[dict[str, Any]]:
    return [each for block in card.blocks for each in block.get("elements", [])]
