"""Events about people, groups and the app itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.directory import SlackDirectory

logger = structlog.get_logger(__name__)

Listener = Callable[..., Awaitable[None]]


class Lifecycle:
    """*revoked* names the event by which Slack took the bot's identity back, "" while it stands."""

    def __init__(self) -> None:
        self.revoked = ""

    def listeners(self, directory: SlackDirectory) -> dict[str, Listener]:
        async def user_changed(ack: AsyncAck, event: dict[str, Any]) -> None:
            await ack()
            directory.forget_person(str((event.get("user") or {}).get("id") or ""))

        async def group_changed(ack: AsyncAck, event: dict[str, Any]) -> None:
            await ack()
            group = event.get("subteam_id") or (event.get("subteam") or {}).get("id")
            directory.forget_group(str(group or ""))

        async def gone(ack: AsyncAck, event: dict[str, Any]) -> None:
            await ack()
            if event["type"] == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
                self.revoked = str(event["type"])
                logger.error("identity_lost", reason=self.revoked)

        return {
            "user_change": user_changed,
            "subteam_members_changed": group_changed,
            "subteam_updated": group_changed,
            "app_uninstalled": gone,
            "tokens_revoked": gone,
        }
