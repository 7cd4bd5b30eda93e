"""What lint says of rules, amounts and times: where, and in which words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.domain.policy import Escalation, Policy, Rule, requirement_for
from bot.domain.policy_lint.cases import cases_of
from tests.builders import a_detailed_order
from tests.lint_builders import (
    ACCOUNTS,
    ALIBABA,
    HOUR,
    HUAWEI,
    MEMBERS,
    a_policy,
    at,
    made_up_rules,
    notes,
    of_type,
    over,
    people,
    said,
)


@pytest.mark.parametrize(
    "policy",
    [
        a_policy(),
        a_policy(Rule(**at("a"), **over("10000 CNY", "1500 USD"), quorum=2)),
        a_policy(Rule(**over("10000 CNY"), quorum=3), Rule(**over("500 CNY"), quorum=2)),
        a_policy(Rule(providers=frozenset({Provider.HUAWEI}), quorum=3), Rule(quorum=2)),
        a_policy(approvers=people("U0BOB", "U0CAROL")),
        a_policy(approvers=people("U0BOB"), requesters=people("U0ALICE")),
        a_policy(Rule(**at("u"), viewers=people("U0BOB")), Rule(quorum=2)),
        a_policy(escalation=Escalation(4 * HOUR, MEMBERS)),
    ],
)
def test_of_a_policy_that_means_what_it_says_nothing_is_said(policy: Policy) -> None:
    assert said(policy) == []


DECIDED_ABOVE = (
    "This rule never decides, for whatever it matches is decided by {} above; move it up, or remove"
    " it."
)
NO_ACCOUNT = (
    "No account here satisfies this rule's accounts and providers, so it never applies; correct"
    " them, or remove the rule."
)
NOT_CANCELLED = (
    "Orders of this rule's accounts cannot be cancelled, so it never decides; remove it, or leave"
    " only its viewers."
)
ONLY_VIEWERS = (
    "Only the viewers of this rule apply, for whatever it matches is decided by {} above; move it"
    " up, or leave only its viewers."
)


@pytest.mark.parametrize(
    ("rules", "place", "sentence"),
    [
        (
            (Rule(quorum=2), Rule(**at("a"), quorum=3)),
            "rules 2",
            DECIDED_ABOVE.format("rule 1"),
        ),
        (
            (Rule(**over("100 CNY"), quorum=2), Rule(**over("200 CNY"), quorum=3)),
            "rules 2",
            DECIDED_ABOVE.format("rule 1"),
        ),
        (
            (Rule(**at("a"), quorum=2), Rule(**at("h"), quorum=3), Rule(hold=HOUR)),
            "rules 3",
            DECIDED_ABOVE.format("rules 1 and 2"),
        ),
        (
            (
                Rule(**of_type(OrderType.NEW), quorum=4),
                Rule(**of_type(OrderType.RENEWAL), quorum=3),
                Rule(quorum=2),
                Rule(**at("a"), hold=HOUR),
            ),
            "rules 4",
            DECIDED_ABOVE.format("rules 1, 2 and 3"),
        ),
        (
            (
                Rule(**of_type(OrderType.NEW), quorum=2),
                Rule(**of_type(*(set(OrderType) - {OrderType.NEW})), quorum=3),
                Rule(**at("a"), hold=HOUR),
            ),
            "rules 3",
            DECIDED_ABOVE.format("rules 1 and 2"),
        ),
        (
            (Rule(**at("a"), providers=frozenset({Provider.HUAWEI}), quorum=2),),
            "rules 1",
            NO_ACCOUNT,
        ),
        ((Rule(**at("u"), quorum=2),), "rules 1", NOT_CANCELLED),
    ],
)
def test_a_rule_that_never_decides(rules: tuple[Rule, ...], place: str, sentence: str) -> None:
    assert said(a_policy(*rules)) == [(place, sentence)]


def test_each_rule_that_never_decides_is_named() -> None:
    idle = Rule(**at("a"), quorum=3), Rule(**at("h"), quorum=3)
    assert said(a_policy(Rule(quorum=2), *idle)) == [
        ("rules 2", DECIDED_ABOVE.format("rule 1")),
        ("rules 3", DECIDED_ABOVE.format("rule 1")),
    ]


def test_a_rule_above_that_leaves_something_over_does_not_cover() -> None:
    for rules in (
        (Rule(**over("200 CNY"), quorum=3), Rule(**over("100 CNY"), quorum=2)),
        (Rule(**over("100 CNY", "20 USD"), quorum=3), Rule(**over("100 CNY", "10 USD"), quorum=2)),
        (Rule(**over("0 CNY"), quorum=3), Rule(quorum=2)),
        (Rule(**of_type(OrderType.RENEWAL), quorum=3), Rule(quorum=2)),
    ):
        assert said(a_policy(*rules)) == []


def test_viewers_apply_although_a_rule_above_decides_about_orders() -> None:
    above = Rule(quorum=2)
    for covered in (at("a"), {"providers": frozenset({Provider.ALIBABA})}):
        assert said(a_policy(above, Rule(**covered, viewers=people("U0BOB")))) == []
        both = Rule(**covered, viewers=people("U0BOB"), quorum=3)
        assert said(a_policy(above, both)) == [("rules 2", ONLY_VIEWERS.format("rule 1"))]


def test_viewers_behind_others_for_the_same_accounts_never_apply() -> None:
    first = Rule(**at("a"), viewers=people("U0BOB"), quorum=3)
    second = Rule(**at("a", "h"), viewers=people("U0CAROL"), quorum=2)
    assert said(a_policy(first, second)) == []  # for h they do
    third = Rule(**at("a"), viewers=people("U0DAVE"))
    assert [place for place, _sentence in said(a_policy(first, second, third))] == ["rules 3"]


@pytest.mark.parametrize(
    "rules",
    [
        (Rule(**at("a")),),
        (Rule(**over("100 CNY"), quorum=1),),
        (Rule(**at("a"), approvers=MEMBERS, requesters=MEMBERS, hold=timedelta(seconds=30)),),
        (Rule(**at("a"), quorum=2), Rule(quorum=2)),
    ],
)
def test_a_rule_that_repeats_what_applies_without_it(rules: tuple[Rule, ...]) -> None:
    assert said(a_policy(*rules)) == [
        ("rules 1", "This rule repeats what applies without it; change it, or remove it.")
    ]


def test_a_rule_that_takes_orders_out_of_one_below_repeats_nothing() -> None:
    exempt = Rule(**of_type(OrderType.TRIAL), quorum=2)
    assert said(a_policy(exempt, Rule(quorum=1), quorum=2)) == []
    assert said(a_policy(Rule(**at("a"), approvals_channel="C0BIG"))) == []


LAXER_ABOVE = (
    "Rule 1 above is laxer and decides orders that this rule matches too, such as {}; move this"
    " rule above it, or narrow rule 1."
)


def test_a_stricter_rule_below_a_laxer_one_names_an_example() -> None:
    lax, strict = Rule(**at("a"), quorum=1, hold=HOUR), Rule(**over("10000 CNY"), quorum=2)
    assert said(a_policy(lax, strict)) == [("rules 2", LAXER_ABOVE.format("a, new, 10,001.00 CNY"))]
    assert said(a_policy(strict, lax)) == []


def test_as_many_approvals_and_a_longer_hold_are_stricter_too() -> None:
    short, long = Rule(**at("a"), quorum=2), Rule(quorum=2, hold=HOUR)
    assert said(a_policy(short, long)) == [("rules 2", LAXER_ABOVE.format("a, new, 1.00"))]


def test_a_currency_that_another_rule_lists_is_missed() -> None:
    both, one = Rule(**over("900 CNY", "90 USD"), quorum=3), Rule(**over("100 CNY"), quorum=2)
    assert said(a_policy(both, one)) == [
        (
            "rules 2 over",
            "Rule 1 also lists USD; here an order in a currency that is not listed counts as over"
            " whatever its amount, so add a threshold.",
        )
    ]
    more = Rule(**over("900 CNY", "90 USD", "80 EUR"), quorum=3)
    ((_place, sentence),) = said(a_policy(more, one))
    assert sentence.startswith("Rule 1 also lists USD, EUR; here")
    apart = Rule(**at("a"), **over("900 CNY", "90 USD"), quorum=3)
    assert said(a_policy(apart, Rule(**at("h"), **over("100 CNY"), quorum=2))) == []


def test_unknown_amounts_must_not_get_by_with_less_than_small_ones() -> None:
    eased = Rule(**over("100 CNY"), quorum=1)
    assert said(a_policy(eased, quorum=2)) == [
        (
            "rules 1",
            "An order whose amount is not known counts as over, and this rule is laxer than what"
            " applies to small amounts; ask for as much here, or more.",
        )
    ]
    above = Rule(**over("500 CNY"), quorum=2)
    assert said(a_policy(above, eased, quorum=2)) == [], "rule 1 decides about unknown amounts"
    assert said(a_policy(Rule(**over("100 CNY"), quorum=2), quorum=1)) == []


NO_HOLD = "Nobody has time to press Stop before the cloud is asked; write a hold of 30s."
LONG_HOLD = (
    "A request expires after {}, before this hold is over, so nothing is ever cancelled; shorten"
    " hold, or lengthen expires."
)
LATE_ESCALATION = (
    "A request expires after {}, before anybody of escalate_to is told; shorten escalate_after, or"
    " lengthen expires."
)


def escalating(*, expires: timedelta, after: timedelta = 4 * HOUR) -> Policy:
    return a_policy(expires=expires, escalation=Escalation(after, MEMBERS))


@pytest.mark.parametrize(
    ("policy", "place", "sentence"),
    [
        (a_policy(hold=timedelta(0)), "hold", NO_HOLD),
        (a_policy(Rule(quorum=2, hold=timedelta(0))), "rules 1 hold", NO_HOLD),
        (a_policy(hold=24 * HOUR), "hold", LONG_HOLD.format("1d")),
        (a_policy(Rule(hold=25 * HOUR)), "rules 1 hold", LONG_HOLD.format("1d")),
        (a_policy(expires=90 * HOUR, hold=90 * HOUR), "hold", LONG_HOLD.format("90h")),
        (escalating(expires=90 * HOUR / 60), "escalate_after", LATE_ESCALATION.format("90m")),
        (escalating(expires=61 * HOUR / 3600), "escalate_after", LATE_ESCALATION.format("61s")),
        (escalating(expires=4 * HOUR), "escalate_after", LATE_ESCALATION.format("4h")),
    ],
)
def test_times_that_contradict_each_other(policy: Policy, place: str, sentence: str) -> None:
    assert said(policy) == [(place, sentence)]


def test_accounts_that_no_rule_covers_are_noted_where_rules_name_accounts() -> None:
    assert notes(a_policy(Rule(**at("a"), quorum=2))) == [
        ("accounts 2 name", "No rule covers h; [policy] alone decides there.")
    ]
    assert notes(a_policy(Rule(**over("5 CNY"), quorum=2))) == []
    assert notes(a_policy()) == []


amounts = st.one_of(
    st.none(),
    st.builds(
        Money,
        st.decimals(-5, 500, places=2, allow_nan=False, allow_infinity=False),
        st.sampled_from(["CNY", "USD", "EUR", ""]),
    ),
)


@given(
    rules=st.lists(made_up_rules, max_size=4),
    account=st.sampled_from([ALIBABA, HUAWEI]),
    order_type=st.sampled_from(list(OrderType)),
    payable=amounts,
)
def test_some_case_stands_for_every_order(
    rules: list[Rule], account: Account, order_type: OrderType, payable: Money | None
) -> None:
    order = a_detailed_order(account=account.name, order_type=order_type, payable=payable)
    policy = a_policy(*rules)
    asked = [requirement_for(a_policy(rule), account, order).rule for rule in rules]
    matching = tuple(number for number, found in enumerate(asked, start=1) if found)
    cases = [case for case in cases_of(policy, ACCOUNTS) if case.account == account]
    assert matching in [case.matching for case in cases]
