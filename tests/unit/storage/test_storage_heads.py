"""Heads of the record on SQLite: guarded, tagged, told in the language of whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pytest

from bot import i18n
from bot.errors import StorageError
from storage.database import Storage
from storage.heads import SqliteHeadStore
from storage.outbox import SqliteOutboxStore
from storage.verify import verify_file
from tests.builders import NOON


class Shouted(NullTranslations):
    def gettext(self, message: str) -> str:
        return message.replace("Head of the record", "HEAD")


@pytest.fixture
def shouting() -> Iterator[None]:
    token = i18n._catalog.set(Shouted())
    yield
    i18n._catalog.reset(token)


async def test_the_head_of_a_day_is_neither_edited_nor_deleted(storage: Storage) -> None:
    await SqliteHeadStore(storage).publish(NOON.date(), owed_to="", at=NOON)
    with pytest.raises(StorageError, match="append only"):
        await storage.run(lambda db: db.execute("update head_day set seq = 9"))
    with pytest.raises(StorageError, match="append only"):
        await storage.run(lambda db: db.execute("delete from head_day"))


async def test_its_record_is_tagged_where_a_key_is_configured(path: Path) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=b"key")
    await SqliteHeadStore(storage).publish(NOON.date(), owed_to="", at=NOON)
    await storage.aclose()
    assert verify_file(path, key=b"key").records == 2


@pytest.mark.usefixtures("shouting")
async def test_the_notice_speaks_the_language_of_whoever_published(storage: Storage) -> None:
    await SqliteHeadStore(storage).publish(NOON.date(), owed_to="C1", at=NOON)
    [leased] = await SqliteOutboxStore(storage).lease(now=NOON, until=NOON, limit=9)
    assert leased.owed.text.startswith("HEAD on 2026-11-18: 1:")
