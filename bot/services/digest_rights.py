"""Whether a digest may be shown in its channel, by what Slack says now: asked before it is
composed, and again right before it is posted, for hours may lie between the two."""

from __future__ import annotations

from collections.abc import Collection

from bot.errors import NotAllowed
from bot.ports import Channels
from bot.services.access import Access
from bot.services.digest_ends import Ending
from bot.services.digest_terms import NO_CHANNEL, UNREADABLE


class Over(Exception):
    """It cannot be posted there, now or later."""

    def __init__(self, why: Ending) -> None:
        super().__init__(why.value)
        self.why = why


async def check_channel(channels: Channels, channel_id: str) -> None:
    """Raises Over, and NotAllowed when Slack does not answer."""
    try:
        channel = await channels.channel(channel_id)
    except NotAllowed as error:
        if error.rule != NO_CHANNEL:
            raise
        raise Over(Ending.CHANNEL) from error
    if channel.external:
        raise Over(Ending.EXTERNAL)
    if channel.archived:
        raise Over(Ending.CHANNEL)


async def may_still_view(access: Access, owner: str, accounts: Collection[str]) -> bool:
    """Whether *owner* may view all of these accounts. Raises Over where this person may view
    nothing any more, NotAllowed when Slack does not answer."""
    try:
        viewer = await access.viewer(owner)
    except NotAllowed as error:
        if error.rule == UNREADABLE:
            raise
        raise Over(Ending.OWNER) from error
    return viewer.names >= frozenset(accounts)
