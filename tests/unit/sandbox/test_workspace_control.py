"""The JSON control API: what a page or a check from outside can do, and who may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace, start_workspace
from tests.unit.sandbox.workspace_kit import (
    actions,
    bolt_app,
    button,
    client_of,
    form,
    served,
)


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with start_workspace() as started:
        yield started


@pytest.fixture
async def http(workspace: Workspace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(workspace.url) as session:
        yield session


async def got(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(f"/_sandbox/{path}") as answer:
        assert answer.status == 200
        return await answer.json()


async def did(http: aiohttp.ClientSession, **act: Any) -> tuple[int, Any]:
    async with http.post("/_sandbox/act", json=act) as answer:
        return answer.status, await answer.json()


async def test_a_whole_look_up_runs_over_json(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    app = bolt_app(workspace)

    @app.command("/order")
    async def order(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(text="an order", blocks=[actions(button("find"))])

    @app.action("find")
    async def find(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form(callback_id="find_form"))

    @app.view("find_form")
    async def submitted(ack: AsyncAck) -> None:
        await ack()

    alice = {"as": "U0ALICE", "channel": "C0GENERAL"}
    async with served(app, workspace):
        status, command = await did(http, do="command", **alice, text="show 42")
        assert (status, command["ok"], command["status"]) == (200, True, 200)
        shown = await got(http, "messages?channel=C0GENERAL&as=U0ALICE")
        assert [(one["text"], one["is_ephemeral"]) for one in shown] == [("an order", True)]
        assert await got(http, "messages?channel=C0GENERAL&as=U0BOB") == []
        await did(http, do="click_message", **alice, action_id="find")
        assert (await got(http, "views?as=U0ALICE"))[0]["callback_id"] == "find_form"
        _, sent = await did(http, do="submit", **{"as": "U0ALICE"}, values={"reason": "x"})
        assert sent["ok"]
        assert await got(http, "views?as=U0ALICE") == []
        _, again = await did(http, do="redeliver", delivery=command["delivery_id"])
        assert len(again["attempts"]) == 2
    methods = [call["method"] for call in await got(http, "calls")]
    assert methods == ["auth.test", "response_url", "views.open", "response_url"]
    assert len(await got(http, "deliveries")) == 3


async def test_the_app_can_be_configured_from_outside(http: aiohttp.ClientSession) -> None:
    app = await got(http, "app")
    client = AsyncWebClient(token=app["bot_token"], base_url=app["api_url"])
    assert (await client.auth_test())["user_id"] == app["bot_user_id"]
    people = {one["user_id"]: one for one in await got(http, "people")}
    assert people["U0SINGLE"]["is_ultra_restricted"]
    channels = {one["channel_id"]: one for one in await got(http, "channels")}
    assert channels["C0SHARED"]["is_ext_shared"]
    home = {"type": "home", "blocks": [actions(button("go"))]}
    await client.views_publish(user_id="U0BOB", view=home)
    assert (await got(http, "home?as=U0BOB"))["blocks"][0]["type"] == "actions"
    assert await got(http, "home?as=U0ALICE") is None
    status, sent = await did(http, do="uninstall")
    assert (status, [one["error"] for one in sent]) == (200, ["dispatch_failed"] * 2)


async def test_faults_are_ordered_and_cleared(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    fault = {"kind": "error", "method": "auth.test", "error": "fatal_error", "times": 0}
    async with http.post("/_sandbox/faults", json=fault) as answer:
        assert answer.status == 200
    client = client_of(workspace)
    for _ in range(3):
        with pytest.raises(SlackApiError, match="fatal_error"):
            await client.auth_test()
    async with http.delete("/_sandbox/faults") as answer:
        assert answer.status == 200
    assert (await client.auth_test())["ok"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("act", {"do": "dance"}, 404),
        ("act", {"do": "command", "as": "U0NOBODY", "channel": "C0GENERAL", "text": ""}, 404),
        ("act", {"do": "command", "as": "U0ALICE"}, 400),
        ("act", {"do": "submit", "as": "U0ALICE"}, 409),
        ("act", {"do": "redeliver", "delivery": "x"}, 404),
        ("act", [], 400),
        ("faults", {"kind": "fire"}, 404),
        ("faults", {"kind": "slow", "method": "orders.cancel"}, 404),
        ("faults", {"kind": "error", "method": "delivery"}, 404),
        ("faults", {"kind": "slow", "until": 3}, 404),
    ],
)
async def test_a_wrong_wish_is_answered_with_a_sentence(
    http: aiohttp.ClientSession, path: str, body: Any, status: int
) -> None:
    async with http.post(f"/_sandbox/{path}", json=body) as answer:
        assert answer.status == status
        assert len((await answer.json())["error"]) > 5


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "sandbox.attacker.example"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/_sandbox/app", "/api/auth.test", "/link/"])
async def test_pages_and_names_of_others_are_kept_out(
    http: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with http.get(path, headers=headers) as answer:
        assert answer.status == 403
    own = {"Origin": str(http._base_url).rstrip("/")}
    async with http.get("/_sandbox/people", headers=own) as answer:
        assert answer.status == 200


async def test_waiting_ends_with_the_change_or_with_a_timeout(workspace: Workspace) -> None:
    await client_of(workspace).auth_test()
    assert (await workspace.until(lambda: workspace.calls))[0].method == "auth.test"
    with pytest.raises(TimeoutError):
        await workspace.until(lambda: len(workspace.calls) > 1, timeout=0.01)
