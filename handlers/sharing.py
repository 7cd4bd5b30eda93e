"""*Share*: an order's card for everybody in the channel, never in one that outsiders can read."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed, UserError
from bot.i18n import _
from bot.services.access import Viewer
from handlers.answers import webhook
from handlers.channels import SlackChannels
from handlers.desk import Desk
from handlers.failures import slack_word
from handlers.views.surface import Rendered

_NOT_A_MEMBER = frozenset({"not_in_channel", "channel_not_found"})


async def share(
    desk: Desk,
    viewer: Viewer,
    state: dict[str, Any],
    client: AsyncWebClient,
    response_url: str,
) -> None:
    """Post the order as last seen to the channel where it was asked for; raises UserError."""
    channel = str(state["channel"])
    shown = await desk.lookups.last_seen(viewer, state["account"], state["order_id"])
    await _refuse_outsiders(client, channel)
    await desk.lookups.record_share(viewer, shown, channel)
    rendered = await desk.cards.shared(viewer, shown, channel)
    if not await _posted(client, channel, rendered):
        await _respond(client, response_url, rendered)


async def _refuse_outsiders(client: AsyncWebClient, channel_id: str) -> None:
    """A channel that cannot be read is refused too."""
    channel = await SlackChannels(client).channel(channel_id)
    if channel.external:
        raise NotAllowed(
            _("This channel is shared with another company; orders are not shared here."),
            rule="share",
        )


async def _posted(client: AsyncWebClient, channel: str, rendered: Rendered) -> bool:
    try:
        await client.chat_postMessage(
            channel=channel,
            text=rendered.text,
            blocks=rendered.as_dicts(),
            mrkdwn=False,
            unfurl_links=False,
            unfurl_media=False,
        )
    except SlackApiError as error:
        if slack_word(error) in _NOT_A_MEMBER:
            return False
        raise
    return True


async def _respond(client: AsyncWebClient, response_url: str, rendered: Rendered) -> None:
    """Through the card's own response_url, which works where the bot is not a member."""
    if response_url:
        payload = {
            "response_type": "in_channel",
            "replace_original": False,
            "text": rendered.text,
            "blocks": rendered.as_dicts(),
            "mrkdwn": False,
        }
        response = await webhook(client, response_url).send_dict(payload)
        if response.status_code == HTTPStatus.OK:
            return
    raise UserError(_("I am not in this channel. Invite me to it, then press Share again."))
