"""What lint says of those who may ask and approve: where, and in which words."""

from __future__ import annotations

import pytest

from bot.domain.policy import Principals, Rule
from tests.lint_builders import HOUR, MEMBERS, a_policy, at, notes, over, people, said

ALONE = "{} alone may approve, so nobody can approve what {} asks for; name one more approver."
ALL_NEEDED = (
    "All {} approvers are needed, so what one of them asks for can never be approved; name one more"
    " approver."
)
TOO_FEW = (
    "{} approvals are needed, but approvers names {} (ids of one person count once), so nothing can"
    " be approved; name more, or lower quorum."
)


@pytest.mark.parametrize(
    ("approvers", "quorum", "sentence"),
    [
        (("U0BOB",), 1, ALONE.format("U0BOB", "U0BOB")),
        (("U0BOB", "U0BOB2"), 1, ALONE.format("U0BOB, U0BOB2", "U0BOB, U0BOB2")),
        (("U0BOB", "U0CAROL"), 2, ALL_NEEDED.format(2)),
        (("U0BOB", "U0BOB2"), 2, TOO_FEW.format(2, 1)),
        (("U0BOB", "U0BOB2", "U0CAROL"), 3, TOO_FEW.format(3, 2)),
    ],
)
def test_too_few_are_named_to_approve(
    approvers: tuple[str, ...], quorum: int, sentence: str
) -> None:
    aliases, named = ("U0BOB", "U0BOB2"), people(*approvers)
    assert said(a_policy(approvers=named, quorum=quorum), aliases) == [("approvers", sentence)]
    rule = Rule(approvers=named, quorum=quorum)
    assert said(a_policy(rule), aliases) == [("rules 1 approvers", sentence)]
    without_own = Rule(**at("a"), quorum=quorum)
    if quorum > 1:
        found = said(a_policy(without_own, approvers=named, quorum=1), aliases)
        assert ("rules 1 quorum", sentence) in found


def test_who_never_asks_may_be_the_only_approver() -> None:
    for requesters in (people("U0ALICE"), people("U0ALICE", "U0DAVE")):
        assert said(a_policy(approvers=people("U0BOB"), requesters=requesters)) == []
    for requesters in (people("U0BOB2"), Principals(groups=frozenset({"S0TEAM"}))):
        policy = a_policy(approvers=people("U0BOB"), requesters=requesters)
        assert len(said(policy, ("U0BOB", "U0BOB2"))) == 1


def test_the_key_that_asks_for_too_much_is_named() -> None:
    two = people("U0BOB", "U0CAROL")
    found = said(a_policy(Rule(**at("a"), quorum=3), Rule(**at("h"), hold=HOUR), approvers=two))
    assert [place for place, _sentence in found] == ["rules 1 quorum"]
    own = Rule(**at("a"), quorum=3, approvers=people("U0BOB"))
    assert [place for place, _sentence in said(a_policy(own))] == ["rules 1 approvers"]
    other = Rule(**at("h"), approvers=MEMBERS, hold=HOUR)
    found = said(a_policy(other, Rule(**at("a"), quorum=3), approvers=two))
    assert [place for place, _sentence in found] == ["rules 2 quorum"]
    found = said(a_policy(other, Rule(**at("a"), requesters=Principals())))
    assert [place for place, _sentence in found] == ["rules 2 requesters"]


def test_nothing_is_said_of_approvers_of_whom_no_order_is_asked() -> None:
    always = Rule(approvers=MEMBERS, quorum=2)
    assert said(a_policy(always, approvers=people("U0BOB"))) == []


def test_who_is_in_a_user_group_is_not_known() -> None:
    group = Principals(groups=frozenset({"S0FINANCE"}))
    assert notes(a_policy(Rule(**over("5 CNY"), quorum=2), approvers=group)) == [
        ("approvers", "Who is in S0FINANCE is not known here; countersign doctor asks Slack.")
    ]
    several = Principals(groups=frozenset({"S0OPS", "S0FINANCE"}))
    assert notes(a_policy(Rule(approvers=several))) == [
        (
            "rules 1 approvers",
            "Who is in S0FINANCE, S0OPS is not known here; countersign doctor asks Slack.",
        )
    ]
    enough = Principals(groups=group.groups, people=frozenset({"U0BOB", "U0CAROL"}))
    assert notes(a_policy(approvers=enough)) == []
    assert said(a_policy(approvers=group)) == []


def test_nobody_may_ask() -> None:
    nobody = Principals()
    assert said(a_policy(Rule(**at("a"), requesters=nobody, quorum=2))) == [
        (
            "rules 1 requesters",
            "requesters names nobody, so nobody can ask; name people, or “members”.",
        )
    ]
    assert [place for place, _sentence in said(a_policy(requesters=nobody))] == ["requesters"]
