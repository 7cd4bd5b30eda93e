"""Approvers, groups, aliases: who is there, who counts, and whether they are enough."""

from __future__ import annotations

import pytest

from bot.doctor.findings import Code
from bot.sandbox.workspace.people import OTHER_TEAM_ID
from tests.doctor_house import House


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("U0NOBODY", Code.PERSON_UNKNOWN),
        ("U0GONE", Code.PERSON_DEACTIVATED),
        ("U0GUEST", Code.PERSON_GUEST),
        ("U0SINGLE", Code.PERSON_GUEST),
        ("U0ROBOT", Code.PERSON_BOT),
        ("USLACKBOT", Code.PERSON_BOT),
        ("U0STRANGER", Code.PERSON_STRANGER),
    ],
)
async def test_an_approver_who_cannot_approve(house: House, person: str, code: Code) -> None:
    house.policy["approvers"] = [person, "U0BOB"]
    report = await house.finds((code, person))
    assert report.findings[0].problem.startswith("policy.approvers: ")


async def test_a_guest_may_view_by_id_but_not_ask(house: House) -> None:
    house.policy["viewers"] = ["members", "U0GUEST"]
    await house.finds()
    house.policy["requesters"] = ["U0ALICE", "U0GUEST"]
    await house.finds((Code.PERSON_GUEST, "U0GUEST"))


async def test_whoever_stands_in_several_lists_is_one_finding(house: House) -> None:
    house.policy |= {"viewers": ["members", "U0GONE"], "requesters": ["U0ALICE", "U0GONE"]}
    house.policy |= {"escalate_after": "4h", "escalate_to": ["U0GONE"]}
    report = await house.finds((Code.PERSON_DEACTIVATED, "U0GONE"))
    places = "policy.viewers; policy.requesters; policy.escalate_to: "
    assert report.findings[0].problem.startswith(places)


async def test_an_installation_in_another_workspace(house: House) -> None:
    house.town.slack.state.team_id = OTHER_TEAM_ID
    await house.finds((Code.WRONG_WORKSPACE, OTHER_TEAM_ID))


async def test_people_of_another_workspace_only(house: House) -> None:
    house.policy["approvers"] = ["U0STRANGER", "U0NOBODY"]
    await house.finds((Code.WRONG_WORKSPACE, "T0SANDBOX"))


async def test_an_alias_that_names_nobody(house: House) -> None:
    house.more = ["[[people]]", 'slack = ["U0BOB", "U0NOBODY"]']
    await house.finds((Code.ALIAS_UNKNOWN, "U0NOBODY"))


@pytest.mark.parametrize("group", ["S0NOWHERE", "S0RETIRED"])
async def test_a_group_that_is_not_there(house: House, group: str) -> None:
    house.policy["approvers"] = ["U0BOB", group]
    await house.finds((Code.GROUP_UNKNOWN, group))


async def test_a_group_without_members(house: House) -> None:
    house.town.slack.state.groups["S0LEADS"].users = []
    house.policy["approvers"] = ["U0BOB", "S0LEADS"]
    await house.finds((Code.GROUP_EMPTY, "S0LEADS"))


async def test_an_empty_group_alone_leaves_nobody_to_approve(house: House) -> None:
    house.town.slack.state.groups["S0LEADS"].users = []
    house.policy["approvers"] = ["S0LEADS"]
    await house.finds((Code.GROUP_EMPTY, "S0LEADS"), (Code.APPROVERS_TOO_FEW, "policy.approvers"))


async def test_a_plan_without_groups(house: House) -> None:
    house.town.slack.fault("error", "usergroups.users.list", error="plan_upgrade_required")
    house.policy["approvers"] = ["U0BOB", "S0LEADS"]
    await house.finds((Code.GROUPS_NOT_IN_PLAN, "S0LEADS"))


async def test_fewer_approvers_than_the_quorum(house: House) -> None:
    house.policy["quorum"] = 3
    await house.finds((Code.APPROVERS_TOO_FEW, "policy.approvers"))


async def test_two_ids_of_one_human_are_one_approver(house: House) -> None:
    house.policy["quorum"] = 2
    await house.finds()
    house.more = ["[[people]]", 'slack = ["U0BOB", "U0CHEN"]']
    await house.finds((Code.APPROVERS_TOO_FEW, "policy.approvers"))


async def test_a_group_of_guests_is_nobody(house: House) -> None:
    house.town.slack.state.groups["S0LEADS"].users = ["U0GUEST", "U0GONE"]
    house.policy["approvers"] = ["S0LEADS"]
    await house.finds((Code.APPROVERS_TOO_FEW, "policy.approvers"))


async def test_a_rule_with_a_quorum_that_the_policys_approvers_cannot_meet(house: House) -> None:
    house.more = ["[[policy.rules]]", 'over = ["10000 CNY"]', "quorum = 3"]
    await house.finds((Code.APPROVERS_TOO_FEW, "policy.rules 1, approvers"))


@pytest.mark.parametrize(
    ("requesters", "aliases"),
    [(["U0BOB"], []), (["U0CHEN"], ["[[people]]", 'slack = ["U0BOB", "U0CHEN"]'])],
)
async def test_an_approver_who_is_the_only_requester(
    house: House, requesters: list[str], aliases: list[str]
) -> None:
    house.policy |= {"approvers": ["U0BOB"], "requesters": requesters}
    house.more = aliases
    await house.finds((Code.APPROVERS_ONLY_REQUESTER, "policy.approvers"))


async def test_one_approver_for_everybody_else_is_enough(house: House) -> None:
    house.policy["approvers"] = ["U0BOB"]
    await house.finds()
    house.policy["requesters"] = ["U0ALICE", "U0BOB"]
    await house.finds()


async def test_everybody_may_approve(house: House) -> None:
    house.policy["approvers"] = ["members"]
    await house.finds()


async def test_of_a_large_group_no_more_people_are_asked_for_than_needed(house: House) -> None:
    slack = house.town.slack
    slack.state.groups["S0LEADS"].users = ["U0ALICE", "U0BOB", "U0CHEN", "U0OWNER"]
    house.policy["approvers"] = ["S0LEADS"]
    slack.calls.clear()
    await house.finds()
    assert sum(call.method == "users.info" for call in slack.calls) == 1
