"""What every ReminderStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.reminders import Reminder
from bot.ports import ReminderStore
from tests.builders import NOON
from tests.digest_house import ORDER, REMINDED, DigestHouse
from tests.request_house import LATER, MILLISECOND
from tests.stored_digests import a_reminder

OWED = Owed(
    dedup="reminder:R1:U0BOB:1",
    lane=Lane.NOTICES,
    kind=OwedKind.REMINDER,
    request_id="R1",
    user_id="U0BOB",
    text="Still waiting for you.",
)
NEXT = a_reminder(due_at=LATER, count=1)


@pytest.fixture
def store(digest_house: DigestHouse) -> ReminderStore:
    return digest_house.reminders


async def due(store: ReminderStore, limit: int = 9) -> list[Reminder]:
    return list(await store.due(now=LATER, limit=limit))


async def test_reminders_are_known_by_request(store: ReminderStore) -> None:
    carol = a_reminder(user_id="U0CAROL", due_at=LATER, count=2, escalation=True)
    other = a_reminder(request_id="R2")
    await store.start([other, carol, a_reminder()])
    assert await store.planned(["R1", "R2", "R3"]) == {
        "R1": (a_reminder(), carol),
        "R2": (other,),
    }
    assert await store.planned(frozenset({"R2"})) == {"R2": (other,)}
    assert await store.planned([]) == {}
    await store.start([])


async def test_one_that_is_planned_is_left_as_it_is(store: ReminderStore) -> None:
    await store.start([a_reminder(count=3)])
    await store.start([a_reminder(due_at=LATER), a_reminder(user_id="U0CAROL")])
    assert await store.planned(["R1"]) == {
        "R1": (a_reminder(count=3), a_reminder(user_id="U0CAROL"))
    }


async def test_what_is_due_comes_earliest_first(store: ReminderStore) -> None:
    at = {"R3": 3, "R1": 1, "R2": 2, "R4": 301}
    await store.start(
        [
            a_reminder(request_id=name, due_at=NOON + timedelta(seconds=seconds))
            for name, seconds in at.items()
        ]
    )
    assert [each.request_id for each in await due(store)] == ["R1", "R2", "R3"]
    assert [each.request_id for each in await due(store, limit=2)] == ["R1", "R2"]


async def test_it_is_due_at_its_moment_and_not_before(store: ReminderStore) -> None:
    await store.start([a_reminder()])
    assert await store.due(now=NOON - MILLISECOND, limit=9) == ()
    assert await store.due(now=NOON, limit=9) == (a_reminder(),)


async def test_a_reminder_moves_with_its_message_and_its_record(
    digest_house: DigestHouse,
) -> None:
    store = digest_house.reminders
    await store.start([a_reminder(), a_reminder(user_id="U0CAROL")])
    assert await store.move(a_reminder(), NEXT, entry=REMINDED, owed=[OWED], at=NOON)
    assert await store.planned(["R1"]) == {"R1": (NEXT, a_reminder(user_id="U0CAROL"))}
    assert await digest_house.sent() == [OWED]
    assert await digest_house.said(ORDER) == ["request:reminded"]


async def test_of_two_that_move_one_reminder_at_once_one_wins(digest_house: DigestHouse) -> None:
    store = digest_house.reminders
    await store.start([a_reminder()])
    twice = (
        store.move(a_reminder(), NEXT, entry=REMINDED, owed=[OWED], at=NOON),
        store.move(a_reminder(), NEXT, entry=REMINDED, owed=[OWED], at=NOON),
    )
    assert sorted(await asyncio.gather(*twice)) == [False, True]
    assert await digest_house.said(ORDER) == ["request:reminded"]


@pytest.mark.parametrize(
    "changed",
    [{"due_at": LATER}, {"count": 1}, {"escalation": True}, {"user_id": "U0CAROL"}],
    ids=["moved", "reminded", "escalated", "never planned"],
)
async def test_one_that_changed_meanwhile_is_left_as_it_is(
    digest_house: DigestHouse, changed: dict[str, object]
) -> None:
    store, stored = digest_house.reminders, a_reminder(**changed)
    await store.start([stored])
    later = a_reminder(due_at=LATER, count=9)
    assert not await store.move(a_reminder(), later, entry=REMINDED, owed=[OWED], at=NOON)
    assert not await store.move(a_reminder(), None, entry=REMINDED, owed=[OWED], at=NOON)
    assert await store.planned(["R1"]) == {"R1": (stored,)}
    assert await digest_house.sent() == []
    assert await digest_house.said(ORDER) == []


async def test_an_ended_reminder_is_gone(digest_house: DigestHouse) -> None:
    store = digest_house.reminders
    await store.start([a_reminder(), a_reminder(user_id="U0CAROL")])
    assert await store.move(a_reminder(), None, at=NOON)
    assert not await store.move(a_reminder(), None, at=NOON)
    assert await due(store) == [a_reminder(user_id="U0CAROL")]
    assert await digest_house.said(ORDER) == []


async def test_a_moment_finer_than_a_millisecond_still_moves(store: ReminderStore) -> None:
    fine = a_reminder(due_at=NOON + timedelta(microseconds=1500))
    await store.start([fine])
    assert await store.move(fine, replace(fine, count=1), at=NOON)
    [moved] = await due(store)
    assert (moved.count, moved.due_at) == (1, NOON + MILLISECOND)


async def test_a_reminder_keeps_its_request_and_its_person(store: ReminderStore) -> None:
    await store.start([a_reminder()])
    for other in (a_reminder(request_id="R2"), a_reminder(user_id="U0CAROL")):
        with pytest.raises(ValueError, match="keeps its request and its person"):
            await store.move(a_reminder(), other, at=NOON)
    assert await due(store) == [a_reminder()]
