"""Slack's own webhook client against a response_url: five uses, thirty minutes, who sees what."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.workspace import Workspace, start_workspace
from tests.unit.sandbox.workspace_kit import SetClock, client_of, section


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def workspace(clock: SetClock) -> AsyncIterator[Workspace]:
    async with start_workspace(now=clock) as started:
        yield started


def of_command(workspace: Workspace, channel: str = "C0FINANCE") -> AsyncWebhookClient:
    return AsyncWebhookClient(workspace.state.new_response_url("U0ALICE", channel))


def texts(workspace: Workspace, channel: str, user: str) -> list[str]:
    return [message.text for message in workspace.messages(channel, user)]


async def test_an_answer_is_private_and_needs_no_membership(workspace: Workspace) -> None:
    webhook = of_command(workspace)
    answer = await webhook.send(text="private", blocks=[section()])
    assert (answer.status_code, answer.body) == (200, "ok")
    await webhook.send(text="public", response_type="in_channel")
    assert texts(workspace, "C0FINANCE", "U0ALICE") == ["private", "public"]
    assert texts(workspace, "C0FINANCE", "U0BOB") == ["public"]
    assert [(call.method, call.ok) for call in workspace.calls] == [("response_url", True)] * 2


async def test_the_sixth_use_and_the_thirty_first_minute_are_refused(
    workspace: Workspace, clock: SetClock
) -> None:
    webhook = of_command(workspace)
    sent = [(await webhook.send(text=str(n))).status_code for n in range(6)]
    assert sent == [200] * 5 + [404]
    used = await webhook.send(text="again")
    assert (used.status_code, "used_url" in used.body) == (404, True)
    fresh = of_command(workspace)
    clock.pass_(minutes=30, seconds=1)
    late = await fresh.send(text="late")
    assert (late.status_code, "expired_url" in late.body) == (404, True)
    unknown = AsyncWebhookClient(f"{workspace.url}/response/T0SANDBOX/nobody")
    assert (await unknown.send(text="x")).status_code == 404
    assert len(texts(workspace, "C0FINANCE", "U0ALICE")) == 5


async def test_a_commands_url_has_nothing_to_replace(workspace: Workspace) -> None:
    webhook = of_command(workspace)
    await webhook.send(text="loading")
    await webhook.send(text="done", replace_original=True)
    assert texts(workspace, "C0FINANCE", "U0ALICE") == ["loading", "done"]


async def test_a_clicks_url_replaces_and_deletes_its_message(workspace: Workspace) -> None:
    await client_of(workspace).chat_postMessage(channel="C0GENERAL", text="card")
    card = workspace.messages("C0GENERAL", "U0BOB")[0]
    url = workspace.state.new_response_url("U0BOB", "C0GENERAL", card)
    webhook = AsyncWebhookClient(url)
    await webhook.send(text="redrawn", replace_original=True)
    await webhook.send(text="only for Bob")
    await webhook.send_dict({"text": "below", "thread_ts": card.ts, "replace_original": False})
    assert texts(workspace, "C0GENERAL", "U0ALICE") == ["redrawn"]
    assert texts(workspace, "C0GENERAL", "U0BOB") == ["redrawn", "only for Bob"]
    replies = workspace.replies("C0GENERAL", card.ts, "U0BOB")
    assert [reply.text for reply in replies] == ["below"]
    await webhook.send(delete_original=True)
    assert texts(workspace, "C0GENERAL", "U0ALICE") == []
    gone = await webhook.send(text="x", replace_original=True)
    assert (gone.status_code, "message_not_found" in gone.body) == (400, True)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": [{"type": "unheard_of"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [section("x" * 3000)] * 5}, "msg_blocks_too_long"),
    ],
)
async def test_a_wrong_answer_is_refused(
    workspace: Workspace, body: dict[str, object], error: str
) -> None:
    answer = await of_command(workspace).send_dict(body)
    assert (answer.status_code, error in answer.body) == (400, True)
    assert workspace.calls[0].error == error
    assert texts(workspace, "C0FINANCE", "U0ALICE") == []
