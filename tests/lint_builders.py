"""Policies for lint, and what it says of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.domain.policy import Humans, Policy, Principals, Rule
from bot.domain.policy_lint import lint
from tests.builders import money

ALIBABA, HUAWEI = Account("a", Provider.ALIBABA), Account("h", Provider.HUAWEI)
UNICLOUD = Account("u", Provider.UNICLOUD)
ACCOUNTS = (ALIBABA, HUAWEI, UNICLOUD)
MEMBERS = Principals(members=True)
HOUR = timedelta(hours=1)

limits = st.dictionaries(st.sampled_from(["CNY", "USD"]), st.integers(0, 400), max_size=2).map(
    lambda found: tuple(Money(Decimal(amount), currency) for currency, amount in found.items())
)
made_up_rules = st.builds(
    Rule,
    accounts=st.frozensets(st.sampled_from(["a", "h"]), max_size=1),
    providers=st.frozensets(st.sampled_from(list(Provider)), max_size=1),
    order_types=st.frozensets(st.sampled_from(list(OrderType)), max_size=2),
    over=limits,
    quorum=st.sampled_from([None, 1, 2, 3]),
)


def people(*user_ids: str) -> Principals:
    return Principals(people=frozenset(user_ids))


def a_policy(*rules: Rule, **parts: Any) -> Policy:
    """Of which nothing is to be said: any member asks and may approve."""
    usual: dict[str, Any] = {
        "viewers": MEMBERS,
        "requesters": MEMBERS,
        "approvers": MEMBERS,
        "quorum": 1,
        "hold": timedelta(seconds=30),
        "expires": 24 * HOUR,
        "rules": rules,
    }
    return Policy(**(usual | parts))


def at(*names: str) -> dict[str, Any]:
    return {"accounts": frozenset(names)}


def over(*limits: str) -> dict[str, Any]:
    return {"over": tuple(money(limit) for limit in limits)}


def of_type(*types: OrderType) -> dict[str, Any]:
    return {"order_types": frozenset(types)}


def said(policy: Policy, *aliases: tuple[str, ...]) -> list[tuple[str, str]]:
    """Key and sentence of each finding: `rules 1 quorum`."""
    humans = Humans(tuple(frozenset(each) for each in aliases))
    remarks = lint(policy, ACCOUNTS, humans, unable=["u"])
    return [(_key(each.place), each.sentence) for each in remarks if not each.note]


def _key(place: tuple[str | int, ...]) -> str:
    """Rules by their number, as the sentences name them."""
    parts = (str(part + 1) if isinstance(part, int) else part for part in place)
    return " ".join(parts).removeprefix("policy ")


def notes(policy: Policy) -> list[tuple[str, str]]:
    remarks = lint(policy, ACCOUNTS, Humans(), unable=["u"])
    return [(_key(each.place), each.sentence) for each in remarks if each.note]
