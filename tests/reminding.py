"""An office that also reminds, with its outbox and the clock in the test's hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from bot.domain.audit import AuditKind
from bot.domain.policy import Escalation, Principals, QuietHours
from bot.services.reminders import Reminders
from tests.request_office import DAVE, Office

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NIGHT = QuietHours(time(22), time(8))
AUCKLAND = "Pacific/Auckland"  # 01:00 there at NOON
LONDON = "Europe/London"  # 12:00 there at NOON
LEADS = Principals(people=frozenset({DAVE}), groups=frozenset({"S0LEADS"}))
ESCALATION = Escalation(2 * HOUR, LEADS)


class Team(Office):
    """An office that also reminds; what is planned survives a restart."""

    def restart(self) -> None:
        super().restart()
        self.reminders = Reminders(
            store=self.planned, requests=self.store, people=self.people, clock=self.clock
        )

    async def look(self, span: timedelta = timedelta(0)) -> None:
        """Time passes, then everything has its turn."""
        self.clock.move(span)
        await self.reminders.step()
        await self.executor.step()
        await self.outbox.step()

    def reminded(self) -> list[str]:
        """Since it was asked last, in order of names."""
        told = sorted(user for _request, user, _text in self.slack.reminders)
        self.slack.reminders.clear()
        return told

    def told(self) -> list[str]:
        """Who got a notice since it was asked last."""
        told = sorted(user for user, _text in self.slack.notices)
        self.slack.notices.clear()
        return told

    def moves_to(self, user_id: str, zone: str) -> None:
        person = self.directory.people[user_id]
        self.directory.people[user_id] = replace(person, time_zone=zone)

    def due(self, user_id: str) -> timedelta:
        (row,) = [each for each in self.planned.rows.values() if each.user_id == user_id]
        return row.due_at - self.clock.now()

    def recorded(self, kind: AuditKind) -> list[tuple[str, int]]:
        return [
            (str(each.facts["user_id"]), int(str(each.facts["count"])))
            for each in self.store.audit.entries
            if each.kind is kind
        ]


async def a_team(policy: Any = None, **parts: Any) -> tuple[Team, str]:
    """Alice has asked; whoever is to be reminded is planned for."""
    team = Team(policy, **parts)
    request_id = await team.asked()
    await team.look()
    return team, request_id
