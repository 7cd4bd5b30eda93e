"""People as they are now, measured by today's policy. Whatever Slack does not tell is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.accounts import Account
from bot.domain.approvals import ApprovalRequest
from bot.domain.people import Person
from bot.domain.policy import Humans, Policy, Principals, Requirement, requirement_for
from bot.domain.votes import Company, can_ever_be_approved, counting_approvals, needed
from bot.errors import NotAllowed
from bot.ports import Directory


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a request is: *approvals* that count now of *needed*. *unreadable* is True when
    Slack does not name a voter, so that more might count."""

    approvals: int
    needed: int
    unreadable: bool

    @property
    def complete(self) -> bool:
        return self.approvals >= self.needed


class People:
    """*directory* must not answer from a cache where a right hangs on it."""

    def __init__(self, policy: Policy, humans: Humans, directory: Directory) -> None:
        self.policy = policy
        self.humans = humans
        self._directory = directory

    def today(self, request: ApprovalRequest) -> Requirement:
        """What today's policy asks for the order as it was read."""
        account = Account(request.account, request.provider)
        return requirement_for(self.policy, account, request.order)

    async def person(self, user_id: str) -> Person:
        """Raises NotAllowed when Slack does not say who this is."""
        return await self._directory.person(user_id)

    async def known(self, user_ids: Iterable[str]) -> tuple[Person, ...]:
        """Those of *user_ids* whom Slack names."""
        found = []
        for user_id in sorted(set(user_ids)):
            try:
                found.append(await self._directory.person(user_id))
            except NotAllowed:
                continue
        return tuple(found)

    async def company(self, *principals: Principals) -> Company:
        """Raises NotAllowed when a user group that they name cannot be read."""
        groups = sorted({group for each in principals for group in each.groups})
        members = {group: await self._directory.group_members(group) for group in groups}
        return Company(self._directory.team_id, self.humans, members)

    async def deciders(self, request: ApprovalRequest) -> Company:
        """The company as far as it decides *request*; raises NotAllowed."""
        return await self.company(request.requirement.approvers, self.today(request).approvers)

    async def could_approve(
        self, requirement: Requirement, requested_by: str, company: Company
    ) -> bool:
        """Whether enough others could ever approve; asks Slack for no more people than needed."""
        if can_ever_be_approved(requirement, requested_by, company, ()):
            return True
        found: list[Person] = []
        for user_id in sorted(named(requirement.approvers, company)):
            found.extend(await self.known([user_id]))
            if can_ever_be_approved(requirement, requested_by, company, found):
                return True
        return False

    async def standing(
        self, request: ApprovalRequest, company: Company, *asked: Person
    ) -> Standing:
        """Slack was *asked* for these voters a moment ago."""
        today = self.today(request)
        voters = {vote.user_id for vote in request.approvals()}
        others = await self.known(voters - {each.user_id for each in asked})
        people = (*asked, *others)
        return Standing(
            counting_approvals(request, today, people, company),
            needed(request, today),
            unreadable=len(people) < len(voters),
        )


def named(principals: Principals, company: Company) -> frozenset[str]:
    """The user ids that *principals* name, those in user groups included."""
    return principals.people.union(*(company.groups.get(each, ()) for each in principals.groups))
