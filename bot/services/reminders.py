"""Reminds those who can still decide, and tells a second circle when nobody did. Silence approves
nothing, and being told gives no right.

Level-triggered: a row says when somebody is looked at next; whether they are told is decided then,
from the request and the people as they are. Rows last as long as their request waits, so that a
restart repeats and forgets nothing. What the bot cannot ask Slack now is asked later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog

from bot.domain.approvals import ApprovalRequest, RequestStatus, VoteKind
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.people import Person
from bot.domain.quiet import quiet_ends
from bot.domain.reminders import LAST, Reminder, next_moment, next_morning, wall_clock
from bot.domain.votes import Company, Verdict, could_be_complete, may_vote
from bot.errors import NotAllowed
from bot.i18n import _
from bot.ports import Clock, ReminderStore, RequestStore
from bot.services.mentions import approvers_named
from bot.services.people import People, named
from bot.services.sentences import refusal
from bot.services.steps import BOT

logger = structlog.get_logger(__name__)

OPEN = 500  # open requests looked at, oldest first
BATCH = 100  # rows worked on in one step
EACH = 50  # people reminded of one request, and told in its second circle
AGAIN = timedelta(minutes=5)  # until Slack is asked again, or the executor has had its turn


class Reminders:
    def __init__(
        self, *, store: ReminderStore, requests: RequestStore, people: People, clock: Clock
    ) -> None:
        self._store = store
        self._requests = requests
        self._people = people
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
            raise NotAllowed(refusal("request", None), rule="request")
        person = await self._people.person(user_id)
        company = await self._people.deciders(request)
        verdict = self._may_vote(request, person, company)
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
        await self._set(Reminder(request_id=request.request_id, user_id=user_id, due_at=at))
        return told

    async def _set(self, wanted: Reminder) -> None:
        """Moves the person's row, however often a step is faster; a person without one gets it."""
        await self._store.start([wanted])
        moved = False
        while not moved:
            rows = (await self._store.planned([wanted.request_id])).get(wanted.request_id, ())
            moved = all(
                [
                    await self._move(each, due_at=wanted.due_at, escalation=False)
                    for each in rows
                    if each.user_id == wanted.user_id
                ]
            )

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
            approvers = approvers_named(self._people, request, await self._people.deciders(request))
            people: Iterable[str] = approvers
            if escalation:
                people = await self._second_circle(request) - frozenset(approvers)
        except NotAllowed:
            return
        await self._store.start(
            [
                Reminder(
                    request_id=request.request_id, user_id=each, due_at=at, escalation=escalation
                )
                for each in sorted(people)[:EACH]
            ]
        )

    def _escalates_at(self, request: ApprovalRequest) -> datetime | None:
        escalation = self._people.policy.escalation
        if escalation is None or request.created_at + escalation.after >= request.expires_at:
            return None
        return request.created_at + escalation.after

    async def _second_circle(self, request: ApprovalRequest) -> frozenset[str]:
        """As it is named now; never the requester."""
        escalation = self._people.policy.escalation
        if escalation is None:
            return frozenset()
        circle = named(escalation.to, await self._people.company(escalation.to))
        return circle - self._people.humans.ids_of(request.requested_by)

    async def _look(self, request_id: str, rows: tuple[Reminder, ...]) -> None:
        """The due rows of one request; an error of ours holds up no other one."""
        try:
            request = await self._requests.get(request_id)
            if request is None or request.status is not RequestStatus.PENDING:
                for each in rows:
                    await self._store.move(each, None, at=self._clock.now())
                return
            company = await self._undecided(request)
            for each in rows:
                if company is None or not await self._turn(request, each, company):
                    await self._move(each, due_at=self._clock.now() + AGAIN)
        except Exception:
            logger.exception("reminder_failed", request=request_id)

    async def _undecided(self, request: ApprovalRequest) -> Company | None:
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

    async def _turn(self, request: ApprovalRequest, reminder: Reminder, company: Company) -> bool:
        """False while Slack does not say who the person is."""
        now, following = self._clock.now(), request.expires_at
        try:
            person = await self._people.person(reminder.user_id)
            if reminder.escalation:
                in_circle = person.user_id in await self._second_circle(request)
                is_asked = in_circle and person.full_member_of(company.team_id)
            else:
                is_asked = self._may_vote(request, person, company).counts
                left = next_moment(request.created_at, request.expires_at, now)
                following = left or following
        except NotAllowed:
            return False
        morning = quiet_ends(self._people.policy.quiet, now, person.time_zone)
        if not is_asked:
            await self._move(reminder, due_at=following)
        elif morning is not None and morning < request.expires_at:
            await self._move(reminder, due_at=morning)
        else:
            await self._tell(request, reminder, person, following)
        return True

    def _may_vote(self, request: ApprovalRequest, person: Person, company: Company) -> Verdict:
        today, now = self._people.today(request), self._clock.now()
        return may_vote(request, VoteKind.APPROVE, today, person, company, now=now)

    async def _tell(
        self, request: ApprovalRequest, reminder: Reminder, person: Person, following: datetime
    ) -> None:
        """The message and its record are one step with the row: nobody is told twice."""
        owed = (
            _escalated(request, person)
            if reminder.escalation
            else _reminded(request, reminder, person)
        )
        entry = AuditEntry(
            kind=AuditKind.ESCALATED if reminder.escalation else AuditKind.REMINDED,
            actor=BOT,
            subject=f"order:{request.account}/{request.order_id}",
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


def _escalated(request: ApprovalRequest, person: Person) -> Owed:
    """Names the request and nothing of its order: the reader need not be a viewer."""
    zone = person.time_zone
    return Owed(
        dedup=f"escalation:{request.request_id}:{person.user_id}",
        lane=Lane.NOTICES,
        kind=OwedKind.NOTICE,
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
