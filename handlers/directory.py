"""People and user groups from Slack's Web API, remembered for a few minutes. Fails closed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.people import Person
from bot.errors import NotAllowed
from bot.i18n import _
from bot.ports import Clock
from handlers.failures import FAILURES

KEPT = timedelta(minutes=3)
AT_MOST = 5000
_UNREADABLE = (*FAILURES, KeyError, TypeError, ValueError)  # the last three: not Slack's shapes

Value = TypeVar("Value")


class SlackDirectory:
    """Implements the Directory port. *team_id* is the bot's own workspace; an answer serves for
    *kept*, zero where a right to decide hangs on it."""

    def __init__(
        self, client: AsyncWebClient, team_id: str, clock: Clock, *, kept: timedelta = KEPT
    ) -> None:
        self._client = client
        self._team_id = team_id
        self._people: _Kept[Person] = _Kept(self._read_person, clock, kept)
        self._groups: _Kept[frozenset[str]] = _Kept(self._read_group, clock, kept)

    @property
    def team_id(self) -> str:
        return self._team_id

    async def person(self, user_id: str) -> Person:
        """Raises NotAllowed when Slack does not say who this is."""
        return await self._people.get(user_id)

    async def group_members(self, group_id: str) -> frozenset[str]:
        """Raises NotAllowed when the group cannot be read."""
        return await self._groups.get(group_id)

    def forget_person(self, user_id: str) -> None:
        self._people.forget(user_id)

    def forget_group(self, group_id: str) -> None:
        self._groups.forget(group_id)

    async def _read_person(self, user_id: str) -> Person:
        try:
            response = await self._client.users_info(user=user_id, include_locale=True)
            return person_of(user_id, response["user"])
        except _UNREADABLE as error:
            raise NotAllowed(
                _("Slack does not tell me who you are right now, so I show nothing. Try again."),
                rule="identity",
            ) from error

    async def _read_group(self, group_id: str) -> frozenset[str]:
        try:
            response = await self._client.usergroups_users_list(usergroup=group_id)
            return frozenset(response["users"])
        except _UNREADABLE as error:
            raise NotAllowed(
                _("Slack does not tell me who is in a user group, so I show nothing. Try again."),
                rule="identity",
            ) from error


def person_of(user_id: str, user: dict[str, Any]) -> Person:
    """A user object of `users.info`; a flag that is absent counts as false."""
    return Person(
        user_id=user_id,
        team_id=user.get("team_id") or "",
        deleted=bool(user.get("deleted")),
        bot=bool(user.get("is_bot")) or user_id == "USLACKBOT",
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        stranger=bool(user.get("is_stranger")),
        language="zh" if str(user.get("locale") or "").startswith("zh") else "en",
        time_zone=str(user.get("tz") or "UTC"),
        name=_name(user),
    )


def _name(user: dict[str, Any]) -> str:
    """What people here call this person; outside text."""
    profile = user.get("profile")
    chosen = profile.get("display_name") if isinstance(profile, dict) else ""
    return str(chosen or user.get("real_name") or user.get("name") or "")


class _Kept(Generic[Value]):
    """The newest AT_MOST answers, each for *kept*."""

    def __init__(
        self, read: Callable[[str], Awaitable[Value]], clock: Clock, kept: timedelta
    ) -> None:
        self._read = read
        self._clock = clock
        self._kept = kept
        self._values: OrderedDict[str, tuple[datetime, Value]] = OrderedDict()
        self._forgotten = 0  # how often something was: an answer under way may be older than that

    async def get(self, key: str) -> Value:
        kept = self._values.get(key)
        if kept is not None and self._clock.now() - kept[0] < self._kept:
            return kept[1]
        forgotten, asked_at = self._forgotten, self._clock.now()
        value = await self._read(key)
        if forgotten != self._forgotten:
            return value
        self._values[key] = (asked_at, value)
        self._values.move_to_end(key)
        while len(self._values) > AT_MOST:
            self._values.popitem(last=False)
        return value

    def forget(self, key: str) -> None:
        self._forgotten += 1
        self._values.pop(key, None)
