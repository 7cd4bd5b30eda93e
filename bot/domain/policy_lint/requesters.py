"""Whether anybody can ask, as far as the configuration alone tells: whoever may not view an account
cannot ask about its orders either. A right hangs on the very id; another id of the same human has
none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.accounts import Account
from bot.domain.policy import Policy, Principals
from bot.domain.policy_lint.cases import Case, Viewers, viewers_of
from bot.domain.policy_lint.remarks import Place, Remark, place_holding, place_of
from bot.i18n import _

NOBODY = Principals()


def check_requesters(
    policy: Policy, accounts: Sequence[Account], cases: Sequence[Case]
) -> Iterator[Remark]:
    yield from _no_viewers(policy, accounts)
    asked = {case.decided.rule: case.decided.requesters for case in cases}
    for number in sorted(asked):
        if asked[number] == NOBODY:
            yield Remark(
                place_holding(policy, number, "requesters"),
                _("requesters names nobody, so nobody can ask; name people, or “members”."),
            )
    yield from _no_common_id(policy, cases)


def may_ask(policy: Policy, case: Case, user_id: str) -> bool:
    """Whether this id may ask about the order, or may be in a group that may."""
    needed = (viewers_of(policy, case.account).named, case.decided.requesters)
    return all(_open(each) or user_id in each.people for each in needed)


def _open(principals: Principals) -> bool:
    """Whether more people may be meant than stand there."""
    return principals.members or bool(principals.groups)


def _no_viewers(policy: Policy, accounts: Sequence[Account]) -> Iterator[Remark]:
    unseen: dict[Place, list[str]] = {}
    for account in accounts:
        viewers = viewers_of(policy, account)
        if viewers.named == NOBODY:
            unseen.setdefault(place_of(viewers.rule, "viewers"), []).append(account.name)
    for place, names in unseen.items():
        yield Remark(
            place,
            _(
                "viewers names nobody, so nobody can look at orders of {accounts} or ask about"
                " them; name people, or “members”.",
                accounts=", ".join(names),
            ),
        )


def _no_common_id(policy: Policy, cases: Sequence[Case]) -> Iterator[Remark]:
    apart: dict[Place, dict[str, None]] = {}
    for case in cases:
        viewers, requesters = viewers_of(policy, case.account), case.decided.requesters
        if NOBODY in (viewers.named, requesters) or _open(viewers.named) or _open(requesters):
            continue
        if viewers.named.people.isdisjoint(requesters.people):
            place = _closest(policy, case.decided.rule, viewers)
            apart.setdefault(place, {})[case.account.name] = None
    for place, names in apart.items():
        yield Remark(
            place,
            _(
                "No id stands in both requesters and the viewers of {accounts}, so nobody can ask;"
                " name somebody in both.",
                accounts=", ".join(names),
            ),
        )


def _closest(policy: Policy, number: int, viewers: Viewers) -> Place:
    """Which of the two lists stands in a rule, for the policy's holds elsewhere as well."""
    own = number and policy.rules[number - 1].requesters is not None
    if viewers.rule and not own:
        return place_of(viewers.rule, "viewers")
    return place_holding(policy, number, "requesters")
