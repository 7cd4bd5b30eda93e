"""Files of the embedded workspace: Slack's own upload, and every refusal on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.manifest import SCOPES
from bot.sandbox.workspace import Workspace, start_workspace
from tests.unit.sandbox.workspace_kit import SetClock, client_of, plain

DIRECT = "D0ALICE"
CONTENT = "订单,1\r\n".encode()


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


async def refusal(client: AsyncWebClient, method: str, **args: object) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        await client.api_call(method, data=args)
    answer: dict[str, Any] = refused.value.response.data
    return answer


async def address_for(client: AsyncWebClient, content: bytes = CONTENT) -> tuple[str, str]:
    given = await client.files_getUploadURLExternal(filename="orders.csv", length=len(content))
    return given["upload_url"], given["file_id"]


async def sent(address: str, content: bytes = CONTENT) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.post(address, data=content) as answer:
        return answer.status, await answer.text()


async def test_slacks_own_client_uploads_a_file_to_a_person(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    done = await client.files_upload_v2(
        channel=DIRECT,
        filename="orders.csv",
        content=CONTENT,
        title="Orders",
        initial_comment="1 order",
    )
    [file] = workspace.files
    assert (file.name, file.title, file.content) == ("orders.csv", "Orders", CONTENT)
    assert (file.channel_id, done["file"]["id"]) == (DIRECT, file.file_id)
    [message] = workspace.messages(DIRECT, "U0ALICE")
    assert message.text == "1 order"
    [shown] = message.as_json()["files"]
    assert (shown["name"], shown["size"], shown["mimetype"]) == (
        "orders.csv",
        len(CONTENT),
        "text/csv",
    )
    assert workspace.messages(DIRECT, "U0BOB") == []


async def test_blocks_stand_around_a_file_and_are_checked(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    address, file_id = await address_for(client)
    assert await sent(address) == (200, f"OK - {len(CONTENT)}")
    form = {"files": json.dumps([{"id": file_id}]), "channel_id": DIRECT}
    wrong = await refusal(
        client, "files.completeUploadExternal", **form, blocks='[{"type": "section"}]'
    )
    assert wrong["error"] == "invalid_blocks"
    blocks = json.dumps([{"type": "section", "text": plain("hello")}])
    await client.api_call("files.completeUploadExternal", data=form | {"blocks": blocks})
    [message] = workspace.messages(DIRECT, "U0ALICE")
    assert message.blocks[0]["text"]["text"] == "hello"


async def test_an_address_takes_the_announced_bytes_once(client: AsyncWebClient) -> None:
    address, _file_id = await address_for(client)
    assert (await sent(address))[0] == 200
    assert await sent(address) == (404, "no such upload")
    assert (await sent(address + "x"))[0] == 404


async def test_other_bytes_than_announced_are_no_file(client: AsyncWebClient) -> None:
    address, file_id = await address_for(client)
    status, text = await sent(address, CONTENT + b"more")
    assert (status, "announced" in text) == (400, True)
    args = {"files": json.dumps([{"id": file_id}]), "channel_id": DIRECT}
    missing = await refusal(client, "files.completeUploadExternal", **args)
    assert missing["error"] == "file_not_found"


async def test_an_address_ends_after_a_while(client: AsyncWebClient, clock: SetClock) -> None:
    address, _file_id = await address_for(client)
    clock.pass_(minutes=11)
    assert (await sent(address))[0] == 404


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("U0ALICE", "invalid_arguments"),
        ("", "invalid_arguments"),
        ("C0GENERAL", "restricted_action"),
        ("C0SECRET", "channel_not_found"),
        ("D0NOBODY", "channel_not_found"),
    ],
)
async def test_a_file_goes_to_direct_messages_only(
    client: AsyncWebClient, workspace: Workspace, channel: str, error: str
) -> None:
    address, file_id = await address_for(client)
    await sent(address)
    args = {"files": json.dumps([{"id": file_id}]), "channel_id": channel}
    assert (await refusal(client, "files.completeUploadExternal", **args))["error"] == error
    assert workspace.files == []


async def test_a_file_is_shared_once(client: AsyncWebClient, workspace: Workspace) -> None:
    address, file_id = await address_for(client)
    await sent(address)
    args = {"files": json.dumps([{"id": file_id}]), "channel_id": DIRECT}
    await client.api_call("files.completeUploadExternal", data=args)
    again = await refusal(client, "files.completeUploadExternal", **args)
    assert again["error"] == "file_not_found"
    assert len(workspace.messages(DIRECT, "U0ALICE")) == 1


async def test_without_the_scope_slack_names_it(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    workspace.state.scopes = "commands,chat:write"
    for method in ("files.getUploadURLExternal", "files.completeUploadExternal"):
        answer = await refusal(client, method, filename="x", length=1)
        assert (answer["error"], answer["needed"]) == ("missing_scope", "files:write")
        assert answer["provided"] == "commands,chat:write"


@pytest.mark.parametrize(
    "args",
    [{}, {"filename": "x"}, {"filename": "x", "length": 0}, {"filename": "x", "length": "many"}],
)
async def test_an_address_needs_a_name_and_a_length(
    client: AsyncWebClient, args: dict[str, object]
) -> None:
    assert (await refusal(client, "files.getUploadURLExternal", **args))[
        "error"
    ] == "invalid_arguments"


@pytest.mark.parametrize("files", ["", "[]", "nonsense", '["F1"]', '{"id": "F1"}'])
async def test_what_is_complete_is_a_list_of_files(client: AsyncWebClient, files: str) -> None:
    answer = await refusal(client, "files.completeUploadExternal", files=files, channel_id=DIRECT)
    assert answer["error"] == "invalid_arguments"


async def test_the_app_is_installed_with_the_scopes_that_its_manifest_asks_for(
    workspace: Workspace,
) -> None:
    assert set(workspace.state.scopes.split(",")) == set(SCOPES)
