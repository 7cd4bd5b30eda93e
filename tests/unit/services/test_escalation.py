"""The second circle hears once that nobody decided, and gets no right by it."""

from __future__ import annotations

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.policy import Escalation
from bot.errors import NotAllowed
from bot.services.reminder_delivery import AGAIN
from tests.builders import a_person
from tests.reminding import ESCALATION, HOUR, MS, Team, a_team
from tests.request_office import ALICE, BOB, CAROL, DAVE, ORDER_ID, a_policy, people_named

S = RequestStatus
K = InputKind


async def test_the_second_circle_is_told_once_each_and_recorded() -> None:
    team = Team(a_policy(escalation=ESCALATION))
    team.directory.add("U0LEAD", "U0GUEST")
    team.directory.people["U0GUEST"] = a_person(user_id="U0GUEST", guest=True)
    team.directory.groups["S0LEADS"] = frozenset({"U0LEAD", "U0GUEST", ALICE, BOB})
    request_id = await team.asked()
    await team.look()
    await team.look(2 * HOUR - MS)
    assert team.told() == []
    await team.look(MS)
    texts = [text for _user, text in team.slack.notices]
    assert all(f"{request_id} waits since Wed 18 Nov 12:00; nobody decided" in t for t in texts)
    assert not any(ORDER_ID in text or "huawei" in text for text in texts)
    assert team.told() == [DAVE, "U0LEAD"]
    team.restart()
    await team.recover()
    for _hour in range(21):
        await team.look(HOUR)
    assert team.told() == []
    assert team.recorded(AuditKind.ESCALATED) == [(DAVE, 1), ("U0LEAD", 1)]


async def test_pitfall_24_nobody_answers_and_an_escalation_gives_no_right() -> None:
    team, request_id = await a_team(a_policy(escalation=Escalation(HOUR, people_named(DAVE))))
    await team.look(HOUR)
    assert team.told() == [DAVE]
    await team.press(K.APPROVE, DAVE, request_id)
    assert team.refusals() == [(DAVE, "approvers")]
    with pytest.raises(NotAllowed):
        await team.reminders.postpone(DAVE, request_id)
    for _look in range(24):
        await team.look(HOUR)
    assert team.status(request_id) is S.EXPIRED
    assert not team.cancel_calls
    await team.look(AGAIN)
    assert not team.planned.rows


async def test_a_decision_in_time_spares_the_second_circle() -> None:
    team, request_id = await a_team(a_policy(escalation=Escalation(HOUR, people_named(DAVE))))
    await team.press(K.DENY, BOB, request_id, reason="no")
    await team.look(HOUR)
    assert team.told() == [ALICE]
    assert not team.recorded(AuditKind.ESCALATED)


async def test_a_second_circle_that_cannot_be_read_holds_no_reminder_up() -> None:
    team = Team(a_policy(escalation=ESCALATION))
    await team.asked()
    await team.look()
    await team.look(HOUR)
    assert team.reminded() == [BOB, CAROL]
    team.directory.groups["S0LEADS"] = frozenset()
    await team.look(AGAIN)
    team.directory.groups.clear()
    await team.look(HOUR)
    assert team.told() == []
    team.directory.groups["S0LEADS"] = frozenset()
    await team.look(AGAIN)
    assert team.told() == [DAVE]


@pytest.mark.parametrize(
    "escalation", [None, Escalation(HOUR, people_named(CAROL))], ids=["off", "without Dave"]
)
async def test_whom_the_policy_no_longer_names_is_not_told(escalation: Escalation | None) -> None:
    team, _request_id = await a_team(a_policy(escalation=Escalation(HOUR, people_named(DAVE))))
    team.policy = a_policy(escalation=escalation)
    team.restart()
    await team.look(HOUR)
    assert team.told() == []


async def test_an_escalation_after_the_end_is_none() -> None:
    team, _request_id = await a_team(a_policy(escalation=Escalation(24 * HOUR, people_named(DAVE))))
    assert sorted(user for _request, user in team.planned.rows) == [BOB, CAROL]
