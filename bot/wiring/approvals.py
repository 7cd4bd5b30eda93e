"""What makes, decides and carries out approval requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.policy import Humans
from bot.services.decisions import Decisions
from bot.services.executor import Executor
from bot.services.people import People
from bot.services.reading import OrderReader
from bot.services.requests import Requests
from bot.wiring.base import Base
from handlers.directory import SlackDirectory


@dataclass(frozen=True, slots=True)
class Approvals:
    people: People
    requests: Requests
    decisions: Decisions
    executor: Executor


def approvals(base: Base) -> Approvals:
    people = _people(base)
    reader = OrderReader(base.adapters, base.snapshots, base.clock)
    requests = Requests(
        store=base.requests,
        adapters=base.adapters,
        reader=reader,
        access=base.access,
        people=people,
        clock=base.clock,
        wake=base.wake,
    )
    decisions = Decisions(
        store=base.requests,
        copies=base.outbox,
        people=people,
        requests=requests,
        clock=base.clock,
        wake=base.wake,
    )
    executor = Executor(
        store=base.requests,
        adapters=base.adapters,
        reader=reader,
        people=people,
        clock=base.clock,
        wake=base.wake,
    )
    return Approvals(people, requests, decisions, executor)


def _people(base: Base) -> People:
    """Asked of Slack each time: who decides is never a remembered answer."""
    slack = base.slack
    now = SlackDirectory(slack.client, slack.identity.team_id, base.clock, kept=timedelta(0))
    humans = Humans(tuple(frozenset(person.slack) for person in base.settings.people))
    return People(base.settings.policy, humans, now)
