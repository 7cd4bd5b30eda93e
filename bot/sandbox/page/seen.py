"""What one person sees of the workspace, as JSON for the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.files import File
from bot.sandbox.workspace.people import BOT_USER_ID, Channel, Person
from bot.sandbox.workspace.state import Message

MESSAGES = 200  # of a channel, the newest
SHORTCUTS = ({"callback_id": "look_up_order", "name": "Look up order"},)


class Seen:
    """*now* is the stage's clock."""

    def __init__(self, workspace: Workspace, now: Callable[[], datetime]) -> None:
        self._workspace = workspace
        self._now = now

    def by(self, user_id: str, channel_id: str, thread_ts: str | None) -> dict[str, Any]:
        """Raises LookupError for people and channels that are not there."""
        state = self._workspace.state
        person = state.person(user_id)
        channels = [each for each in state.channels.values() if user_id in each.members]
        shown = state.visible(channel_id, user_id) if channel_id else []
        home = self._workspace.home(user_id)
        return {
            "now": self._now().isoformat(),
            "me": _person(person),
            "people": [_person(each) for each in state.people.values()],
            "groups": [
                {"group_id": each.group_id, "handle": each.handle} for each in state.groups.values()
            ],
            "channels": [self._channel(each, person) for each in channels],
            "messages": [self._message(each, shown) for each in shown if not each.thread_ts][
                -MESSAGES:
            ],
            "thread": [
                self._message(each, shown)
                for each in shown
                if thread_ts in (each.ts, each.thread_ts)
            ][-MESSAGES:]
            if thread_ts
            else None,
            "views": [
                each.as_json() | {"errors": each.errors} for each in self._workspace.views(user_id)
            ],
            "home": home.as_json() if home else None,
            "app": {
                "bot_user_id": BOT_USER_ID,
                "commands": ["/order"],
                "shortcuts": list(SHORTCUTS),
            },
        }

    def file(self, user_id: str, file_id: str) -> File:
        """Raises LookupError where this person sees no message with it."""
        file = self._workspace.state.files.get(file_id)
        seen = self._workspace.state.visible(file.channel_id, user_id) if file else []
        if file is None or not any(file_id == each["id"] for one in seen for each in one.files):
            raise LookupError(f"{user_id} sees no file {file_id}")
        return file

    def _channel(self, channel: Channel, person: Person) -> dict[str, Any]:
        state = self._workspace.state
        seen = state.visible(channel.channel_id, person.user_id)
        kind = "private" if channel.is_private else "shared" if channel.is_ext_shared else "channel"
        return {
            "channel_id": channel.channel_id,
            "name": "countersign" if channel.im_user else channel.name,
            "kind": "dm" if channel.im_user else kind,
            "is_archived": channel.is_archived,
            "has_bot": BOT_USER_ID in channel.members,
            "last_ts": next(
                (each.ts for each in reversed(seen) if each.user_id != person.user_id), ""
            ),
            "can_type": not (person.deleted or person.is_external() or channel.is_archived),
        }

    def _message(self, message: Message, shown: list[Message]) -> dict[str, Any]:
        replies = sum(each.thread_ts == message.ts for each in shown)
        return message.as_json() | {
            "is_ephemeral": message.ephemeral_to is not None,
            "is_bot": message.user_id == BOT_USER_ID,
            "replies": replies,
        }


def _person(person: Person) -> dict[str, Any]:
    return {
        "user_id": person.user_id,
        "name": person.name,
        "real_name": person.real_name,
        "tz": person.tz,
        "deleted": person.deleted,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.is_bot,
        "is_external": person.is_external(),
    }
