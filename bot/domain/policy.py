"""Policy: who may view, request and approve, and under which conditions. Pure.

A rule's viewers hang on the account alone, never on one order: the configuration refuses viewers
in a rule that also asks for an amount or an order type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import Order, OrderType
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What one request needs: the first rule that matches its order, filled up by the policy.
    *rule* is that rule's number in the file, from 1, or 0 for the policy itself."""

    requesters: Principals
    approvers: Principals
    quorum: int
    hold: timedelta
    expires: timedelta
    rule: int = 0
    approvals_channel: str | None = None


@dataclass(frozen=True, slots=True)
class Humans:
    """Which user ids belong to one human. Never grants a right."""

    aliases: tuple[frozenset[str], ...] = ()

    def ids_of(self, user_id: str) -> frozenset[str]:
        """All ids of the human behind *user_id*, itself included."""
        own = frozenset((user_id,))
        return next((ids for ids in self.aliases if user_id in ids), own)

    def human_of(self, user_id: str) -> str:
        """One id that stands for the human."""
        return min(self.ids_of(user_id))

    def same(self, one: str, other: str) -> bool:
        return other in self.ids_of(one)


def requirement_for(policy: Policy, account: Account, order: Order) -> Requirement:
    """The first rule that matches *order* decides; what it leaves out comes from the policy."""
    for number, rule in enumerate(policy.rules, start=1):
        if rule.covers(account) and _matches(rule, order):
            return Requirement(
                requesters=rule.requesters or policy.requesters,
                approvers=rule.approvers or policy.approvers,
                quorum=rule.quorum or policy.quorum,
                hold=policy.hold if rule.hold is None else rule.hold,
                expires=policy.expires,
                rule=number,
                approvals_channel=rule.approvals_channel,
            )
    return Requirement(
        requesters=policy.requesters,
        approvers=policy.approvers,
        quorum=policy.quorum,
        hold=policy.hold,
        expires=policy.expires,
    )


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


def _matches(rule: Rule, order: Order) -> bool:
    """Conditions on the order itself; an amount that cannot be compared counts as over."""
    if rule.order_types and order.order_type not in rule.order_types:
        return False
    if not rule.over:
        return True
    if order.payable is None:
        return True
    limits = {limit.currency: limit.amount for limit in rule.over}
    limit = limits.get(order.payable.currency)
    return limit is None or order.payable.amount > limit


def _viewers(policy: Policy, account: Account) -> Principals:
    """Those of the first rule for this account that names viewers, else the policy's."""
    named = (rule.viewers for rule in policy.rules if rule.viewers and rule.covers(account))
    return next(named, policy.viewers)


def _active_in(person: Person, team_id: str) -> bool:
    outside = person.deleted or person.bot or person.stranger
    return bool(person.team_id) and person.team_id == team_id and not outside
