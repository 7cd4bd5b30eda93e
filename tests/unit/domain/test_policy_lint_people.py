"""What lint says of those who may ask and approve: where, and in which words."""

from __future__ import annotations

import pytest

from bot.domain.orders import OrderType
from bot.domain.policy import Policy, Principals, Rule
from tests.lint_builders import HOUR, MEMBERS, a_policy, at, notes, of_type, over, people, said

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


NO_VIEWERS = (
    "viewers names nobody, so nobody can look at orders of {} or ask about them; name people, or"
    " “members”."
)
NOT_BOTH = (
    "No id stands in both requesters and the viewers of {}, so nobody can ask; name somebody in"
    " both."
)
ALICE, BOB, NOBODY = people("U0ALICE"), people("U0BOB"), Principals()
TEAM = Principals(groups=frozenset({"S0TEAM"}))


@pytest.mark.parametrize(
    ("policy", "place", "accounts"),
    [
        (a_policy(viewers=NOBODY), "viewers", "a, h, u"),
        (a_policy(viewers=NOBODY, requesters=ALICE), "viewers", "a, h, u"),
        (a_policy(Rule(**at("h", "u"), viewers=NOBODY)), "rules 1 viewers", "h, u"),
        (a_policy(Rule(**at("a"), viewers=MEMBERS), viewers=NOBODY), "viewers", "h, u"),
    ],
)
def test_nobody_may_look(policy: Policy, place: str, accounts: str) -> None:
    assert said(policy) == [(place, NO_VIEWERS.format(accounts))]


@pytest.mark.parametrize(
    ("policy", "place", "accounts"),
    [
        (a_policy(viewers=BOB, requesters=ALICE), "requesters", "a, h"),
        (a_policy(Rule(**at("a"), requesters=ALICE), viewers=BOB), "rules 1 requesters", "a"),
        (a_policy(Rule(**at("a"), viewers=BOB), requesters=ALICE), "rules 1 viewers", "a"),
        (
            a_policy(
                Rule(**at("a"), quorum=2), Rule(**at("a", "h"), viewers=BOB), requesters=ALICE
            ),
            "rules 2 viewers",
            "a, h",
        ),
        (
            a_policy(
                Rule(**of_type(OrderType.RENEWAL), requesters=BOB), viewers=BOB, requesters=ALICE
            ),
            "requesters",
            "a, h",
        ),
        (
            a_policy(
                Rule(**at("a"), **of_type(OrderType.RENEWAL), requesters=BOB),
                Rule(**at("a"), viewers=ALICE),
            ),
            "rules 1 requesters",
            "a",
        ),
        (
            a_policy(Rule(**at("a"), viewers=MEMBERS), viewers=BOB, requesters=ALICE),
            "requesters",
            "h",
        ),
    ],
)
def test_nobody_who_may_ask_may_look(policy: Policy, place: str, accounts: str) -> None:
    assert said(policy) == [(place, NOT_BOTH.format(accounts))]


def test_another_id_of_one_person_gives_no_right_to_look() -> None:
    policy = a_policy(viewers=people("U0BOB"), requesters=people("U0BOB2"))
    assert said(policy, ("U0BOB", "U0BOB2")) == [("requesters", NOT_BOTH.format("a, h"))]


@pytest.mark.parametrize(
    ("viewers", "requesters"),
    [
        (people("U0ALICE", "U0BOB"), people("U0BOB", "U0CAROL")),
        (ALICE, MEMBERS),
        (MEMBERS, ALICE),
        (ALICE, TEAM),
        (TEAM, ALICE),
        (TEAM, MEMBERS),
    ],
)
def test_who_may_perhaps_ask_is_not_nobody(viewers: Principals, requesters: Principals) -> None:
    assert said(a_policy(viewers=viewers, requesters=requesters)) == []
    both = Rule(**at("a"), viewers=viewers, requesters=requesters)
    assert said(a_policy(both)) == []


def test_viewers_that_hold_for_no_account_may_be_nobody() -> None:
    everywhere = Rule(**at("a", "h", "u"), viewers=ALICE)
    assert said(a_policy(everywhere, viewers=NOBODY)) == []
    assert said(a_policy(everywhere, viewers=BOB, requesters=ALICE)) == []


def test_who_may_not_look_never_asks_and_may_be_the_only_approver() -> None:
    assert said(a_policy(approvers=BOB, viewers=ALICE)) == []
    only_there = Rule(**at("a"), approvers=BOB), Rule(**at("a"), viewers=ALICE)
    assert said(a_policy(*only_there)) == []
    elsewhere = a_policy(Rule(**at("a"), viewers=ALICE), Rule(approvers=BOB))
    assert said(elsewhere) == [("rules 2 approvers", ALONE.format("U0BOB", "U0BOB"))]
    for viewers in (people("U0BOB2"), TEAM):
        policy = a_policy(approvers=BOB, viewers=viewers)
        assert len(said(policy, ("U0BOB", "U0BOB2"))) == 1
