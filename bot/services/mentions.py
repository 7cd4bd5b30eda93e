"""Whom the card of a request asks by name when it is posted, and what they hear if the order itself
ends the request before they could decide."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus, VoteKind
from bot.domain.outbox import CardCopy, Owed
from bot.domain.quiet import quiet_ends
from bot.domain.votes import Company, may_vote
from bot.errors import NotAllowed
from bot.services.people import People, named
from bot.services.sentences import news
from bot.services.steps import notice
from bot.services.together import together

MOST = 10  # people asked by name on one card
LOOKED_AT = 20  # approvers of whom Slack is asked who they are
PATIENCE = 3.0  # seconds for Slack to say who people are: a card does not wait for its mentions

_BY_THE_ORDER = frozenset({Outcome.CHANGED, Outcome.GONE, Outcome.PAID, Outcome.DEADLINE})
_UNDECIDED = frozenset({RequestStatus.OUTDATED, RequestStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class Asked:
    """*urgent*: some of them are in their quiet hours, but the request lapses before those end."""

    user_ids: tuple[str, ...] = ()
    urgent: bool = False


NOBODY = Asked()


async def asked_by_name(
    people: People, request: ApprovalRequest, now: datetime, *, patience_s: float = PATIENCE
) -> Asked:
    """Those who can decide now. Nobody where every full member may, and nobody while Slack does
    not say who is who: the card goes out without."""
    if request.status is not RequestStatus.PENDING:
        return NOBODY
    try:
        async with asyncio.timeout(patience_s):
            return await _asked(people, request, now)
    except (NotAllowed, TimeoutError):
        return NOBODY


def approvers_named(people: People, request: ApprovalRequest, company: Company) -> list[str]:
    """Whom the request's rule and today's both name, by id or through a group; not the requester.
    Empty where every full member may decide."""
    rules = (request.requirement.approvers, people.today(request).approvers)
    by_name = [named(rule, company) for rule in rules if not rule.members]
    if not by_name:
        return []
    found = frozenset.intersection(*by_name) - people.humans.ids_of(request.requested_by)
    return sorted(found)


def told_over(request: ApprovalRequest, copy: CardCopy) -> tuple[Owed, ...]:
    """For whoever was asked on this copy, when the order was paid, lapsed or changed meanwhile.
    Voters are owed the same row by the step that ended it, so that nobody hears it twice."""
    if request.status not in _UNDECIDED or request.outcome not in _BY_THE_ORDER:
        return ()
    cause = str(request.version)
    return tuple(
        notice(request.request_id, user_id, news(request), cause) for user_id in copy.mentioned
    )


async def _asked(people: People, request: ApprovalRequest, now: datetime) -> Asked:
    company, today = await people.deciders(request), people.today(request)
    looked_at = approvers_named(people, request, company)[:LOOKED_AT]
    found = chain.from_iterable(
        await together(people.known([user_id]) for user_id in looked_at),
    )
    mornings: dict[str, datetime | None] = {}
    for person in found:
        verdict = may_vote(request, VoteKind.APPROVE, today, person, company, now=now)
        morning = quiet_ends(people.policy.quiet, now, person.time_zone)
        if verdict.counts and (morning is None or request.expires_at <= morning):
            mornings[person.user_id] = morning
    mentioned = tuple(mornings)[:MOST]
    return Asked(mentioned, urgent=any(mornings[user_id] for user_id in mentioned))
