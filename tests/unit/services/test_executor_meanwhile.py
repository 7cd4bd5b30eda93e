"""What comes while the executor looks: a no that is stored and not judged yet, the end of time, a
fault of one of two readings."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.inputs import InputKind
from bot.domain.orders import OrderQuery
from bot.domain.people import Person
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    HOLD,
    Office,
)

S = RequestStatus
K = InputKind


@pytest.mark.parametrize(
    ("kind", "user"), [(K.STOP, ALICE), (K.WITHDRAW, ALICE), (K.DENY, CAROL), (K.STOP, BOB)]
)
async def test_a_stop_that_was_acknowledged_but_not_judged_yet_keeps_the_claim_waiting(
    kind: InputKind, user: str
) -> None:
    office = Office()
    request_id = await office.approved()
    given = office.an_input(kind, user, request_id, reason="no")
    await office.store.accept(given)
    await office.later(HOLD)
    assert office.status(request_id) is S.APPROVED
    await office.decisions.handle(given)
    await office.later(HOLD)
    assert office.status(request_id) is S.STOPPED
    assert not office.cancel_calls


@pytest.mark.parametrize(
    ("kind", "user", "end"),
    [
        (K.TAKE_BACK, BOB, S.PENDING),
        (K.WITHDRAW, ALICE, S.WITHDRAWN),
        (K.DENY, CAROL, S.DENIED),
    ],
)
async def test_a_no_that_was_acknowledged_while_the_order_was_read_keeps_the_hold_waiting(
    kind: InputKind, user: str, end: RequestStatus
) -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    given = office.an_input(kind, user, request_id, reason="no")

    async def meanwhile(_operation: str, _about: OrderQuery | str) -> None:
        await office.store.accept(given)

    office.cloud.script = meanwhile
    await office.executor.step()
    assert office.status(request_id) is S.PENDING
    await office.decisions.handle(given)
    await office.later(HOLD)
    assert office.status(request_id) is end
    assert not office.cancel_calls


async def test_a_no_that_does_not_count_holds_nothing_up() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    given = office.an_input(K.TAKE_BACK, CAROL, request_id)
    await office.store.accept(given)
    await office.executor.step()
    assert office.status(request_id) is S.PENDING
    await office.decisions.handle(given)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_inputs_of_other_requests_and_other_kinds_do_not_hold_it_up() -> None:
    office = Office()
    request_id = await office.approved()
    await office.store.accept(office.an_input(K.STOP, ALICE, "R-OTHER"))
    await office.store.accept(office.an_input(K.APPROVE, CAROL, request_id))
    await office.later(HOLD)
    assert office.status(request_id) is S.CANCELLED


async def test_a_stop_that_lands_while_the_order_is_read_wins_over_the_claim() -> None:
    office = Office()
    request_id = await office.approved()

    async def meanwhile(operation: str, _about: OrderQuery | str) -> None:
        if operation == "get_order":
            await office.press(K.STOP, ALICE, request_id)

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.status(request_id) is S.STOPPED
    assert not office.cancel_calls


async def test_an_expiry_that_comes_while_the_order_is_read_wins_over_the_claim() -> None:
    office = Office()
    request_id = await office.approved()

    async def meanwhile(_operation: str, _about: OrderQuery | str) -> None:
        office.clock.move(timedelta(hours=24))

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.status(request_id) is S.EXPIRED
    assert not office.cancel_calls


async def test_where_one_of_two_readings_fails_the_other_ends_too() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    begun, ends = asyncio.Event(), list[str]()

    async def meanwhile(_operation: str, _about: OrderQuery | str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    async def person(_user_id: str) -> Person:
        await begun.wait()
        raise RuntimeError("a fault of ours")

    office.cloud.script = meanwhile
    office.directory.person = person  # type: ignore[assignment, method-assign]
    async with asyncio.timeout(5):
        await office.executor.step()
    assert ends == ["cancelled"]
    assert office.status(request_id) is S.PENDING
