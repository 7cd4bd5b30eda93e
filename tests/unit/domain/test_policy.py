"""Who may view an account: every kind of person against every kind of list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.people import Person
from bot.domain.policy import Policy, Principals, Rule, groups_needed, may_view

TEAM = "T0HOME"
ALIBABA = Account("alibaba-main", Provider.ALIBABA, "china")
HUAWEI = Account("huawei-main", Provider.HUAWEI, "china")
ALICE = Person(user_id="U0ALICE", team_id=TEAM)
NOBODY = Principals()
MEMBERS = Principals(members=True)
BY_ID = Principals(people=frozenset({"U0ALICE"}))
BY_GROUP = Principals(groups=frozenset({"S0FINANCE"}))
FINANCE = frozenset({"S0FINANCE"})


def a_policy(viewers: Principals, *rules: Rule) -> Policy:
    return Policy(
        viewers=viewers,
        requesters=MEMBERS,
        approvers=BY_ID,
        quorum=1,
        hold=timedelta(seconds=30),
        expires=timedelta(hours=24),
        rules=rules,
    )


@pytest.mark.parametrize(
    ("viewers", "groups", "allowed"),
    [
        (NOBODY, FINANCE, False),
        (MEMBERS, frozenset(), True),
        (BY_ID, frozenset(), True),
        (BY_GROUP, FINANCE, True),
        (BY_GROUP, frozenset(), False),
        (BY_GROUP, frozenset({"S0OTHER"}), False),
        (Principals(people=frozenset({"U0BOB"})), FINANCE, False),
    ],
)
def test_a_full_member_is_let_in_by_membership_id_or_group(
    viewers: Principals, groups: frozenset[str], allowed: bool
) -> None:
    assert may_view(a_policy(viewers), ALIBABA, ALICE, TEAM, groups) is allowed


@pytest.mark.parametrize(
    ("viewers", "allowed"), [(MEMBERS, False), (BY_GROUP, False), (BY_ID, True)]
)
def test_a_guest_is_let_in_by_id_only(viewers: Principals, allowed: bool) -> None:
    guest = replace(ALICE, guest=True)
    assert may_view(a_policy(viewers), ALIBABA, guest, TEAM, FINANCE) is allowed


OUTSIDERS = [
    replace(ALICE, deleted=True),
    replace(ALICE, bot=True),
    replace(ALICE, stranger=True),
    replace(ALICE, team_id="T0OTHER"),
    replace(ALICE, team_id=""),
]


@pytest.mark.parametrize(
    ("outsider", "viewers"), list(product(OUTSIDERS, [MEMBERS, BY_ID, BY_GROUP]))
)
def test_an_outsider_is_let_in_by_nothing(outsider: Person, viewers: Principals) -> None:
    assert not may_view(a_policy(viewers), ALIBABA, outsider, TEAM, FINANCE)


def test_a_workspace_without_an_id_lets_nobody_in() -> None:
    nowhere = replace(ALICE, team_id="")
    assert not may_view(a_policy(BY_ID), ALIBABA, nowhere, "", FINANCE)


def test_the_first_rule_that_names_viewers_for_the_account_decides() -> None:
    policy = a_policy(
        MEMBERS,
        Rule(accounts=frozenset({"alibaba-main"}), over=(Money(Decimal(10), "CNY"),), quorum=2),
        Rule(accounts=frozenset({"alibaba-main"}), viewers=BY_GROUP),
        Rule(providers=frozenset({Provider.ALIBABA}), viewers=MEMBERS),
    )
    assert not may_view(policy, ALIBABA, ALICE, TEAM, frozenset())
    assert may_view(policy, ALIBABA, ALICE, TEAM, FINANCE)
    assert may_view(policy, HUAWEI, ALICE, TEAM, frozenset())


def test_a_rule_that_names_no_viewers_leaves_the_policys() -> None:
    policy = a_policy(NOBODY, Rule(accounts=frozenset({"alibaba-main"}), quorum=3))
    assert not may_view(policy, ALIBABA, ALICE, TEAM, FINANCE)


def test_a_rule_with_an_empty_list_of_viewers_shuts_everyone_out() -> None:
    policy = a_policy(MEMBERS, Rule(providers=frozenset({Provider.HUAWEI}), viewers=NOBODY))
    assert not may_view(policy, HUAWEI, ALICE, TEAM, FINANCE)
    assert may_view(policy, ALIBABA, ALICE, TEAM, frozenset())


def test_both_conditions_of_a_rule_must_hold() -> None:
    rule = Rule(
        accounts=frozenset({"alibaba-main"}),
        providers=frozenset({Provider.HUAWEI}),
        viewers=NOBODY,
    )
    assert may_view(a_policy(MEMBERS, rule), ALIBABA, ALICE, TEAM, frozenset())
    assert may_view(a_policy(MEMBERS, rule), HUAWEI, ALICE, TEAM, frozenset())


def test_groups_are_asked_for_only_where_one_decides() -> None:
    policy = a_policy(MEMBERS, Rule(accounts=frozenset({"alibaba-main"}), viewers=BY_GROUP))
    assert groups_needed(policy, ALIBABA) == FINANCE
    assert groups_needed(policy, HUAWEI) == frozenset()


people = st.builds(
    Person,
    user_id=st.sampled_from(["U0ALICE", "U0BOB"]),
    team_id=st.sampled_from([TEAM, "T0OTHER", ""]),
    deleted=st.booleans(),
    bot=st.booleans(),
    guest=st.booleans(),
    stranger=st.booleans(),
)
lists = st.builds(
    Principals,
    members=st.booleans(),
    people=st.frozensets(st.sampled_from(["U0ALICE", "U0BOB"])),
    groups=st.frozensets(st.sampled_from(["S0FINANCE", "S0LEADS"])),
)


@given(person=people, viewers=lists, groups=st.frozensets(st.sampled_from(["S0FINANCE", "S0X"])))
def test_who_is_let_in_is_active_here_and_named_or_a_full_member(
    person: Person, viewers: Principals, groups: frozenset[str]
) -> None:
    allowed = may_view(a_policy(viewers), ALIBABA, person, TEAM, groups)
    active = person.team_id == TEAM and not (person.deleted or person.bot or person.stranger)
    named = person.user_id in viewers.people
    member = not person.guest and (viewers.members or bool(viewers.groups & groups))
    assert allowed is (active and (named or member))
