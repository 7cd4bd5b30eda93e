"""Which rule a request falls under: the first that matches, filled up by the policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.orders import OrderType
from bot.domain.policy import Principals, Rule, requirement_for
from tests.builders import a_detailed_order, an_account, money
from tests.request_office import a_policy, people_named

LIMITS = (money("10000 CNY"), money("1500 USD"))
LEADS = Principals(groups=frozenset({"S0LEADS"}))


@pytest.mark.parametrize(
    ("rule", "order", "matches"),
    [
        (Rule(), {}, True),
        (Rule(accounts=frozenset({"huawei-main"})), {}, True),
        (Rule(accounts=frozenset({"alibaba-main"})), {}, False),
        (Rule(providers=frozenset({Provider.HUAWEI})), {}, True),
        (Rule(providers=frozenset({Provider.ALIBABA})), {}, False),
        (Rule(order_types=frozenset({OrderType.NEW})), {}, True),
        (Rule(order_types=frozenset({OrderType.RENEWAL})), {}, False),
        (Rule(over=LIMITS), {"payable": money("10000.01 CNY")}, True),
        (Rule(over=LIMITS), {"payable": money("10000.00 CNY")}, False),  # strictly more
        (Rule(over=LIMITS), {"payable": money("1501 USD")}, True),
        (Rule(over=LIMITS), {"payable": money("1 USD")}, False),
        (Rule(over=LIMITS), {"payable": money("1 EUR")}, True),  # cannot be compared
        (Rule(over=LIMITS), {"payable": None}, True),
        (Rule(over=LIMITS, order_types=frozenset({OrderType.RENEWAL})), {"payable": None}, False),
    ],
)
def test_a_rule_matches_when_all_its_conditions_do(
    rule: Rule, order: dict[str, Any], matches: bool
) -> None:
    found = requirement_for(a_policy(rule), an_account(), a_detailed_order(**order))
    assert found.rule == int(matches)


def test_the_first_rule_that_matches_decides_and_the_policy_fills_it_up() -> None:
    rules = (
        Rule(accounts=frozenset({"other"}), quorum=9),
        Rule(approvers=LEADS, quorum=2, hold=timedelta(0), approvals_channel="C0BIG"),
        Rule(quorum=3),
    )
    found = requirement_for(a_policy(*rules), an_account(), a_detailed_order())
    assert (found.rule, found.quorum, found.approvers) == (2, 2, LEADS)
    assert (found.hold, found.approvals_channel) == (timedelta(0), "C0BIG")
    assert (found.requesters, found.expires) == (Principals(members=True), timedelta(hours=24))


def test_where_no_rule_matches_the_policy_itself_is_asked() -> None:
    found = requirement_for(a_policy(), an_account(), a_detailed_order())
    assert (found.rule, found.quorum, found.hold) == (0, 1, timedelta(seconds=30))
    assert found.approvers == people_named("U0BOB", "U0CAROL")
    assert (found.requesters, found.expires) == (Principals(members=True), timedelta(hours=24))
    assert found.approvals_channel is None


def test_a_rule_that_says_nothing_changes_nothing_but_the_number() -> None:
    policy = a_policy(Rule())
    found = requirement_for(policy, an_account(), a_detailed_order())
    without = requirement_for(a_policy(), an_account(), a_detailed_order())
    assert found == replace(without, rule=1)
