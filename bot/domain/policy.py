"""Policy: who may view, request and approve, and under which conditions. Pure.

A rule's viewers hang on the account alone, never on one order: the configuration refuses viewers
in a rule that also asks for an amount or an order type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.domain.people import Person


@dataclass(frozen=True, slots=True)
class Principals:
    """Whom a rule names: all full members, people by id, user groups by id."""

    members: bool = False
    people: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From *start* up to *end* in the approver's own zone; may pass midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Escalation:
    """After *after* without a decision, *to* is told too."""

    after: timedelta
    to: Principals


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Conditions and what they change; empty conditions match all, None takes the policy's value.

    *over* holds one threshold per currency; a greater amount matches, and so does an amount that
    is missing or in a currency not listed.
    """

    accounts: frozenset[str] = frozenset()
    providers: frozenset[Provider] = frozenset()
    order_types: frozenset[OrderType] = frozenset()
    over: tuple[Money, ...] = ()
    viewers: Principals | None = None
    requesters: Principals | None = None
    approvers: Principals | None = None
    quorum: int | None = None
    hold: timedelta | None = None
    approvals_channel: str | None = None

    def covers(self, account: Account) -> bool:
        """Whether the account and its provider satisfy the conditions on them."""
        return (not self.accounts or account.name in self.accounts) and (
            not self.providers or account.provider in self.providers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What always applies, and the rules in their order. *quorum* counts approvals besides the
    requester's own wish and is at least 1."""

    viewers: Principals
    requesters: Principals
    approvers: Principals
    quorum: int
    hold: timedelta
    expires: timedelta
    quiet: QuietHours | None = None
    escalation: Escalation | None = None
    rules: tuple[Rule, ...] = ()


def may_view(
    policy: Policy,
    account: Account,
    person: Person,
    team_id: str,
    member_groups: frozenset[str],
) -> bool:
    """Whether *person* may see orders of *account* in workspace *team_id*.

    *member_groups* are the ids of the user groups that hold the person. A guest is let in only by
    the person's own id; who is deleted, a bot, a stranger or of another team never is.
    """
    if not _active_in(person, team_id):
        return False
    viewers = _viewers(policy, account)
    if person.user_id in viewers.people:
        return True
    if not person.full_member_of(team_id):
        return False
    return viewers.members or not viewers.groups.isdisjoint(member_groups)


def groups_needed(policy: Policy, account: Account) -> frozenset[str]:
    """The user groups whose members decide who may view *account*."""
    return _viewers(policy, account).groups


def _viewers(policy: Policy, account: Account) -> Principals:
    """Those of the first rule for this account that names viewers, else the policy's."""
    named = (rule.viewers for rule in policy.rules if rule.viewers and rule.covers(account))
    return next(named, policy.viewers)


def _active_in(person: Person, team_id: str) -> bool:
    outside = person.deleted or person.bot or person.stranger
    return bool(person.team_id) and person.team_id == team_id and not outside
