"""Orders that stand for all: one for each way in which rules can tell orders apart. Pure.

Rules look at the account, the order type and the amount, and at amounts through thresholds alone.
So each threshold itself and more than the highest speak for all amounts of a currency; one amount
in no listed currency, and none at all, for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from bot.domain.accounts import Account
from bot.domain.money import Money
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.domain.policy import Policy, Principals, Requirement, requirement_for
from bot.i18n import _


@dataclass(frozen=True, slots=True)
class Case:
    """*by_rule* holds what each rule that matches would ask for if it decided, in the file's order;
    *by_policy* what the policy asks for without any rule."""

    account: Account
    order: Order
    by_rule: tuple[Requirement, ...]
    by_policy: Requirement

    @property
    def matching(self) -> tuple[int, ...]:
        """The numbers of the rules that match."""
        return tuple(each.rule for each in self.by_rule)

    @property
    def decided(self) -> Requirement:
        """By the first rule that matches."""
        return next(iter(self.by_rule), self.by_policy)

    @property
    def example(self) -> str:
        """In words: `alibaba-main, new, 10,001.00 CNY`."""
        amount = str(self.order.payable) if self.order.payable else _("amount not known")
        return f"{self.account.name}, {self.order.order_type.value}, {amount}"

    def beside(self, other: Case) -> bool:
        """Whether at most the amount differs."""
        return (self.account, self.order.order_type) == (other.account, other.order.order_type)


@dataclass(frozen=True, slots=True)
class Viewers:
    """Whom an account's orders are shown, and which rule says so; 0 is the policy."""

    rule: int
    named: Principals


def viewers_of(policy: Policy, account: Account) -> Viewers:
    """The first rule that covers the account and names any, whichever decides about its orders."""
    for number, rule in enumerate(policy.rules, start=1):
        if rule.viewers is not None and rule.covers(account):
            return Viewers(number, rule.viewers)
    return Viewers(0, policy.viewers)


def cases_of(policy: Policy, accounts: Sequence[Account]) -> tuple[Case, ...]:
    alone = [replace(policy, rules=(rule,)) for rule in policy.rules]
    bare = replace(policy, rules=())
    named = {each for rule in policy.rules for each in rule.order_types}
    types = sorted(named) + [each for each in OrderType if each not in named][:1]
    cases = []
    for account, order_type, payable in product(accounts, types, tuple(_amounts(policy))):
        order = _order(account, order_type, payable)
        asked = [requirement_for(each, account, order) for each in alone]
        by_rule = [replace(each, rule=n) for n, each in enumerate(asked, start=1) if each.rule]
        by_policy = requirement_for(bare, account, order)
        cases.append(Case(account, order, tuple(by_rule), by_policy))
    return tuple(cases)


def _amounts(policy: Policy) -> Iterator[Money | None]:
    limits: dict[str, set[Decimal]] = {}
    for rule in policy.rules:
        for limit in rule.over:
            limits.setdefault(limit.currency, set()).add(limit.amount)
    for currency, amounts in sorted(limits.items()):
        for amount in (*sorted(amounts), max(amounts) + 1):
            yield Money(amount, currency)
    yield Money(Decimal(1), "")  # no threshold can name it
    yield None


def _order(account: Account, order_type: OrderType, payable: Money | None) -> Order:
    return Order(
        provider=account.provider,
        account=account.name,
        order_id="",
        payment_status=PaymentStatus.UNPAID,
        payment_word="",
        order_type=order_type,
        order_type_word=order_type.value,
        payable=payable,
        created_at=None,
    )
