"""What every HeadStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

import asyncio
from datetime import date

from bot.domain.audit import AuditHead
from bot.domain.outbox import Lane, OwedKind
from tests.builders import NOON, an_entry
from tests.digest_house import DigestHouse
from tests.request_house import DAY

TODAY, TOMORROW = date(2026, 11, 18), date(2026, 11, 19)


async def test_the_head_of_a_day_is_published_with_its_record(digest_house: DigestHouse) -> None:
    await digest_house.audit.append(an_entry(), at=NOON)
    head = await digest_house.audit.head()
    assert await digest_house.heads.publish(TODAY, owed_to="", at=NOON) == head
    record = (await digest_house.told(""))[-1]
    assert record["kind"] == "chain:head_published"
    assert record["seq"] == head.seq + 1
    assert record["facts"] == {"day": "2026-11-18", "seq": head.seq, "hash": head.hash}


async def test_the_channel_is_owed_a_notice_of_it(digest_house: DigestHouse) -> None:
    head = await digest_house.heads.publish(TODAY, owed_to="C0APPROVALS", at=NOON)
    assert isinstance(head, AuditHead)
    [owed] = await digest_house.sent()
    assert (owed.dedup, owed.lane, owed.kind) == ("head:2026-11-18", Lane.NOTICES, OwedKind.NOTICE)
    assert owed.user_id == "C0APPROVALS"
    assert f"{head.seq}:{head.hash}" in owed.text


async def test_nobody_is_told_where_nobody_is_named(digest_house: DigestHouse) -> None:
    await digest_house.heads.publish(TODAY, owed_to="", at=NOON)
    assert await digest_house.sent() == []


async def test_a_day_has_one_head(digest_house: DigestHouse) -> None:
    both = (digest_house.heads.publish(TODAY, owed_to="C1", at=NOON) for _each in range(2))
    first, second = await asyncio.gather(*both)
    assert [first is None, second is None].count(True) == 1
    assert await digest_house.heads.publish(TODAY, owed_to="C1", at=NOON + DAY) is None
    assert (await digest_house.said("")).count("chain:head_published") == 1
    assert len(await digest_house.sent()) == 1


async def test_the_newest_heads_come_first(digest_house: DigestHouse) -> None:
    heads = digest_house.heads
    assert await heads.published(limit=9) == ()
    first = await heads.publish(TODAY, owed_to="", at=NOON)
    second = await heads.publish(TOMORROW, owed_to="", at=NOON + DAY)
    assert await heads.published(limit=9) == ((TOMORROW, second), (TODAY, first))
    assert await heads.published(limit=1) == ((TOMORROW, second),)
    assert first is not None
    assert await heads.holds(first)
    assert not await heads.holds(AuditHead(first.seq, "0" * 64))
    assert not await heads.holds(AuditHead(999, first.hash))
    assert second == await digest_head_before_the_newest(digest_house)
    assert second.seq == first.seq + 1


async def digest_head_before_the_newest(digest_house: DigestHouse) -> AuditHead:
    """What the newest record says of the head before it."""
    facts = (await digest_house.told(""))[-1]["facts"]
    return AuditHead(facts["seq"], facts["hash"])
