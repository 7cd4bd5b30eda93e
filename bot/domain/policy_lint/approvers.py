"""Whether enough people are named to approve, as far as the configuration alone tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.policy import Humans, Policy, Principals, Requirement
from bot.domain.policy_lint.cases import Case
from bot.domain.policy_lint.remarks import Place, Remark, place_of
from bot.i18n import _


def check_approvers(policy: Policy, humans: Humans, cases: Sequence[Case]) -> Iterator[Remark]:
    """Of the policy and of each rule that decides anything, those with their own first."""
    deciding = {case.decided.rule: case.decided for case in cases}
    for number, asked in sorted(deciding.items()):
        yield from _requesters(policy, number, asked)
        yield from _approvers(policy, number, asked, humans)


def _requesters(policy: Policy, number: int, asked: Requirement) -> Iterator[Remark]:
    if asked.requesters == Principals():
        yield Remark(
            _where(policy, number, "requesters"),
            _("requesters names nobody, so nobody can ask; name people, or “members”."),
        )


def _approvers(policy: Policy, number: int, asked: Requirement, humans: Humans) -> Iterator[Remark]:
    approvers = asked.approvers
    if approvers.members:
        return
    named = {humans.human_of(user_id) for user_id in approvers.people}
    if len(named) > asked.quorum:
        return
    if approvers.groups:
        yield Remark(
            _where(policy, number, "approvers"),
            _(
                "Who is in {groups} is not known here; countersign doctor asks Slack.",
                groups=", ".join(sorted(approvers.groups)),
            ),
            note=True,
        )
    elif len(named) < asked.quorum:
        yield _too_few(policy, number, asked, len(named))
    elif _may_ask_themselves(asked, named, humans):
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


def _may_ask_themselves(asked: Requirement, named: set[str], humans: Humans) -> bool:
    """Whether somebody of *named* may ask, or may be in a group that may."""
    requesters = asked.requesters
    own = {humans.human_of(user_id) for user_id in requesters.people}
    return requesters.members or bool(requesters.groups) or not named.isdisjoint(own)


def _quorum_or_approvers(policy: Policy, number: int) -> Place:
    """What the rule itself says of the two, or else the policy."""
    own = number and policy.rules[number - 1].approvers is None
    return place_of(number, "quorum") if own else _where(policy, number, "approvers")


def _where(policy: Policy, number: int, key: str) -> Place:
    """Where *key* stands that holds for a rule: there, or in the policy."""
    own = number and getattr(policy.rules[number - 1], key) is not None
    return place_of(number if own else 0, key)
