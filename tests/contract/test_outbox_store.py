"""What every OutboxStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.outbox import CardCopy, CopyRole, Lane, Leased, OwedKind
from bot.ports import OutboxStore
from tests.builders import NOON
from tests.request_builders import an_owed_card
from tests.request_house import LATER, MILLISECOND, House
from tests.stored_digests import an_owed_digest

MINUTE = timedelta(minutes=1)
CARD = CardCopy("R1", CopyRole.APPROVALS, "C0APPROVALS", "1795003200.000001")


@pytest.fixture
def outbox(house: House) -> OutboxStore:
    return house.outbox


async def lease(outbox: OutboxStore, now: datetime = NOON, limit: int = 9) -> tuple[Leased, ...]:
    """What is due, for a minute."""
    return await outbox.lease(now=now, until=now + MINUTE, limit=limit)


async def due(outbox: OutboxStore, now: datetime = NOON) -> list[str]:
    return [each.owed.dedup for each in await lease(outbox, now)]


async def test_what_is_owed_comes_back_as_it_went_in(outbox: OutboxStore) -> None:
    notice = an_owed_card(
        dedup="notice:R1:U0BOB",
        lane=Lane.NOTICES,
        kind=OwedKind.NOTICE,
        user_id="U0BOB",
        text="云 <!channel>",
    )
    await outbox.owe([an_owed_digest(), an_owed_card(), notice], at=NOON)
    first, second, third = await lease(outbox)
    assert (first.owed, second.owed, third.owed) == (an_owed_card(), notice, an_owed_digest())
    assert (first.fence, first.attempts) == (1, 1)
    assert first.outbox_id != second.outbox_id


async def test_decisions_go_before_notices_before_digests_and_old_before_new(
    outbox: OutboxStore,
) -> None:
    digests, notices, decisions = Lane.DIGESTS, Lane.NOTICES, Lane.DECISIONS
    lanes = (digests, notices, decisions, decisions, notices)
    for minute, lane in enumerate(lanes):
        owed = an_owed_card(lane=lane, dedup=f"{minute}")
        await outbox.owe([owed], at=NOON + minute * MINUTE)
    assert [each.owed.dedup for each in await lease(outbox, LATER, limit=3)] == ["2", "3", "1"]
    assert await due(outbox, LATER) == ["4", "0"]


async def test_a_message_is_owed_once_for_ever(outbox: OutboxStore) -> None:
    await outbox.owe([an_owed_card(), an_owed_card()], at=NOON)
    [leased] = await lease(outbox)
    await outbox.owe([an_owed_card(text="again")], at=NOON)
    await outbox.done(leased, result="sent")
    await outbox.owe([an_owed_card()], at=NOON)
    assert await due(outbox, LATER) == []
    await outbox.owe([], at=NOON)


async def test_nothing_is_sent_before_it_is_due(outbox: OutboxStore) -> None:
    await outbox.owe([an_owed_card()], at=NOON)
    assert await due(outbox, NOON - MILLISECOND) == []
    assert await due(outbox, NOON) == ["card:R1:1"]


async def test_a_leased_message_is_with_one_sender_until_the_lease_ends(
    outbox: OutboxStore,
) -> None:
    await outbox.owe([an_owed_card()], at=NOON)
    [first] = await lease(outbox)
    assert await lease(outbox, NOON + MINUTE - MILLISECOND) == ()
    [second] = await lease(outbox, NOON + MINUTE)
    assert second == replace(first, fence=2, attempts=2)


async def test_a_sender_that_came_too_late_settles_nothing(outbox: OutboxStore) -> None:
    await outbox.owe([an_owed_card()], at=NOON)
    [stale] = await lease(outbox)
    [current] = await lease(outbox, LATER)
    await outbox.done(stale, result="sent")
    await outbox.again(stale, due_at=NOON)
    assert await due(outbox, LATER) == []
    await outbox.again(current, due_at=LATER)
    await outbox.done(current, result="sent")
    assert await due(outbox, LATER) == ["card:R1:1"]


async def test_a_message_put_off_comes_again_when_it_is_due(outbox: OutboxStore) -> None:
    await outbox.owe([an_owed_card()], at=NOON)
    [leased] = await lease(outbox)
    await outbox.again(leased, due_at=LATER)
    assert await due(outbox, LATER - MILLISECOND) == []
    [once_more] = await lease(outbox, LATER)
    assert (once_more.fence, once_more.attempts) == (2, 2)


async def test_at_start_up_every_lease_is_stale(outbox: OutboxStore) -> None:
    await outbox.owe([an_owed_card(1), an_owed_card(2), an_owed_card(3)], at=NOON)
    sent, lost, put_off = await lease(outbox)
    await outbox.done(sent, result="sent")
    await outbox.again(put_off, due_at=LATER)
    await outbox.release_all(now=NOON)
    [again] = await lease(outbox)
    assert again == replace(lost, fence=2, attempts=2)
    await outbox.done(lost, result="sent")
    assert await due(outbox, LATER) == ["card:R1:2", "card:R1:3"]


async def test_a_stale_lease_comes_before_what_was_owed_after_it(outbox: OutboxStore) -> None:
    """It may have been sent; what is sent first after it has to know."""
    await outbox.owe([an_owed_card(1)], at=NOON)
    assert await due(outbox) == ["card:R1:1"]
    await outbox.owe([an_owed_card(2)], at=NOON + MILLISECOND)
    await outbox.release_all(now=LATER)
    assert await due(outbox, LATER) == ["card:R1:1", "card:R1:2"]


async def test_the_oldest_unsettled_message_is_timed_from_when_it_was_owed(
    outbox: OutboxStore,
) -> None:
    assert await outbox.oldest(now=NOON) == timedelta(0)
    await outbox.owe([an_owed_card(1)], at=NOON)
    await outbox.owe([an_owed_card(2)], at=NOON + MINUTE)
    first, second = await lease(outbox, LATER)
    await outbox.again(first, due_at=LATER + MINUTE)
    assert await outbox.oldest(now=LATER) == LATER - NOON
    assert await outbox.oldest(now=NOON - MINUTE) == timedelta(0)
    [first] = await lease(outbox, LATER + MINUTE, limit=1)
    await outbox.done(second, result="gone")
    await outbox.release_all(now=LATER)
    for each in await lease(outbox, LATER):
        await outbox.done(each, result="sent")
    assert await outbox.oldest(now=LATER) == timedelta(0)


async def test_every_copy_of_a_card_is_known_by_request_and_by_place(outbox: OutboxStore) -> None:
    asked = ("U0BOB", "U0CAROL")
    direct = CardCopy(
        *("R1", CopyRole.REQUESTER, "D0ALICE", "1795003200.000002"),
        unsure=True,
        mentioned=asked,
        urgent=True,
    )
    foreign = CardCopy("R2", CopyRole.APPROVALS, "C0APPROVALS", "1795003200.000003")
    for copy in (direct, foreign, CARD):
        await outbox.keep_copy(copy)
    assert await outbox.copies("R1") == (CARD, direct)
    assert await outbox.copies("R3") == ()
    assert await outbox.copy_at("D0ALICE", "1795003200.000002") == direct
    assert await outbox.copy_at("D0ALICE", CARD.ts) is None


async def test_a_copy_kept_again_is_replaced(outbox: OutboxStore) -> None:
    other = replace(CARD, unsure=True, mentioned=("U0BOB",), urgent=True)
    await outbox.keep_copy(replace(other, role=CopyRole.ADOPTED))
    await outbox.keep_copy(CARD)
    assert await outbox.copies("R1") == (CARD,)


async def test_a_dropped_copy_is_gone(outbox: OutboxStore) -> None:
    await outbox.keep_copy(CARD)
    await outbox.drop_copy(CARD)
    await outbox.drop_copy(CARD)
    assert await outbox.copies("R1") == ()
    assert await outbox.copy_at(CARD.channel, CARD.ts) is None
