"""Thresholds that leave a currency out, and amounts that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.policy import Policy, Rule
from bot.domain.policy_lint.cases import Case
from bot.domain.policy_lint.remarks import Remark, place_of
from bot.domain.policy_lint.rules import stricter
from bot.i18n import _


def check_amounts(policy: Policy, cases: Sequence[Case]) -> Iterator[Remark]:
    """Which currency a cloud's amounts are in is known only once it answers; rules are compared
    with each other."""
    deciding = {case.decided.rule for case in cases}
    for number, rule in enumerate(policy.rules, start=1):
        if rule.over and number in deciding:
            yield from _not_listed(number, policy, cases)
            yield from _laxer(number, cases)


def _listed(rule: Rule) -> list[str]:
    return [limit.currency for limit in rule.over]


def _not_listed(number: int, policy: Policy, cases: Sequence[Case]) -> Iterator[Remark]:
    """Currencies that another rule lists for orders that this one matches too."""
    listed = _listed(policy.rules[number - 1])
    beside = {each for case in cases if number in case.matching for each in case.matching}
    for other in sorted(beside):
        missing = [each for each in _listed(policy.rules[other - 1]) if each not in listed]
        if missing:
            yield Remark(
                place_of(number, "over"),
                _(
                    "Rule {rule} also lists {currencies}; here an order in a currency that is not"
                    " listed counts as over whatever its amount, so add a threshold.",
                    currencies=", ".join(missing),
                    rule=other,
                ),
            )
            return


def _laxer(number: int, cases: Sequence[Case]) -> Iterator[Remark]:
    """An amount that is not known counts as over: safe only while over is the stricter side."""
    for case in cases:
        if case.order.payable is not None or case.decided.rule != number:
            continue
        small = (each for each in cases if each.beside(case) and number not in each.matching)
        if any(stricter(each.decided, case.decided) for each in small):
            yield Remark(
                place_of(number),
                _(
                    "An order whose amount is not known counts as over, and this rule is laxer than"
                    " what applies to small amounts; ask for as much here, or more."
                ),
            )
            return
