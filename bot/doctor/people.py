"""The people and user groups that the configuration names, as they are in the workspace now, and
whether enough of them could ever approve."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.findings import Code, Notes
from bot.doctor.slack import UNREADABLE
from bot.domain.people import Person
from bot.domain.policy import Humans, Policy, Principals
from bot.i18n import _
from bot.settings import Settings
from handlers.directory import person_of
from handlers.failures import slack_word

AT_ONCE = 5
_UNKNOWN = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


@dataclass(frozen=True, slots=True)
class Named:
    """A list of the policy: *where* it stands; in viewers a guest may stand by id."""

    where: str
    principals: Principals
    guests: bool = False


@dataclass(slots=True)
class Roll:
    """What Slack says: None for a person it does not know; who is missing could not be read."""

    team_id: str
    people: dict[str, Person | None] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)


class Registry:
    """Reads people and groups, each once."""

    def __init__(self, client: AsyncWebClient, team_id: str, notes: Notes) -> None:
        self.roll = Roll(team_id)
        self._client = client
        self._notes = notes
        self._few = asyncio.Semaphore(AT_ONCE)

    async def person(self, user_id: str) -> Person | None:
        """None where Slack does not know the person, or does not say."""
        async with self._few:
            if user_id in self.roll.people:
                return self.roll.people[user_id]
            try:
                answer = await self._client.users_info(user=user_id)
                self.roll.people[user_id] = person_of(user_id, answer["user"])
            except UNREADABLE as error:
                word = slack_word(error)
                if word not in _UNKNOWN:
                    self._notes.skip(_("people"), word or type(error).__name__)
                    return None
                self.roll.people[user_id] = None
        return self.roll.people[user_id]

    async def group(self, group_id: str, where: str) -> None:
        """Noted once where it stands first."""
        try:
            answer = await self._client.usergroups_users_list(usergroup=group_id)
            members = self.roll.groups[group_id] = frozenset(answer["users"])
        except UNREADABLE as error:
            self._unreadable(group_id, where, slack_word(error) or type(error).__name__)
            return
        if not members:
            self._notes.find(
                Code.GROUP_EMPTY,
                group_id,
                _("{where}: the user group has no members.", where=where),
                _("Add people to the group in Slack, or name another."),
            )

    def _unreadable(self, group_id: str, where: str, word: str) -> None:
        match word:
            case "no_such_subteam":
                self._notes.find(
                    Code.GROUP_UNKNOWN,
                    group_id,
                    _("{where}: there is no such user group, or it is disabled.", where=where),
                    _("Copy the id (S…) from the group's details in Slack, or enable the group."),
                )
            case "plan_upgrade_required":
                self._notes.find(
                    Code.GROUPS_NOT_IN_PLAN,
                    group_id,
                    _("{where}: this workspace's plan has no user groups.", where=where),
                    _("Name people by their ids (U…) instead."),
                )
            case _other:
                self._notes.skip(_("user groups"), word)


async def check_people(registry: Registry, policy: Policy, humans: Humans, notes: Notes) -> None:
    """Everyone named in the policy and as an alias."""
    lists = list(lists_of(policy))
    groups: dict[str, str] = {}
    for named in lists:
        for group_id in sorted(named.principals.groups):
            groups.setdefault(group_id, named.where)
    aliases = sorted(frozenset().union(*humans.aliases))
    people = sorted({one for named in lists for one in named.principals.people})
    await asyncio.gather(
        *(registry.group(group_id, where) for group_id, where in groups.items()),
        *(registry.person(user_id) for user_id in dict.fromkeys([*people, *aliases])),
    )
    judge_people(lists, registry.roll, notes)
    for user_id in aliases:
        if user_id not in people and registry.roll.people.get(user_id, False) is None:
            notes.find(
                Code.ALIAS_UNKNOWN,
                user_id,
                _("people: the workspace knows nobody with this id."),
                _("Copy the id from the person's profile (Copy member ID), or remove it."),
            )
    notes.check(
        _("{people} people and {groups} user groups", people=len(people), groups=len(groups))
    )


def lists_of(policy: Policy) -> Iterator[Named]:
    """Every list of people and groups in the policy, with the place it stands."""
    yield Named("policy.viewers", policy.viewers, guests=True)
    yield Named("policy.requesters", policy.requesters)
    yield Named("policy.approvers", policy.approvers)
    if policy.escalation is not None:
        yield Named("policy.escalate_to", policy.escalation.to)
    for number, rule in enumerate(policy.rules, start=1):
        place = f"policy.rules {number}"
        if rule.viewers is not None:
            yield Named(f"{place}, viewers", rule.viewers, guests=True)
        if rule.requesters is not None:
            yield Named(f"{place}, requesters", rule.requesters)
        if rule.approvers is not None:
            yield Named(f"{place}, approvers", rule.approvers)


def judge_people(lists: list[Named], roll: Roll, notes: Notes) -> None:
    """One finding for each person who is named and cannot act; one for all where nobody is
    there."""
    places: dict[str, list[Named]] = {}
    for named in lists:
        for user_id in sorted(named.principals.people):
            places.setdefault(user_id, []).append(named)
    readable = {user_id: roll.people[user_id] for user_id in places if user_id in roll.people}
    absent = [each for each in readable.values() if each is None or each.team_id != roll.team_id]
    if len(absent) == len(places) > 1:
        notes.find(
            Code.WRONG_WORKSPACE,
            roll.team_id,
            _(
                "None of the {count} people named in the policy is in the workspace of the bot"
                " token.",
                count=len(places),
            ),
            _("Use the bot token of their workspace, or write the ids of this one's people."),
        )
        return
    for user_id, person in readable.items():
        _judge(user_id, person, places[user_id], roll.team_id, notes)


def _judge(
    user_id: str, person: Person | None, places: list[Named], team_id: str, notes: Notes
) -> None:
    where = "; ".join(each.where for each in places)
    if person is None:
        notes.find(
            Code.PERSON_UNKNOWN,
            user_id,
            _("{where}: the workspace knows nobody with this id.", where=where),
            _("Copy the id from the person's profile (Copy member ID)."),
        )
    elif person.deleted:
        notes.find(
            Code.PERSON_DEACTIVATED,
            user_id,
            _("{where}: this person's account is deactivated.", where=where),
            _("Name somebody else."),
        )
    elif person.bot:
        notes.find(
            Code.PERSON_BOT,
            user_id,
            _("{where}: this is a bot, which can neither ask nor approve.", where=where),
            _("Name a person."),
        )
    elif person.stranger or person.team_id != team_id:
        notes.find(
            Code.PERSON_STRANGER,
            user_id,
            _("{where}: this person belongs to another workspace.", where=where),
            _("Name a member of this workspace."),
        )
    elif person.guest and not all(each.guests for each in places):
        notes.find(
            Code.PERSON_GUEST,
            user_id,
            _("{where}: this person is a guest, whose word does not count.", where=where),
            _("Make the person a full member in Slack, or name somebody else."),
        )


def humans_of(settings: Settings) -> Humans:
    return Humans(tuple(frozenset(person.slack) for person in settings.people))
