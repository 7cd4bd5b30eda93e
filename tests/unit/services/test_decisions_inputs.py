"""Each input is judged once, whatever is lost or repeated, and its card is redrawn."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.outbox import CardCopy, CopyRole
from bot.errors import StorageError
from tests.request_office import (
    ALICE,
    BOB,
    DAVE,
    Office,
    a_policy,
)

S = RequestStatus
K = InputKind


async def test_pitfall_6_a_click_stored_before_a_crash_is_handled_once_after_the_restart() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    given = office.an_input(K.APPROVE, BOB, request_id)
    await office.store.accept(given)
    office.restart()
    await office.recover()
    assert len(office.request(request_id).votes) == 1
    office.restart()
    await office.recover()
    await office.decisions.handle(given)
    assert office.kinds().count(AuditKind.REQUEST_VOTED) == 1
    assert not office.refusals()


async def test_an_input_that_was_judged_by_somebody_else_counts_no_second_time() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    given = office.an_input(K.APPROVE, BOB, request_id)
    await office.store.accept(given)
    await office.decisions.handle(given)
    await office.press(K.TAKE_BACK, BOB, request_id)
    office.restart()
    told = await office.decisions.handle(given)
    assert (told.text, told.request_id) == ("", request_id)
    assert office.request(request_id).votes == ()


async def test_the_same_input_is_not_worked_on_twice_at_once() -> None:
    office = Office()
    request_id = await office.asked()
    given = office.an_input(K.APPROVE, DAVE, request_id)
    await office.store.accept(given)
    told = await asyncio.gather(office.decisions.handle(given), office.decisions.handle(given))
    assert sorted(bool(each.text) for each in told) == [False, True]
    assert office.refusals() == [(DAVE, "approvers")]


async def test_a_refusal_found_after_a_crash_goes_by_direct_message() -> None:
    office = Office()
    request_id = await office.asked()
    await office.store.accept(office.an_input(K.APPROVE, DAVE, request_id))
    await office.store.accept(office.an_input(K.APPROVE, DAVE, "R-NOTHING"))
    office.restart()
    await office.recover()
    await office.outbox.step()
    assert [user for user, _text in office.slack.notices] == [DAVE, DAVE]


async def test_an_input_that_cannot_be_judged_now_holds_up_no_other_and_is_judged_later() -> None:
    office = Office()
    request_id = await office.asked()
    given = office.an_input(K.APPROVE, BOB, request_id)
    await office.store.accept(given)
    office.store.audit.full = True
    with pytest.raises(StorageError):
        await office.decisions.handle(given)
    with capture_logs() as lines:
        await office.decisions.recover()
    assert [line["event"] for line in lines] == ["input_not_judged"]
    assert await office.store.waiting_inputs(limit=9) == (given,)
    office.store.audit.full = False
    await office.decisions.recover()
    assert len(office.request(request_id).votes) == 1


async def test_a_click_on_a_card_that_is_not_known_adopts_it() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.outbox.step()
    office.slack.cards["C0RANDOM", "17.1"] = office.request(request_id)
    where = {"channel": "C0RANDOM", "message_ts": "17.1"}
    await office.press(K.APPROVE, BOB, request_id, **where)
    assert await office.rows.copy_at("C0RANDOM", "17.1") == CardCopy(
        request_id, CopyRole.ADOPTED, "C0RANDOM", "17.1"
    )
    await office.outbox.step()
    assert len(office.slack.cards["C0RANDOM", "17.1"].votes) == 1
    await office.press(K.APPROVE, BOB, request_id, **where)
    assert len(await office.rows.copies(request_id)) == 3


async def test_the_requesters_own_lost_card_comes_back_as_the_requesters() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.WITHDRAW, ALICE, request_id, channel="D0ALICE", message_ts="17.1")
    copy = await office.rows.copy_at("D0ALICE", "17.1")
    assert copy == CardCopy(request_id, CopyRole.REQUESTER, "D0ALICE", "17.1")


async def test_a_refused_click_redraws_the_old_card_that_it_was_made_on() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    stale = office.request(request_id)
    await office.press(K.WITHDRAW, ALICE, request_id)
    await office.outbox.step()
    office.slack.cards["C0OLD", "17.2"] = stale
    await office.press(K.APPROVE, BOB, request_id, channel="C0OLD", message_ts="17.2")
    await office.outbox.step()
    assert office.slack.cards["C0OLD", "17.2"].status is S.WITHDRAWN
