"""What waits for a person, what they asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.approvals import ApprovalRequest, VoteKind
from bot.domain.people import Person
from bot.domain.votes import may_vote
from bot.ports import Clock, RequestStore
from bot.services.access import Viewer
from bot.services.people import People
from bot.services.told import InboxView

OPEN = 200  # open requests looked through
DONE = 30


class Inboxes:
    """*people* may answer from memory: nothing is decided here."""

    def __init__(self, store: RequestStore, people: People, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock

    async def opened(self) -> tuple[ApprovalRequest, ...]:
        """All open requests, oldest first, for the inboxes of several people."""
        return await self._store.open_requests(limit=OPEN)

    async def inbox(self, viewer: Viewer, opened: Sequence[ApprovalRequest]) -> InboxView:
        """What ended after *opened* was read is done. Raises NotAllowed where a user group that
        decides cannot be read."""
        person, humans = viewer.person, self._people.humans
        own = await self._store.requests_of(humans.ids_of(person.user_id), limit=DONE)
        done = [each for each in own if not each.is_open and each.account in viewer.names]
        ended = {each.request_id for each in done}
        visible = [
            each for each in opened if each.account in viewer.names and each.request_id not in ended
        ]
        waiting = await self._waiting_for(person, visible)
        mine = [each for each in visible if humans.same(person.user_id, each.requested_by)]
        return InboxView(tuple(waiting), tuple(mine), tuple(done))

    async def _waiting_for(
        self, person: Person, requests: Sequence[ApprovalRequest]
    ) -> list[ApprovalRequest]:
        """Each user group is read once for all of them."""
        todays = {each.request_id: self._people.today(each) for each in requests}
        rules = [each.requirement for each in requests] + list(todays.values())
        company = await self._people.company(*(rule.approvers for rule in rules))
        now = self._clock.now()
        return [
            each
            for each in requests
            if may_vote(
                each, VoteKind.APPROVE, todays[each.request_id], person, company, now=now
            ).counts
        ]
