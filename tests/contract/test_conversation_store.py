"""What every ConversationStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import ConversationStore
from storage.conversations import SqliteConversationStore
from storage.database import Storage
from tests.builders import NOON
from tests.fakes import FakeConversationStore

DAY = timedelta(hours=24)
TOO_LATE = NOON + DAY + timedelta(milliseconds=1)


@pytest.fixture(params=["sqlite", "fake"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConversationStore]:
    if request.param == "fake":
        yield FakeConversationStore()
        return
    storage = await Storage.open(tmp_path / "countersign.db", now=NOON)
    yield SqliteConversationStore(storage)
    await storage.aclose()


async def test_a_button_leads_back_to_its_state(store: ConversationStore) -> None:
    state: dict[str, object] = {"page": 2, "over": "10000", "words": ["云", "\ud83d"], "all": None}
    (card_id,) = await store.put("list", [state], user="U0ALICE", at=NOON)
    assert len(card_id) < 40
    assert await store.get(card_id, "list", at=NOON + DAY) == state


async def test_a_button_older_than_a_day_leads_nowhere(store: ConversationStore) -> None:
    (card_id,) = await store.put("list", [{}], user="U0ALICE", at=NOON)
    assert await store.get(card_id, "list", at=TOO_LATE) is None


async def test_a_button_of_another_kind_or_of_nobody_leads_nowhere(
    store: ConversationStore,
) -> None:
    (card_id,) = await store.put("list", [{}], user="U0ALICE", at=NOON)
    assert await store.get(card_id, "order", at=NOON) is None
    assert await store.get("guessed", "list", at=NOON) is None


async def test_each_button_gets_its_own_id_and_state(store: ConversationStore) -> None:
    states: list[dict[str, object]] = [{"page": page} for page in range(20)]
    card_ids = await store.put("list", states, user="U0ALICE", at=NOON)
    assert len(set(card_ids)) == 20
    assert [await store.get(card_id, "list", at=NOON) for card_id in card_ids] == states
    assert await store.put("list", [], user="U0ALICE", at=NOON) == ()


async def test_the_order_looked_at_last_comes_first(store: ConversationStore) -> None:
    for minute, order_id in enumerate(["1", "2", "3", "1"]):
        at = NOON + timedelta(minutes=minute)
        await store.remember("U0ALICE", "C0TEAM", "huawei-main", order_id, at=at)
    at = NOON + timedelta(hours=1)
    recent = await store.recent("U0ALICE", "C0TEAM", at=at, limit=2)
    assert recent == (("huawei-main", "1"), ("huawei-main", "3"))


async def test_what_one_looked_at_stays_with_person_and_channel(store: ConversationStore) -> None:
    await store.remember("U0ALICE", "C0TEAM", "huawei-main", "1", at=NOON)
    assert await store.recent("U0BOB", "C0TEAM", at=NOON, limit=3) == ()
    assert await store.recent("U0ALICE", "C0OTHER", at=NOON, limit=3) == ()
    assert await store.recent("U0ALICE", "C0TEAM", at=TOO_LATE, limit=3) == ()


async def test_a_half_filled_form_is_kept_until_dropped(store: ConversationStore) -> None:
    await store.save_draft("U0ALICE", "find_form", {"product": "ec"}, at=NOON)
    await store.save_draft("U0ALICE", "find_form", {"product": "ecs"}, at=NOON)
    assert await store.draft("U0ALICE", "find_form", at=NOON) == {"product": "ecs"}
    assert await store.draft("U0BOB", "find_form", at=NOON) == {}
    assert await store.draft("U0ALICE", "find_form", at=TOO_LATE) == {}
    await store.drop_draft("U0ALICE", "find_form")
    assert await store.draft("U0ALICE", "find_form", at=NOON) == {}


async def test_an_input_is_new_once_a_day(store: ConversationStore) -> None:
    assert await store.first_time("trigger-1", at=NOON)
    assert not await store.first_time("trigger-1", at=NOON + DAY)
    assert await store.first_time("trigger-2", at=NOON)
    assert await store.first_time("trigger-1", at=TOO_LATE)
    assert not await store.first_time("trigger-1", at=TOO_LATE + DAY)
