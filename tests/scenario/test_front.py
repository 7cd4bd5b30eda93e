"""What reaches the HTTP listener unsigned, late, broken, too large or twice."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.delivery_http import signature
from tests.stage import ALICE, GENERAL, Mode, Stage, eventually, staged

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def mode() -> Mode:
    return "http"


@pytest.fixture(params=["command", "action", "event", "submission"])
def body(request: pytest.FixtureRequest, stage: Stage) -> tuple[str, bytes]:
    """One request of each kind that Slack sends, as content type and bytes."""
    return body_of(stage, request.param)


def body_of(stage: Stage, kind: str) -> tuple[str, bytes]:
    state = stage.slack.state
    alice = state.person(ALICE)
    if kind == "command":
        channel = state.channel(GENERAL)
        typed = payloads.slash_command(state, alice, channel, command="/order", text="accounts")
        return FORM, urlencode(typed).encode()
    if kind == "event":
        event = payloads.event(state, {"type": "user_change", "user": {"id": ALICE}})
        return "application/json", json.dumps(event).encode()
    common = {
        "user": {"id": ALICE, "team_id": stage.slack.team_id},
        "team": {"id": stage.slack.team_id},
        "api_app_id": stage.slack.app_id,
        "trigger_id": state.new_trigger(ALICE),
    }
    pressed = {
        "type": "block_actions",
        "actions": [{"type": "button", "block_id": "b", "action_id": "details", "value": "x"}],
        "container": {"type": "message"},
        "response_url": state.new_response_url(ALICE, GENERAL),
    }
    form = {"type": "modal", "id": "V1", "callback_id": "find_form", "blocks": []}
    sent = {"type": "view_submission", "view": form}
    chosen = pressed if kind == "action" else sent
    return FORM, urlencode({"payload": json.dumps(common | chosen)}).encode()


async def post(
    stage: Stage, content: tuple[str, bytes], headers: dict[str, str]
) -> tuple[int, str]:
    content_type, raw = content
    headers = {"Content-Type": content_type} | headers
    async with (
        aiohttp.ClientSession() as session,
        session.post(url(stage), data=io.BytesIO(raw), headers=headers) as response,
    ):
        return response.status, await response.text()


def url(stage: Stage) -> str:
    address = stage.slack.http.request_url
    assert address is not None
    return address


def signed(stage: Stage, raw: bytes, *, late: int = 0, secret: str = "") -> dict[str, str]:
    at = int(stage.clock.now().timestamp()) + late
    return signature(secret or stage.slack.signing_secret, at, raw)


async def test_a_signed_request_is_taken(stage: Stage, body: tuple[str, bytes]) -> None:
    stage.expected.add(("views.update", "not_found"))
    for late in (0, -298, 298):
        assert (await post(stage, body, signed(stage, body[1], late=late)))[0] == 200


@pytest.mark.parametrize("late", [-301, 306, -86400])  # a slow machine takes its seconds
async def test_pitfall_43_a_time_stamp_off_by_five_minutes_is_401(
    stage: Stage, body: tuple[str, bytes], late: int
) -> None:
    await stage.idle()  # what the tests before sent is worked off
    calls, records = len(stage.slack.calls), len(by_people(stage))
    assert await post(stage, body, signed(stage, body[1], late=late)) == (401, "")
    assert (len(stage.slack.calls), len(by_people(stage))) == (calls, records)


def by_people(stage: Stage) -> list[dict[str, Any]]:
    """Not what the bot records by itself, the day's head for one."""
    return [record for record in stage.records() if record["actor"] != "countersign"]


async def test_pitfall_43_a_bad_signature_is_401(stage: Stage, body: tuple[str, bytes]) -> None:
    good = signed(stage, body[1])
    calls, records = len(stage.slack.calls), len(stage.records())
    stamp, mark = good["X-Slack-Request-Timestamp"], good["X-Slack-Signature"]
    wrong: list[dict[str, str]] = [
        {},
        signed(stage, body[1], secret="another-secret"),
        signed(stage, body[1] + b" "),
        {"X-Slack-Request-Timestamp": stamp},
        {"X-Slack-Signature": mark},
        {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": mark[3:]},
        {"X-Slack-Request-Timestamp": str(int(stamp) + 1), "X-Slack-Signature": mark},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": mark},
        {"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": mark},
        {"X-Slack-Request-Timestamp": stamp + ".0", "X-Slack-Signature": mark},
        {"X-Slack-Request-Timestamp": "１２３", "X-Slack-Signature": mark},
        {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=ü"},
    ]
    for headers in wrong:
        assert await post(stage, body, headers) == (401, ""), headers
    assert (len(stage.slack.calls), len(stage.records())) == (calls, records)


UNREADABLE = [
    ("application/json", b'{"type": "event_callback"'),
    ("application/json", b"[1, 2]"),
    ("application/json", b'"text"'),
    ("application/json", b"{" * 100_000),
    ("application/json", b'{"a":' * 100_000),
    (FORM, b"payload=no-json"),
    (FORM, b"payload="),
    (FORM, b"payload=%5B1%5D"),
]


@pytest.mark.parametrize("content", UNREADABLE)
async def test_what_cannot_be_read_is_400_when_signed_and_401_before_it_is_parsed(
    stage: Stage, content: tuple[str, bytes]
) -> None:
    assert (await post(stage, content, signed(stage, content[1])))[0] == 400
    assert (await post(stage, content, {}))[0] == 401


async def test_bytes_that_are_no_text_are_refused(stage: Stage) -> None:
    content = ("application/json", b'{"type": "\xff\xfe"}')
    assert (await post(stage, content, {}))[0] == 401


async def test_a_body_over_a_mebibyte_is_413(stage: Stage) -> None:
    content = (FORM, b"text=" + b"a" * (1024 * 1024))
    status, _text = await post(stage, content, signed(stage, content[1]))
    assert status == 413


async def test_a_sender_who_goes_away_leaves_nothing_behind(stage: Stage) -> None:
    host, port = stage.bot.events if stage.bot and stage.bot.events else ("", 0)
    _reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()
    assert (await stage.ops("/healthz"))[0] == 200


async def test_only_post_on_the_one_path_is_served(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(url(stage)) as response:
            assert response.status == 405
        for path in ("/", "/metrics", "/readyz", "/slack/install"):
            async with session.get(url(stage).replace("/slack/events", path)) as response:
                assert response.status == 404, path


async def test_slack_verifies_the_address(stage: Stage) -> None:
    content = ("application/json", b'{"type": "url_verification", "challenge": "3eZbrw1a"}')
    status, text = await post(stage, content, signed(stage, content[1]))
    assert status == 200
    assert "3eZbrw1a" in text
    assert (await post(stage, content, {}))[0] == 401
    ssl_check = (FORM, b"ssl_check=1&token=x")
    assert (await post(stage, ssl_check, {}))[0] == 401


async def test_the_same_signed_request_sent_twice_counts_once(stage: Stage) -> None:
    content = body_of(stage, "command")
    headers = signed(stage, content[1])
    before = len(stage.recorded("accounts:listed", actor=ALICE))
    assert await post(stage, content, headers) == (200, "")
    assert await post(stage, content, headers) == (200, "")
    await eventually(
        lambda: len(stage.recorded("accounts:listed", actor=ALICE)) > before, "it is on record"
    )
    await stage.idle()
    assert len(stage.recorded("accounts:listed", actor=ALICE)) == before + 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("text", "show payload"), ("channel_name", "payload-team"), ("team_domain", "payload=1")],
)
async def test_a_command_may_hold_the_word_payload(stage: Stage, field: str, value: str) -> None:
    state = stage.slack.state
    alice, channel = state.person(ALICE), state.channel(GENERAL)
    typed = payloads.slash_command(state, alice, channel, command="/order", text="accounts")
    raw = urlencode(typed | {field: value}).encode()
    before = stage.seen(ALICE)
    assert await post(stage, (FORM, raw), signed(stage, raw)) == (200, "")
    await eventually(lambda: stage.seen(ALICE) - before, "it is answered")


@pytest.fixture(scope="module")
async def rotating(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("rotating"), "http") as stage:
        await stage.stop()
        await stage.start(SLACK_SIGNING_SECRET=f"the-new-one,{stage.slack.signing_secret}")
        yield stage


async def test_while_a_signing_secret_is_rotated_both_are_accepted(rotating: Stage) -> None:
    content = body_of(rotating, "event")
    old, new = signed(rotating, content[1]), signed(rotating, content[1], secret="the-new-one")
    assert (await post(rotating, content, old))[0] == 200
    assert (await post(rotating, content, new))[0] == 200
    third = signed(rotating, content[1], secret="a-third")
    assert (await post(rotating, content, third))[0] == 401
