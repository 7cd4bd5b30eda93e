"""What a policy says and can hardly mean: rules that never decide, quorums that nobody can reach,
accounts about which nobody can ask, amounts that are never compared. Pure; it knows the
configuration alone, so neither who is in a user group nor whether somebody who is named is still
there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.domain.accounts import Account
from bot.domain.policy import Humans, Policy
from bot.domain.policy_lint.amounts import check_amounts
from bot.domain.policy_lint.approvers import check_approvers
from bot.domain.policy_lint.cases import cases_of
from bot.domain.policy_lint.remarks import Place, Remark
from bot.domain.policy_lint.requesters import check_requesters
from bot.domain.policy_lint.rules import check_rules
from bot.domain.policy_lint.times import check_times

__all__ = ["Place", "Remark", "lint"]


def lint(
    policy: Policy, accounts: Sequence[Account], humans: Humans, *, unable: Collection[str] = ()
) -> tuple[Remark, ...]:
    """*accounts* in the configuration's order; *unable* are the names of those whose orders cannot
    be cancelled, so that nothing is ever decided there."""
    cases = cases_of(policy, [each for each in accounts if each.name not in unable])
    found = (
        *check_rules(policy, accounts, cases),
        *check_amounts(policy, cases),
        *check_requesters(policy, accounts, cases),
        *check_approvers(policy, humans, cases),
        *check_times(policy),
    )
    return tuple(dict.fromkeys(found))
