"""*Remind me at 08:30*: when that is, and for whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.inputs import InputKind
from bot.domain.policy import Escalation, Principals, QuietHours
from bot.domain.reminders import Reminder
from bot.errors import NotAllowed
from tests.fake_digests import FakeReminderStore
from tests.reminding import HOUR, LONDON, MINUTE, Team, a_team
from tests.request_office import ALICE, BOB, DAVE, a_policy, people_named

K = InputKind


async def test_remind_me_moves_the_next_reminder_to_half_past_eight() -> None:
    team, request_id = await a_team()
    team.moves_to(BOB, LONDON)
    told = await team.reminders.postpone(BOB, request_id)
    assert "Thu 19 Nov 08:30" in told
    for _look in range(20):
        await team.look(HOUR)
        assert BOB not in team.reminded()
    await team.look(30 * MINUTE)
    assert team.reminded() == [BOB]
    assert team.due(BOB) == 3 * HOUR  # the last one


async def test_remind_me_says_so_where_it_lapses_before_and_reminds_half_an_hour_earlier() -> None:
    team, request_id = await a_team(a_policy(expires=timedelta(hours=6)))
    told = await team.reminders.postpone(BOB, request_id)
    assert "lapses before that, Wed 18 Nov 18:00" in told
    assert "I remind you Wed 18 Nov 17:30" in told
    assert team.due(BOB) == 5.5 * HOUR


async def test_remind_me_says_so_where_no_time_is_left() -> None:
    team, request_id = await a_team(a_policy(expires=timedelta(hours=6)))
    await team.look(5.5 * HOUR)
    due = team.due(BOB)
    assert "Decide now" in await team.reminders.postpone(BOB, request_id)
    assert team.due(BOB) == due


async def test_remind_me_heeds_quiet_hours_that_last_longer() -> None:
    team, request_id = await a_team(a_policy(quiet=QuietHours(time(22), time(9))))
    assert "Thu 19 Nov 09:00" in await team.reminders.postpone(BOB, request_id)


async def test_remind_me_works_for_an_approver_who_was_not_planned_for() -> None:
    team, request_id = await a_team(a_policy(approvers=Principals(members=True)))
    await team.reminders.postpone(DAVE, request_id)
    await team.look(20.5 * HOUR)
    assert team.reminded() == [DAVE]


async def test_remind_me_works_for_who_was_told_in_the_second_circle_and_may_decide_now() -> None:
    escalation = Escalation(HOUR, people_named(DAVE))
    team, request_id = await a_team(
        a_policy(approvers=Principals(members=True), escalation=escalation)
    )
    await team.look(HOUR)
    assert team.told() == [DAVE]
    await team.reminders.postpone(DAVE, request_id)
    await team.look(19.5 * HOUR)
    assert (team.reminded(), team.told()) == ([DAVE], [])


@pytest.mark.parametrize(
    ("user", "rule"), [(ALICE, "requester"), (DAVE, "approvers"), (BOB, "voted")]
)
async def test_pitfall_20_who_cannot_decide_is_refused_with_the_rule(user: str, rule: str) -> None:
    team, request_id = await a_team(a_policy(quorum=2))
    await team.press(K.APPROVE, BOB, request_id)
    with pytest.raises(NotAllowed) as refused:
        await team.reminders.postpone(user, request_id)
    assert refused.value.rule == rule


async def test_remind_me_on_a_request_that_is_over_or_unknown_is_refused_with_the_reason() -> None:
    team, request_id = await a_team()
    await team.press(K.WITHDRAW, ALICE, request_id)
    with pytest.raises(NotAllowed, match="withdrawn"):
        await team.reminders.postpone(BOB, request_id)
    with pytest.raises(NotAllowed, match="no such request"):
        await team.reminders.postpone(BOB, "R-NONE")


async def test_remind_me_wins_over_a_step_that_was_faster() -> None:
    class Busy(FakeReminderStore):
        """A step moves the row right after it was read."""

        hurried = False

        async def planned(self, request_ids: Collection[str]) -> dict[str, tuple[Reminder, ...]]:
            found = await super().planned(request_ids)
            if not self.hurried:
                self.hurried = True
                (row,) = found.get(next(iter(request_ids)), ())
                await super().move(row, replace(row, count=1), at=row.due_at)
            return found

    team = Team(a_policy(approvers=people_named(BOB)))
    request_id = await team.asked()
    await team.look()
    busy = Busy(team.rows, team.store.audit)
    busy.rows = team.planned.rows
    team.planned = busy
    team.restart()
    await team.reminders.postpone(BOB, request_id)
    assert team.due(BOB) == 20.5 * HOUR
    (row,) = busy.rows.values()
    assert row.count == 1
