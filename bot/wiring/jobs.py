"""What runs without being asked."""

from __future__ import annotations

from pathlib import Path

from bot.jobs import Chore, Jobs
from bot.services.heads import Heads
from bot.services.outbox import Outbox
from bot.services.reminders import Reminders
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from bot.wiring.digests import DailyDigests
from bot.wiring.reminders import reminder_delivery
from handlers.home import HomeTab
from storage.heads import SqliteHeadStore

SWEEP = 30.0  # seconds between sweeps for inputs that were never judged
REMINDERS = 5.0
HEADS = 60.0
HOMES = 2.0


def jobs(
    base: Base,
    approvals: Approvals,
    daily: DailyDigests,
    reminders: Reminders,
    home: HomeTab,
) -> Jobs:
    outbox = Outbox(
        store=base.outbox,
        requests=base.requests,
        messenger=base.messenger,
        people=approvals.people,
        audit=base.audit,
        clock=base.clock,
        digests=daily.delivery,
        reminders=reminder_delivery(base, approvals),
        approvals_channel=base.settings.slack.approvals_channel or "",
    )
    recoveries = [approvals.executor.recover, outbox.recover, approvals.decisions.recover]
    chores = [
        Chore(approvals.executor.step),
        Chore(outbox.step),
        Chore(approvals.decisions.recover, every=SWEEP),
        Chore(daily.job.step),  # one that waits for a slow cloud holds up no other channel
        Chore(reminders.step, every=REMINDERS),
        Chore(home.step, every=HOMES),
        Chore(_heads(base).step, every=HEADS),
    ]
    return Jobs(base.wake, recoveries, chores)


def _heads(base: Base) -> Heads:
    heads = base.settings.audit.heads
    channel = base.settings.slack.approvals_channel if "slack" in heads else None
    files = [head for head in heads if isinstance(head, Path)]
    store = SqliteHeadStore(base.storage)
    return Heads(store=store, clock=base.clock, channel=channel or "", files=files)
