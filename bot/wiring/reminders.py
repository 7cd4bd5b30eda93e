"""Who is reminded of a request that waits."""

from __future__ import annotations

from bot.services.people import People
from bot.services.reminders import Reminders
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from storage.reminders import SqliteReminderStore


def reminders(base: Base, approvals: Approvals) -> Reminders:
    """By the directory that remembers for a few minutes: no right hangs on being told, and many
    requests that wait for the same people must not use up what Slack lets approvals ask."""
    people = People(approvals.people.policy, approvals.people.humans, base.directory)
    return Reminders(
        store=SqliteReminderStore(base.storage),
        requests=base.requests,
        people=people,
        clock=base.clock,
    )
