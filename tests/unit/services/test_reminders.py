"""Who is reminded, when, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.outbox import Lane, OwedKind
from bot.domain.policy import Humans, Principals, Rule
from bot.domain.reminders import Reminder
from bot.services.reminder_delivery import AGAIN
from tests.builders import a_person, money
from tests.reminding import HOUR, MINUTE, Team, a_team
from tests.request_office import ALICE, BOB, CAROL, DAVE, ORDER_ID, a_policy, people_named

S = RequestStatus
K = InputKind


async def test_those_who_can_decide_are_reminded_at_growing_distances() -> None:
    team, request_id = await a_team()
    assert team.reminded() == []
    heard: list[timedelta] = []
    began = team.clock.now()
    while team.clock.now() - began < timedelta(hours=24):
        await team.look(30 * MINUTE)
        if told := team.reminded():
            assert told == [BOB, CAROL]
            heard.append(team.clock.now() - began)
    assert heard == [HOUR, 4 * HOUR, 12 * HOUR, 23.5 * HOUR]
    assert team.status(request_id) is S.EXPIRED


async def test_a_reminder_names_the_request_and_says_until_when_in_the_readers_time() -> None:
    team, request_id = await a_team()
    team.moves_to(BOB, "Asia/Shanghai")
    await team.look(HOUR)
    told = {user: (request, text) for request, user, text in team.slack.reminders}
    assert told[BOB][0] == request_id
    assert "Thu 19 Nov 20:00" in told[BOB][1]
    assert "Thu 19 Nov 12:00" in told[CAROL][1]


async def test_each_reminder_is_one_row_of_the_outbox_and_one_record() -> None:
    team, request_id = await a_team()
    await team.look(HOUR)
    await team.look(3 * HOUR)
    rows = {
        row.owed.dedup: row.owed
        for row in team.rows.rows.values()
        if row.owed.kind is OwedKind.REMINDER
    }
    assert sorted(rows) == [
        f"reminder:{request_id}:{user}:{count}" for user in (BOB, CAROL) for count in (0, 1)
    ]
    assert {owed.lane for owed in rows.values()} == {Lane.NOTICES}
    everybody = [(BOB, 1), (CAROL, 1), (BOB, 2), (CAROL, 2)]
    assert team.recorded(AuditKind.REMINDED) == everybody
    subjects = [e.subject for e in team.store.audit.entries if e.kind is AuditKind.REMINDED]
    assert set(subjects) == {f"order:huawei-main/{ORDER_ID}"}


async def test_pitfall_8_after_a_restart_reminders_continue_and_none_comes_twice() -> None:
    team, _request_id = await a_team()
    await team.look(HOUR)
    assert team.reminded() == [BOB, CAROL]
    for _start in range(3):
        team.restart()
        await team.recover()
        await team.look()
    assert team.reminded() == []
    team.clock.move(3 * HOUR)  # the bot is down when the next one is due
    team.restart()
    await team.recover()
    await team.look()
    assert team.reminded() == [BOB, CAROL]
    assert team.recorded(AuditKind.REMINDED).count((BOB, 2)) == 1


async def test_pitfall_8_a_restart_before_anybody_was_planned_for_loses_nothing() -> None:
    team = Team()
    await team.asked()
    team.clock.move(2 * HOUR)
    team.restart()
    await team.look()
    assert team.reminded() == [BOB, CAROL]
    assert team.due(BOB) == 2 * HOUR


async def test_what_came_due_several_times_meanwhile_is_said_once() -> None:
    team, _request_id = await a_team(a_policy(expires=timedelta(days=9)))
    await team.look(timedelta(days=2))
    await team.look()
    assert team.reminded() == [BOB, CAROL]
    assert team.due(BOB) == 12 * HOUR


async def test_neither_the_requester_nor_who_voted_is_reminded() -> None:
    team, request_id = await a_team(
        a_policy(quorum=2, approvers=people_named(ALICE, BOB, CAROL, DAVE, "U0ALICE2")),
        humans=Humans((frozenset({ALICE, "U0ALICE2"}),)),
    )
    team.directory.add("U0ALICE2")
    await team.press(K.APPROVE, BOB, request_id)
    await team.look(HOUR)
    assert team.reminded() == [CAROL, DAVE]
    await team.press(K.TAKE_BACK, BOB, request_id)
    await team.look(3 * HOUR)
    assert team.reminded() == [BOB, CAROL, DAVE]


@pytest.mark.parametrize("changes", [{"deleted": True}, {"guest": True}, {"team_id": "T1"}])
async def test_pitfall_18_who_can_no_longer_decide_is_not_reminded(changes: Any) -> None:
    team, _request_id = await a_team()
    team.directory.people[BOB] = a_person(user_id=BOB, **changes)
    await team.look(HOUR)
    assert team.reminded() == [CAROL]
    team.policy = a_policy(approvers=people_named(BOB))
    team.restart()
    await team.look(3 * HOUR)
    assert team.reminded() == []


async def test_members_of_groups_are_reminded_as_they_are_then() -> None:
    finance = Principals(groups=frozenset({"S0FINANCE"}))
    team = Team(a_policy(approvers=finance))
    team.directory.groups["S0FINANCE"] = frozenset({BOB, CAROL})
    await team.asked()
    await team.look()
    team.directory.groups["S0FINANCE"] = frozenset({CAROL})
    await team.look(HOUR)
    assert team.reminded() == [CAROL]


async def test_where_every_member_may_decide_nobody_is_reminded() -> None:
    team, request_id = await a_team(a_policy(approvers=Principals(members=True)))
    await team.look(HOUR)
    await team.look(23 * HOUR)
    assert (team.reminded(), team.status(request_id)) == ([], S.EXPIRED)


async def test_a_request_that_lapses_within_half_an_hour_reminds_nobody() -> None:
    team, _request_id = await a_team(a_policy(expires=30 * MINUTE))
    for _minute in range(31):
        await team.look(MINUTE)
    assert team.reminded() == []


@pytest.mark.parametrize("end", [K.WITHDRAW, K.DENY])
async def test_rows_end_with_their_request(end: InputKind) -> None:
    team, request_id = await a_team()
    by = ALICE if end is K.WITHDRAW else BOB
    await team.press(end, by, request_id, reason="no")
    await team.look(HOUR)
    assert (team.reminded(), team.planned.rows) == ([], {})


async def test_rows_of_a_request_that_the_clock_ended_end_too() -> None:
    team, request_id = await a_team()
    await team.look(24 * HOUR)
    assert team.status(request_id) is S.EXPIRED
    assert team.reminded() == []
    await team.look(AGAIN)
    assert team.planned.rows == {}


async def test_a_row_of_no_request_ends() -> None:
    team = Team()
    await team.planned.start([Reminder(request_id="R-NONE", user_id=BOB, due_at=team.clock.now())])
    await team.look()
    assert team.planned.rows == {}


async def test_a_rule_with_approvers_of_its_own_reminds_those() -> None:
    team, _request_id = await a_team(
        a_policy(Rule(over=(money("1 CNY"),), approvers=people_named(DAVE)))
    )
    await team.look(HOUR)
    assert team.reminded() == [DAVE]
