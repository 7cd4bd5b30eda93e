"""Slack's side: reachable, tokens taken, scopes, the app's settings, channels."""

from __future__ import annotations

from typing import Any

import pytest

from bot.doctor.findings import Code
from bot.manifest import BOT_EVENTS, SCOPES
from tests.doctor_house import House
from tests.loopback import DROP, Reply, loopback

CLOSED = "http://127.0.0.1:9"  # the port of "discard": nobody listens


def without(scope: str, scopes: str) -> str:
    return ",".join(each for each in scopes.split(",") if each != scope)


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_scope_that_is_missing(house: House, scope: str) -> None:
    state = house.town.slack.state
    state.scopes = without(scope, state.scopes)
    report = await house.finds((Code.SCOPE_MISSING, scope))
    assert report.findings[0].fix.startswith(f"Add {scope} under OAuth & Permissions")


async def test_what_needs_a_missing_scope_is_not_checked(house: House) -> None:
    state = house.town.slack.state
    state.scopes = without("users:read", state.scopes)
    report = await house.finds((Code.SCOPE_MISSING, "users:read"))
    assert "people (missing_scope)" in report.not_checked
    assert any("both tokens are of one app" in each for each in report.not_checked)


@pytest.mark.parametrize("word", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_bot_token_that_slack_refuses(house: House, word: str) -> None:
    house.town.slack.fault("error", "auth.test", error=word)
    report = await house.finds((Code.BOT_TOKEN_REFUSED, "SLACK_BOT_TOKEN"))
    assert word in report.findings[0].problem


async def test_an_installation_for_a_whole_organisation(house: House) -> None:
    answer: dict[str, Any] = {"ok": True, "team_id": "T0", "is_enterprise_install": True}
    answer |= {"bot_id": "B0", "user_id": "U0"}
    scopes = {"X-OAuth-Scopes": ",".join(SCOPES)}
    server = await house.enter(loopback(lambda _asked: Reply(answer, headers=scopes)))
    house.environ["SLACK_API_URL"] = f"{server.url}/api/"
    report = await house.examined()
    assert report.findings[0].code is Code.ORG_INSTALL
    house.check_words(report)


async def test_slack_that_cannot_be_reached(house: House) -> None:
    house.environ["SLACK_API_URL"] = f"{CLOSED}/api/"
    report = await house.finds((Code.SLACK_UNREACHABLE, f"{CLOSED}/api/"))
    assert any(each.startswith("everything in Slack") for each in report.not_checked)


async def test_a_line_that_drops(house: House) -> None:
    server = await house.enter(loopback(lambda _asked: DROP))
    house.environ["SLACK_API_URL"] = f"{server.url}/api/"
    await house.finds((Code.SLACK_UNREACHABLE, f"{server.url}/api/"))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>Welcome to the airport</html>", headers={"Content-Type": "text/html"}),
        Reply(b"not allowed", status=403, headers={"Content-Type": "text/plain"}),
        Reply(b'{"ok": tru', headers={"Content-Type": "application/json"}),
        Reply({"ok": True}),
        Reply(b"", status=502),
    ],
    ids=["html", "text", "broken", "nobody", "empty"],
)
async def test_something_that_is_not_slack(house: House, reply: Reply) -> None:
    server = await house.enter(loopback(lambda _asked: reply))
    house.environ["SLACK_API_URL"] = f"{server.url}/api/"
    await house.finds((Code.SLACK_ANSWER_FOREIGN, f"{server.url}/api/"))


async def test_a_proxy_that_does_not_answer(house: House) -> None:
    house.slack["proxy"] = CLOSED
    await house.finds((Code.SLACK_PROXY_UNREACHABLE, "slack.proxy"))


async def test_an_app_token_without_the_right_to_connect(house: House) -> None:
    house.town.slack.state.app_scopes = "authorizations:read"
    await house.finds((Code.APP_TOKEN_SCOPE, "SLACK_APP_TOKEN"))


async def test_an_app_token_that_slack_refuses(house: House) -> None:
    house.environ["SLACK_APP_TOKEN"] = "xapp-1-A0-revoked"
    await house.finds((Code.APP_TOKEN_REFUSED, "SLACK_APP_TOKEN"))


async def test_tokens_of_two_apps(house: House) -> None:
    house.town.slack.state.app_token_app_id = "A0ANOTHER"
    report = await house.finds((Code.APPS_DIFFER, "SLACK_APP_TOKEN"))
    assert "A0ANOTHER" in report.findings[0].problem
    assert "A0COUNTERSIGN" in report.findings[0].problem


def app_settings(house: House) -> dict[str, Any]:
    manifest = house.town.slack.state.manifest
    assert manifest is not None
    settings: dict[str, Any] = manifest["settings"]
    return settings


async def test_interactivity_that_is_off(house: House) -> None:
    app_settings(house)["interactivity"]["is_enabled"] = False
    await house.finds((Code.INTERACTIVITY_OFF, "settings.interactivity"))


async def test_interactivity_cannot_be_known_without_a_configuration_token(house: House) -> None:
    app_settings(house)["interactivity"]["is_enabled"] = False
    del house.environ["SLACK_CONFIG_TOKEN"]
    report = await house.finds()
    (told,) = [each for each in report.not_checked if each.startswith("interactivity")]
    assert "SLACK_CONFIG_TOKEN" in told


async def test_a_configuration_token_that_slack_refuses(house: House) -> None:
    house.environ["SLACK_CONFIG_TOKEN"] = "xoxe.xoxp-1-expired"
    await house.finds((Code.CONFIG_TOKEN_REFUSED, "SLACK_CONFIG_TOKEN"))


async def test_socket_mode_that_is_off(house: House) -> None:
    app_settings(house)["socket_mode_enabled"] = False
    await house.finds((Code.SOCKET_MODE_WRONG, "settings.socket_mode_enabled"))


async def test_socket_mode_that_is_on_for_http(house: House) -> None:
    house.slack |= {"mode": "http", "listen": "127.0.0.1:0"}
    house.environ["SLACK_SIGNING_SECRET"] = "any"
    await house.finds((Code.SOCKET_MODE_WRONG, "settings.socket_mode_enabled"))


@pytest.mark.parametrize("event", BOT_EVENTS)
async def test_an_event_that_the_app_does_not_listen_to(house: House, event: str) -> None:
    app_settings(house)["event_subscriptions"]["bot_events"].remove(event)
    await house.finds((Code.EVENT_MISSING, event))


@pytest.mark.parametrize("commands", [[], [{"command": "/order", "should_escape": False}]])
async def test_a_command_that_slack_does_not_send_as_it_should(
    house: House, commands: list[dict[str, Any]]
) -> None:
    manifest = house.town.slack.state.manifest
    assert manifest is not None
    manifest["features"]["slash_commands"] = commands
    await house.finds((Code.COMMAND_MISSING, "/order"))


async def test_a_home_that_is_off(house: House) -> None:
    manifest = house.town.slack.state.manifest
    assert manifest is not None
    manifest["features"]["app_home"]["home_tab_enabled"] = False
    await house.finds((Code.HOME_OFF, "features.app_home"))


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("C0NOWHERE", Code.CHANNEL_UNKNOWN),
        ("C0SECRET", Code.CHANNEL_UNKNOWN),  # private, and the bot is not in it
        ("C0OLD", Code.CHANNEL_ARCHIVED),
        ("C0SHARED", Code.CHANNEL_SHARED),
        ("C0FINANCE", Code.CHANNEL_WITHOUT_BOT),
    ],
)
async def test_a_channel_in_which_nothing_should_or_can_be_posted(
    house: House, channel: str, code: Code
) -> None:
    house.slack["approvals_channel"] = channel
    await house.finds((code, channel))


async def test_a_channel_of_a_rule(house: House) -> None:
    house.more = ["[[policy.rules]]", 'approvals_channel = "C0FINANCE"']
    report = await house.finds((Code.CHANNEL_WITHOUT_BOT, "C0FINANCE"))
    assert report.findings[0].problem.startswith("policy.rules 1, approvals_channel: ")
    assert report.findings[0].fix == "Type /invite @countersign in #finance."
