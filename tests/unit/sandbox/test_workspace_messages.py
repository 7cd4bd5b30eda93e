"""People write messages and use message shortcuts; the app hears of what it is subscribed to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.inputs import NotPossible
from tests.unit.sandbox.workspace_kit import bolt_app, client_of, modal, served

DM = "D0ALICE"
EVENTS = ("message.im", "app_home_opened")


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with start_workspace(events=EVENTS) as started:
        yield started


@pytest.fixture
async def heard(workspace: Workspace) -> AsyncIterator[list[dict[str, Any]]]:
    """The events that reach an app."""
    app: AsyncApp = bolt_app(workspace)
    events: list[dict[str, Any]] = []

    @app.event("message")
    async def message(ack: AsyncAck, event: dict[str, Any]) -> None:
        await ack()
        events.append(event)

    @app.event("app_home_opened")
    async def opened(ack: AsyncAck, event: dict[str, Any]) -> None:
        await ack()
        events.append(event)

    async with served(app, workspace):
        yield events


async def test_what_is_typed_in_the_direct_messages_reaches_the_app_as_slack_escapes_it(
    workspace: Workspace, heard: list[dict[str, Any]]
) -> None:
    assert (await workspace.say("U0ALICE", DM, "a & b @bob https://x.example/1")).ok
    (event,) = heard
    assert event["text"] == "a &amp; b <@U0BOB> <https://x.example/1>"
    assert (event["channel_type"], event["user"], event["team"]) == (
        "im",
        "U0ALICE",
        workspace.team_id,
    )
    (message,) = workspace.messages(DM, "U0ALICE")
    assert (message.text, message.ts) == (event["text"], event["ts"])


async def test_a_reply_says_which_thread_it_is_in(
    workspace: Workspace, heard: list[dict[str, Any]]
) -> None:
    await workspace.say("U0ALICE", DM, "card")
    await workspace.say("U0ALICE", DM, "reply", thread_ts=heard[0]["ts"])
    assert heard[1]["thread_ts"] == heard[0]["ts"]


async def test_channels_are_heard_only_with_a_subscription_of_their_own(
    workspace: Workspace, heard: list[dict[str, Any]]
) -> None:
    assert (await workspace.say("U0ALICE", "C0GENERAL", "hello")).error == "not_subscribed"
    assert [each.text for each in workspace.messages("C0GENERAL", "U0BOB")] == ["hello"]
    assert (await workspace.send_event({"type": "user_change"})).error == "not_subscribed"
    assert (await workspace.open_home("U0ALICE")).ok
    assert [each["type"] for each in heard] == ["app_home_opened"]


@pytest.mark.parametrize(
    ("who", "where", "why"),
    [
        ("U0GONE", "C0GENERAL", "account_inactive"),
        ("U0GUEST", "C0SECRET", "not_in_channel"),
        ("U0ALICE", "C0OLD", "is_archived"),
    ],
)
async def test_who_may_not_write_somewhere_does_not(
    workspace: Workspace, who: str, where: str, why: str
) -> None:
    assert (await workspace.say(who, where, "hello")).error == why
    assert workspace.state.messages == []


async def test_a_shortcut_carries_its_message_and_opens_a_window(workspace: Workspace) -> None:
    app = bolt_app(workspace)
    seen: list[dict[str, Any]] = []

    @app.message_shortcut("look_up")
    async def used(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        seen.append(body)
        await client_of(workspace).views_open(trigger_id=body["trigger_id"], view=modal())

    async with served(app, workspace):
        await workspace.say("U0BOB", "C0FINANCE", "order 500491030350914")
        (message,) = workspace.messages("C0FINANCE", "U0ALICE")
        assert (await workspace.use_shortcut("U0ALICE", "C0FINANCE", message.ts, "look_up")).ok
    (body,) = seen
    assert body["type"] == "message_action"
    assert (body["message"]["text"], body["message_ts"]) == (message.text, message.ts)
    assert (body["channel"]["id"], body["user"]["team_id"]) == ("C0FINANCE", workspace.team_id)
    assert len(workspace.views("U0ALICE")) == 1


async def test_only_who_sees_a_message_and_is_no_outsider_uses_a_shortcut_on_it(
    workspace: Workspace,
) -> None:
    await workspace.say("U0ALICE", "C0SHARED", "see this")
    (message,) = workspace.messages("C0SHARED", "U0ALICE")
    outsider = await workspace.use_shortcut("U0STRANGER", "C0SHARED", message.ts, "look_up")
    assert outsider.error == "command_not_available_to_external_people"
    with pytest.raises(NotPossible):
        await workspace.use_shortcut("U0GUEST", "C0SHARED", message.ts, "look_up")
