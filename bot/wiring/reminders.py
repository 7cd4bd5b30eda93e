"""Who is reminded of a request that waits."""

from __future__ import annotations

from bot.services.reminders import Reminders
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from storage.reminders import SqliteReminderStore


def reminders(base: Base, approvals: Approvals) -> Reminders:
    return Reminders(
        store=SqliteReminderStore(base.storage),
        requests=base.requests,
        people=approvals.people,
        clock=base.clock,
    )
