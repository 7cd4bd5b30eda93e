"""What every HomeStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

import pytest

from bot.ports import HomeStore
from tests.builders import NOON
from tests.digest_house import DigestHouse
from tests.request_house import DAY, LATER, MILLISECOND


@pytest.fixture
def store(digest_house: DigestHouse) -> HomeStore:
    return digest_house.homes


async def openers(store: HomeStore, limit: int = 9) -> list[tuple[str, str]]:
    return list(await store.openers(since=NOON, limit=limit))


async def test_who_opened_it_last_comes_first(store: HomeStore) -> None:
    for user_id in ("U0CAROL", "U0BOB"):
        await store.opened(user_id, at=NOON)
    await store.opened("U0ALICE", at=LATER)
    assert await openers(store) == [("U0ALICE", ""), ("U0BOB", ""), ("U0CAROL", "")]
    assert await openers(store, limit=1) == [("U0ALICE", "")]


async def test_who_opened_it_too_long_ago_is_left_out(store: HomeStore) -> None:
    await store.opened("U0ALICE", at=NOON - MILLISECOND)
    await store.opened("U0BOB", at=NOON)
    assert await openers(store) == [("U0BOB", "")]
    await store.opened("U0ALICE", at=NOON + DAY)
    assert await openers(store) == [("U0ALICE", ""), ("U0BOB", "")]


async def test_what_still_stands_there_of_those_who_are_left_out_is_known(
    store: HomeStore,
) -> None:
    for user_id, at in (("U0ALICE", NOON - DAY), ("U0BOB", NOON), ("U0CAROL", LATER)):
        await store.opened(user_id, at=at)
        await store.drawn(user_id, "abc")
    await store.opened("U0DAN", at=NOON - DAY)
    assert await store.left(since=NOON, limit=9) == ("U0ALICE",)
    assert await store.left(since=NOON, limit=1) == ("U0BOB", "U0ALICE")
    await store.drawn("U0ALICE", "")
    assert await store.left(since=NOON, limit=9) == ()


async def test_what_stands_there_is_known_until_it_is_drawn_anew(store: HomeStore) -> None:
    for user_id in ("U0ALICE", "U0BOB"):
        await store.opened(user_id, at=NOON)
    await store.drawn("U0ALICE", "abc")
    await store.opened("U0ALICE", at=LATER)
    assert await openers(store) == [("U0ALICE", "abc"), ("U0BOB", "")]
    await store.drawn("U0ALICE", "")
    assert await openers(store) == [("U0ALICE", ""), ("U0BOB", "")]


async def test_nobody_who_never_opened_it_has_one(store: HomeStore) -> None:
    await store.drawn("U0ALICE", "abc")
    assert await openers(store) == []
