"""What waits: for the morning, for Slack, for the approvals that are complete; and delivery."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.people import Person
from bot.domain.policy import Principals
from bot.domain.reminders import Reminder
from bot.errors import MessageUnsure
from bot.services.outbox import NOTICE_AGAIN
from bot.services.reminder_delivery import AGAIN
from tests.builders import a_person
from tests.fake_requests import FakeRequestStore
from tests.fake_slack import FakeDirectory
from tests.reminding import AUCKLAND, ESCALATION, HOUR, LONDON, MS, NIGHT, Team, a_team
from tests.request_office import ALICE, BOB, CAROL, a_policy, people_named
from tests.scripted_cloud import no_answer

S = RequestStatus
K = InputKind


async def test_while_the_complete_approvals_wait_for_the_cloud_nobody_is_reminded() -> None:
    team, request_id = await a_team(a_policy(escalation=ESCALATION))
    team.directory.groups["S0LEADS"] = frozenset()
    await team.look(AGAIN)
    await team.press(K.APPROVE, BOB, request_id)
    team.cloud.reads = [no_answer() for _read in range(999)]
    for _look in range(20):
        await team.look(AGAIN)
    assert team.stands(request_id) == (S.PENDING, "no_answer")
    assert (team.reminded(), team.told()) == ([], [])
    await team.press(K.TAKE_BACK, BOB, request_id)
    await team.look(AGAIN)
    assert team.reminded() == [BOB, CAROL]


async def test_an_approval_that_no_longer_counts_leaves_the_others_to_be_reminded() -> None:
    team, request_id = await a_team()
    await team.press(K.APPROVE, BOB, request_id)
    team.directory.people[BOB] = a_person(user_id=BOB, deleted=True)
    await team.look(HOUR)
    assert team.reminded() == [CAROL]


@pytest.mark.parametrize("voted", [False, True])
async def test_while_slack_says_nothing_about_people_reminders_come_later(voted: bool) -> None:
    group = Principals(people=frozenset({BOB, CAROL}), groups=frozenset({"S0FINANCE"}))
    team = Team(a_policy(approvers=group))
    team.directory.groups["S0FINANCE"] = frozenset()
    request_id = await team.asked()
    await team.look()
    if voted:
        team.cloud.reads = [no_answer()]
        await team.press(K.APPROVE, BOB, request_id)
        await team.executor.step()
    people, groups = dict(team.directory.people), dict(team.directory.groups)
    for silent in (team.directory.people, team.directory.groups):
        silent.clear()
        await team.look(HOUR)
        assert team.reminded() == []
        team.directory.people |= people
        team.directory.groups |= groups
    if voted:
        team.directory.people[BOB] = a_person(user_id=BOB, deleted=True)
    await team.look(AGAIN)
    assert team.reminded() == ([CAROL] if voted else [BOB, CAROL])


async def test_who_could_not_be_planned_for_is_planned_for_later() -> None:
    team = Team(a_policy(approvers=Principals(groups=frozenset({"S0FINANCE"}))))
    team.directory.groups["S0FINANCE"] = frozenset({CAROL})
    await team.asked()
    team.directory.groups.clear()
    await team.look()
    team.directory.groups["S0FINANCE"] = frozenset({CAROL})
    await team.look(AGAIN - MS)
    assert not team.planned.rows
    await team.look(MS)
    assert team.due(CAROL) == HOUR - AGAIN


async def test_quiet_hours_move_a_reminder_to_their_end_in_the_persons_own_zone() -> None:
    team = Team(a_policy(quiet=NIGHT, expires=timedelta(hours=30)))
    team.moves_to(BOB, AUCKLAND)
    team.moves_to(CAROL, LONDON)
    await team.asked()
    await team.look()
    await team.look(HOUR)
    assert team.reminded() == [CAROL]
    assert team.due(BOB) == 6 * HOUR  # 08:00 in Auckland
    assert team.recorded(AuditKind.REMINDED) == [(CAROL, 1)]
    await team.look(6 * HOUR - MS)
    assert team.reminded() == [CAROL]  # her second
    await team.look(MS)
    assert team.reminded() == [BOB]
    assert team.due(BOB) == 5 * HOUR


async def test_what_lapses_before_morning_is_said_in_the_night() -> None:
    team = Team(a_policy(quiet=NIGHT, expires=timedelta(hours=7)))
    team.moves_to(BOB, AUCKLAND)
    await team.asked()
    await team.look()
    await team.look(HOUR)
    assert BOB in team.reminded()


async def test_a_reminder_is_not_sent_once_the_request_was_decided() -> None:
    team, request_id = await a_team()
    team.clock.move(HOUR)
    await team.reminders.step()
    await team.press(K.WITHDRAW, ALICE, request_id)
    await team.outbox.step()
    assert team.reminded() == []
    row = team.rows.rows[f"reminder:{request_id}:{BOB}:0"]
    assert (row.state, row.result) == ("done", "no longer waits")


async def test_a_reminder_whose_outcome_is_unclear_is_sent_once_more_saying_so() -> None:
    team, _request_id = await a_team(a_policy(approvers=people_named(BOB)))
    team.slack.failures = [MessageUnsure("line dropped")]
    await team.look(HOUR)
    await team.look(NOTICE_AGAIN)
    first, second = (text for _request, _user, text in team.slack.reminders)
    assert "Sent again" not in first
    assert "Sent again" in second
    assert not team.rows.unsettled()


async def test_a_reminder_that_slack_never_takes_is_given_up_on_the_record() -> None:
    team, _request_id = await a_team(a_policy(approvers=people_named(BOB)))
    team.slack.gone.add(BOB)
    await team.look(HOUR)
    assert team.facts(AuditKind.MESSAGE_GIVEN_UP)["to"] == BOB
    assert not team.rows.unsettled()


async def test_two_steps_at_the_same_time_remind_once() -> None:
    class Slow(FakeDirectory):
        async def person(self, user_id: str) -> Person:
            await asyncio.sleep(0)
            return await super().person(user_id)

    team, _request_id = await a_team()
    team.directory = Slow(*team.directory.people.values())
    team.restart()
    first = team.reminders
    team.restart()  # a second one over the same rows
    team.clock.move(HOUR)
    await asyncio.gather(first.step(), first.step(), team.reminders.step())
    assert team.recorded(AuditKind.REMINDED) == [(BOB, 1), (CAROL, 1)]


async def test_an_error_of_ours_about_one_request_holds_up_no_other() -> None:
    class Broken(FakeRequestStore):
        async def get(self, request_id: str) -> ApprovalRequest | None:
            if request_id == "R-BROKEN":
                raise RuntimeError("a fault of ours")
            return await super().get(request_id)

    team, _request_id = await a_team()
    broken = Broken(team.rows, team.store.audit)
    broken.requests = team.store.requests
    team.store = broken
    team.restart()
    row = Reminder(request_id="R-BROKEN", user_id=BOB, due_at=team.clock.now())
    await team.planned.start([row])
    with capture_logs() as lines:
        await team.look(HOUR)
    assert [line["event"] for line in lines if line["log_level"] != "info"] == ["reminder_failed"]
    assert team.reminded() == [BOB, CAROL]
