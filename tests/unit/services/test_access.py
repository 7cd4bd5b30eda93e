"""Who may see which account, and which accounts a filter leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.people import Person
from bot.domain.policy import Policy, Principals, Rule
from bot.errors import NotAllowed, UsageError
from bot.services.access import Access, Viewer, choose
from tests.builders import a_person
from tests.fakes import FakeDirectory

HUAWEI = Account("huawei-main", Provider.HUAWEI)
ALIBABA = Account("Alibaba-Main", Provider.ALIBABA)
MEMBERS = Principals(members=True)
ALICE = a_person()


def policy(viewers: Principals, *rules: Rule) -> Policy:
    return Policy(
        viewers=viewers,
        requesters=MEMBERS,
        approvers=MEMBERS,
        quorum=1,
        hold=timedelta(0),
        expires=timedelta(hours=24),
        rules=rules,
    )


def access(viewers: Principals, *rules: Rule, directory: FakeDirectory | None = None) -> Access:
    return Access((HUAWEI, ALIBABA), policy(viewers, *rules), directory or FakeDirectory(ALICE))


async def test_a_viewer_has_the_viewable_accounts_in_the_configurations_order() -> None:
    viewer = await access(MEMBERS).viewer("U0ALICE")
    assert viewer == Viewer(ALICE, (HUAWEI, ALIBABA))
    assert viewer.names == {"huawei-main", "Alibaba-Main"}


async def test_an_account_of_others_is_left_out() -> None:
    rule = Rule(accounts=frozenset({"huawei-main"}), viewers=Principals())
    viewer = await access(MEMBERS, rule).viewer("U0ALICE")
    assert viewer.accounts == (ALIBABA,)


@pytest.mark.parametrize(
    "person",
    [
        a_person(deleted=True),
        a_person(bot=True),
        a_person(guest=True),
        a_person(stranger=True),
        a_person(team_id="T0OTHER"),
        a_person(team_id=""),
    ],
    ids=["deleted", "bot", "guest", "stranger", "other team", "no team"],
)
async def test_who_is_no_full_member_views_nothing(person: Person) -> None:
    with pytest.raises(NotAllowed) as caught:
        await access(MEMBERS, directory=FakeDirectory(person)).viewer("U0ALICE")
    assert caught.value.rule == "viewers"


async def test_a_person_whom_slack_does_not_tell_is_refused() -> None:
    with pytest.raises(NotAllowed) as caught:
        await access(MEMBERS).viewer("U0NOBODY")
    assert caught.value.rule == "identity"


@pytest.mark.parametrize("member", [True, False])
async def test_a_user_group_is_asked_for_its_members(member: bool) -> None:
    groups = {"S0FINANCE": frozenset({"U0ALICE"} if member else {"U0BOB"})}
    directory = FakeDirectory(ALICE, groups=groups)
    finance = Principals(groups=frozenset({"S0FINANCE"}))
    asking = access(finance, directory=directory)
    if member:
        assert (await asking.viewer("U0ALICE")).accounts == (HUAWEI, ALIBABA)
    else:
        with pytest.raises(NotAllowed):
            await asking.viewer("U0ALICE")


async def test_a_group_that_cannot_be_read_refuses() -> None:
    with pytest.raises(NotAllowed) as caught:
        await access(Principals(groups=frozenset({"S0GONE"}))).viewer("U0ALICE")
    assert caught.value.rule == "groups"


async def test_a_right_that_was_taken_away_is_gone_at_the_next_question() -> None:
    directory = FakeDirectory(ALICE, groups={"S0FINANCE": frozenset({"U0ALICE"})})
    asking = access(Principals(groups=frozenset({"S0FINANCE"})), directory=directory)
    await asking.viewer("U0ALICE")
    directory.groups["S0FINANCE"] = frozenset()
    with pytest.raises(NotAllowed):
        await asking.viewer("U0ALICE")


@pytest.mark.parametrize("name", ["Alibaba-Main", "alibaba-main", "ALIBABA-MAIN"])
def test_an_account_is_found_by_its_name_in_any_case(name: str) -> None:
    assert Viewer(ALICE, (HUAWEI, ALIBABA)).account(name) is ALIBABA


def test_an_account_of_others_reads_like_one_that_is_not_there() -> None:
    viewer = Viewer(ALICE, (HUAWEI,))
    sentences = []
    for name in ("Alibaba-Main", "not-there-at"):
        with pytest.raises(NotAllowed) as caught:
            viewer.account(name)
        assert caught.value.rule == "viewers"
        sentences.append(str(caught.value).replace(name, "…"))
    assert sentences[0] == sentences[1]
    assert "Alibaba" not in sentences[0]


@pytest.mark.parametrize(
    ("account", "provider", "names"),
    [
        ("", None, {"huawei-main", "Alibaba-Main"}),
        ("alibaba-main", None, {"Alibaba-Main"}),
        ("", Provider.HUAWEI, {"huawei-main"}),
        ("huawei-main", Provider.HUAWEI, {"huawei-main"}),
    ],
)
def test_a_filter_narrows_the_accounts(account: str, provider: str | None, names: set[str]) -> None:
    assert choose(Viewer(ALICE, (HUAWEI, ALIBABA)), account, provider) == names


@pytest.mark.parametrize("account", ["", "huawei-main"])
def test_a_filter_that_leaves_no_account_is_refused_with_ones_own(account: str) -> None:
    with pytest.raises(UsageError, match=r"unicloud.*huawei-main, Alibaba-Main"):
        choose(Viewer(ALICE, (HUAWEI, ALIBABA)), account, Provider.UNICLOUD)
