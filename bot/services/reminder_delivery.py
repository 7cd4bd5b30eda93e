"""The last look before a reminder goes out, for it may have waited for Slack: until the night,
until somebody decided, or until whoever it is for could not decide any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.outbox import Owed, OwedKind
from bot.domain.reminders import Reminder
from bot.errors import NotAllowed
from bot.ports import Clock, ReminderStore
from bot.services.circles import Circles
from bot.services.people import People

AGAIN = timedelta(minutes=5)  # until Slack is asked again, or the executor has had its turn


class ReminderDelivery:
    """*people* may answer from memory: no right hangs on being told."""

    def __init__(self, *, store: ReminderStore, people: People, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._circles = Circles(people, clock)
        self._clock = clock

    async def kept_back(self, request: ApprovalRequest, owed: Owed) -> str | datetime | None:
        """Why *owed* is not sent, or when to look again; None where it goes out now. What comes in
        quiet hours is owed anew after them, if it still holds then."""
        if request.status is not RequestStatus.PENDING:
            return "no longer waits"
        escalation = owed.kind is OwedKind.ESCALATION
        company = await self._circles.undecided(request)
        if company is None:
            return self._clock.now() + AGAIN
        try:
            person = await self._people.person(owed.user_id)
            is_asked = await self._circles.is_for(request, person, company, escalation=escalation)
        except NotAllowed:
            return self._clock.now() + AGAIN
        if not is_asked:
            return "not asked any more"
        morning = self._circles.morning(request, person)
        if morning is None:
            return None
        again = Reminder(
            request_id=request.request_id,
            user_id=owed.user_id,
            due_at=morning,
            escalation=escalation,
        )
        await set_due(self._store, again, at=self._clock.now())
        return "quiet hours"


async def set_due(store: ReminderStore, wanted: Reminder, *, at: datetime) -> None:
    """Moves the person's row, however often a step is faster; a person without one gets it."""
    await store.start([wanted])
    moved = False
    while not moved:
        rows = (await store.planned([wanted.request_id])).get(wanted.request_id, ())
        moved = all(
            [
                await store.move(each, replace(wanted, count=each.count), at=at)
                for each in rows
                if each.user_id == wanted.user_id
            ]
        )
