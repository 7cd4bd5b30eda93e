"""A reminder may wait for Slack: what holds is what is true when it goes out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.policy import Escalation, Principals
from bot.errors import MessageDelayed
from bot.services.reminder_delivery import AGAIN
from bot.services.reminders import EACH
from tests.builders import a_person
from tests.reminding import HOUR, MS, NIGHT, Team
from tests.request_office import ALICE, BOB, CAROL, DAVE, a_policy, people_named
from tests.scripted_cloud import no_answer

S = RequestStatus
K = InputKind
SHANGHAI = "Asia/Shanghai"  # 20:00 there at NOON
GROUP = Principals(groups=frozenset({"S0FINANCE"}))


async def waiting_for_slack(span: timedelta, **parts: Any) -> tuple[Team, str]:
    """Bob, in Shanghai, is due a reminder, Dave word of it, and Slack asks to wait that long."""
    usual: dict[str, Any] = {
        "approvers": people_named(BOB),
        "quiet": NIGHT,
        "expires": timedelta(hours=30),
        "escalation": Escalation(HOUR, people_named(DAVE)),
    }
    team = Team(a_policy(**(usual | parts)))
    for user_id in (BOB, DAVE):
        team.moves_to(user_id, SHANGHAI)
    request_id = await team.asked()
    await team.look()
    team.slack.failures = [MessageDelayed("slow down", retry_after_s=span.total_seconds())]
    await team.look(HOUR)
    assert (team.reminded(), team.told()) == ([], [])
    return team, request_id


async def test_a_reminder_that_waited_until_the_night_comes_in_the_morning_once() -> None:
    team, request_id = await waiting_for_slack(2 * HOUR)
    await team.look(2 * HOUR)
    assert (team.reminded(), team.told()) == ([], []), "23:00 in Shanghai"
    assert team.rows.rows[f"reminder:{request_id}:{BOB}:0"].result == "quiet hours"
    await team.look(9 * HOUR - MS)
    assert (team.reminded(), team.told()) == ([], [])
    await team.look(MS)
    assert (team.reminded(), team.told()) == ([BOB], [DAVE])
    for _hour in range(10):
        await team.look(HOUR)
    assert (team.reminded(), team.told()) == ([], [])
    assert not team.rows.unsettled()


async def test_what_lapses_before_morning_goes_out_late_in_the_night() -> None:
    team, _request_id = await waiting_for_slack(2 * HOUR, expires=timedelta(hours=10))
    await team.look(2 * HOUR)
    assert (team.reminded(), team.told()) == ([BOB], [DAVE])


async def test_by_day_a_reminder_that_waited_goes_out_as_soon_as_slack_takes_it() -> None:
    team, _request_id = await waiting_for_slack(2 * HOUR, quiet=None)
    await team.look(2 * HOUR)
    assert (team.reminded(), team.told()) == ([BOB], [DAVE])


async def test_who_can_no_longer_decide_is_not_reminded_late() -> None:
    team, _request_id = await waiting_for_slack(HOUR / 2, quiet=None)
    for user_id in (BOB, DAVE):
        team.directory.people[user_id] = a_person(user_id=user_id, deleted=True)
    await team.look(HOUR)
    assert (team.reminded(), team.told()) == ([], [])
    assert not team.rows.unsettled()


async def test_who_voted_meanwhile_is_not_reminded_late() -> None:
    team, request_id = await waiting_for_slack(
        HOUR / 2, quorum=2, approvers=people_named(BOB, CAROL)
    )
    await team.press(K.APPROVE, BOB, request_id)
    await team.look(HOUR)
    assert team.reminded() == [CAROL]


async def test_while_the_complete_approvals_wait_for_the_cloud_a_late_reminder_waits() -> None:
    team, request_id = await waiting_for_slack(
        HOUR / 2, quiet=None, approvers=people_named(BOB, CAROL)
    )
    await team.press(K.APPROVE, BOB, request_id)
    team.cloud.reads = [no_answer() for _read in range(99)]
    await team.look(HOUR)
    assert (team.reminded(), team.told()) == ([], [])
    await team.press(K.TAKE_BACK, BOB, request_id)
    await team.look(AGAIN)
    assert (team.reminded(), team.told()) == ([BOB, CAROL], [DAVE])


@pytest.mark.parametrize("end", [K.WITHDRAW, K.DENY])
async def test_that_nobody_decided_is_not_said_once_somebody_did(end: InputKind) -> None:
    team, request_id = await waiting_for_slack(HOUR / 2)
    await team.press(end, ALICE if end is K.WITHDRAW else BOB, request_id, reason="no")
    await team.look(HOUR)
    assert DAVE not in team.told()
    assert team.reminded() == []
    assert not team.rows.unsettled()


async def test_whom_the_second_circle_no_longer_names_is_not_told_late() -> None:
    team, _request_id = await waiting_for_slack(HOUR / 2, quiet=None)
    team.policy = a_policy(approvers=people_named(BOB), expires=timedelta(hours=30))
    team.restart()
    await team.look(HOUR)
    assert (team.reminded(), team.told()) == ([BOB], [])


async def test_while_slack_does_not_say_who_somebody_is_a_late_reminder_waits() -> None:
    team, _request_id = await waiting_for_slack(HOUR / 2, quiet=None)
    people, team.directory.people = team.directory.people, {}
    await team.look(HOUR)
    assert (team.reminded(), team.told()) == ([], [])
    team.directory.people = people
    await team.look(AGAIN)
    assert (team.reminded(), team.told()) == ([BOB], [DAVE])


async def test_who_joined_the_group_of_approvers_since_is_reminded_with_the_others() -> None:
    team = Team(a_policy(approvers=GROUP))
    team.directory.groups["S0FINANCE"] = frozenset({BOB})
    request_id = await team.asked()
    await team.look()
    team.directory.groups["S0FINANCE"] = frozenset({ALICE, BOB, CAROL})
    await team.look(HOUR)
    assert team.reminded() == [BOB, CAROL]
    assert sorted(team.recorded(AuditKind.REMINDED)) == [(BOB, 1), (CAROL, 1)]
    await team.look(3 * HOUR)
    assert team.reminded() == [BOB, CAROL]
    assert team.status(request_id) is S.PENDING


async def test_who_joined_is_left_in_peace_in_their_night() -> None:
    team = Team(a_policy(approvers=GROUP, quiet=NIGHT))
    team.directory.groups["S0FINANCE"] = frozenset({BOB})
    await team.asked()
    await team.look()
    team.moves_to(CAROL, "Pacific/Auckland")
    team.directory.groups["S0FINANCE"] = frozenset({BOB, CAROL})
    await team.look(HOUR)
    assert team.reminded() == [BOB]
    assert team.due(CAROL) == 6 * HOUR


async def test_who_joined_the_second_circle_since_is_told_with_the_others() -> None:
    leads = Principals(people=frozenset({DAVE}), groups=frozenset({"S0LEADS"}))
    team = Team(a_policy(escalation=Escalation(HOUR, leads)))
    team.directory.add("U0LEAD")
    team.directory.groups["S0LEADS"] = frozenset()
    await team.asked()
    await team.look()
    team.directory.groups["S0LEADS"] = frozenset({"U0LEAD", BOB})
    await team.look(HOUR)
    assert team.told() == [DAVE, "U0LEAD"]
    assert team.reminded() == [BOB, CAROL]


async def test_a_group_that_grows_without_end_is_reminded_up_to_a_number() -> None:
    team = Team(a_policy(approvers=GROUP))
    many = [f"U0MANY{number:03}" for number in range(EACH + 10)]
    team.directory.add(*many)
    team.directory.groups["S0FINANCE"] = frozenset(many[:2])
    await team.asked()
    await team.look()
    team.directory.groups["S0FINANCE"] = frozenset(many)
    await team.look(HOUR)
    assert len(team.reminded()) == EACH
