"""Who is reminded of a request that waits."""

from __future__ import annotations

from bot.services.people import People
from bot.services.reminder_delivery import ReminderDelivery
from bot.services.reminders import Reminders
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from storage.reminders import SqliteReminderStore


def reminders(base: Base, approvals: Approvals) -> Reminders:
    return Reminders(
        store=SqliteReminderStore(base.storage),
        requests=base.requests,
        people=_people(base, approvals),
        clock=base.clock,
    )


def reminder_delivery(base: Base, approvals: Approvals) -> ReminderDelivery:
    return ReminderDelivery(
        store=SqliteReminderStore(base.storage),
        people=_people(base, approvals),
        clock=base.clock,
    )


def _people(base: Base, approvals: Approvals) -> People:
    """By the directory that remembers for a few minutes: no right hangs on being told, and many
    requests that wait for the same people must not use up what Slack lets approvals ask."""
    return People(approvals.people.policy, approvals.people.humans, base.directory)
