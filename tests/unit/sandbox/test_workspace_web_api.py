"""Slack's own client against the embedded Web API: every method, and every refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace, start_workspace
from tests.unit.sandbox.workspace_kit import SetClock, client_of, plain, section


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def workspace(clock: SetClock) -> AsyncIterator[Workspace]:
    async with start_workspace(now=clock) as served:
        yield served


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    return client_of(workspace)


async def error_of(client: AsyncWebClient, method: str, **args: object) -> str:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, json=args)
    error: str = refused.value.response["error"]
    return error


async def test_auth_test_names_team_bot_and_scopes(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"]) == (workspace.team_id, workspace.bot_user_id)
    assert "commands" in answer.headers["x-oauth-scopes"]
    bot = await client.bots_info(bot=answer["bot_id"])
    assert bot["bot"]["app_id"] == workspace.app_id
    assert await error_of(client, "bots.info", bot="B0OTHER") == "bot_not_found"


async def test_tokens_are_told_apart(client: AsyncWebClient, workspace: Workspace) -> None:
    app = client_of(workspace, workspace.app_token)
    assert (await app.auth_test())["app_id"] == workspace.app_id
    opened = await app.apps_connections_open(app_token=workspace.app_token)
    assert opened["url"].startswith("ws://127.0.0.1:")
    assert await error_of(app, "users.info", user="U0ALICE") == "not_allowed_token_type"
    assert await error_of(client, "apps.connections.open") == "not_allowed_token_type"
    assert await error_of(client_of(workspace, "xoxb-wrong"), "auth.test") == "invalid_auth"
    assert await error_of(client, "orders.cancel") == "unknown_method"
    await workspace.uninstall()
    assert await error_of(client, "auth.test") == "token_revoked"


async def test_a_call_without_a_token_is_not_authed_and_a_form_token_counts(
    workspace: Workspace,
) -> None:
    async with aiohttp.ClientSession() as http:
        url = f"{workspace.api_url}auth.test"
        async with http.post(url) as answer:
            assert await answer.json() == {"ok": False, "error": "not_authed"}
        async with http.post(url, data={"token": workspace.bot_token}) as answer:
            assert (await answer.json())["ok"]
    assert all("token" not in call.args for call in workspace.calls)


async def test_people_show_the_flags_that_slack_shows(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    async def user(user_id: str) -> dict[str, object]:
        found: dict[str, object] = (await client.users_info(user=user_id))["user"]
        return found

    chen = (await client.users_info(user="U0CHEN", include_locale=True))["user"]
    assert (chen["locale"], chen["tz"], chen["tz_offset"]) == ("zh-CN", "Asia/Shanghai", 28800)
    assert "locale" not in await user("U0CHEN")
    assert (await user("U0GUEST"))["is_restricted"]
    assert not (await user("U0GUEST"))["is_ultra_restricted"]
    assert (await user("U0SINGLE"))["is_ultra_restricted"]
    assert (await user("U0GONE"))["deleted"]
    assert (await user("U0ROBOT"))["is_bot"]
    assert not (await user("USLACKBOT"))["is_bot"]
    stranger, faraway = await user("U0STRANGER"), await user("U0FARAWAY")
    assert stranger["team_id"] != workspace.team_id
    assert (stranger["is_stranger"], faraway["is_stranger"]) == (False, True)
    assert not {"tz", "locale", "is_restricted"} & set(stranger)
    assert await error_of(client, "users.info", user="U0NOBODY") == "user_not_found"


async def test_user_groups_list_their_members_unless_disabled(client: AsyncWebClient) -> None:
    listed = await client.usergroups_list(include_users=True)
    assert {group["id"] for group in listed["usergroups"]} == {"S0FINANCE", "S0LEADS"}
    everything = await client.usergroups_list(include_disabled=True)
    assert len(everything["usergroups"]) == 3
    members = await client.usergroups_users_list(usergroup="S0FINANCE")
    assert members["users"] == ["U0BOB", "U0CHEN"]
    for group in ("S0RETIRED", "S0NONE"):
        assert await error_of(client, "usergroups.users.list", usergroup=group) == "no_such_subteam"


async def test_channels_show_sharing_membership_and_hide_private_ones(
    client: AsyncWebClient,
) -> None:
    shared = (await client.conversations_info(channel="C0SHARED"))["channel"]
    assert (shared["is_ext_shared"], shared["is_member"]) == (True, True)
    finance = await client.conversations_info(channel="C0FINANCE", include_num_members=True)
    assert (finance["channel"]["is_member"], finance["channel"]["num_members"]) == (False, 5)
    assert (await client.conversations_info(channel="C0OLD"))["channel"]["is_archived"]
    for channel in ("C0SECRET", "C0NONE"):
        assert await error_of(client, "conversations.info", channel=channel) == "channel_not_found"


async def test_members_come_in_pages(client: AsyncWebClient, workspace: Workspace) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while cursor != "":
        page = await client.conversations_members(channel="C0GENERAL", limit=3, cursor=cursor)
        seen += page["members"]
        cursor = page["response_metadata"]["next_cursor"]
    assert seen == workspace.state.channels["C0GENERAL"].members
    too_many = await error_of(client, "conversations.members", channel="C0GENERAL", limit=1001)
    assert too_many == "invalid_limit"


async def test_direct_messages_open_with_people_only(client: AsyncWebClient) -> None:
    opened = await client.conversations_open(users="U0ALICE", return_im=True)
    assert (opened["channel"]["id"], opened["channel"]["is_im"]) == ("D0ALICE", True)
    assert (await client.conversations_open(channel="D0ALICE"))["no_op"]
    assert (await client.conversations_open(users=["U0STRANGER"]))["channel"]["id"] == "D0STRANGER"
    refusals = {
        "U0GONE": "user_disabled",
        "U0ROBOT": "cannot_dm_bot",
        "U0NOBODY": "user_not_found",
        "U0ALICE,U0BOB": "too_many_users",
        "": "users_list_not_supplied",
    }
    for users, error in refusals.items():
        assert await error_of(client, "conversations.open", users=users) == error


async def test_a_message_is_posted_updated_threaded_and_deleted(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    posted = await client.chat_postMessage(
        channel="C0GENERAL", text="one", blocks=[section("first")], metadata={"event_type": "card"}
    )
    await client.chat_postMessage(channel="C0GENERAL", text="below", thread_ts=posted["ts"])
    message = workspace.messages("C0GENERAL", "U0ALICE")[0]
    assert message.blocks[0]["text"]["text"] == "first"
    assert [one.text for one in workspace.replies("C0GENERAL", posted["ts"], "U0BOB")] == ["below"]
    redrawn = {"channel": "C0GENERAL", "ts": posted["ts"], "metadata": {"event_type": "x"}}
    await client.api_call("chat.update", json=redrawn)
    assert (message.text, len(message.blocks)) == ("one", 1)
    await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="two")
    assert (message.text, message.blocks) == ("two", [])
    await client.chat_delete(channel="C0GENERAL", ts=posted["ts"])
    assert workspace.messages("C0GENERAL", "U0ALICE") == []
    gone = await error_of(client, "chat.update", channel="C0GENERAL", ts=posted["ts"], text="x")
    assert gone == "message_not_found"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0FINANCE", "not_in_channel"),
        ("C0SECRET", "channel_not_found"),
        ("C0NONE", "channel_not_found"),
        ("C0OLD", "is_archived"),
        ("U0GONE", "user_disabled"),
        (None, "channel_not_found"),
    ],
)
async def test_the_bot_posts_only_where_it_is_a_member(
    client: AsyncWebClient, channel: str | None, error: str
) -> None:
    for method in ("chat.postMessage", "chat.postEphemeral"):
        assert await error_of(client, method, channel=channel, user="U0ALICE", text="x") == error


async def test_a_post_to_a_person_lands_in_their_direct_messages(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    posted = await client.chat_postMessage(channel="U0BOB", text="for you")
    assert posted["channel"] == "D0BOB"
    assert [one.text for one in workspace.messages("D0BOB", "U0BOB")] == ["for you"]
    assert workspace.messages("D0BOB", "U0ALICE") == []
    wrong = await error_of(client, "chat.update", channel="U0BOB", ts=posted["ts"], text="x")
    assert wrong == "channel_not_found"


async def test_an_ephemeral_is_seen_by_one_person_and_cannot_be_updated(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    sent = await client.chat_postEphemeral(channel="C0GENERAL", user="U0ALICE", text="psst")
    assert [one.text for one in workspace.messages("C0GENERAL", "U0ALICE")] == ["psst"]
    assert workspace.messages("C0GENERAL", "U0BOB") == []
    ts = sent["message_ts"]
    updated = await error_of(client, "chat.update", channel="C0GENERAL", ts=ts, text="x")
    assert updated == "message_not_found"
    away = await error_of(
        client, "chat.postEphemeral", channel="C0APPROVALS", user="U0GUEST", text="x"
    )
    assert away == "user_not_in_channel"


async def test_wrong_messages_are_refused_with_the_place_of_the_fault(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    async def post(**args: object) -> str:
        return await error_of(client, "chat.postMessage", channel="C0GENERAL", **args)

    assert await post() == "no_text"
    assert await post(text="x", blocks=[section()] * 51) == "invalid_blocks"
    assert await post(text="x", blocks=[section("x" * 3000)] * 5) == "msg_blocks_too_long"
    assert await post(text="x", blocks="[{") == "invalid_blocks_format"
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(
            channel="C0GENERAL", text="x", blocks=[{"type": "header", "text": plain("")}]
        )
    said = refused.value.response["response_metadata"]["messages"]
    assert said == ["[ERROR] blocks[0].text.text: has 0 characters, allowed are 1 to 150"]
    assert workspace.messages("C0GENERAL", "U0ALICE") == []
    assert [call.ok for call in workspace.calls] == [False] * 5


async def test_posts_are_throttled_by_channel_and_reads_by_minute(
    client: AsyncWebClient, workspace: Workspace, clock: SetClock
) -> None:
    workspace.state.rate_limits = True
    for _ in range(4):
        await client.chat_postMessage(channel="C0GENERAL", text="x")
    await client.chat_postMessage(channel="C0APPROVALS", text="x")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0GENERAL", text="x")
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) >= 1
    clock.pass_(seconds=5)
    await client.chat_postMessage(channel="C0GENERAL", text="x")
    for _ in range(20):
        await client.usergroups_list()
    assert await error_of(client, "usergroups.list") == "ratelimited"


async def test_a_scripted_429_is_waited_out_by_the_sdk(workspace: Workspace) -> None:
    client = client_of(workspace)
    client.retry_handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
    workspace.fault("rate_limited", "chat.postMessage", seconds=1)
    await client.chat_postMessage(channel="C0GENERAL", text="x")
    assert [call.error for call in workspace.calls] == ["ratelimited", None]


async def test_a_line_dropped_after_acting_leaves_the_message(workspace: Workspace) -> None:
    client = client_of(workspace)
    client.retry_handlers = []
    for kind, posted in (("drop_before", 0), ("drop_after", 1)):
        workspace.fault(kind, "chat.postMessage")  # type: ignore[arg-type]
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.chat_postMessage(channel="C0GENERAL", text="x")
        assert len(workspace.messages("C0GENERAL", "U0ALICE")) == posted


async def test_a_scripted_error_is_used_up(client: AsyncWebClient, workspace: Workspace) -> None:
    workspace.fault("error", "users.info", error="fatal_error", times=2)
    for _ in range(2):
        assert await error_of(client, "users.info", user="U0ALICE") == "fatal_error"
    assert (await client.users_info(user="U0ALICE"))["ok"]
    with pytest.raises(LookupError, match="no such method"):
        workspace.fault("slow", "users.nothing")
