"""What changes in the workspace by itself: people, groups, tokens. Each change sends its event.

Sources: user_change, subteam_members_changed, app_uninstalled, tokens_revoked.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.workspace.acting_views import ActingOnViews
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.people import BOT_USER_ID, TEAM_ID, user_object


class Happenings(ActingOnViews):
    """Changes that the app hears of."""

    async def send_event(self, event: dict[str, Any]) -> Delivery:
        """Send any event, e.g. `{"type": "channel_id_changed", …}`, without changing anything."""
        return await self.deliver_event(event)

    async def change_person(self, user_id: str, **changes: Any) -> Delivery:
        """Set attributes of a person (`deleted=True`, `is_restricted=True`, `tz=…`)."""
        person = self.state.person(user_id)
        for name, value in changes.items():
            if name not in person.__slots__:
                raise LookupError(f"a person has no {name}")
            setattr(person, name, value)
        shares = self.state.shares_a_channel(user_id)
        user = user_object(person, now=self.state.now(), shares_a_channel=shares)
        return await self.send_event({"type": "user_change", "user": user})

    async def change_group(self, group_id: str, users: list[str]) -> Delivery:
        """Set the members of a user group."""
        if group_id not in self.state.groups:
            raise LookupError(f"no such user group: {group_id}")
        group = self.state.groups[group_id]
        added = [user for user in users if user not in group.users]
        removed = [user for user in group.users if user not in users]
        group.users = list(users)
        return await self.send_event(
            {
                "type": "subteam_members_changed",
                "subteam_id": group_id,
                "team_id": TEAM_ID,
                "added_users": added,
                "removed_users": removed,
                "added_users_count": len(added),
                "removed_users_count": len(removed),
            }
        )

    async def uninstall(self) -> list[Delivery]:
        """Remove the app: its tokens end, and it is told so."""
        self.state.revoked = True
        tokens = {"oauth": [], "bot": [BOT_USER_ID]}
        return [
            await self.send_event({"type": "tokens_revoked", "tokens": tokens}),
            await self.send_event({"type": "app_uninstalled"}),
        ]
