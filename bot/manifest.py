"""The Slack app manifest: what the app is called, may do and listens to.

Source: Slack's app manifest reference, schema 2.0.0. It asks for the scopes of what exists and no
more; each scope has its reason beside it.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.errors import ConfigurationError
from bot.i18n import _
from bot.settings.values import check_base_url

EVENTS_PATH = "/slack/events"  # one address for commands, interactivity and events

SCOPES = (
    "commands",  # /order and the message shortcut
    "chat:write",  # cards, digests, notices; what is shared to a channel the bot is a member of
    "users:read",  # who asks: full member, guest, deactivated, of which workspace
    "usergroups:read",  # user groups that the policy may name
    "channels:read",  # whether a channel is shared outside, before an order goes there
    "groups:read",  # the same for private channels
    "files:write",  # /order export
    "im:write",  # where the export goes: the direct messages with the person who asked
    "im:history",  # what people type in the bot's own conversation; no other is read
)

BOT_EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "message.im",  # typed in the bot's own conversation
    "subteam_members_changed",  # these three end what was remembered of a group or a person
    "subteam_updated",
    "tokens_revoked",
    "user_change",
)

_LONG_DESCRIPTION = (
    "countersign puts unpaid cloud orders where the team talks. Type /order to look up an order at "
    "Alibaba Cloud, Huawei Cloud or Unicloud, or to list what is still unpaid over all accounts "
    "you may view. An unpaid order is cancelled from Slack only after a second person has approved "
    "it; until then nothing is done. Each morning a channel can read what is unpaid and what is "
    "about to lapse. Answers go to the asker alone until they choose to share them, and every "
    "look-up and decision is on a record that an outsider can verify."
)


_SHORTCUT = {
    "name": "Look up order",
    "type": "message",
    "callback_id": "look_up_order",
    "description": "Show the cloud orders whose numbers stand in this message",
}


def manifest(http_url: str | None = None) -> dict[str, Any]:
    """The manifest for Socket Mode, or for HTTP when *http_url* names the bot's public address,
    with or without `/slack/events`. Raises ConfigurationError for an address Slack cannot call."""
    request_url = None if http_url is None else _request_url(http_url)
    command = {
        "command": "/order",
        "description": "Look up cloud orders, ask to cancel an unpaid one, the daily digest",
        "usage_hint": "[order id] | unpaid | cancel [order id] | inbox | digest on | help",
        "should_escape": True,
    }
    events: dict[str, Any] = {"bot_events": list(BOT_EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if request_url:
        command["url"] = request_url
        events["request_url"] = request_url
        interactivity["request_url"] = request_url
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "countersign",
            "description": "Look up cloud orders; cancel unpaid ones only when two people agree.",
            "long_description": _LONG_DESCRIPTION,
            "background_color": "#1d3557",
        },
        "features": {
            # A writable messages tab lets people type in the bot's own conversation.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "countersign", "always_online": True},
            "slash_commands": [command],
            "shortcuts": [dict(_SHORTCUT)],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }


def manifest_yaml(http_url: str | None = None) -> str:
    """The same as YAML, ready to be pasted into Slack's form."""
    return yaml.safe_dump(manifest(http_url), sort_keys=False, allow_unicode=True, width=96)


def _request_url(http_url: str) -> str:
    try:
        base = check_base_url(http_url)
    except ValueError as error:
        raise ConfigurationError(_("--http {reason}", reason=error)) from error
    if "?" in base or "#" in base:
        raise ConfigurationError(_('--http must end with its path, without "?" or "#"'))
    return base if base.endswith(EVENTS_PATH) else f"{base}{EVENTS_PATH}"
