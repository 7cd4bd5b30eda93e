"""Rules that lint says can be removed: one of them or all, and orders are decided as before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.orders import OrderType
from bot.domain.policy import Rule, requirement_for
from bot.domain.policy_lint.cases import cases_of
from tests.lint_builders import (
    ALIBABA,
    HUAWEI,
    a_policy,
    at,
    made_up_rules,
    of_type,
    over,
    people,
    said,
)

REPEATS = "This rule repeats what applies without it; change it, or remove it."
DECIDED_ABOVE = (
    "This rule never decides, for whatever it matches is decided by rule 1 above; move it up, or"
    " remove it."
)
ONLY_VIEWERS = (
    "Only the viewers of this rule apply, for whatever it matches is decided by rule 1 above; move"
    " it up, or leave only its viewers."
)


def test_of_twin_rules_only_the_one_that_never_decides_is_said_to_be_removable() -> None:
    for twin in (Rule(quorum=2), Rule(**at("a"), **over("5 CNY"), quorum=2)):
        assert said(a_policy(twin, twin)) == [("rules 2", DECIDED_ABOVE)]


def test_twin_rules_that_repeat_the_policy_can_both_be_removed() -> None:
    twin = Rule(**at("a"), quorum=1)
    assert said(a_policy(twin, twin)) == [("rules 1", REPEATS), ("rules 2", DECIDED_ABOVE)]


def test_a_rule_repeats_another_that_decides_and_says_who_may_look() -> None:
    large = Rule(**at("a"), **over("5 CNY"), quorum=2)
    seen = Rule(**at("a"), viewers=people("U0ALICE"), quorum=2)
    assert said(a_policy(large, seen)) == [("rules 1", REPEATS)]


def test_what_only_another_removable_rule_would_ask_for_is_no_repetition() -> None:
    first = Rule(**at("a"), **of_type(OrderType.NEW), quorum=2)
    second = Rule(**at("a"), **of_type(OrderType.NEW, OrderType.RENEWAL), quorum=2)
    third = Rule(**of_type(OrderType.RENEWAL), quorum=2)
    assert said(a_policy(first, second, third)) == [("rules 1", REPEATS)]


def test_what_only_a_rule_that_is_to_keep_its_viewers_would_ask_for_is_no_repetition() -> None:
    first, last = Rule(**at("a"), quorum=2), Rule(quorum=2)
    viewed = Rule(**at("a"), viewers=people("U0BOB"), quorum=2)
    for found in (said(a_policy(first, viewed)), said(a_policy(first, viewed, last))):
        assert found == [("rules 2", ONLY_VIEWERS)]
    assert said(a_policy(first, viewed, quorum=2)) == [
        ("rules 1", REPEATS),
        ("rules 2", ONLY_VIEWERS),
    ]


def test_a_rule_that_stands_before_mere_viewers_may_repeat_the_policy() -> None:
    viewed = Rule(**at("a"), viewers=people("U0BOB"))
    policy = a_policy(Rule(**at("a"), quorum=2), viewed, Rule(quorum=1), quorum=2)
    assert said(policy) == [("rules 1", REPEATS)]
    policy = a_policy(Rule(**at("a"), quorum=3), viewed, Rule(quorum=3), quorum=2)
    assert said(policy) == []


@given(st.lists(made_up_rules, max_size=4), st.sets(st.integers(1, 4)))
@example([Rule(quorum=2), Rule(quorum=2)], {1, 2})
def test_any_of_the_rules_that_are_said_to_be_removable_can_go(
    rules: list[Rule], chosen: set[int]
) -> None:
    before = a_policy(*rules)
    places = {place for place, found in said(before) if "never" in found or "repeats" in found}
    gone = {number for number in chosen if f"rules {number}" in places}
    after = a_policy(*[rule for number, rule in enumerate(rules, start=1) if number not in gone])
    for case in cases_of(before, (ALIBABA, HUAWEI)):
        asked = requirement_for(after, case.account, case.order)
        assert replace(asked, rule=0) == replace(case.decided, rule=0)
