"""Who and where: people, user groups and channels of the workspace, and how Slack describes them.

Sources: object pages "User", "User group", "Conversation" of the Slack documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

TEAM_ID = "T0SANDBOX"
TEAM_DOMAIN = "sandbox"
OTHER_TEAM_ID = "T0ELSEWHERE"
APP_ID = "A0COUNTERSIGN"
BOT_ID = "B0COUNTERSIGN"
BOT_USER_ID = "U0COUNTERSIGN"


@dataclass(slots=True, kw_only=True)
class Person:
    """A member, guest, bot or outsider. Of another team = known through Slack Connect only."""

    user_id: str
    name: str
    real_name: str
    tz: str = "Europe/Berlin"
    locale: str = "en-US"
    team_id: str = TEAM_ID
    deleted: bool = False
    is_bot: bool = False
    is_app_user: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_admin: bool = False
    is_owner: bool = False

    def is_external(self) -> bool:
        return self.team_id != TEAM_ID


@dataclass(slots=True, kw_only=True)
class UserGroup:
    group_id: str
    handle: str
    name: str
    users: list[str]
    date_delete: int = 0  # epoch seconds; not 0 = disabled


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, or (with *im_user* set) the direct messages between that person and the bot."""

    channel_id: str
    name: str
    members: list[str] = field(default_factory=list)
    is_private: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False
    im_user: str | None = None

    def name_in_payloads(self) -> str:
        """Payloads hide the names of private places."""
        if self.im_user:
            return "directmessage"
        return "privategroup" if self.is_private else self.name


def seed_people() -> dict[str, Person]:
    everyone = [
        Person(user_id="U0ALICE", name="alice", real_name="Alice Requester"),
        Person(user_id="U0BOB", name="bob", real_name="Bob Approver", tz="Europe/London"),
        Person(
            user_id="U0CHEN", name="chen", real_name="陈财务", tz="Asia/Shanghai", locale="zh-CN"
        ),
        Person(user_id="U0OWNER", name="olivia", real_name="Olivia Owner", is_owner=True),
        Person(user_id="U0GUEST", name="gus", real_name="Gus Guest", is_restricted=True),
        Person(
            user_id="U0SINGLE",
            name="sina",
            real_name="Sina Single",
            is_restricted=True,
            is_ultra_restricted=True,
        ),
        Person(user_id="U0GONE", name="gary", real_name="Gary Gone", deleted=True),
        Person(user_id="U0ROBOT", name="deploybot", real_name="Deploy Bot", is_bot=True),
        Person(user_id="U0STRANGER", name="sam", real_name="Sam Stranger", team_id=OTHER_TEAM_ID),
        Person(user_id="U0FARAWAY", name="fay", real_name="Fay Faraway", team_id=OTHER_TEAM_ID),
        Person(user_id="USLACKBOT", name="slackbot", real_name="Slackbot"),
        Person(user_id=BOT_USER_ID, name="countersign", real_name="countersign", is_bot=True),
    ]
    everyone[3].is_admin = True
    return {person.user_id: person for person in everyone}


def seed_groups() -> dict[str, UserGroup]:
    groups = [
        UserGroup(
            group_id="S0FINANCE", handle="finance", name="Finance", users=["U0BOB", "U0CHEN"]
        ),
        UserGroup(group_id="S0LEADS", handle="leads", name="Leads", users=["U0OWNER"]),
        UserGroup(
            group_id="S0RETIRED",
            handle="retired",
            name="Retired",
            users=["U0BOB"],
            date_delete=1_700_000_000,
        ),
    ]
    return {group.group_id: group for group in groups}


def seed_channels(people: dict[str, Person]) -> dict[str, Channel]:
    staff = ["U0ALICE", "U0BOB", "U0CHEN", "U0OWNER"]
    bot = [BOT_USER_ID]
    channels = [
        Channel(
            channel_id="C0GENERAL",
            name="general",
            members=[*staff, "U0GUEST", "U0SINGLE", "U0ROBOT", *bot],
        ),
        Channel(channel_id="C0APPROVALS", name="approvals", members=staff + bot),
        Channel(channel_id="C0FINANCE", name="finance", members=[*staff, "U0GUEST"]),
        Channel(
            channel_id="C0SECRET", name="secret", members=["U0ALICE", "U0BOB"], is_private=True
        ),
        Channel(
            channel_id="C0SHARED",
            name="with-elsewhere",
            members=[*staff, "U0STRANGER", *bot],
            is_ext_shared=True,
        ),
        Channel(channel_id="C0OLD", name="old", members=staff + bot, is_archived=True),
    ]
    channels += [
        im_channel(person)
        for person in people.values()
        if not person.is_bot and not person.is_external() and person.user_id != "USLACKBOT"
    ]
    return {channel.channel_id: channel for channel in channels}


def im_channel(person: Person) -> Channel:
    """The bot's direct messages with *person*: D0ALICE for U0ALICE."""
    return Channel(
        channel_id="D" + person.user_id[1:],
        name=person.user_id,
        members=[person.user_id, BOT_USER_ID],
        is_private=True,
        im_user=person.user_id,
    )


def user_object(
    person: Person, *, now: datetime, shares_a_channel: bool, include_locale: bool = False
) -> dict[str, Any]:
    """What `users.info` says. Deactivated people lose their flags, outsiders never show any."""
    user: dict[str, Any] = {
        "id": person.user_id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "real_name": person.real_name,
        "profile": {
            "real_name": person.real_name,
            "display_name": person.name,
            "team": person.team_id,
        },
        "is_bot": person.is_bot,
        "is_app_user": person.is_app_user,
        "updated": int(now.timestamp()),
    }
    if person.is_external():
        return user | {"is_stranger": not shares_a_channel}
    if person.deleted:
        return user
    offset = now.astimezone(ZoneInfo(person.tz)).utcoffset()
    user |= {
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_admin": person.is_admin,
        "is_owner": person.is_owner,
        "is_primary_owner": person.is_owner,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": True,
    }
    return user | ({"locale": person.locale} if include_locale else {})


def group_object(group: UserGroup, *, include_users: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": group.group_id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "is_external": False,
        "auto_type": None,
        "date_delete": group.date_delete,
        "user_count": len(group.users),
    }
    return described | ({"users": list(group.users)} if include_users else {})


def channel_object(channel: Channel, *, num_members: bool = False) -> dict[str, Any]:
    """What `conversations.info` says, from where the bot stands."""
    if channel.im_user:
        return {
            "id": channel.channel_id,
            "is_im": True,
            "user": channel.im_user,
            "is_archived": channel.is_archived,
            "is_org_shared": False,
        }
    described: dict[str, Any] = {
        "id": channel.channel_id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.channel_id == "C0GENERAL",
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_member": BOT_USER_ID in channel.members,
        "context_team_id": TEAM_ID,
    }
    return described | ({"num_members": len(channel.members)} if num_members else {})
