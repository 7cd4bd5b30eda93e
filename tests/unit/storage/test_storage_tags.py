"""Keys of the record's tags follow each other so that each one's tags can be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.tags import refuse_other_key
from tests.builders import NOON, an_entry

A, B, C = b"the first key", b"the second key", b"the third key"
STAYS = (
    "the record carries tags, so key under [audit] has to stay; name that key, or a new one, in the"
    " configuration (--config FILE)"
)
REPLACED = (
    "the key under [audit] was replaced, or left out for a while, so it can vouch for nothing new;"
    " make a new one"
)


async def starts(path: Path, key: bytes | None) -> str:
    """A record is written with *key* where that is let in; else what is said."""
    storage = await Storage.open(path, now=NOON, audit_key=key)
    try:
        await storage.run(lambda db: refuse_other_key(db, key))
        await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    except ConfigurationError as error:
        return str(error)
    finally:
        await storage.aclose()
    return ""


async def test_a_key_stays_until_a_new_one_takes_its_place(path: Path) -> None:
    assert [await starts(path, key) for key in (None, A, A, B, B)] == [""] * 5
    assert await starts(path, None) == STAYS
    assert await starts(path, A) == REPLACED
    assert [await starts(path, key) for key in (B, C)] == ["", ""]


async def test_a_key_that_was_left_out_for_a_while_does_not_come_back(path: Path) -> None:
    assert await starts(path, A) == ""
    storage = await Storage.open(path, now=NOON)
    await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    await storage.aclose()
    assert await starts(path, A) == REPLACED
    assert await starts(path, B) == ""


@pytest.mark.parametrize("key", [None, A])
async def test_a_new_record_takes_any_key_and_none(path: Path, key: bytes | None) -> None:
    assert await starts(path, key) == ""


async def test_whether_the_newest_record_is_of_the_key_is_told(path: Path) -> None:
    told = []
    for key in (None, A, A, B, B):
        storage = await Storage.open(path, now=NOON, audit_key=key)
        told.append(await storage.run(lambda db, key=key: refuse_other_key(db, key)))
        await SqliteAuditLog(storage).append(an_entry(), at=NOON)
        await storage.aclose()
    assert told == [False, False, True, False, True]
