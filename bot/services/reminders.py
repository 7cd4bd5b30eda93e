"""Reminds those who can still decide, and tells a second circle when nobody did. Silence approves
nothing, and being told gives no right.

Level-triggered: a row says when somebody is looked at next; whether they are told is decided then,
from the request and the people as they are. Rows last as long as their request waits, so that a
restart repeats and forgets nothing. What the bot cannot ask Slack now is asked later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

import structlog

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditEntry, AuditKind, about_order
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.people import Person
from bot.domain.quiet import quiet_ends
from bot.domain.reminders import LAST, Reminder, next_moment, next_morning, wall_clock
from bot.domain.votes import Company
from bot.errors import NotAllowed
from bot.i18n import _
from bot.ports import Clock, ReminderStore, RequestStore
from bot.services.circles import Circles
from bot.services.people import People
from bot.services.reminder_delivery import AGAIN, set_due
from bot.services.restoring import rule_of_unknown
from bot.services.sentences import refusal
from bot.services.steps import BOT

logger = structlog.get_logger(__name__)

OPEN = 500  # open requests looked at, oldest first
BATCH = 100  # rows worked on in one step
EACH = 50  # people reminded of one request, and told in its second circle


class Reminders:
    def __init__(
        self, *, store: ReminderStore, requests: RequestStore, people: People, clock: Clock
    ) -> None:
        self._store = store
        self._requests = requests
        self._people = people
        self._circles = Circles(people, clock)
        self._clock = clock
        self._stepping = False
        self._again: dict[tuple[str, bool], datetime] = {}  # by request, and whether a 2nd circle

    async def step(self) -> None:
        """Plan for what waits, remind who is due. Does nothing while an earlier step still runs."""
        if self._stepping:
            return
        self._stepping = True
        try:
            await self._plan()
            due = await self._store.due(now=self._clock.now(), limit=BATCH)
            for request_id, rows in groupby(sorted(due, key=_request_of), _request_of):
                await self._look(request_id, tuple(rows))
        finally:
            self._stepping = False

    async def postpone(self, user_id: str, request_id: str) -> str:
        """*Remind me at 08:30*: when that will be, as a sentence. Raises NotAllowed for whoever
        cannot decide the request now."""
        request, now = await self._requests.get(request_id), self._clock.now()
        if request is None:
            rule = await rule_of_unknown(self._requests)
            raise NotAllowed(refusal(rule, None), rule=rule)
        person = await self._people.person(user_id)
        company = await self._people.deciders(request)
        verdict = self._circles.may_vote(request, person, company)
        if not verdict.counts:
            raise NotAllowed(refusal(verdict.rule, request), rule=verdict.rule)
        zone = person.time_zone
        at = next_morning(now, zone)
        at = quiet_ends(self._people.policy.quiet, at, zone) or at
        lapses = wall_clock(request.expires_at, zone)
        if at < request.expires_at:
            told = _("I remind you {when}.", when=wall_clock(at, zone))
        elif request.expires_at - LAST > now:
            at = request.expires_at - LAST
            told = _(
                "It lapses before that, {lapses}: I remind you {when}.",
                lapses=lapses,
                when=wall_clock(at, zone),
            )
        else:
            return _("It lapses {lapses}: too soon for a reminder. Decide now.", lapses=lapses)
        wanted = Reminder(request_id=request.request_id, user_id=user_id, due_at=at)
        await set_due(self._store, wanted, at=now)
        return told

    async def _plan(self) -> None:
        """Rows for requests that have none: new ones, and those for which Slack did not answer."""
        now = self._clock.now()
        opened = await self._requests.open_requests(limit=OPEN)
        waiting = [each for each in opened if each.status is RequestStatus.PENDING]
        ids = {each.request_id for each in waiting}
        planned = await self._store.planned(ids)
        self._again = {key: at for key, at in self._again.items() if key[0] in ids}
        for request in waiting:
            rows = planned.get(request.request_id, ())
            for escalation in (False, True):
                key = (request.request_id, escalation)
                if any(each.escalation is escalation for each in rows):
                    continue
                if self._again.get(key, now) <= now:
                    self._again[key] = now + AGAIN
                    await self._plan_for(request, escalation=escalation)

    async def _plan_for(self, request: ApprovalRequest, *, escalation: bool) -> None:
        """Nobody where there is no time left, or where every full member may decide."""
        at = self._escalates_at(request)
        if not escalation:
            at = next_moment(request.created_at, request.expires_at, request.created_at)
        if at is None:
            return
        try:
            company = await self._people.deciders(request)
            people = await self._circles.members(request, company, escalation=escalation)
        except NotAllowed:
            return
        await self._store.start(_rows(request, people[:EACH], at, escalation=escalation))

    def _escalates_at(self, request: ApprovalRequest) -> datetime | None:
        escalation = self._people.policy.escalation
        if escalation is None or request.created_at + escalation.after >= request.expires_at:
            return None
        return request.created_at + escalation.after

    async def _look(self, request_id: str, rows: tuple[Reminder, ...]) -> None:
        """The due rows of one request; an error of ours holds up no other one."""
        try:
            request = await self._requests.get(request_id)
            if request is None or request.status is not RequestStatus.PENDING:
                for each in rows:
                    await self._store.move(each, None, at=self._clock.now())
                return
            company = await self._circles.undecided(request)
            if company is not None:
                rows = (*rows, *await self._joined(request, rows, company))
            for each in rows:
                if company is None or not await self._turn(request, each, company):
                    await self._move(each, due_at=self._clock.now() + AGAIN)
        except Exception:
            logger.exception("reminder_failed", request=request_id)

    async def _joined(
        self, request: ApprovalRequest, due: tuple[Reminder, ...], company: Company
    ) -> tuple[Reminder, ...]:
        """Rows, due now, of those who joined a group since its others were planned for."""
        planned = (await self._store.planned([request.request_id])).get(request.request_id, ())
        known, now = {each.user_id for each in planned}, self._clock.now()
        new: list[Reminder] = []
        for escalation in sorted({each.escalation for each in due}):
            room = max(0, EACH - sum(each.escalation is escalation for each in planned))
            try:
                people = await self._circles.members(request, company, escalation=escalation)
            except NotAllowed:
                continue
            joined = [each for each in people if each not in known][:room]
            new += _rows(request, joined, now, escalation=escalation)
        await self._store.start(new)
        return tuple(new)

    async def _turn(self, request: ApprovalRequest, reminder: Reminder, company: Company) -> bool:
        """False while Slack does not say who the person is."""
        now, following = self._clock.now(), request.expires_at
        try:
            person = await self._people.person(reminder.user_id)
            is_asked = await self._circles.is_for(
                request, person, company, escalation=reminder.escalation
            )
        except NotAllowed:
            return False
        if not reminder.escalation:
            following = next_moment(request.created_at, request.expires_at, now) or following
        if not is_asked:
            await self._move(reminder, due_at=following)
        elif morning := self._circles.morning(request, person):
            await self._move(reminder, due_at=morning)
        else:
            await self._tell(request, reminder, person, following)
        return True

    async def _tell(
        self, request: ApprovalRequest, reminder: Reminder, person: Person, following: datetime
    ) -> None:
        """The message and its record are one step with the row: nobody is told twice."""
        owed = (
            _escalated(request, reminder, person)
            if reminder.escalation
            else _reminded(request, reminder, person)
        )
        entry = AuditEntry(
            kind=AuditKind.ESCALATED if reminder.escalation else AuditKind.REMINDED,
            actor=BOT,
            subject=about_order(request.account, request.order_id),
            facts={
                "request_id": request.request_id,
                "user_id": person.user_id,
                "count": reminder.count + 1,
            },
        )
        after = replace(reminder, due_at=following, count=reminder.count + 1)
        await self._store.move(reminder, after, entry=entry, owed=[owed], at=self._clock.now())

    async def _move(self, reminder: Reminder, **changes: Any) -> bool:
        after = replace(reminder, **changes)
        return await self._store.move(reminder, after, at=self._clock.now())


def _rows(
    request: ApprovalRequest, people: Iterable[str], due_at: datetime, *, escalation: bool
) -> list[Reminder]:
    return [
        Reminder(request_id=request.request_id, user_id=each, due_at=due_at, escalation=escalation)
        for each in people
    ]


def _request_of(reminder: Reminder) -> str:
    return reminder.request_id


def _reminded(request: ApprovalRequest, reminder: Reminder, person: Person) -> Owed:
    return Owed(
        dedup=f"reminder:{request.request_id}:{person.user_id}:{reminder.count}",
        lane=Lane.NOTICES,
        kind=OwedKind.REMINDER,
        request_id=request.request_id,
        user_id=person.user_id,
        text=_(
            "This still waits for your decision, until {lapses}; silence cancels nothing.",
            lapses=wall_clock(request.expires_at, person.time_zone),
        ),
    )


def _escalated(request: ApprovalRequest, reminder: Reminder, person: Person) -> Owed:
    """Names the request and nothing of its order: the reader need not be a viewer."""
    zone = person.time_zone
    return Owed(
        dedup=f"escalation:{request.request_id}:{person.user_id}:{reminder.count}",
        lane=Lane.NOTICES,
        kind=OwedKind.ESCALATION,
        request_id=request.request_id,
        user_id=person.user_id,
        text=_(
            "Request {request_id} waits since {since}; nobody decided. It lapses {lapses}. Being"
            " told gives no right to decide it: /order why {request_id} says who has it.",
            request_id=request.request_id,
            since=wall_clock(request.created_at, zone),
            lapses=wall_clock(request.expires_at, zone),
        ),
    )
