"""[policy] and [[policy.rules]]: who may view, ask for and approve what."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from bot.domain.accounts import Provider
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.domain.policy import Escalation, Policy, Principals, Rule
from bot.i18n import _
from bot.settings.values import (
    ChannelId,
    Duration,
    Name,
    PrincipalList,
    Quiet,
    Several,
    Table,
    Threshold,
)

T = TypeVar("T")


def _names_something(condition: tuple[T, ...]) -> tuple[T, ...]:
    if not condition:
        raise ValueError(
            _("names nothing, so it would hold for every order; remove the key, or the rule")
        )
    return condition


def _not_empty(approvers: Principals) -> Principals:
    if approvers == Principals():
        raise ValueError(_("must name at least one approver; nobody could ever agree"))
    return approvers


def _distinct_currencies(thresholds: tuple[Money, ...]) -> tuple[Money, ...]:
    currencies = [threshold.currency for threshold in thresholds]
    if len(set(currencies)) < len(currencies):
        raise ValueError(_("names a currency twice; keep one threshold for each"))
    return thresholds


def _longer_than_nothing(duration: timedelta) -> timedelta:
    if not duration:
        raise ValueError(_("must be longer than nothing"))
    return duration


def _provider(value: Any) -> Provider:
    try:
        return Provider(value)
    except ValueError:
        raise ValueError(
            _('knows no provider "{name}"; write {known}', name=value, known=", ".join(Provider))
        ) from None


def _order_type(value: Any) -> OrderType:
    try:
        return OrderType(value)
    except ValueError:
        raise ValueError(
            _('knows no order type "{name}"; write {known}', name=value, known=", ".join(OrderType))
        ) from None


Condition = Annotated[Several[T], AfterValidator(_names_something)]
Approvers = Annotated[PrincipalList, AfterValidator(_not_empty)]
Quorum = Annotated[int, Field(ge=1, le=50)]
MEMBERS = Principals(members=True)


class RuleTable(Table):
    """A condition that is left out holds for every order; one that is written names something."""

    accounts: Condition[Name] = ()
    providers: Condition[Annotated[Provider, BeforeValidator(_provider)]] = ()
    order_types: Condition[Annotated[OrderType, BeforeValidator(_order_type)]] = ()
    over: Annotated[Condition[Threshold], AfterValidator(_distinct_currencies)] = ()
    viewers: PrincipalList | None = None
    requesters: PrincipalList | None = None
    approvers: Approvers | None = None
    quorum: Quorum | None = None
    hold: Duration | None = None
    approvals_channel: ChannelId | None = None

    @model_validator(mode="after")
    def _viewers_of_accounts(self) -> Self:
        if self.viewers is not None and (self.over or self.order_types):
            raise ValueError(
                _(
                    "viewers cannot depend on over or order_types, for a look-up asks before the "
                    "order is known; put viewers in a rule with accounts or providers alone"
                )
            )
        return self

    def rule(self) -> Rule:
        return Rule(
            accounts=frozenset(self.accounts),
            providers=frozenset(self.providers),
            order_types=frozenset(self.order_types),
            over=self.over,
            viewers=self.viewers,
            requesters=self.requesters,
            approvers=self.approvers,
            quorum=self.quorum,
            hold=self.hold,
            approvals_channel=self.approvals_channel,
        )


class PolicyTable(Table):
    """*quorum* has no default: how many must agree is written down."""

    viewers: PrincipalList = MEMBERS
    requesters: PrincipalList = MEMBERS
    approvers: Approvers
    quorum: Quorum
    hold: Duration = timedelta(seconds=30)
    expires: Annotated[Duration, AfterValidator(_longer_than_nothing)] = timedelta(hours=24)
    quiet: Quiet | None = None
    escalate_after: Annotated[Duration, AfterValidator(_longer_than_nothing)] | None = None
    escalate_to: Annotated[PrincipalList, AfterValidator(_not_empty)] | None = None
    rules: Several[RuleTable] = ()

    @model_validator(mode="after")
    def _whole_escalation(self) -> Self:
        if (self.escalate_after is None) != (self.escalate_to is None):
            raise ValueError(_("escalate_after and escalate_to go together; add the other one"))
        return self

    def policy(self) -> Policy:
        escalation = None
        if self.escalate_after is not None and self.escalate_to is not None:
            escalation = Escalation(self.escalate_after, self.escalate_to)
        return Policy(
            viewers=self.viewers,
            requesters=self.requesters,
            approvers=self.approvers,
            quorum=self.quorum,
            hold=self.hold,
            expires=self.expires,
            quiet=self.quiet,
            escalation=escalation,
            rules=tuple(table.rule() for table in self.rules),
        )
