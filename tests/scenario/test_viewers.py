"""Nobody sees an order of an account that they are not a viewer of, whatever road they take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.approvals import RequestStatus
from bot.sandbox.workspace.payloads import slash_command
from bot.sandbox.workspace.state import Message
from tests.cancelling import POLICY, asked, click, reached, unpaid_order
from tests.stage import (
    ALICE,
    BOB,
    CHEN,
    GENERAL,
    GUEST,
    SHARED,
    STRANGER,
    Stage,
    eventually,
    said,
    staged,
)

NO = "You may not view any account here"


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("viewers"), "socket") as stage:
        yield stage


@pytest.mark.parametrize("typed", ["", "help", "accounts", "products", "list", "unpaid", "ID"])
@pytest.mark.parametrize("who", [GUEST, "U0SINGLE"])
async def test_a_guest_sees_nothing_by_any_command(stage: Stage, who: str, typed: str) -> None:
    order = stage.an_order("huawei-main")
    card = await stage.type(who, typed.replace("ID", order.order_id))
    assert said(card).startswith(NO)
    assert stage.recorded("lookup:refused", actor=who, input="command", rule="viewers")


async def test_pitfall_19_an_outsiders_click_is_refused_by_their_workspace(stage: Stage) -> None:
    """A Slack Connect click carries the id of the person's own workspace."""
    message = await in_shared_channel(stage)
    await stage.press(STRANGER, "details", where=SHARED, ts=message.ts)
    told = await stage.private(STRANGER, "Only members of this workspace", where=SHARED)
    assert "Huawei" not in said(told)
    assert stage.slack.views(STRANGER) == []
    assert stage.recorded("lookup:refused", actor=STRANGER, input="gate", rule="workspace")


async def test_a_click_that_does_not_say_whose_workspace_is_refused(stage: Stage) -> None:
    payload = _click(stage, BOB)
    del payload["user"]["team_id"]
    before = len(stage.recorded("lookup:refused", actor=BOB, rule="workspace"))
    delivery = await stage.slack.courier.deliver("interactive", payload, BOB)
    assert delivery.ok
    await eventually(
        lambda: len(stage.recorded("lookup:refused", actor=BOB, rule="workspace")) > before,
        "the refusal is recorded",
    )


@pytest.mark.parametrize(
    "foreign",
    [{"team_id": "T0OTHER"}, {"api_app_id": "A0OTHER"}, {"team_id": ""}],
)
async def test_another_workspace_or_app_is_refused(stage: Stage, foreign: dict[str, str]) -> None:
    payload = _command(stage, BOB, "unpaid") | foreign
    before = len(stage.recorded("lookup:refused", input="gate"))
    delivery = await stage.slack.courier.deliver("slash_commands", payload, BOB)
    assert "another workspace" in str(delivery.answer)
    await eventually(
        lambda: len(stage.recorded("lookup:refused", input="gate")) > before,
        "the refusal is recorded",
    )


async def test_events_of_another_workspace_change_nothing(stage: Stage) -> None:
    payload = {
        "type": "event_callback",
        "team_id": "T0OTHER",
        "api_app_id": stage.slack.app_id,
        "event_id": "Ev1",
        "event": {"type": "tokens_revoked", "tokens": {"bot": ["U0"]}},
    }
    assert (await stage.slack.courier.deliver("events_api", payload)).ok
    assert (await stage.ready())[0] == 200


@pytest.mark.parametrize("kind", ["error", "drop_before"])
async def test_when_slack_does_not_say_who_it_is_nothing_is_shown(stage: Stage, kind: Any) -> None:
    stage.expected |= {("users.info", "user_not_found"), ("users.info", "dropped")}
    stage.later(minutes=4)
    before = len(stage.recorded("lookup:refused", actor=CHEN, rule="identity"))
    stage.slack.fault(kind, "users.info", error="user_not_found", times=0)
    await stage.type(CHEN, "accounts", until="Slack does not tell me who you are")
    assert len(stage.recorded("lookup:refused", actor=CHEN, rule="identity")) == before + 1


@pytest.mark.parametrize(
    "change", [{"is_restricted": True}, {"deleted": True}, {"team_id": "T0ELSEWHERE"}]
)
async def test_a_person_who_is_changed_loses_the_view_at_once(
    stage: Stage, change: dict[str, Any]
) -> None:
    await stage.type(CHEN, "help", until="What can be typed")
    before = {name: getattr(stage.slack.state.person(CHEN), name) for name in change}
    await stage.slack.change_person(CHEN, **change)
    try:
        payload = _command(stage, CHEN, "accounts")
        assert (await stage.slack.courier.deliver("slash_commands", payload, CHEN)).ok
        await stage.private(CHEN, NO)
    finally:
        await stage.slack.change_person(CHEN, **before)
    await stage.type(CHEN, "accounts", until="Your accounts")


async def test_a_user_group_decides_as_it_is_now(tmp_path: Any) -> None:
    async with staged(tmp_path, "socket", policy='viewers = ["S0FINANCE"]') as stage:
        await stage.type(BOB, "accounts", until="Your accounts")
        await stage.type(ALICE, "accounts", until=NO)
        await stage.slack.change_group("S0FINANCE", ["U0ALICE"])
        await stage.type(BOB, "accounts", until=NO)
        await stage.type(ALICE, "accounts", until="Your accounts")
        stage.slack.fault("error", "usergroups.users.list", error="no_such_subteam")
        stage.later(minutes=4)
        await stage.type(ALICE, "accounts", until="who is in a user group")
        assert stage.recorded("lookup:refused", actor=ALICE, rule="identity")


async def test_old_cards_show_nothing_to_whoever_is_a_viewer_no_more(tmp_path: Any) -> None:
    async with staged(tmp_path, "http", policy='viewers = ["U0ALICE", "U0BOB"]') as stage:
        order = stage.an_order("huawei-main")
        card = await stage.type(ALICE, order.order_id, until=order.order_id)
        listed = await stage.type(ALICE, "list account:huawei-main", until="1 to 8")
        panel = await stage.type(ALICE, "", until="Cloud orders")
        await stage.press(ALICE, "find", ts=panel.ts)
        await stage.window(ALICE)
        await stage.stop()
        stage.policy = 'viewers = ["U0BOB"]'
        await stage.start()
        clicks = [(card, "details"), (card, "refresh"), (card, "share"), (listed, "next_page")]
        clicks += [(listed, "refresh"), (listed, "show_order"), (panel, "show_unpaid")]
        for message, action in clicks:
            before = stage.seen(ALICE)
            await stage.press(ALICE, action, ts=message.ts)
            await stage.private(ALICE, NO, besides=before)
            assert stage.recorded("lookup:refused", actor=ALICE, input=action, rule="viewers")
        await stage.slack.submit(ALICE, {"account": "huawei-main"})
        await stage.window(ALICE, NO)
        await stage.press(ALICE, "find", ts=panel.ts)
        await stage.record("lookup:refused", actor=ALICE, input="find", rule="viewers")
        assert order.order_id not in str([each.blocks for each in stage.slack.views(ALICE)])
        assert stage.recorded("order:shared") == []
        assert stage.refused_calls() == []


async def test_a_private_card_of_a_request_is_not_drawn_anew_for_a_viewer_no_more(
    tmp_path: Any,
) -> None:
    async with staged(tmp_path, "http", policy=POLICY) as stage:
        order = unpaid_order(stage)
        request = await asked(stage, order)
        inbox = await stage.type(BOB, "inbox", until="Waiting for you")
        await stage.press(BOB, "show_request", ts=inbox.ts)
        card = await stage.private(BOB, request.request_id)
        await click(stage, ALICE, "withdraw", request, where="D0ALICE")
        await reached(stage, order, RequestStatus.WITHDRAWN)
        await stage.slack.change_person(BOB, is_restricted=True)
        await stage.press(BOB, "approve", ts=card.ts)
        await stage.record("input:refused", actor=BOB)
        await stage.idle()
        assert "Withdrawn" not in said(card)


async def test_an_account_that_left_the_configuration_is_gone_from_every_card(
    tmp_path: Any,
) -> None:
    async with staged(tmp_path, "socket") as stage:
        order = stage.an_order("huawei-main")
        card = await stage.type(ALICE, order.order_id, until=order.order_id)
        listed = await stage.type(ALICE, "list account:huawei-main", until="1 to 8")
        await stage.stop()
        stage.accounts = ("alibaba-main", "unicloud-main")
        await stage.start()
        for message, action in [(card, "details"), (card, "refresh"), (listed, "next_page")]:
            before = stage.seen(ALICE)
            await stage.press(ALICE, action, ts=message.ts)
            told = await stage.private(ALICE, "", besides=before)
            assert "may" in said(told)
            assert order.order_id not in said(told)
            assert stage.recorded("lookup:refused", actor=ALICE, input=action, rule="viewers")
        panel = await stage.type(ALICE, "", until="Cloud orders")
        assert order.order_id not in said(panel)
        checks = (await stage.ready())[1]["checks"]
        assert "cloud:huawei-main" not in checks


async def in_shared_channel(stage: Stage) -> Message:
    """A card where outsiders read: shared before the channel was."""
    order = stage.an_order("huawei-main", index=6)
    card = await stage.type(ALICE, order.order_id, until=order.order_id)
    await stage.press(ALICE, "share", ts=card.ts)
    posted = await stage.posted(BOB, order.order_id)
    return stage.slack.state.post(
        Message(
            ts=stage.slack.state.next_ts(),
            channel_id=SHARED,
            user_id=posted.user_id,
            text=posted.text,
            blocks=posted.blocks,
        )
    )


def _command(stage: Stage, who: str, text: str) -> dict[str, Any]:
    state = stage.slack.state
    return dict(
        slash_command(state, state.person(who), state.channel(GENERAL), command="/order", text=text)
    )


def _click(stage: Stage, who: str) -> dict[str, Any]:
    state = stage.slack.state
    return {
        "type": "block_actions",
        "user": {"id": who, "team_id": stage.slack.team_id},
        "team": {"id": stage.slack.team_id},
        "api_app_id": stage.slack.app_id,
        "container": {"type": "message", "channel_id": GENERAL},
        "actions": [{"type": "button", "action_id": "details", "block_id": "b", "value": "x"}],
        "response_url": state.new_response_url(who, GENERAL),
        "trigger_id": state.new_trigger(who),
    }
