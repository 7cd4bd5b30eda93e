"""What a client makes of typed text when the command has should_escape: true.

Source: "Implementing slash commands": mentions become ids, addresses are put in angle brackets.
"""

from __future__ import annotations

import re

from bot.sandbox.workspace.people import BOT_USER_ID, Channel
from bot.sandbox.workspace.state import State

_WORTH_A_LOOK = re.compile(
    r"(?P<address>https?://[^\s<>]+)"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|@(?P<name>[\w.-]+)"
    r"|#(?P<channel>[\w-]+)"
)
_EVERYBODY = {"channel", "here", "everyone"}


def escaped(state: State, text: str) -> str:
    """*text* as it arrives at the app; names that nobody has stay as they are."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _WORTH_A_LOOK.sub(lambda found: _rewritten(state, found), safe)


def _rewritten(state: State, found: re.Match[str]) -> str:
    kind, value = str(found.lastgroup), str(found[found.lastgroup or 0])
    if kind == "address":
        return f"<{value}>"
    if kind == "mail":
        return f"<mailto:{value}|{value}>"
    if kind == "channel":
        return _channel(state, value) or found[0]
    if value in _EVERYBODY:
        return f"<!{value}>"
    return _person_or_group(state, value) or found[0]


def _person_or_group(state: State, name: str) -> str | None:
    for person in state.people.values():
        if person.name == name:
            return f"<@{person.user_id}>"
    for group in state.groups.values():
        if group.handle == name:
            return f"<!subteam^{group.group_id}>"
    return None


def _channel(state: State, name: str) -> str | None:
    for channel in state.channels.values():
        if channel.name == name and not channel.im_user:
            return f"<#{channel.channel_id}|{_name_shown(channel)}>"
    return None


def _name_shown(channel: Channel) -> str:
    """The name of a private channel that the bot is not in stays hidden."""
    return "" if channel.is_private and BOT_USER_ID not in channel.members else channel.name
