"""Socket Mode with Slack's own client, with Bolt's handler, and with a bare websocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.sandbox.workspace import Workspace, start_workspace
from tests.unit.sandbox.workspace_kit import bolt_app, client_of, form, modal


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with start_workspace(ack_seconds=0.3, retry_delays=(0, 0, 0)) as started:
        yield started


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def socket_url(workspace: Workspace) -> str:
    client = client_of(workspace, workspace.app_token)
    url: str = (await client.apps_connections_open(app_token=workspace.app_token))["url"]
    return url


async def connected(
    workspace: Workspace, http: aiohttp.ClientSession
) -> aiohttp.ClientWebSocketResponse:
    """A bare connection that has heard its hello."""
    socket = await http.ws_connect(await socket_url(workspace))
    hello = await socket.receive_json()
    assert hello["type"] == "hello"
    assert hello["num_connections"] == workspace.sockets.connections
    assert hello["connection_info"] == {"app_id": workspace.app_id}
    assert hello["debug_info"]["approximate_connection_time"] == 3600
    return socket


async def test_a_socket_url_is_good_for_one_connection(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    url = await socket_url(workspace)
    async with http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await http.ws_connect(url)


async def test_each_payload_goes_to_one_connection_and_any_may_ack(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    first, second = await connected(workspace, http), await connected(workspace, http)
    sent = [asyncio.create_task(workspace.command("U0ALICE", "C0GENERAL", t)) for t in "ab"]
    envelopes = [await first.receive_json(), await second.receive_json()]
    assert {one["payload"]["text"] for one in envelopes} == {"a", "b"}
    assert all(one["accepts_response_payload"] for one in envelopes)
    assert not any("retry_attempt" in one for one in envelopes)
    for envelope in envelopes:
        await first.send_json({"envelope_id": envelope["envelope_id"]})
    assert [delivery.ok for delivery in await asyncio.gather(*sent)] == [True, True]
    await first.close()
    await second.close()


async def test_an_eleventh_connection_is_one_too_many(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    held = [await connected(workspace, http) for _ in range(10)]
    eleventh = await http.ws_connect(await socket_url(workspace))
    assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
    assert workspace.sockets.connections == len(held)


async def test_events_without_an_ack_are_retried_and_commands_are_not(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    socket = await connected(workspace, http)
    event = await workspace.send_event({"type": "user_change", "user": {"id": "U0BOB"}})
    assert event.error == "operation_timeout"
    heard = [await socket.receive_json() for _ in range(2)]
    assert [one["retry_attempt"] for one in heard] == [0, 1]
    assert [one["retry_reason"] for one in heard] == ["", "timeout"]
    assert len({one["payload"]["event_id"] for one in heard}) == 1
    await socket.send_json({"envelope_id": heard[1]["envelope_id"]})
    await workspace.until(lambda: len(event.attempts) == 2 and event.attempts[1].error is None)
    command = await workspace.command("U0ALICE", "C0GENERAL", "list")
    assert (command.error, len(command.attempts)) == ("operation_timeout", 1)
    await socket.close()
    await workspace.until(lambda: workspace.sockets.connections == 0)
    assert (await workspace.command("U0ALICE", "C0GENERAL", "x")).error == "dispatch_failed"


async def test_the_same_envelope_can_come_again(
    workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    socket = await connected(workspace, http)
    sending = asyncio.create_task(workspace.command("U0ALICE", "C0GENERAL", "list"))
    once = await socket.receive_json()
    await socket.send_json({"envelope_id": once["envelope_id"], "payload": {"text": "here"}})
    delivery = await sending
    again = asyncio.create_task(workspace.redeliver(delivery))
    assert await socket.receive_json() == once
    await socket.send_json({"envelope_id": once["envelope_id"], "payload": {"text": "here"}})
    assert (await again).error is None
    assert [one.text for one in workspace.messages("C0GENERAL", "U0ALICE")] == ["here"]
    await socket.close()


async def test_slacks_client_receives_acks_and_reconnects(workspace: Workspace) -> None:
    requests: list[SocketModeRequest] = []

    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        requests.append(request)
        response = SocketModeResponse(request.envelope_id, payload={"text": "hi"})
        await client.send_socket_mode_response(response)

    client = SocketModeClient(workspace.app_token, web_client=client_of(workspace))
    client.socket_mode_request_listeners.append(listen)
    await client.connect()  # type: ignore[no-untyped-call]
    await workspace.until(lambda: workspace.sockets.connections == 1)
    assert (await workspace.command("U0ALICE", "C0GENERAL", "one")).answer == {"text": "hi"}
    await workspace.disconnect_sockets("warning")
    await workspace.until(lambda: workspace.sockets.connections == 1)
    assert (await workspace.command("U0ALICE", "C0GENERAL", "two")).ok
    assert [request.payload["text"] for request in requests] == ["one", "two"]
    opened = [call.method for call in workspace.calls].count("apps.connections.open")
    assert opened == 2
    await client.close()  # type: ignore[no-untyped-call]


async def test_a_bolt_app_answers_commands_clicks_and_forms(workspace: Workspace) -> None:
    app = bolt_app(workspace)
    client = client_of(workspace)
    heard: list[str] = []

    @app.command("/order")
    async def order(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack("looking")
        await client.views_open(trigger_id=body["trigger_id"], view=form(callback_id="find_form"))
        await respond("found")

    @app.view("find_form")
    async def find(ack: AsyncAck, view: dict[str, Any]) -> None:
        heard.append(view["state"]["values"]["reason"]["text"]["value"])
        await ack(response_action="update", view=modal())

    handler = AsyncSocketModeHandler(app, workspace.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await workspace.until(lambda: workspace.sockets.connections == 1)
    workspace.use_http("http://127.0.0.1:1/")  # sockets come first: nothing goes by HTTP
    delivery = await workspace.command("U0ALICE", "C0GENERAL", "find")
    assert (delivery.answer, delivery.attempts[0].transport) == ({"text": "looking"}, "socket")
    texts = {message.text for message in workspace.messages("C0GENERAL", "U0ALICE")}
    assert texts == {"looking", "found"}
    assert (await workspace.submit("U0ALICE", {"reason": "42"})).ok
    assert heard == ["42"]
    assert workspace.views("U0ALICE")[0].sent.get("submit") is None
    unhandled = await workspace.command("U0ALICE", "C0GENERAL", "", command="/none")
    assert unhandled.error == "operation_timeout"
    await handler.close_async()  # type: ignore[no-untyped-call]
