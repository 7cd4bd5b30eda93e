"""The Slack app manifest: valid by the public schema, and by what that schema misses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.errors import ConfigurationError
from bot.manifest import BOT_EVENTS, SCOPES, manifest, manifest_yaml
from handlers.ids import COMMAND, CallbackId

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT.parent / "shared" / "slack" / "manifest.schema.2.0.0.json"
BOTH_MODES = pytest.mark.parametrize("http_url", [None, "https://bot.example.com"])

# What Slack's event reference asks for; None where an event needs no scope.
SCOPE_OF_EVENT = {
    "app_home_opened": None,
    "app_uninstalled": None,
    "message.im": "im:history",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "tokens_revoked": None,
    "user_change": "users:read",
}
KNOWN_SCOPES = {
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:read",
    "im:history",
    "im:write",
    "links:read",
    "links:write",
    "usergroups:read",
    "users:read",
}


def addresses(made: dict[str, Any]) -> list[str | None]:
    return [
        *(command.get("url") for command in made["features"]["slash_commands"]),
        made["settings"]["event_subscriptions"].get("request_url"),
        made["settings"]["interactivity"].get("request_url"),
    ]


@pytest.mark.skipif(not SCHEMA.is_file(), reason="Slack's schema is not beside this checkout")
@BOTH_MODES
def test_slacks_schema_accepts_it(http_url: str | None) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(manifest(http_url))


def test_the_file_in_the_repository_is_the_default_output() -> None:
    assert (ROOT / "manifest.yml").read_text(encoding="utf-8") == manifest_yaml()


@BOTH_MODES
def test_the_yaml_says_the_same(http_url: str | None) -> None:
    assert yaml.safe_load(manifest_yaml(http_url)) == manifest(http_url)


def test_socket_mode_names_no_address() -> None:
    made = manifest()
    assert made["settings"]["socket_mode_enabled"] is True
    assert addresses(made) == [None, None, None]


@pytest.mark.parametrize(
    "url",
    [
        "https://bot.example.com",
        "https://bot.example.com/",
        "https://bot.example.com/slack/events",
        "https://bot.example.com/slack/events/",
    ],
)
def test_http_mode_names_one_address_for_everything(url: str) -> None:
    made = manifest(url)
    assert made["settings"]["socket_mode_enabled"] is False
    assert addresses(made) == ["https://bot.example.com/slack/events"] * 3


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bot.example.com",
        "http://bot.example.com",
        "https://",
        "https://bot.example.com#x",
        "https://bot.example.com/?",
        "https://bot.example.com?x=1",
        "nonsense",
    ],
)
def test_an_address_that_slack_cannot_call_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--http "):
        manifest(url)


def test_each_event_is_known_and_its_scope_is_asked_for() -> None:
    assert set(BOT_EVENTS) <= set(SCOPE_OF_EVENT)
    assert {SCOPE_OF_EVENT[event] for event in BOT_EVENTS} - {None} <= set(SCOPES)
    assert len(set(BOT_EVENTS)) == len(BOT_EVENTS)


def test_only_known_scopes_of_the_bot_are_asked_for() -> None:
    assert set(SCOPES) <= KNOWN_SCOPES
    assert manifest()["oauth_config"] == {"scopes": {"bot": list(SCOPES)}}
    assert len(set(SCOPES)) == len(SCOPES)


def test_the_home_tab_and_typing_in_the_bots_own_conversation_are_on() -> None:
    home = manifest()["features"]["app_home"]
    assert home["home_tab_enabled"] is True
    assert home["messages_tab_enabled"] is True
    assert home["messages_tab_read_only_enabled"] is False


def test_the_command_is_the_one_that_is_listened_for() -> None:
    (command,) = manifest()["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert command["should_escape"] is True


def test_the_shortcut_is_the_one_that_is_listened_for() -> None:
    (shortcut,) = manifest()["features"]["shortcuts"]
    assert shortcut["callback_id"] == CallbackId.LOOK_UP_ORDER
    assert shortcut["type"] == "message"
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150


def test_the_texts_have_the_length_and_the_form_that_slack_takes() -> None:
    shown = manifest()["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 175 <= len(shown["long_description"]) <= 4000
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", manifest()["features"]["bot_user"]["display_name"])


def test_interactivity_is_on_and_tokens_do_not_rotate() -> None:
    settings = manifest()["settings"]
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    assert settings["org_deploy_enabled"] is False
