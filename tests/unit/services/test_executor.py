"""The cancel call, and all that has to be true before and after it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from structlog.testing import capture_logs

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import CancelReceipt, OrderQuery, PaymentStatus
from bot.services.executor import CLAIM
from tests.builders import a_detailed_order, an_account
from tests.fake_cloud import waiting_for
from tests.request_office import (
    ALICE,
    BOB,
    DAVE,
    HOLD,
    ORDER_ID,
    Office,
    a_policy,
)
from tests.scripted_cloud import (
    ScriptedCloud,
)

S = RequestStatus
K = InputKind
MS = timedelta(milliseconds=1)
CANCELLED = {"payment_status": PaymentStatus.CANCELLED}


def notified(office: Office) -> list[str]:
    return [user for user, _text in office.slack.notices]


async def test_the_hold_is_exactly_as_long_as_the_rule_says() -> None:
    office = Office()
    request_id = await office.approved()
    await office.later(HOLD - MS)
    assert not office.cancel_calls
    await office.later(MS)
    assert office.cancel_calls == [ORDER_ID]
    assert office.stands(request_id) == (S.CANCELLED, "")


async def test_a_hold_of_todays_policy_that_is_longer_holds() -> None:
    office = Office()
    request_id = await office.asked()
    office.policy = a_policy(hold=HOLD * 2)
    office.restart()
    await office.press(K.APPROVE, BOB, request_id)
    await office.executor.step()
    await office.later(HOLD * 2 - MS)
    assert not office.cancel_calls
    await office.later(MS)
    assert office.cancel_calls == [ORDER_ID]


async def test_a_clock_that_is_set_back_does_not_shorten_the_hold() -> None:
    office = Office()
    request_id = await office.approved()
    held = office.request(request_id)
    office.store.requests[request_id] = replace(held, due_at=office.clock.now())
    await office.executor.step()
    assert office.request(request_id).status is S.APPROVED
    assert not office.cancel_calls


async def test_everything_on_the_way_is_recorded_once_and_told() -> None:
    office = Office()
    await office.approved()
    await office.later(HOLD)
    await office.outbox.step()
    assert office.kinds() == [
        AuditKind.INPUT_STORED,
        AuditKind.REQUEST_MADE,
        AuditKind.INPUT_STORED,
        AuditKind.REQUEST_VOTED,
        AuditKind.REQUEST_APPROVED,
        AuditKind.REQUEST_CLAIMED,
        AuditKind.REQUEST_CANCELLED,
    ]
    facts = office.facts(AuditKind.REQUEST_CANCELLED)
    assert (facts["effect"], facts["read"], facts["fence"]) == ("yes", "cancelled", 1)
    assert notified(office) == [ALICE]
    assert (await office.snapshots.get("huawei-main", ORDER_ID)) is not None


async def test_what_is_done_is_done_once_however_often_the_executor_looks() -> None:
    office = Office()
    await office.approved()
    office.clock.move(HOLD)
    await asyncio.gather(*(office.executor.step() for _each in range(5)))
    await office.executor.step()
    assert office.cancel_calls == [ORDER_ID]


async def test_a_slow_cloud_holds_up_its_own_request_only() -> None:
    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(2)]
    office = Office(orders=orders)
    request_ids = [await office.asked(order_id=order.order_id) for order in orders]
    for request_id in request_ids:
        await office.press(K.APPROVE, BOB, request_id)
    release = asyncio.Event()
    slow = waiting_for(release)

    async def script(operation: str, about: OrderQuery | str) -> None:
        if about == orders[0].order_id:
            await slow(operation, about)

    office.cloud.script = script
    first = asyncio.create_task(office.executor.step())
    async with asyncio.timeout(10):
        while office.status(request_ids[1]) is S.PENDING:  # noqa: ASYNC110 - a fake has no event
            await asyncio.sleep(0)
    await office.executor.step()
    await office.later(HOLD)
    assert office.cancel_calls == [orders[1].order_id]
    release.set()
    await first
    await office.later(HOLD)
    assert sorted(office.cancel_calls) == [order.order_id for order in orders]


async def test_an_error_of_ours_stops_no_other_request() -> None:
    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(2)]
    office = Office(orders=orders)
    for order in orders:
        await office.press(K.APPROVE, BOB, await office.asked(order_id=order.order_id))

    async def script(_operation: str, about: OrderQuery | str) -> None:
        if about == orders[0].order_id:
            raise RuntimeError("a fault of ours")

    office.cloud.script = script
    with capture_logs() as lines:
        await office.executor.step()
    assert [line["event"] for line in lines if line["log_level"] != "info"] == ["request_not_moved"]
    assert [each.status for each in office.store.requests.values()] == [S.PENDING, S.APPROVED]


async def test_pitfall_4_a_second_copy_that_lost_the_race_changes_nothing() -> None:
    """Two executors over one store, as two processes would be."""
    office = Office()
    request_id = await office.approved()
    first = office.executor
    office.restart()

    async def pause(_operation: str, _about: OrderQuery | str) -> None:
        for _turn in range(9):
            await asyncio.sleep(0)

    office.cloud.script = pause
    office.clock.move(HOLD)
    await asyncio.gather(first.step(), office.executor.step())
    assert office.cancel_calls == [ORDER_ID]
    assert office.stands(request_id) == (S.CANCELLED, "")
    assert office.kinds().count(AuditKind.REQUEST_CLAIMED) == 1


async def test_pitfall_7_a_claim_without_a_receipt_is_unknown_and_never_called_again() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.script = waiting_for(asyncio.Event(), "cancel_order")
    office.clock.move(HOLD)
    call = asyncio.create_task(office.executor.step())
    while not office.cancel_calls:  # noqa: ASYNC110 - a fake has no event
        await asyncio.sleep(0)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert office.status(request_id) is S.EXECUTING
    office.cloud = ScriptedCloud(office.cloud.account, office.cloud.orders.values())
    office.restart()
    await office.recover()
    assert office.stands(request_id) == (S.UNKNOWN, "no_receipt")
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.later(timedelta(seconds=2))
    assert office.status(request_id) is S.CANCELLED
    assert not office.cancel_calls


async def test_a_claim_that_lost_its_receipt_in_a_running_bot_becomes_unknown_too() -> None:
    office = Office()
    request_id = await office.approved()
    original = office.request(request_id)
    office.store.requests[request_id] = replace(
        original, status=S.EXECUTING, fence=1, due_at=office.clock.now() + CLAIM
    )
    await office.later(CLAIM - MS)
    assert office.status(request_id) is S.EXECUTING
    await office.later(MS)
    assert office.stands(request_id) == (S.UNKNOWN, "no_receipt")


async def test_an_adapter_that_raises_leaves_the_outcome_unknown() -> None:
    class Broken(ScriptedCloud):
        async def cancel_order(self, order_id: str) -> CancelReceipt:
            await super().cancel_order(order_id)
            raise RuntimeError("a fault of ours")

    office = Office(cloud=Broken(an_account(), [a_detailed_order()]))
    request_id = await office.approved()
    with capture_logs() as lines:
        await office.later(HOLD)
    assert [line["event"] for line in lines if line["log_level"] != "info"] == ["cancel_raised"]
    assert office.stands(request_id) == (S.UNKNOWN, "no_answer")
    await office.later(timedelta(seconds=2))
    assert office.status(request_id) is S.CANCELLED
    assert office.cancel_calls == [ORDER_ID]


async def test_pitfall_8_after_a_restart_a_pending_request_goes_on_as_before() -> None:
    office = Office()
    request_id = await office.asked()
    office.restart()
    await office.recover()
    await office.press(K.APPROVE, BOB, request_id)
    office.restart()
    await office.recover()
    await office.executor.step()
    office.restart()
    await office.recover()
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED
    assert office.cancel_calls == [ORDER_ID]


async def test_pitfall_10_a_cancel_that_worked_stays_a_success_while_slack_is_away() -> None:
    office = Office()
    request_id = await office.approved()
    await office.outbox.step()
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED
    assert {status for _role, status in office.shown(request_id)} == {S.APPROVED}
    await office.outbox.step()
    assert {status for _role, status in office.shown(request_id)} == {S.CANCELLED}


async def test_a_request_that_ended_while_it_was_fetched_is_left_alone() -> None:
    office = Office()
    request_id = await office.approved()
    office.store.requests[request_id] = replace(
        office.request(request_id), status=S.STOPPED, due_at=office.clock.now()
    )
    await office.executor.step()
    assert office.status(request_id) is S.STOPPED


async def test_two_people_stand_behind_every_call() -> None:
    """Dave is nobody's approver; with him alone nothing happens, whatever is pressed."""
    office = Office()
    request_id = await office.asked()
    for kind in (K.APPROVE, K.DENY, K.STOP, K.WITHDRAW, K.TAKE_BACK):
        await office.press(kind, DAVE, request_id, reason="x")
        await office.press(K.APPROVE, ALICE, request_id)
        await office.later(HOLD)
    assert office.status(request_id) is S.PENDING
    assert not office.cancel_calls
