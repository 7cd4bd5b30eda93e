"""The Channels port on `conversations.info`. Fails closed."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.people import Channel
from bot.errors import NotAllowed
from bot.i18n import _
from handlers.failures import FAILURES, slack_word


class SlackChannels:
    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def channel(self, channel_id: str) -> Channel:
        """Raises NotAllowed where Slack does not say, for it could be shared with outsiders; by the
        rule `no_channel` where Slack says that there is none for the bot."""
        try:
            answer = await self._client.conversations_info(channel=channel_id)
            found = dict(answer["channel"])
        except (*FAILURES, KeyError, TypeError, ValueError) as error:
            raise NotAllowed(
                _(
                    "I cannot see whether outsiders read this channel, so nothing is posted here."
                    " Invite me to it and try again."
                ),
                rule="no_channel" if slack_word(error) == "channel_not_found" else "channel",
            ) from error
        direct = bool(found.get("is_im"))
        return Channel(
            channel_id=channel_id,
            public=not (direct or found.get("is_private") or found.get("is_mpim")),
            external=bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared")),
            archived=bool(found.get("is_archived")),
            direct=direct,
        )
