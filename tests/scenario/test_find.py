"""The *Find…* form, in both modes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.state import OpenView
from tests.stage import ALICE, BOB, CHEN, Stage, eventually, labels, said

MODES = ("socket",)


@pytest.fixture(autouse=True)
async def worked_off(stage: Stage) -> AsyncIterator[None]:
    """A search that still goes on would keep its draft for the next test."""
    yield
    await stage.idle()


async def opened(stage: Stage, who: str = ALICE) -> OpenView:
    panel = await stage.type(who, "", until="Cloud orders")
    await stage.press(who, "find", ts=panel.ts)
    form = await stage.window(who)
    assert form.sent["callback_id"] == "find_form"
    return form


async def submitted(stage: Stage, who: str = ALICE, **values: str) -> Delivery:
    return await stage.slack.submit(who, values)


async def test_results_come_in_the_window_with_their_buttons(stage: Stage) -> None:
    form = await opened(stage)
    delivery = await submitted(stage, account="huawei-main", status="unpaid", since="30d")
    assert delivery.ok
    results = await stage.listed(ALICE, "Unpaid orders")
    assert results.view_id == form.view_id
    assert labels(results)[-1] == "Refresh"
    assert labels(results)[0] == "Show"


async def test_a_row_of_the_results_is_shown_on_top_of_them(stage: Stage) -> None:
    await opened(stage)
    await submitted(stage, account="huawei-main", since="90d")
    results = await stage.listed(ALICE, "Orders:")
    await stage.press_in_window(ALICE, "next_page")
    await stage.window(ALICE, "9 to 16")
    await stage.press_in_window(ALICE, "show_order")
    card = await stage.window(ALICE, "As of")
    assert card.previous_view_id == results.view_id
    await stage.press_in_window(ALICE, "details")
    details = await stage.window(ALICE, "page 1 of")
    assert len(stage.slack.views(ALICE)) == 3
    await stage.slack.close_view(ALICE)
    assert details not in stage.slack.views(ALICE)
    await stage.press_in_window(ALICE, "share")
    await stage.posted(BOB, "shared by")


async def test_a_page_that_was_turned_to_stays_when_the_clouds_answer_late(stage: Stage) -> None:
    await stage.type(ALICE, "list account:huawei-main since:60d", until="1 to 8")
    stage.later(seconds=6)
    await opened(stage)
    stage.clouds.book.faults.append(Fault("slow", "huawei-main", "list_orders", 1.5))
    await submitted(stage, account="huawei-main", since="30d")
    results = await stage.window(ALICE, "asking the clouds")
    await stage.press_in_window(ALICE, "next_page")
    second = said(await stage.window(ALICE, "9 to 16"))
    await stage.idle()
    assert said(results) == second


async def test_a_row_that_cannot_be_read_is_told_in_its_own_window(stage: Stage) -> None:
    await opened(stage)
    await submitted(stage, account="unicloud-main", since="30d")
    results = await stage.listed(ALICE, "Orders:")
    listed = said(results)
    fault = Fault("error_500", account="unicloud-main", times=0)
    stage.clouds.book.faults.append(fault)
    await stage.press_in_window(ALICE, "show_order")
    told = await stage.window(ALICE, "No answer from unicloud-main")
    assert told.previous_view_id == results.view_id
    assert said(stage.slack.views(ALICE)[0]) == listed


@pytest.mark.parametrize("pasted", [" {} ", "Order ID: {}."])
async def test_one_order_is_found_by_its_number_as_it_was_pasted(stage: Stage, pasted: str) -> None:
    order = stage.an_order("unicloud-main")
    await opened(stage)
    await submitted(stage, order_id=pasted.format(order.order_id))
    card = await stage.window(ALICE, order.order_id)
    assert "Refresh" in labels(card)


async def test_an_empty_form_stays_open_with_an_error(stage: Stage) -> None:
    form = await opened(stage)
    await submitted(stage)
    assert stage.slack.views(ALICE)[-1].errors == {"order_id": "Fill in at least one field."}
    assert stage.slack.views(ALICE)[-1].view_id == form.view_id


@pytest.mark.parametrize(
    "values",
    [
        {"over": "1 "},
        {"over": "１"},
        {"over": "0，000"},
        {"product": "ＥＣＳ "},
        {"order_id": "  "},
    ],
)
async def test_a_field_is_read_as_the_command_reads_it(
    stage: Stage, values: dict[str, str]
) -> None:
    await opened(stage)
    await submitted(stage, account="alibaba-main", since="90d", **values)
    results = await stage.listed(ALICE, "Orders:")
    assert "Show" in labels(results)


async def test_fields_of_blanks_alone_are_no_search(stage: Stage) -> None:
    await opened(stage)
    await submitted(stage, order_id="  ", product="\u3000")
    assert stage.slack.views(ALICE)[-1].errors == {"order_id": "Fill in at least one field."}


async def test_an_amount_that_is_none_is_told_below_its_field(stage: Stage) -> None:
    await opened(stage)
    await submitted(stage, over="a lot", account="huawei-main")
    errors = stage.slack.views(ALICE)[-1].errors
    assert list(errors) == ["over"]
    assert "over:5000" in errors["over"]


async def test_what_was_typed_is_there_again_after_the_form_was_closed(stage: Stage) -> None:
    await opened(stage)
    stage.slack.fill(ALICE, {"product": "ecs <b>", "account": "huawei-main"})
    await stage.slack.close_view(ALICE)
    await eventually(lambda: stage.draft(ALICE), "the draft is kept")
    again = await opened(stage)
    elements = {block["block_id"]: block["element"] for block in again.blocks}
    assert elements["product"]["initial_value"] == "ecs <b>"
    assert elements["account"]["initial_option"]["value"] == "huawei-main"
    await submitted(stage)
    await stage.listed(ALICE, "Orders:")
    await eventually(lambda: not stage.draft(ALICE), "a search that was answered ends the draft")


async def test_a_form_closed_without_its_fields_loses_nothing(stage: Stage) -> None:
    """Slack may send `view_closed` without what stands in the form: each change was kept."""
    await opened(stage, CHEN)
    view = stage.slack.views(CHEN)[-1]
    await stage.press_in_window(CHEN, "draft", index=0, choose="CS1")
    await eventually(lambda: stage.draft(CHEN), "the change is kept")
    payload = {
        "type": "view_closed",
        "user": {"id": CHEN, "team_id": stage.slack.team_id},
        "team": {"id": stage.slack.team_id},
        "api_app_id": stage.slack.app_id,
        "view": {"id": view.view_id, "callback_id": "find_form", "state": {"values": {}}},
        "is_cleared": False,
    }
    delivery = await stage.slack.courier.deliver("interactive", payload, CHEN)
    assert delivery.ok
    stage.slack.state.stack(CHEN).clear()
    again = await opened(stage, CHEN)
    elements = {block["block_id"]: block["element"] for block in again.blocks}
    assert elements["order_id"]["initial_value"] == "CS1"


async def test_pitfall_39_a_trigger_that_expired_loses_nothing(stage: Stage) -> None:
    """Slack gives a window three seconds; a person whose click was too slow is told so, and what
    was typed before is still there at the next press."""
    await opened(stage, BOB)
    stage.slack.fill(BOB, {"product": "typed before"})
    await stage.slack.close_view(BOB)
    await eventually(lambda: stage.draft(BOB), "the draft is kept")
    stage.expected.add(("views.open", "expired_trigger_id"))
    panel = await stage.type(BOB, "", until="Cloud orders")
    stage.slack.fault("error", "views.open", error="expired_trigger_id")
    await stage.press(BOB, "find", ts=panel.ts)
    await stage.private(BOB, "Press the button once more")
    await stage.press(BOB, "find", ts=panel.ts)
    form = await stage.window(BOB)
    elements = {block["block_id"]: block["element"] for block in form.blocks}
    assert elements["product"]["initial_value"] == "typed before"


async def test_a_search_that_fails_keeps_what_was_typed(stage: Stage) -> None:
    stage.clouds.book.faults.append(Fault("error_500", account="unicloud-main", times=0))
    order = stage.an_order("unicloud-main", "paid", index=7)
    await opened(stage, BOB)
    await submitted(stage, BOB, order_id=order.order_id, account="unicloud-main")
    await stage.window(BOB, "No answer from unicloud-main")
    assert stage.draft(BOB)["order_id"] == order.order_id


async def test_a_submission_that_is_delivered_again_is_searched_once(stage: Stage) -> None:
    await opened(stage)
    delivery = await submitted(stage, account="huawei-main", since="7d")
    await stage.listed(ALICE, "Orders:")
    count = len(stage.recorded("orders:listed", actor=ALICE))
    await stage.slack.redeliver(delivery)
    await stage.idle()
    assert len(stage.recorded("orders:listed", actor=ALICE)) == count
