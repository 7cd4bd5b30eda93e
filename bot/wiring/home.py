"""The Home tab of each person who opens it."""

from __future__ import annotations

from bot.services.homes import Homes
from bot.services.inboxes import Inboxes
from bot.services.people import People
from bot.wiring.approvals import Approvals
from bot.wiring.base import Base
from handlers.desk import Desk
from handlers.home import HomeTab
from storage.homes import SqliteHomeStore


def home_tab(base: Base, approvals: Approvals, desk: Desk) -> HomeTab:
    """People and groups as remembered for a few minutes: many Homes are drawn at once, and nothing
    is decided by what they show."""
    people = People(base.settings.policy, approvals.people.humans, base.directory)
    homes = Homes(
        store=SqliteHomeStore(base.storage),
        inboxes=Inboxes(base.requests, people, base.clock),
        snapshots=base.snapshots,
        audit=base.audit,
        accounts=[each.account() for each in base.settings.accounts],
        clock=base.clock,
    )
    return HomeTab(desk, homes, base.slack.client)
