"""Whether enough people are named to approve, as far as the configuration alone tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.policy import Humans, Policy, Requirement
from bot.domain.policy_lint.cases import Case
from bot.domain.policy_lint.remarks import Place, Remark, place_holding, place_of
from bot.domain.policy_lint.requesters import may_ask
from bot.i18n import _


def check_approvers(policy: Policy, humans: Humans, cases: Sequence[Case]) -> Iterator[Remark]:
    """Of the policy and of each rule that decides anything, those with their own first."""
    for number in sorted({case.decided.rule for case in cases}):
        decided = [case for case in cases if case.decided.rule == number]
        yield from _approvers(policy, number, decided, humans)


def _approvers(
    policy: Policy, number: int, decided: Sequence[Case], humans: Humans
) -> Iterator[Remark]:
    asked = decided[0].decided
    approvers = asked.approvers
    if approvers.members:
        return
    named = {humans.human_of(user_id) for user_id in approvers.people}
    if len(named) > asked.quorum:
        return
    if approvers.groups:
        yield Remark(
            place_holding(policy, number, "approvers"),
            _(
                "Who is in {groups} is not known here; countersign doctor asks Slack.",
                groups=", ".join(sorted(approvers.groups)),
            ),
            note=True,
        )
    elif len(named) < asked.quorum:
        yield _too_few(policy, number, asked, len(named))
    elif _may_ask_themselves(policy, decided, named, humans):
        yield _all_needed(policy, number, asked)


def _too_few(policy: Policy, number: int, asked: Requirement, named: int) -> Remark:
    return Remark(
        _quorum_or_approvers(policy, number),
        _(
            "{quorum} approvals are needed, but approvers names {count} (ids of one person count"
            " once), so nothing can be approved; name more, or lower quorum.",
            quorum=asked.quorum,
            count=named,
        ),
    )


def _all_needed(policy: Policy, number: int, asked: Requirement) -> Remark:
    place = _quorum_or_approvers(policy, number)
    if asked.quorum == 1:
        only = ", ".join(sorted(asked.approvers.people))
        return Remark(
            place,
            _(
                "{person} alone may approve, so nobody can approve what {person} asks for; name one"
                " more approver.",
                person=only,
            ),
        )
    return Remark(
        place,
        _(
            "All {quorum} approvers are needed, so what one of them asks for can never be approved;"
            " name one more approver.",
            quorum=asked.quorum,
        ),
    )


def _may_ask_themselves(
    policy: Policy, decided: Sequence[Case], named: set[str], humans: Humans
) -> bool:
    """Whether somebody of *named* may ask by any id, or may be in a group that may."""
    ids = {user_id for human in named for user_id in humans.ids_of(human)}
    return any(may_ask(policy, case, user_id) for case in decided for user_id in ids)


def _quorum_or_approvers(policy: Policy, number: int) -> Place:
    """What the rule itself says of the two, or else the policy."""
    own = number and policy.rules[number - 1].approvers is None
    return place_of(number, "quorum") if own else place_holding(policy, number, "approvers")
