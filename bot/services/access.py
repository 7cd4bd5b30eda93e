"""Who may see which account. Asked anew on every road: look-up, list, button, share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.accounts import Account
from bot.domain.people import Person
from bot.domain.policy import Policy, groups_needed, may_view
from bot.errors import NotAllowed, UsageError
from bot.i18n import _
from bot.ports import Directory


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person and the accounts that they may view, in the configuration's order; never empty."""

    person: Person
    accounts: tuple[Account, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(account.name for account in self.accounts)

    def account(self, name: str) -> Account:
        """The account of that name; one that may not be viewed reads like one that is not there."""
        for account in self.accounts:
            if account.name.casefold() == name.casefold():
                return account
        raise NotAllowed(
            _(
                "No account “{name}” that you may view. Yours: {names}",
                name=name[:40],
                names=", ".join(account.name for account in self.accounts),
            ),
            rule="viewers",
        )


class Access:
    """Reads the person from the directory at each question; whatever cannot be read refuses."""

    def __init__(self, accounts: Sequence[Account], policy: Policy, directory: Directory) -> None:
        self._accounts = tuple(accounts)
        self._policy = policy
        self._directory = directory

    async def viewer(self, user_id: str) -> Viewer:
        """Raises NotAllowed when the person may view nothing."""
        person = await self._directory.person(user_id)
        groups = await self._groups_of(user_id)
        team = self._directory.team_id
        visible = tuple(
            account
            for account in self._accounts
            if may_view(self._policy, account, person, team, groups)
        )
        if not visible:
            raise NotAllowed(
                _(
                    "You may not view any account here."
                    " Ask whoever runs this bot to add you as a viewer."
                ),
                rule="viewers",
            )
        return Viewer(person, visible)

    async def _groups_of(self, user_id: str) -> frozenset[str]:
        wanted: set[str] = set()
        for account in self._accounts:
            wanted |= groups_needed(self._policy, account)
        return frozenset(
            [
                group
                for group in sorted(wanted)
                if user_id in await self._directory.group_members(group)
            ]
        )


def choose(viewer: Viewer, account: str, provider: str | None) -> frozenset[str]:
    """The names of the viewable accounts that a filter leaves; raises UsageError when none."""
    chosen = (viewer.account(account),) if account else viewer.accounts
    names = frozenset(each.name for each in chosen if provider in (None, each.provider))
    if not names:
        raise UsageError(
            _(
                "None of your accounts is at {provider}. Yours: {names}",
                provider=provider,
                names=", ".join(each.name for each in viewer.accounts),
            )
        )
    return names
