"""The payloads that the app receives. Source: "Interaction payload reference", "The Events API"."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from bot.sandbox.workspace.inputs import Block, Element, state_values
from bot.sandbox.workspace.people import (
    APP_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    Channel,
    Person,
)
from bot.sandbox.workspace.state import Message, OpenView, State

Payload = dict[str, Any]
_TOKEN = "sandbox-verification-token"  # the deprecated verification token: present, worth nothing


def slash_command(
    state: State, person: Person, channel: Channel, *, command: str, text: str
) -> dict[str, str]:
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.channel_id,
        "channel_name": channel.name_in_payloads(),
        "user_id": person.user_id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": state.new_response_url(person.user_id, channel.channel_id),
        "trigger_id": state.new_trigger(person.user_id),
    }


def _interaction(kind: str, person: Person) -> Payload:
    """What all interactions share; an outsider brings the id of their own team."""
    return {
        "type": kind,
        "user": {
            "id": person.user_id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id,
        },
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "api_app_id": APP_ID,
        "token": _TOKEN,
    }


def action(state: State, block: Block, element: Element, held: dict[str, Any]) -> Payload:
    """An entry of `actions`: which element, and *held*, what it now holds."""
    made: Payload = {
        "type": element["type"],
        "block_id": block["block_id"],
        "action_id": element["action_id"],
        "action_ts": state.next_ts(),
    }
    for name in ("text", "value", "url", "style"):
        if name in element and element["type"] == "button":
            made[name] = element[name]
    return made | held


def message_action(
    state: State, person: Person, channel: Channel, message: Message, made: Payload
) -> Payload:
    """block_actions on a message; an ephemeral one is named but not shown to the app."""
    is_ephemeral = message.ephemeral_to is not None
    container: Payload = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.channel_id,
        "is_ephemeral": is_ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    typed = {(made["block_id"], made["action_id"]): _state_entry(made)}
    payload = {
        **_interaction("block_actions", person),
        "container": container,
        "channel": {"id": channel.channel_id, "name": channel.name_in_payloads()},
        "state": {"values": state_values(message.blocks, typed)},
        "actions": [made],
        "response_url": state.new_response_url(person.user_id, channel.channel_id, message),
        "trigger_id": state.new_trigger(person.user_id),
    }
    return payload if is_ephemeral else payload | {"message": message.as_json()}


def message_shortcut(
    state: State, person: Person, channel: Channel, message: Message, *, callback_id: str
) -> Payload:
    return {
        **_interaction("message_action", person),
        "callback_id": callback_id,
        "trigger_id": state.new_trigger(person.user_id),
        "response_url": state.new_response_url(person.user_id, channel.channel_id),
        "message_ts": message.ts,
        "channel": {"id": channel.channel_id, "name": channel.name_in_payloads()},
        "message": message.as_json(),
        "action_ts": state.next_ts(),
    }


def said(person: Person, channel: Channel, message: Message) -> Payload:
    """The event of a message that a person posted."""
    kind = "im" if channel.im_user else "group" if channel.is_private else "channel"
    told: Payload = {
        "type": "message",
        "user": person.user_id,
        "text": message.text,
        "ts": message.ts,
        "event_ts": message.ts,
        "channel": channel.channel_id,
        "channel_type": kind,
        "team": person.team_id,
        "client_msg_id": str(uuid.uuid4()),
    }
    return told | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def view_action(state: State, person: Person, view: OpenView, made: Payload) -> Payload:
    """block_actions on a modal or a Home."""
    is_modal = view.sent["type"] == "modal"
    shown = view.as_json()
    return {
        **_interaction("block_actions", person),
        "container": {"type": "view", "view_id": view.view_id},
        "view": shown,
        "state": shown["state"],
        "actions": [made],
        "trigger_id": state.new_trigger(person.user_id, from_view=is_modal),
    }


def view_submission(state: State, person: Person, view: OpenView) -> Payload:
    return {
        **_interaction("view_submission", person),
        "view": view.as_json(),
        "response_urls": [],
        "trigger_id": state.new_trigger(person.user_id, from_view=True),
    }


def view_closed(person: Person, view: OpenView, *, is_cleared: bool) -> Payload:
    return {
        **_interaction("view_closed", person),
        "view": view.as_json(),
        "is_cleared": is_cleared,
    }


def event(state: State, inner: Payload) -> Payload:
    """The outer shape around an event."""
    at = int(state.now().timestamp())
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": {"event_ts": state.next_ts(), **inner},
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": at,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def _state_entry(made: Payload) -> dict[str, Any]:
    """What an action says about its element, without what only an action has."""
    only_action = ("block_id", "action_id", "action_ts", "text", "url", "style")
    return {name: value for name, value in made.items() if name not in only_action}
