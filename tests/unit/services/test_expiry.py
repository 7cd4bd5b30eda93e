"""A request whose time is over: whether people let it lapse, or nothing came of their approvals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.domain.approvals import RequestStatus
from bot.domain.inputs import InputKind
from bot.domain.orders import Order
from bot.errors import ProviderError
from tests.builders import a_detailed_order
from tests.request_office import ALICE, BOB, HOLD, Office, a_policy
from tests.scripted_cloud import no_answer

S = RequestStatus
K = InputKind
DAY = timedelta(hours=24)
ABOUT = "Order CS2611171200ABCDE of huawei-main ({request_id}): "
LAPSED = "not decided in time; nothing was done."
SILENT = "approved, but the cloud or Slack did not answer in time; nothing was done."
NOT_DONE = "approved, but not carried out in time; nothing was done."


def silence(office: Office) -> None:
    """The cloud answers no more."""
    forever: list[ProviderError | Order | None] = [no_answer()] * 1000
    office.cloud.reads.extend(forever)


async def until_over(office: Office, request_id: str) -> None:
    while office.request(request_id).is_open:
        await office.executor.step()
        office.clock.move(office.due_in(request_id) or timedelta(0))


async def told(office: Office, request_id: str) -> dict[str, str]:
    """What each person hears, without what it is about."""
    await office.outbox.step()
    about = ABOUT.format(request_id=request_id)
    return {user: text.removeprefix(about) for user, text in office.slack.notices}


async def test_what_nobody_decided_lapsed() -> None:
    office = Office()
    request_id = await office.asked()
    await office.later(DAY)
    assert await told(office, request_id) == {ALICE: LAPSED}


async def test_an_approval_that_was_not_enough_hears_that_it_lapsed() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await until_over(office, request_id)
    assert office.stands(request_id) == (S.EXPIRED, "")
    assert await told(office, request_id) == {ALICE: LAPSED, BOB: LAPSED}


async def test_approvals_that_are_complete_and_a_silent_cloud_are_called_so() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    silence(office)
    await until_over(office, request_id)
    assert office.stands(request_id) == (S.EXPIRED, "no_answer")
    assert office.request(request_id).outcome_text == str(no_answer())
    assert await told(office, request_id) == {ALICE: SILENT, BOB: SILENT}


async def test_an_approved_request_and_a_silent_cloud_are_called_so() -> None:
    office = Office()
    request_id = await office.approved()
    silence(office)
    await office.later(HOLD)
    await until_over(office, request_id)
    assert await told(office, request_id) == {ALICE: SILENT, BOB: SILENT}


async def test_an_approved_request_that_time_ran_out_for_is_called_so() -> None:
    office = Office(a_policy(hold=DAY + HOLD))
    request_id = await office.approved()
    await office.later(DAY)
    assert office.stands(request_id) == (S.EXPIRED, "not_done")
    assert await told(office, request_id) == {ALICE: NOT_DONE, BOB: NOT_DONE}


async def test_approvals_that_came_in_the_last_moment_are_not_called_missing() -> None:
    office = Office()
    request_id = await office.asked()
    office.clock.move(DAY - timedelta(milliseconds=1))
    await office.press(K.APPROVE, BOB, request_id)
    await office.later(timedelta(milliseconds=1))
    assert await told(office, request_id) == {ALICE: NOT_DONE, BOB: NOT_DONE}


async def test_approvals_of_which_some_no_longer_count_are_not_called_complete() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    office.directory.people[BOB] = replace(office.directory.people[BOB], deleted=True)
    await until_over(office, request_id)
    assert office.stands(request_id) == (S.EXPIRED, "")
    assert (await told(office, request_id))[ALICE] == LAPSED


async def test_approvals_that_are_too_few_by_todays_rule_are_not_called_complete() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    silence(office)
    await office.executor.step()
    office.policy = a_policy(quorum=2)
    office.restart()
    await office.later(DAY)
    assert office.stands(request_id) == (S.EXPIRED, "")


async def test_who_approved_hears_that_the_orders_own_deadline_has_passed() -> None:
    deadline = Office().clock.now() + timedelta(hours=2)
    office = Office(orders=[a_detailed_order(deadline=deadline)])
    request_id = await office.approved()
    silence(office)
    await office.later(HOLD)
    await until_over(office, request_id)
    heard = await told(office, request_id)
    assert heard.keys() == {ALICE, BOB}
    assert set(heard.values()) == {"its own payment deadline has passed; nothing was done."}
