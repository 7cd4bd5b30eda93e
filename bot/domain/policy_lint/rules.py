"""Rules that never decide, that change nothing, or that stand in the way of a stricter one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.accounts import Account
from bot.domain.policy import Policy, Requirement, Rule
from bot.domain.policy_lint.cases import Case, viewers_of
from bot.domain.policy_lint.remarks import Remark, place_of
from bot.i18n import _


def check_rules(
    policy: Policy, accounts: Sequence[Account], cases: Sequence[Case]
) -> Iterator[Remark]:
    deciding = {case.decided.rule for case in cases}
    viewing = {viewers_of(policy, account).rule for account in accounts}
    idle = set(range(1, len(policy.rules) + 1)) - deciding
    advice = _Advice(bare=idle & viewing, gone=idle - viewing)
    for number, rule in enumerate(policy.rules, start=1):
        if number in idle:
            yield from _never_decides(number, rule, accounts, cases, viewed=number in viewing)
            continue
        if number not in viewing and all(advice.spares(number, case) for case in cases):
            advice.gone.add(number)
            yield Remark(
                place_of(number),
                _("This rule repeats what applies without it; change it, or remove it."),
            )
        yield from _stricter_than_above(number, cases)
    yield from _uncovered(policy, accounts, cases)


def stricter(one: Requirement, other: Requirement) -> bool:
    """More approvals, or as many and a longer hold."""
    return (one.quorum, one.hold) > (other.quorum, other.hold)


@dataclass(slots=True)
class _Advice:
    """Rules that may be *gone*, or *bare* of all but their viewers, once the remarks so far were
    heeded; as any of them may stay as it is."""

    bare: set[int]
    gone: set[int]

    def spares(self, number: int, case: Case) -> bool:
        """Whether without this rule, too, the case is decided as it is now."""
        now = replace(case.decided, rule=0)
        for each in case.by_rule:
            if each.rule == number:
                continue
            if replace(each, rule=0) != now:
                return False
            if each.rule in self.bare:
                break
            if each.rule not in self.gone:
                return True
        return replace(case.by_policy, rule=0) == now


def _never_decides(
    number: int, rule: Rule, accounts: Sequence[Account], cases: Sequence[Case], *, viewed: bool
) -> Iterator[Remark]:
    above = sorted({case.decided.rule for case in cases if number in case.matching})
    for_viewers = Rule(accounts=rule.accounts, providers=rule.providers, viewers=rule.viewers)
    if not any(rule.covers(account) for account in accounts):
        yield Remark(
            place_of(number),
            _(
                "No account here satisfies this rule's accounts and providers, so it never"
                " applies; correct them, or remove the rule."
            ),
        )
    elif viewed and rule == for_viewers:
        return
    elif not above:
        yield Remark(
            place_of(number),
            _(
                "Orders of this rule's accounts cannot be cancelled, so it never decides; remove"
                " it, or leave only its viewers."
            ),
        )
    elif not viewed:
        yield Remark(
            place_of(number),
            _(
                "This rule never decides, for whatever it matches is decided by {rules} above;"
                " move it up, or remove it.",
                rules=_named(above),
            ),
        )
    else:
        yield Remark(
            place_of(number),
            _(
                "Only the viewers of this rule apply, for whatever it matches is decided by"
                " {rules} above; move it up, or leave only its viewers.",
                rules=_named(above),
            ),
        )


def _stricter_than_above(number: int, cases: Sequence[Case]) -> Iterator[Remark]:
    """The first case in which a laxer rule above takes an order that this one matches too."""
    for case in cases:
        own = next((each for each in case.by_rule if each.rule == number), None)
        if own is not None and stricter(own, case.decided):
            yield Remark(
                place_of(number),
                _(
                    "Rule {rule} above is laxer and decides orders that this rule matches too, such"
                    " as {example}; move this rule above it, or narrow rule {rule}.",
                    rule=case.decided.rule,
                    example=case.example,
                ),
            )
            return


def _uncovered(
    policy: Policy, accounts: Sequence[Account], cases: Sequence[Case]
) -> Iterator[Remark]:
    if not any(rule.accounts or rule.providers for rule in policy.rules):
        return
    covered = {case.account.name for case in cases if case.by_rule}
    decided = {case.account.name for case in cases}
    for index, account in enumerate(accounts):
        if account.name in decided - covered:
            yield Remark(
                ("accounts", index, "name"),
                _("No rule covers {account}; [policy] alone decides there.", account=account.name),
                note=True,
            )


def _named(rules: Sequence[int]) -> str:
    if len(rules) == 1:
        return _("rule {number}", number=rules[0])
    *others, last = (str(number) for number in rules)
    return _("rules {numbers} and {last}", numbers=", ".join(others), last=last)
