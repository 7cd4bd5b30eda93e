"""Web API: who the app is, people, user groups, channels. Each function is one method's page."""

from __future__ import annotations

from typing import Any

from bot.sandbox.workspace.people import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    Channel,
    UserGroup,
    channel_object,
    group_object,
    im_channel,
    user_object,
)
from bot.sandbox.workspace.refusals import Args, Refused, is_true, text_of
from bot.sandbox.workspace.scopes import check_channel_scope
from bot.sandbox.workspace.state import State

Answer = dict[str, Any]


def auth_test(state: State, _args: Args) -> Answer:
    return {
        "url": f"{state.url}/",
        "team": "Sandbox",
        "user": state.people[BOT_USER_ID].name,
        "team_id": state.team_id,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def bots_info(state: State, args: Args) -> Answer:
    if args.get("bot", BOT_ID) != BOT_ID:
        raise Refused("bot_not_found")
    bot = {
        "id": BOT_ID,
        "app_id": APP_ID,
        "user_id": BOT_USER_ID,
        "name": state.people[BOT_USER_ID].name,
        "deleted": False,
        "updated": int(state.now().timestamp()),
    }
    return {"bot": bot}


def users_info(state: State, args: Args) -> Answer:
    person = state.people.get(text_of(args, "user", "user_not_found"))
    if person is None:
        raise Refused("user_not_found")
    user = user_object(
        person,
        now=state.now(),
        shares_a_channel=state.shares_a_channel(person.user_id),
        include_locale=is_true(args.get("include_locale")),
    )
    return {"user": user}


def usergroups_list(state: State, args: Args) -> Answer:
    groups = [
        group_object(group, include_users=is_true(args.get("include_users")))
        for group in state.groups.values()
        if not group.date_delete or is_true(args.get("include_disabled"))
    ]
    return {"usergroups": groups}


def usergroups_users_list(state: State, args: Args) -> Answer:
    group: UserGroup | None = state.groups.get(text_of(args, "usergroup", "no_such_subteam"))
    if group is None or (group.date_delete and not is_true(args.get("include_disabled"))):
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}


def visible_channel(state: State, channel_id: object) -> Channel:
    """A channel that the bot may know of: public, or its own. Raises Refused."""
    channel = state.channels.get(channel_id) if isinstance(channel_id, str) else None
    if channel is None or (channel.is_private and BOT_USER_ID not in channel.members):
        raise Refused("channel_not_found")
    return channel


def conversations_info(state: State, args: Args) -> Answer:
    channel = visible_channel(state, args.get("channel"))
    check_channel_scope(state, channel)
    described = channel_object(channel, num_members=is_true(args.get("include_num_members")))
    return {"channel": described}


def conversations_members(state: State, args: Args) -> Answer:
    """Pages of *limit* (100) members; the cursor is where the next page begins."""
    channel = visible_channel(state, args.get("channel"))
    check_channel_scope(state, channel)
    members = channel.members
    try:
        start, limit = int(args.get("cursor") or 0), int(args.get("limit") or 100)
    except ValueError:
        raise Refused("invalid_cursor") from None
    if not 1 <= limit <= 1000:  # noqa: PLR2004 (documented, used once)
        raise Refused("invalid_limit")
    more = start + limit < len(members)
    return {
        "members": members[start : start + limit],
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def conversations_open(state: State, args: Args) -> Answer:
    """The direct messages with one person; groups of several are not part of this workspace."""
    if args.get("channel"):
        channel = visible_channel(state, args["channel"])
        return {"channel": {"id": channel.channel_id}, "no_op": True, "already_open": True}
    users = args.get("users") or ""
    listed = users if isinstance(users, list) else [one for one in users.split(",") if one]
    if not listed:
        raise Refused("users_list_not_supplied")
    if len(listed) > 1:
        raise Refused("too_many_users")
    already = "D" + listed[0][1:] in state.channels
    channel = direct_messages(state, listed[0])
    described = channel_object(channel) if is_true(args.get("return_im")) else {}
    return {
        "channel": {"id": channel.channel_id, **described},
        "already_open": already,
        "no_op": already,
    }


def direct_messages(state: State, user_id: str) -> Channel:
    """The channel of the bot's direct messages with a person, made on first use. Raises Refused."""
    person = state.people.get(user_id)
    if person is None:
        raise Refused("user_not_found")
    if person.deleted:
        raise Refused("user_disabled")
    if person.is_bot or user_id == "USLACKBOT":
        raise Refused("cannot_dm_bot")
    channel = im_channel(person)
    return state.channels.setdefault(channel.channel_id, channel)
