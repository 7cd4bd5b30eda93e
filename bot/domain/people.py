"""Person and channel: what Slack says of them at this moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A flag that Slack leaves out counts as false; *team_id* "" means Slack gave none. *name* is
    what the person chose to be called: for reading alone, no right follows from it."""

    user_id: str
    team_id: str
    deleted: bool = False
    bot: bool = False
    guest: bool = False  # restricted or ultra-restricted
    stranger: bool = False
    language: str = "en"  # "en" or "zh"
    time_zone: str = "UTC"  # IANA name
    name: str = ""

    def full_member_of(self, team_id: str) -> bool:
        """Active, human, not a guest, and of this very workspace."""
        outside = self.deleted or self.bot or self.guest or self.stranger
        return bool(self.team_id) and self.team_id == team_id and not outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """*external*: shared with another company, or about to be. *direct*: one person's
    conversation with the bot."""

    channel_id: str
    public: bool = False
    external: bool = False
    archived: bool = False
    direct: bool = False
