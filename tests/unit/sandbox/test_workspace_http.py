"""A small Bolt app over signed HTTP: commands, clicks, events, what people then see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.inputs import NotPossible
from tests.unit.sandbox.workspace_kit import (
    SetClock,
    actions,
    bolt_app,
    button,
    client_of,
    plain,
    section,
    served,
)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def workspace(clock: SetClock) -> AsyncIterator[Workspace]:
    async with start_workspace(now=clock, ack_seconds=0.3, retry_delays=(0, 0, 0)) as started:
        yield started


@pytest.fixture
async def app(workspace: Workspace) -> AsyncIterator[AsyncApp]:
    app = bolt_app(workspace)
    async with served(app, workspace):
        yield app


def heard(app: AsyncApp, command: str = "/order") -> list[dict[str, Any]]:
    """What the app hears of a command, which it acks."""
    bodies: list[dict[str, Any]] = []

    @app.command(command)
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    return bodies


async def test_a_command_arrives_with_slacks_fields(app: AsyncApp, workspace: Workspace) -> None:
    bodies = heard(app)
    delivery = await workspace.command("U0ALICE", "C0FINANCE", "show 42")
    assert (delivery.ok, delivery.status, delivery.answer) == (True, 200, None)
    assert 0 < delivery.elapsed_ms < 300
    assert delivery.attempts[0].transport == "http"
    body = bodies[0]
    assert (body["text"], body["user_id"], body["channel_name"]) == (
        "show 42",
        "U0ALICE",
        "finance",
    )
    assert (body["team_id"], body["api_app_id"]) == (workspace.team_id, workspace.app_id)
    assert body["is_enterprise_install"] == "false"


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("show @bob & co", "show <@U0BOB> &amp; co"),
        ("list #general #secret", "list <#C0GENERAL|general> <#C0SECRET|>"),
        ("https://a.example/?x=1", "<https://a.example/?x=1>"),
        ("ask a@b.example", "ask <mailto:a@b.example|a@b.example>"),
        ("ping @channel @finance", "ping <!channel> <!subteam^S0FINANCE>"),
        ("<b> @nobody #nowhere", "&lt;b&gt; @nobody #nowhere"),
    ],
)
async def test_typed_text_is_escaped_as_the_manifest_asks(
    app: AsyncApp, workspace: Workspace, typed: str, arrives: str
) -> None:
    bodies = heard(app)
    await workspace.command("U0ALICE", "C0GENERAL", typed)
    await workspace.command("U0ALICE", "C0GENERAL", typed, as_sent=True)
    assert [body["text"] for body in bodies] == [arrives, typed]


@pytest.mark.parametrize(
    ("user", "channel", "error"),
    [
        ("U0STRANGER", "C0SHARED", "command_not_available_to_external_people"),
        ("U0GONE", "C0GENERAL", "account_inactive"),
        ("U0SINGLE", "C0APPROVALS", "not_in_channel"),
        ("U0BOB", "C0OLD", "is_archived"),
    ],
)
async def test_slack_stops_those_who_cannot_type_here(
    app: AsyncApp, workspace: Workspace, user: str, channel: str, error: str
) -> None:
    bodies = heard(app)
    delivery = await workspace.command(user, channel, "list")
    assert (delivery.error, delivery.attempts, bodies) == (error, [], [])


async def test_guests_are_members_of_the_workspace_and_can_type(
    app: AsyncApp, workspace: Workspace
) -> None:
    bodies = heard(app)
    for guest in ("U0GUEST", "U0SINGLE"):
        assert (await workspace.command(guest, "C0GENERAL", "help")).ok
    assert len(bodies) == 2


async def test_an_ack_with_text_is_private_and_in_channel_shows_the_command(
    app: AsyncApp, workspace: Workspace
) -> None:
    @app.command("/quiet")
    async def quiet(ack: AsyncAck) -> None:
        await ack("just you")

    @app.command("/loud")
    async def loud(ack: AsyncAck) -> None:
        await ack(text="all of you", response_type="in_channel")

    await workspace.command("U0ALICE", "C0GENERAL", "", command="/quiet")
    await workspace.command("U0ALICE", "C0GENERAL", "now", command="/loud")
    for_alice = [one.text for one in workspace.messages("C0GENERAL", "U0ALICE")]
    for_bob = [one.text for one in workspace.messages("C0GENERAL", "U0BOB")]
    assert for_alice == ["just you", "/loud now", "all of you"]
    assert for_bob == ["/loud now", "all of you"]


async def test_a_late_or_failing_app_shows_an_error_to_the_person(
    app: AsyncApp, workspace: Workspace
) -> None:
    gate = asyncio.Event()

    @app.command("/late")
    async def late(ack: AsyncAck) -> None:
        await gate.wait()
        await ack()

    assert (await workspace.command("U0ALICE", "C0GENERAL", "", command="/late")).error == (
        "operation_timeout"
    )
    gate.set()
    unhandled = await workspace.command("U0ALICE", "C0GENERAL", "", command="/none")
    assert (unhandled.status, unhandled.error) == (404, "http_client_error")
    workspace.use_http("http://127.0.0.1:1/slack/events")
    refused = await workspace.command("U0ALICE", "C0GENERAL", "list")
    assert (refused.status, refused.error) == (None, "dispatch_failed")
    workspace.use_http(None)
    assert (await workspace.command("U0ALICE", "C0GENERAL", "")).error == "dispatch_failed"


async def test_a_click_answers_through_its_response_url(
    app: AsyncApp, workspace: Workspace
) -> None:
    bodies: list[dict[str, Any]] = []

    @app.action("details")
    async def details(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        bodies.append(body)
        await ack()
        await respond(text=f"details of {body['actions'][0]['value']}", replace_original=True)

    rows = [section(f"row {n}", accessory=button("details", value=str(n))) for n in range(3)]
    client = client_of(workspace)
    posted = await client.chat_postMessage(channel="C0GENERAL", text="rows", blocks=rows)
    assert (await workspace.click_message("U0BOB", "C0GENERAL", "details", value="1")).ok
    assert bodies[0]["container"]["message_ts"] == posted["ts"]
    assert bodies[0]["message"]["blocks"][1]["text"]["text"] == "row 1"
    assert [one.text for one in workspace.messages("C0GENERAL", "U0ALICE")] == ["details of 1"]

    await client.chat_postEphemeral(channel="C0GENERAL", user="U0ALICE", text="rows", blocks=rows)
    await workspace.click_message("U0ALICE", "C0GENERAL", "details", index=2)
    assert "message" not in bodies[1]
    assert bodies[1]["container"]["is_ephemeral"]
    assert workspace.messages("C0GENERAL", "U0ALICE")[-1].text == "details of 2"
    assert len(workspace.messages("C0GENERAL", "U0BOB")) == 1
    with pytest.raises(NotPossible, match="U0BOB sees no 'details'"):
        await workspace.click_message("U0BOB", "C0GENERAL", "details")


async def test_an_outsider_can_click_and_brings_their_own_team(
    app: AsyncApp, workspace: Workspace
) -> None:
    teams: list[tuple[str, str]] = []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        teams.append((body["user"]["team_id"], body["team"]["id"]))
        await ack()

    blocks = [actions(button("approve"))]
    await client_of(workspace).chat_postMessage(channel="C0SHARED", text="card", blocks=blocks)
    assert (await workspace.click_message("U0STRANGER", "C0SHARED", "approve")).ok
    assert teams == [(workspace.state.people["U0STRANGER"].team_id, workspace.team_id)]
    await workspace.change_person("U0BOB", deleted=True)
    clicked = await workspace.click_message("U0BOB", "C0SHARED", "approve")
    assert (clicked.error, clicked.attempts) == ("account_inactive", [])


async def test_menus_send_what_was_chosen(app: AsyncApp, workspace: Workspace) -> None:
    made: list[dict[str, Any]] = []

    @app.action("pick")
    async def pick(ack: AsyncAck, body: dict[str, Any]) -> None:
        made.append(body)
        await ack()

    options = [{"text": plain(name), "value": name} for name in ("a", "b")]
    menu = {"action_id": "pick", "options": options}
    blocks = [
        actions({"type": "static_select", **menu}, block_id="s"),
        actions({"type": "overflow", **menu}, block_id="o"),
        actions({"type": "users_select", "action_id": "pick"}, block_id="u"),
    ]
    client = client_of(workspace)
    await client.chat_postMessage(channel="C0GENERAL", text="menus", blocks=blocks)
    for index, choice in enumerate(("b", "a", "U0BOB")):
        await workspace.click_message("U0ALICE", "C0GENERAL", "pick", index=index, choose=choice)
    chosen = [body["actions"][0] for body in made]
    assert [one.get("selected_option", {}).get("value") for one in chosen] == ["b", "a", None]
    assert chosen[2]["selected_user"] == "U0BOB"
    assert made[0]["state"]["values"]["s"]["pick"]["selected_option"]["value"] == "b"
    assert "o" not in made[1]["state"]["values"]
    with pytest.raises(NotPossible, match="no option 'c'"):
        await workspace.click_message("U0ALICE", "C0GENERAL", "pick", choose="c")


async def test_events_say_who_changed_and_the_web_api_agrees(
    app: AsyncApp, workspace: Workspace
) -> None:
    events: list[dict[str, Any]] = []

    async def listen(event: dict[str, Any]) -> None:
        events.append(event)

    for kind in ("user_change", "subteam_members_changed"):
        app.event(kind)(listen)
    assert (await workspace.change_person("U0BOB", is_restricted=True)).ok
    assert (await workspace.change_group("S0FINANCE", ["U0CHEN", "U0OWNER"])).ok
    assert events[0]["user"]["is_restricted"]
    assert (events[1]["added_users"], events[1]["removed_users"]) == (["U0OWNER"], ["U0BOB"])
    members = await client_of(workspace).usergroups_users_list(usergroup="S0FINANCE")
    assert members["users"] == ["U0CHEN", "U0OWNER"]


async def listening(workspace: Workspace, answers: list[int]) -> tuple[web.AppRunner, list[Any]]:
    """A server that answers the given statuses in turn, then 200, and keeps every request."""
    seen: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), await request.read()))
        return web.Response(status=answers.pop(0) if answers else 200)

    server = web.Application()
    server.router.add_post("/", take)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    workspace.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    return runner, seen


async def test_failed_events_are_retried_with_reason_and_commands_are_not(
    workspace: Workspace,
) -> None:
    runner, seen = await listening(workspace, [500, 500, 500, 500])
    event = await workspace.send_event({"type": "user_change", "user": {"id": "U0BOB"}})
    await workspace.until(lambda: len(event.attempts) == 4)
    assert [headers.get("X-Slack-Retry-Num") for headers, _ in seen] == [None, "1", "2", "3"]
    assert seen[1][0]["X-Slack-Retry-Reason"] == "http_error"
    assert len({body for _, body in seen}) == 1
    seen.clear()
    workspace.fault("drop_after", "slash_commands")
    command = await workspace.command("U0ALICE", "C0GENERAL", "list")
    assert (command.error, len(seen)) == ("operation_timeout", 1)
    await runner.cleanup()


async def test_signatures_hold_for_slacks_verifier_and_again_minutes_later(
    workspace: Workspace, clock: SetClock
) -> None:
    runner, seen = await listening(workspace, [])
    verifier = SignatureVerifier(workspace.signing_secret)
    delivery = await workspace.command("U0ALICE", "C0GENERAL", "show 汉字 42")
    headers, body = seen[0]
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body + b"x", headers)
    assert not SignatureVerifier("other").is_valid_request(body, headers)
    clock.pass_(minutes=4)
    await workspace.redeliver(delivery)
    assert seen[1][1] == body
    assert verifier.is_valid_request(body, seen[1][0])
    assert seen[1][0]["X-Slack-Signature"] != headers["X-Slack-Signature"]
    await runner.cleanup()


async def test_deliveries_can_be_lost_before_the_app_or_come_late(workspace: Workspace) -> None:
    runner, seen = await listening(workspace, [])
    workspace.fault("drop_before", "delivery")
    lost = await workspace.command("U0ALICE", "C0GENERAL", "list")
    assert (lost.error, seen) == ("operation_timeout", [])
    workspace.fault("slow", "slash_commands", seconds=0.01)
    assert (await workspace.command("U0ALICE", "C0GENERAL", "list")).ok
    assert len(seen) == 1
    await runner.cleanup()
