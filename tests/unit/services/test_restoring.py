"""What people hear after a restore: truthful about what is not known, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.audit import DATABASE, AuditEntry, AuditKind
from bot.domain.inputs import InputKind
from bot.domain.outbox import CopyRole
from bot.services.restoring import Aftermath
from bot.services.sentences import news
from handlers.views.outcomes import outcome_text
from handlers.views.requests import request_card
from tests.builders import NOON
from tests.digest_office import a_daily_plan
from tests.request_builders import a_request, moved
from tests.request_office import ALICE, BOB, HOLD, K, Office, S
from tests.surfaces import buttons_of

RESTORED = AuditEntry(kind=AuditKind.CHAIN_RESTORED, actor="countersign", subject=DATABASE)
ENDING = [K.APPROVE, K.DENY, K.TAKE_BACK, K.WITHDRAW, K.STOP]


def restored(office: Office, request_id: str) -> ApprovalRequest:
    """The request as a restore left it."""
    step = Aftermath(office.clock.now()).request(office.request(request_id))
    office.store.requests[request_id] = step.after
    return step.after


@pytest.mark.parametrize("kind", ENDING)
async def test_a_card_of_a_lost_request_is_from_before_the_restore(kind: InputKind) -> None:
    office = Office()
    office.store.audit.add(RESTORED, office.clock.now())
    told = await office.press(kind, BOB, "R-LOST", reason="no")
    assert "from before the restore" in told.text
    assert "ask again" in told.text
    assert office.refusals() == [(BOB, "restored")]
    assert office.cancel_calls == []


@pytest.mark.parametrize("kind", ENDING)
async def test_a_card_of_an_ended_request_says_that_it_was_the_restore(kind: InputKind) -> None:
    office = Office()
    request_id = await office.asked()
    request = restored(office, request_id)
    assert (request.status, request.outcome) == (S.EXPIRED, Outcome.RESTORED)
    told = await office.press(kind, ALICE if kind is K.WITHDRAW else BOB, request_id, reason="no")
    assert office.status(request_id) is S.EXPIRED
    if office.refusals()[-1][1] == "status":
        assert "from before the restore" in told.text
        assert "ask again" in told.text
    await office.later(HOLD)
    assert office.cancel_calls == []


async def test_an_approval_from_before_acts_on_nothing() -> None:
    office = Office()
    request_id = await office.approved()
    restored(office, request_id)
    await office.later(HOLD)
    await office.later(timedelta(hours=25))
    assert office.stands(request_id) == (S.EXPIRED, Outcome.RESTORED)
    assert office.cancel_calls == []


async def test_a_claim_from_before_is_settled_by_reads_made_after_it() -> None:
    office = Office()
    request_id = await office.unknown()
    await office.later(timedelta(seconds=2))
    calls = list(office.cancel_calls)
    request = restored(office, request_id)
    assert (request.status, request.reads) == (S.UNKNOWN, 0)
    for seconds in (2, 5, 15, 60):
        assert office.status(request_id) is S.UNKNOWN
        await office.later(timedelta(seconds=seconds))
    assert office.stands(request_id) == (S.FAILED, Outcome.STILL_UNPAID)
    assert office.cancel_calls == calls, "never called again blindly"


@pytest.mark.parametrize("status", [S.PENDING, S.APPROVED])
def test_nobody_is_told_that_nothing_was_done(status: RequestStatus) -> None:
    """It may have been approved and cancelled between the backup and the restore."""
    request = a_request() if status is S.PENDING else moved(a_request(), status, hold_until=NOON)
    after = Aftermath(NOON).request(request).after
    for text in (outcome_text(after), news(after)):
        assert "nothing was done" not in text
        assert "not known here" in text
        assert "ask again" in text
    labels = [each["text"]["text"] for each in buttons_of(request_card(after, CopyRole.REQUESTER))]
    assert labels == ["Ask again"]


async def test_without_a_restore_an_unknown_request_is_just_that() -> None:
    office = Office()
    assert "no such request" in (await office.press(K.APPROVE, BOB, "R-GUESSED")).text


def test_a_form_that_was_not_judged_before_the_backup_makes_no_second_request() -> None:
    given = Office().an_input(
        InputKind.REQUEST, ALICE, account="huawei-main", order_id="CS1", reason="twice"
    )
    entry, owed = Aftermath(NOON).asked(given)
    assert (entry.kind, entry.actor) == (AuditKind.INPUT_REFUSED, ALICE)
    assert entry.facts["rule"] == "restored"
    assert owed.user_id == ALICE
    assert "ask again" in owed.text


def test_digests_that_are_due_at_the_restore_count_as_sent() -> None:
    plan = a_daily_plan(zone="UTC", at=time(9), since=NOON - timedelta(days=9))
    (run,) = Aftermath(NOON).digests(plan)
    assert (run.channel, run.key) == (plan.channel, NOON.date().isoformat())
    assert Aftermath(NOON).digests(replace(plan, zone="Mars/Base")) == ()
