"""Conversation state on SQLite: it survives a restart and does not grow for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlite_utils import Database

from storage.conversations import SqliteConversationStore
from storage.database import Storage
from tests.builders import NOON

TWO_DAYS = timedelta(days=2)


def rows(db: Database) -> dict[str, int]:
    tables = ("card", "recent_order", "draft", "seen_input")
    return {table: db.table(table).count for table in tables}


async def test_a_button_works_after_a_restart(path: Path) -> None:
    first = await Storage.open(path, now=NOON)
    (card_id,) = await SqliteConversationStore(first).put("list", [{"p": 2}], user="U1", at=NOON)
    await first.aclose()
    second = await Storage.open(path, now=NOON)
    assert await SqliteConversationStore(second).get(card_id, "list", at=NOON) == {"p": 2}
    await second.aclose()


async def test_what_expired_is_removed_when_something_new_is_put(storage: Storage) -> None:
    store = SqliteConversationStore(storage)
    await store.put("list", [{}, {}], user="U1", at=NOON)
    await store.remember("U1", "C1", "huawei-main", "1", at=NOON)
    await store.save_draft("U1", "find_form", {"product": "ecs"}, at=NOON)
    await store.first_time("trigger", at=NOON)
    await store.put("list", [{}], user="U1", at=NOON + timedelta(hours=24))
    assert await storage.run(rows) == {"card": 3, "recent_order": 1, "draft": 1, "seen_input": 1}
    await store.put("list", [{}], user="U1", at=NOON + TWO_DAYS - timedelta(hours=1))
    assert await storage.run(rows) == {"card": 2, "recent_order": 0, "draft": 0, "seen_input": 0}


async def test_a_long_pause_is_cleaned_up_in_portions(storage: Storage) -> None:
    store = SqliteConversationStore(storage)
    for number in range(3):
        at = NOON + timedelta(seconds=number)
        for second in range(100):
            await store.first_time(f"{number}/{second}", at=at + timedelta(milliseconds=second))
    left = []
    for _ in range(3):
        await store.put("list", [], user="U1", at=NOON + TWO_DAYS)
        left.append((await storage.run(rows))["seen_input"])
    assert left == [100, 0, 0]
