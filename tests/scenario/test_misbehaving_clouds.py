"""Clouds that drop the line after acting, lie, throttle, break, stall, answer for another order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial

import pytest

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.sandbox.clouds.book import CloudOrder, Fault, FaultKind
from tests.cancelling import (
    APPROVALS,
    POLICY,
    agreed,
    aimed,
    asked,
    cancels,
    cards,
    click,
    ends,
    reached,
    records,
    unpaid_order,
)
from tests.stage import ALICE, BOB, CHEN, Stage, eventually, labels, said, staged

pytestmark = pytest.mark.slow

S = RequestStatus
HOLD = 31.0
CLOUDS = ("alibaba-main", "huawei-main")


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("clouds")
    async with staged(folder, "http", policy=POLICY, approvers=(BOB, CHEN), quorum=2) as stage:
        yield stage


def fault(stage: Stage, order: CloudOrder, kind: FaultKind, **more: float) -> Fault:
    """On the next cancel call."""
    made = Fault(kind, order.account, "cancel_order", more.get("seconds"))
    stage.clouds.book.faults.append(made)
    return made


def silence(stage: Stage, order: CloudOrder, kind: FaultKind) -> Fault:
    """On every read of an order until the test takes it away."""
    made = Fault(kind, order.account, "get_order", times=0)
    stage.clouds.book.faults.append(made)
    return made


async def held(stage: Stage, order: CloudOrder) -> None:
    """Asked and approved by two; the hold runs."""
    await countersigned(stage, await asked(stage, order), order)


async def countersigned(stage: Stage, request: ApprovalRequest, order: CloudOrder) -> None:
    await click(stage, BOB, "approve", request)
    await click(stage, CHEN, "approve", request)
    await reached(stage, order, S.APPROVED)
    await agreed(stage, order)


def never_said_cancelled(stage: Stage, order: CloudOrder) -> None:
    """In no version of any card or notice so far."""
    texts = [str(call.args) for call in stage.slack.calls if call.method.startswith("chat.")]
    about = [text for text in texts if order.order_id in text]
    assert about
    assert not [text for text in about if "Cancelled:" in text or "is cancelled at" in text]


@pytest.mark.parametrize("account", CLOUDS)
async def test_pitfall_34_a_line_dropped_after_the_act_is_settled_by_reading(
    stage: Stage, account: str
) -> None:
    order = unpaid_order(stage, account)
    await held(stage, order)
    fault(stage, order, "drop_after")
    stage.later(seconds=HOLD)
    await reached(stage, order, S.UNKNOWN)
    await agreed(stage, order)
    never_said_cancelled(stage, order)
    stage.later(seconds=3)
    request = await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert [call.effect for call in cancels(stage, order)] == [True]
    assert ends(stage, request) == ["request:cancelled"]
    await stage.direct(ALICE, "cancelled; the cloud shows it")


@pytest.mark.parametrize("kinds", [("lie", "error_500"), ("drop_before", "garbage")])
async def test_what_did_not_happen_is_found_out_by_reads_and_never_called_again(
    stage: Stage, kinds: tuple[FaultKind, ...]
) -> None:
    orders = []
    for account in CLOUDS * len(kinds):
        orders.append(unpaid_order(stage, account))
        await asked(stage, orders[-1])
    for order, kind in zip(orders, sorted(kinds * len(CLOUDS)), strict=True):
        await countersigned(stage, records(stage, order)[-1], order)
        fault(stage, order, kind)
    stage.later(seconds=HOLD)
    unknown = [await reached(stage, order, S.UNKNOWN) for order in orders]
    lies = [each for each in unknown if each.outcome == Outcome.UNCONFIRMED]
    assert len(lies) == len(CLOUDS) * kinds.count("lie")
    await unpaid_reads(stage, orders)
    for order in orders:
        request = await reached(stage, order, S.FAILED)
        assert request.outcome == Outcome.STILL_UNPAID
        await agreed(stage, order)
        assert "still unpaid at" in said(cards(stage, request, APPROVALS, BOB)[-1])
        assert len(cancels(stage, order)) == 1
        never_said_cancelled(stage, order)


async def unpaid_reads(stage: Stage, orders: list[CloudOrder]) -> None:
    """Time passes until the fourth read."""
    for reads, seconds in enumerate((3, 6, 16), start=1):
        stage.later(seconds=seconds)
        for order in orders:
            await eventually(partial(_was_read, stage, order, reads), "a read")
            assert (await reached(stage, order, S.UNKNOWN)).reads == reads
    stage.later(seconds=61)


def _was_read(stage: Stage, order: CloudOrder, times: int) -> bool:
    subject = f"order:{order.account}/{order.order_id}"
    return len(stage.recorded("request:read", subject=subject, status="unknown")) >= times


async def test_an_effect_that_shows_late_is_recorded_and_both_are_told(stage: Stage) -> None:
    order = unpaid_order(stage)
    await held(stage, order)
    fault(stage, order, "lie")
    stage.later(seconds=HOLD)
    await reached(stage, order, S.UNKNOWN)
    await unpaid_reads(stage, [order])
    await reached(stage, order, S.FAILED)
    order.payment_status = "cancelled"
    stage.later(minutes=6)
    subject = f"order:{order.account}/{order.order_id}"
    await stage.record("request:late_effect", subject=subject)
    request = await agreed(stage, order)
    assert request.outcome == Outcome.LATE_EFFECT
    for who in (ALICE, BOB, CHEN):
        await stage.direct(who, "is now cancelled there, late")
    assert len(cancels(stage, order)) == 1
    assert ends(stage, request) == ["request:failed"]


@pytest.mark.parametrize("account", CLOUDS)
async def test_a_throttled_cancel_is_sent_again_once_a_read_shows_that_nothing_happened(
    stage: Stage, account: str
) -> None:
    order = unpaid_order(stage, account)
    await held(stage, order)
    fault(stage, order, "throttle", seconds=1)
    stage.later(seconds=HOLD)
    await stage.record("request:released", subject=f"order:{order.account}/{order.order_id}")
    released = await agreed(stage, order)
    assert (released.status, released.fence) == (S.APPROVED, 1)
    assert labels(cards(stage, released, APPROVALS, BOB)[-1]) == ["Stop"]
    stage.later(seconds=6)
    request = await reached(stage, order, S.CANCELLED)
    assert request.fence == 2
    await agreed(stage, order)
    assert [call.effect for call in cancels(stage, order)] == [False, True]


async def test_a_throttled_cancel_that_nobody_can_read_back_is_not_sent_again(
    stage: Stage,
) -> None:
    order = unpaid_order(stage, "alibaba-intl")  # where nothing else is read meanwhile
    await held(stage, order)
    fault(stage, order, "throttle", seconds=1)
    stage.clouds.book.faults.append(Fault("slow", order.account, "get_order", 0.0))
    silence(stage, order, "error_500")
    stage.later(seconds=HOLD)
    await reached(stage, order, S.UNKNOWN)
    stage.clouds.book.faults.clear()
    order.payment_status = "paid"
    stage.later(seconds=3)
    request = await reached(stage, order, S.FAILED)
    await agreed(stage, order)
    assert request.outcome == Outcome.PAID
    assert len(cancels(stage, order)) == 1
    never_said_cancelled(stage, order)


async def test_an_answer_for_another_order_is_no_answer(stage: Stage) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    wrong = silence(stage, order, "wrong_order")
    await click(stage, BOB, "approve", request)
    await click(stage, CHEN, "approve", request)
    await eventually(
        lambda: "does not answer" in said(cards(stage, request, APPROVALS, BOB)[-1]), "the card"
    )
    assert (await agreed(stage, order)).status is S.PENDING
    stage.clouds.book.faults.remove(wrong)
    stage.later(seconds=3)
    await reached(stage, order, S.APPROVED)
    wrong = silence(stage, order, "wrong_order")
    stage.later(seconds=HOLD)
    await eventually(
        lambda: "nobody answers" in said(cards(stage, request, APPROVALS, BOB)[-1]), "the card"
    )
    assert cancels(stage, order) == []
    stage.clouds.book.faults.remove(wrong)
    stage.later(seconds=6)
    await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert len(cancels(stage, order)) == 1


async def test_a_slow_cloud_is_waited_for_and_a_stop_meanwhile_is_told_that_it_is_late(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    await held(stage, order)
    fault(stage, order, "slow", seconds=0.5)
    request = await agreed(stage, order)
    stop = aimed(stage, BOB, "stop", cards(stage, request, APPROVALS, BOB)[-1])
    stage.later(seconds=HOLD)
    await reached(stage, order, S.EXECUTING)
    await stop()
    await stage.private(BOB, "Too late: the cloud is being asked", where=APPROVALS)
    await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert len(cancels(stage, order)) == 1


async def test_pitfall_26_an_order_paid_meanwhile_is_left_alone_and_both_are_told(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    await held(stage, order)
    order.payment_status = "paid"
    stage.later(seconds=HOLD)
    request = await reached(stage, order, S.OUTDATED)
    await agreed(stage, order)
    assert "already paid" in said(cards(stage, request, APPROVALS, BOB)[-1])
    for who in (ALICE, BOB, CHEN):
        await stage.direct(who, f"({request.request_id}): it is already paid")
    assert cancels(stage, order) == []


async def test_pitfall_27_an_amount_changed_between_two_approvals_voids_the_first(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    await click(stage, BOB, "approve", request)
    await stage.record("request:voted", actor=BOB, request_id=request.request_id)
    old, order.payable = order.payable, order.payable + Decimal("100.00")
    await click(stage, CHEN, "approve", request)
    request = await reached(stage, order, S.OUTDATED)
    await agreed(stage, order)
    shown = said(cards(stage, request, APPROVALS, BOB)[-1])
    assert "Amount:" in shown
    assert f"{old:,.2f}" in shown
    assert f"{order.payable:,.2f}" in shown
    assert cancels(stage, order) == []
    again = await asked(stage, order, "asked again")
    assert again.votes == ()
    await click(stage, BOB, "approve", again)
    await stage.record("request:voted", actor=BOB, request_id=again.request_id)
    assert (await agreed(stage, order)).status is S.PENDING, "the old approval does not count"
