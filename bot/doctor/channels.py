"""The channels that the configuration names, as Slack shows them to the bot."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.findings import Code, Notes
from bot.doctor.slack import UNREADABLE
from bot.i18n import _
from bot.settings import Settings
from handlers.failures import slack_word


def channels_named(settings: Settings) -> dict[str, str]:
    """Each channel with the key that names it first."""
    named = {}
    if settings.slack.approvals_channel:
        named[settings.slack.approvals_channel] = "slack.approvals_channel"
    for number, rule in enumerate(settings.policy.rules, start=1):
        if rule.approvals_channel:
            named.setdefault(rule.approvals_channel, f"policy.rules {number}, approvals_channel")
    return named


async def check_channel(client: AsyncWebClient, channel_id: str, where: str, notes: Notes) -> None:
    try:
        answer = await client.conversations_info(channel=channel_id)
        channel = dict(answer["channel"])
    except UNREADABLE as error:
        word = slack_word(error)
        if word != "channel_not_found":
            notes.skip(_("channel {id}", id=channel_id), word or type(error).__name__)
            return
        notes.find(
            Code.CHANNEL_UNKNOWN,
            channel_id,
            _("{where}: there is no such channel, or it is private without the bot.", where=where),
            _("Copy the id from the channel's details, and /invite @countersign to it."),
        )
        return
    _judge(channel, channel_id, where, notes)
    notes.check(_("channel {id}", id=channel_id))


def _judge(channel: dict[str, Any], channel_id: str, where: str, notes: Notes) -> None:
    name = f"#{channel.get('name') or channel_id}"
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        notes.find(
            Code.CHANNEL_SHARED,
            channel_id,
            _("{where}: {name} is shared with another company.", where=where, name=name),
            _("Name a channel that only this workspace reads."),
        )
    if channel.get("is_archived"):
        notes.find(
            Code.CHANNEL_ARCHIVED,
            channel_id,
            _("{where}: {name} is archived, nothing can be posted there.", where=where, name=name),
            _("Unarchive it, or name another channel."),
        )
    elif not channel.get("is_member"):
        notes.find(
            Code.CHANNEL_WITHOUT_BOT,
            channel_id,
            _("{where}: the bot is not a member of {name}.", where=where, name=name),
            _("Type /invite @countersign in {name}.", name=name),
        )
