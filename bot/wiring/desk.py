"""What the listeners work with."""

from __future__ import annotations

from bot.services.exports import Exports
from bot.services.inputs import Inputs
from bot.services.lists import OrderLists
from bot.services.orders import OrderLookups
from bot.services.reminders import Reminders
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from bot.wiring.digests import DailyDigests
from handlers.cards import Cards
from handlers.desk import Desk
from handlers.tasks import Acks, Tasks
from handlers.uploads import SlackFiles


def desk(base: Base, approvals: Approvals, daily: DailyDigests, reminders: Reminders) -> Desk:
    return Desk(
        access=base.access,
        lookups=OrderLookups(
            base.adapters, base.snapshots, base.conversations, base.audit, base.clock
        ),
        lists=OrderLists(base.refresher, base.snapshots, base.audit, base.clock),
        inputs=Inputs(base.conversations, base.audit, base.clock),
        drafts=base.conversations,
        request_store=base.requests,
        requests=approvals.requests,
        decisions=approvals.decisions,
        digests=daily.digests,
        exports=Exports(
            refresher=base.refresher,
            snapshots=base.snapshots,
            audit=base.audit,
            clock=base.clock,
        ),
        files=SlackFiles(base.slack.client),
        reminders=reminders,
        cards=Cards(base.conversations, base.requests, base.clock),
        tasks=Tasks(Acks()),
        clock=base.clock,
        metrics=base.metrics,
    )
