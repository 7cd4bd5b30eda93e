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
    "commands",  # /order
    "chat:write",  # what is shared to a channel the bot is a member of
    "users:read",  # who asks: full member, guest, deactivated, of which workspace
    "usergroups:read",  # user groups that the policy may name
    "channels:read",  # whether a channel is shared outside, before an order goes there
    "groups:read",  # the same for private channels
)

BOT_EVENTS = (
    "app_uninstalled",
    "subteam_members_changed",  # these three end what was remembered of a group or a person
    "subteam_updated",
    "tokens_revoked",
    "user_change",
)

_LONG_DESCRIPTION = (
    "countersign puts unpaid cloud orders where the team talks. Type /order to look up an order at "
    "Alibaba Cloud, Huawei Cloud or Unicloud, to list what is still unpaid over all accounts you "
    "may view, and to open an order in its console. Answers go to the asker alone until they "
    "choose to share them, and every look-up is on a record that an outsider can verify."
)


def manifest(http_url: str | None = None) -> dict[str, Any]:
    """The manifest for Socket Mode, or for HTTP when *http_url* names the bot's public address,
    with or without `/slack/events`. Raises ConfigurationError for an address Slack cannot call."""
    request_url = _request_url(http_url) if http_url else None
    command = {
        "command": "/order",
        "description": "Look up cloud orders: one, a list, or what is still unpaid",
        "usage_hint": "[order id] | unpaid | list [filters] | products | help",
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
            "description": "Look up cloud orders where the team talks.",
            "long_description": _LONG_DESCRIPTION,
            "background_color": "#1d3557",
        },
        "features": {
            # A writable messages tab lets people type /order in the bot's own conversation.
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "countersign", "always_online": True},
            "slash_commands": [command],
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
    return base if base.endswith(EVENTS_PATH) else f"{base}{EVENTS_PATH}"
