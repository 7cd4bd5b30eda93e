"""Which token and which scope a method of the embedded workspace asks for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace, start_workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with start_workspace() as opened:
        yield opened


async def refusal(workspace: Workspace, method: str, token: str, **args: Any) -> dict[str, Any]:
    client = AsyncWebClient(token=token, base_url=workspace.api_url)
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, params=args)
    told: dict[str, Any] = refused.value.response.data
    return told


@pytest.mark.parametrize(
    ("method", "scope", "args"),
    [
        ("users.info", "users:read", {"user": "U0BOB"}),
        ("bots.info", "users:read", {}),
        ("usergroups.users.list", "usergroups:read", {"usergroup": "S0FINANCE"}),
        ("conversations.info", "channels:read", {"channel": "C0GENERAL"}),
        ("conversations.members", "channels:read", {"channel": "C0GENERAL"}),
        ("conversations.open", "im:write", {"users": "U0BOB"}),
        ("chat.postMessage", "chat:write", {"channel": "C0GENERAL", "text": "hello"}),
        ("files.getUploadURLExternal", "files:write", {"filename": "a", "length": 1}),
    ],
)
async def test_a_missing_scope_is_named(
    workspace: Workspace, method: str, scope: str, args: dict[str, Any]
) -> None:
    scopes = workspace.state.scopes.split(",")
    workspace.state.scopes = ",".join(each for each in scopes if each != scope)
    told = await refusal(workspace, method, workspace.bot_token, **args)
    assert (told["error"], told["needed"]) == ("missing_scope", scope)


async def test_a_private_channel_asks_for_a_scope_of_its_own(workspace: Workspace) -> None:
    workspace.state.channels["C0SECRET"].members.append(workspace.bot_user_id)
    workspace.state.scopes = "channels:read"
    told = await refusal(workspace, "conversations.info", workspace.bot_token, channel="C0SECRET")
    assert told["needed"] == "groups:read"


async def test_the_right_to_connect_is_a_scope_of_the_app_token(workspace: Workspace) -> None:
    workspace.state.app_scopes = "authorizations:read"
    told = await refusal(workspace, "apps.connections.open", workspace.app_token)
    assert (told["error"], told["needed"]) == ("missing_scope", "connections:write")
    assert told["provided"] == "authorizations:read"


async def test_the_apps_settings_are_for_a_configuration_token(workspace: Workspace) -> None:
    method, token = "apps.manifest.export", workspace.state.config_token
    wrong = await refusal(workspace, method, workspace.bot_token, app_id=workspace.app_id)
    assert wrong["error"] == "not_allowed_token_type"
    unknown = await refusal(workspace, method, token, app_id="A0ANOTHER")
    assert unknown["error"] == "invalid_app_id"
    absent = await refusal(workspace, method, token, app_id=workspace.app_id)
    assert absent["error"] == "failed_export"
    workspace.state.manifest = {"settings": {"interactivity": {"is_enabled": False}}}
    client = AsyncWebClient(token=token, base_url=workspace.api_url)
    answer = await client.apps_manifest_export(app_id=workspace.app_id)
    assert answer["manifest"] == workspace.state.manifest


async def test_each_token_says_who_it_is(workspace: Workspace) -> None:
    workspace.state.team_id, workspace.state.app_token_app_id = "T0OTHER", "A0OTHER"
    client = AsyncWebClient(base_url=workspace.api_url)
    bot = await client.auth_test(token=workspace.bot_token)
    app = await client.auth_test(token=workspace.app_token)
    assert (bot["team_id"], app["app_id"]) == ("T0OTHER", "A0OTHER")
    assert app.headers["x-oauth-scopes"] == "connections:write"
