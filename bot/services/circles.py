"""Whom a request that waits is for, as people, groups and rules are now: those who can decide it,
and the second circle, which only hears that nobody did."""

from __future__ import annotations

from datetime import datetime

from bot.domain.approvals import ApprovalRequest, VoteKind
from bot.domain.people import Person
from bot.domain.quiet import quiet_ends
from bot.domain.votes import Company, Verdict, could_be_complete, may_vote
from bot.errors import NotAllowed
from bot.ports import Clock
from bot.services.mentions import approvers_named
from bot.services.people import People, named


class Circles:
    def __init__(self, people: People, clock: Clock) -> None:
        self._people = people
        self._clock = clock

    async def undecided(self, request: ApprovalRequest) -> Company | None:
        """None where nobody is to be told now: it is too late, the approvals are complete, or Slack
        does not say whether they are."""
        if self._clock.now() >= request.expires_at:
            return None
        try:
            company = await self._people.deciders(request)
        except NotAllowed:
            return None
        if could_be_complete(request, self._people.today(request), self._people.humans):
            standing = await self._people.standing(request, company)
            if standing.complete or standing.unreadable:
                return None
        return company

    async def members(
        self, request: ApprovalRequest, company: Company, *, escalation: bool
    ) -> list[str]:
        """Nobody where every full member may decide. Raises NotAllowed."""
        approvers = approvers_named(self._people, request, company)
        if not escalation:
            return approvers
        return sorted(await self._second(request) - frozenset(approvers))

    async def is_for(
        self, request: ApprovalRequest, person: Person, company: Company, *, escalation: bool
    ) -> bool:
        """Raises NotAllowed."""
        if not escalation:
            return self.may_vote(request, person, company).counts
        in_circle = person.user_id in await self._second(request)
        return in_circle and person.full_member_of(company.team_id)

    def may_vote(self, request: ApprovalRequest, person: Person, company: Company) -> Verdict:
        today, now = self._people.today(request), self._clock.now()
        return may_vote(request, VoteKind.APPROVE, today, person, company, now=now)

    def morning(self, request: ApprovalRequest, person: Person) -> datetime | None:
        """When the person's quiet hours are over; None outside of them, and where the request
        lapses before."""
        morning = quiet_ends(self._people.policy.quiet, self._clock.now(), person.time_zone)
        return morning if morning is not None and morning < request.expires_at else None

    async def _second(self, request: ApprovalRequest) -> frozenset[str]:
        """As it is named now; never the requester."""
        escalation = self._people.policy.escalation
        if escalation is None:
            return frozenset()
        circle = named(escalation.to, await self._people.company(escalation.to))
        return circle - self._people.humans.ids_of(request.requested_by)
