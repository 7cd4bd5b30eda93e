"""Which kind of token, and which of its scopes, a method asks for.

Source: the method pages of the Web API. Only what the app uses is listed: chat, people, groups,
channels; the methods of files ask for theirs themselves.
"""

from __future__ import annotations

from typing import Literal

from bot.sandbox.workspace.people import Channel
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.state import State

TokenKind = Literal["bot", "app", "config"]

_KINDS: dict[str, TokenKind] = {"apps.connections.open": "app", "apps.manifest.export": "config"}
_SCOPES = {
    "apps.connections.open": "connections:write",
    "bots.info": "users:read",
    "users.info": "users:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "conversations.open": "im:write",
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
}


def kind_of(state: State, token: str) -> TokenKind:
    """Raises Refused for a token that nobody was given."""
    kinds: dict[str, TokenKind] = {
        state.bot_token: "bot",
        state.app_token: "app",
        state.config_token: "config",
    }
    if token not in kinds:
        raise Refused("invalid_auth")
    return kinds[token]


def scopes_of(state: State, kind: TokenKind) -> str:
    """As announced beside each answer."""
    return {"bot": state.scopes, "app": state.app_scopes}.get(kind, "")


def check_right(state: State, method: str, kind: TokenKind) -> None:
    """Raises Refused where the token is of another kind or lacks the method's scope."""
    if kind != _KINDS.get(method, "bot"):
        raise Refused("not_allowed_token_type")
    if method in _SCOPES:
        _check_scope(_SCOPES[method], scopes_of(state, kind))


def check_channel_scope(state: State, channel: Channel) -> None:
    """The scope hangs on the kind of channel; direct messages are the bot's own."""
    if channel.im_user is None:
        _check_scope("groups:read" if channel.is_private else "channels:read", state.scopes)


def _check_scope(needed: str, provided: str) -> None:
    if needed not in provided.split(","):
        raise Refused("missing_scope", needed=needed, provided=provided)
