"""What every DigestStore answers: SQLite and the fake get the same questions."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from bot.domain.digests import DigestRun, NoteKind, RunState
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.errors import StorageError
from bot.ports import DigestStore
from tests.builders import NOON
from tests.digest_house import CHANNEL, CLAIMED, COMPOSED, ORDER, SET, DigestHouse
from tests.request_house import DAY, MILLISECOND
from tests.stored_digests import (
    a_note,
    a_plan,
    a_run,
    an_owed_digest,
    full_contents,
    some_contents,
)

MINUTE = timedelta(minutes=1)
ENDED = Owed(
    dedup="digest_ended:C0FINANCE",
    lane=Lane.NOTICES,
    kind=OwedKind.NOTICE,
    user_id="U0ALICE",
    text="The digest of #finance is off.",
)


@pytest.fixture
def store(digest_house: DigestHouse) -> DigestStore:
    return digest_house.digests


async def composed(store: DigestStore, run: DigestRun) -> DigestRun:
    assert await store.begin(run, at=run.begun_at)
    assert await store.compose(run, some_contents(), entry=COMPOSED, owed=(), at=run.begun_at)
    return await known(store, run.run_id)


async def posted(store: DigestStore, run: DigestRun, ts: str = "1795003200.000001") -> DigestRun:
    stands = replace(await composed(store, run), ts=ts)
    await store.keep_posted(stands)
    return await known(store, run.run_id)


async def known(store: DigestStore, run_id: str = "D1") -> DigestRun:
    found = await store.run(run_id)
    assert found is not None
    return found


async def told(store: DigestStore, run: DigestRun, since: datetime = NOON - 500 * DAY) -> list[str]:
    """All days that a digest may look back on, the nearest first."""
    found = []
    while (past := await store.previous(run, since=since)) is not None:
        found.append(past.run_id)
        run = past
    return found


async def test_a_plan_comes_back_as_it_was_set(store: DigestStore) -> None:
    plan = a_plan(
        at=time(0, 5), weekdays=frozenset({0, 4}), filters={"account": "a", "产品": "云 <!here>"}
    )
    assert await store.plan("C0FINANCE") is None
    await store.put_plan(plan, entry=SET, at=NOON)
    assert await store.plan("C0FINANCE") == plan
    await store.put_plan(a_plan(owner="U0BOB"), entry=SET, at=NOON)
    assert await store.plan("C0FINANCE") == a_plan(owner="U0BOB")


async def test_a_plan_is_changed_only_over_the_one_that_was_read(digest_house: DigestHouse) -> None:
    store, plan = digest_house.digests, a_plan(filters={"over": "5", "账户": "a"})
    after = replace(plan, at=time(18))
    assert not await store.put_plan(after, over=plan, entry=SET, at=NOON)
    await store.put_plan(plan, entry=SET, at=NOON)
    assert await store.put_plan(after, over=plan, entry=SET, at=NOON)
    late = replace(plan, on=False)
    assert not await store.put_plan(late, over=plan, entry=SET, owed=[ENDED], at=NOON)
    assert await store.plan("C0FINANCE") == after
    assert await digest_house.said(CHANNEL) == ["digest:set"] * 2
    assert await digest_house.sent() == []


async def test_of_two_changes_at_once_one_is_made(store: DigestStore) -> None:
    await store.put_plan(a_plan(), entry=SET, at=NOON)
    ways = (a_plan(at=time(18)), a_plan(on=False))
    put = await asyncio.gather(
        *(store.put_plan(each, over=a_plan(), entry=SET, at=NOON) for each in ways)
    )
    assert sorted(put) == [False, True]


async def test_plans_that_are_on_are_told_by_channel(store: DigestStore) -> None:
    for plan in (a_plan(channel="C2"), a_plan(channel="C1"), a_plan(channel="C3", on=False)):
        await store.put_plan(plan, entry=SET, at=NOON)
    assert await store.plans() == (a_plan(channel="C1"), a_plan(channel="C2"))
    assert await store.plan("C3") == a_plan(channel="C3", on=False)


async def test_a_plan_changes_with_its_record_and_its_notice(digest_house: DigestHouse) -> None:
    await digest_house.digests.put_plan(a_plan(on=False), entry=SET, owed=[ENDED], at=NOON)
    assert await digest_house.said(CHANNEL) == ["digest:set"]
    assert await digest_house.sent() == [ENDED]


async def test_a_day_is_begun_once_in_each_channel(store: DigestStore) -> None:
    assert await store.begin(a_run(), at=NOON)
    assert not await store.begin(a_run(run_id="D2"), at=NOON + DAY)
    assert await store.begin(a_run(run_id="D3", channel="C0OTHER"), at=NOON)
    assert await store.begin(a_run(run_id="D4", key="2026-11-19"), at=NOON)
    assert await store.begin(a_run(run_id="D5", key="now:D5"), at=NOON)
    assert await store.run("D2") is None
    assert await known(store) == a_run()


async def test_of_many_that_begin_the_same_day_at_once_one_wins(store: DigestStore) -> None:
    runs = [a_run(run_id=f"D{at}") for at in range(8)]
    won = await asyncio.gather(*(store.begin(run, at=NOON) for run in runs))
    [run_id] = [run.run_id for run, is_mine in zip(runs, won, strict=True) if is_mine]
    assert [each.run_id for each in await store.waiting(limit=9)] == [run_id]


async def test_an_id_names_one_run(store: DigestStore) -> None:
    await store.begin(a_run(), at=NOON)
    with pytest.raises(StorageError):
        await store.begin(a_run(key="2026-11-19"), at=NOON)
    assert await store.waiting(limit=9) == (a_run(),)


async def test_what_is_begun_waits_oldest_first_until_it_is_composed(store: DigestStore) -> None:
    for minute, run_id in {2: "D2", 0: "D0", 1: "D1"}.items():
        run = a_run(run_id=run_id, key=run_id, begun_at=NOON + minute * MINUTE)
        await store.begin(run, at=NOON)
    await store.drop(a_run(run_id="D1"), at=NOON)
    assert [each.run_id for each in await store.waiting(limit=9)] == ["D0", "D2"]
    assert [each.run_id for each in await store.waiting(limit=1)] == ["D0"]
    await store.compose(a_run(run_id="D0"), some_contents(), entry=COMPOSED, owed=(), at=NOON)
    assert [each.run_id for each in await store.waiting(limit=9)] == ["D2"]


async def test_all_that_a_digest_says_is_kept_exactly(store: DigestStore) -> None:
    await store.begin(a_run(), at=NOON)
    assert await store.compose(a_run(), full_contents(), entry=COMPOSED, owed=(), at=NOON)
    assert await known(store) == a_run(state=RunState.COMPOSED, contents=full_contents())
    contents = (await known(store)).contents
    assert contents is not None
    assert str(contents.totals[0].amount) == "12.50"
    assert contents.as_of.utcoffset() == timedelta(0)


async def test_a_run_is_composed_once_with_its_record_and_its_message(
    digest_house: DigestHouse,
) -> None:
    store = digest_house.digests
    await store.begin(a_run(), at=NOON)
    first = store.compose(
        a_run(), some_contents(), entry=COMPOSED, owed=[an_owed_digest()], at=NOON
    )
    second = store.compose(
        a_run(), full_contents(), entry=COMPOSED, owed=[an_owed_digest("D2")], at=NOON
    )
    assert list(await asyncio.gather(first, second)) == [True, False]
    assert (await known(store)).contents == some_contents()
    assert await digest_house.said(CHANNEL) == ["digest:composed"]
    assert await digest_house.sent() == [an_owed_digest()]


async def test_a_run_that_was_never_begun_or_was_dropped_is_not_composed(
    digest_house: DigestHouse,
) -> None:
    store = digest_house.digests
    await store.begin(a_run(run_id="D2", key="2026-11-19"), at=NOON)
    await store.drop(a_run(run_id="D2"), at=NOON)
    for run_id in ("D1", "D2"):
        assert not await store.compose(
            a_run(run_id=run_id), some_contents(), entry=COMPOSED, owed=[ENDED], at=NOON
        )
    assert (await known(store, "D2")).contents is None
    assert await digest_house.said(CHANNEL) == []
    assert await digest_house.sent() == []


async def test_where_it_stands_is_known_from_the_post_on(store: DigestStore) -> None:
    run = await composed(store, a_run())
    await store.keep_posted(replace(run, ts="1795003200.000001", unsure=True))
    await store.keep_posted(replace(run, ts="1795003200.000001", unsure=True, parts=2))
    stands = await known(store)
    assert stands == replace(
        run, state=RunState.POSTED, ts="1795003200.000001", unsure=True, parts=2
    )


async def test_what_was_posted_is_not_dropped(store: DigestStore) -> None:
    stands = await posted(store, a_run())
    await store.drop(stands, at=NOON)
    assert await known(store) == stands


async def test_a_digest_that_went_out_although_it_was_dropped_counts_as_posted(
    store: DigestStore,
) -> None:
    run = await composed(store, a_run())
    await store.drop(run, at=NOON)
    assert (await known(store)).state is RunState.DROPPED
    await store.keep_posted(replace(run, ts="1795003200.000001"))
    assert (await known(store)).state is RunState.POSTED


async def test_a_run_that_says_nothing_cannot_have_been_posted(store: DigestStore) -> None:
    await store.begin(a_run(), at=NOON)
    await store.keep_posted(replace(a_run(), ts="1795003200.000001"))
    assert await known(store) == a_run()
    await store.keep_posted(a_run(run_id="D2"))
    assert await store.run("D2") is None


async def test_a_later_digest_looks_back_on_the_daily_ones_before_it(store: DigestStore) -> None:
    for day in (1, 2, 3):
        key = f"2026-11-{day:02}"
        await posted(store, a_run(run_id=f"D{day}", key=key, begun_at=NOON + day * DAY))
    await composed(store, a_run(run_id="D4", key="2026-11-04", begun_at=NOON + 4 * DAY))
    await posted(store, a_run(run_id="N", key="now:N", begun_at=NOON + 4 * DAY))
    await posted(store, a_run(run_id="other", channel="C0OTHER", begun_at=NOON + 4 * DAY))
    gone = await composed(store, a_run(run_id="D5", key="2026-11-05", begun_at=NOON + 5 * DAY))
    await store.drop(gone, at=NOON)
    await store.begin(a_run(run_id="D6", key="2026-11-06", begun_at=NOON + 6 * DAY), at=NOON)
    assert await told(store, await known(store, "D6")) == ["D4", "D3", "D2", "D1"]
    assert await told(store, await known(store, "D3")) == ["D2", "D1"]
    assert await told(store, await known(store, "N")) == ["D4", "D3", "D2", "D1"]
    assert await told(store, await known(store, "D6"), NOON + 3 * DAY) == ["D4", "D3"]
    assert await told(store, await known(store, "other")) == []
    last = await store.previous(await known(store, "D3"), since=NOON)
    assert last is not None
    assert (last.run_id, last.contents) == ("D2", some_contents())


async def test_which_came_before_does_not_hang_on_what_the_clock_said_then(
    store: DigestStore,
) -> None:
    """The clock jumps nine days ahead, and back; then two begin in one moment."""
    begun = {"D1": 0, "AHEAD": 9, "D2": 1, "D3": 2, "D4": 2}
    for run_id, day in begun.items():
        await posted(store, a_run(run_id=run_id, key=run_id, begun_at=NOON + day * DAY))
    await store.begin(a_run(run_id="D5", key="D5", begun_at=NOON - DAY), at=NOON)
    assert await told(store, await known(store, "D5")) == ["D4", "D3", "D2", "AHEAD", "D1"]
    assert await told(store, await known(store, "D2")) == ["AHEAD", "D1"]
    assert await told(store, await known(store, "AHEAD")) == ["D1"]


async def test_days_that_have_their_digest_are_told_whatever_became_of_it(
    store: DigestStore,
) -> None:
    for run_id, key in (("D1", "2026-11-17"), ("D2", "2026-11-18"), ("D3", "2026-11-20")):
        await store.begin(a_run(run_id=run_id, key=key), at=NOON)
    await store.drop(a_run(run_id="D3"), at=NOON)
    await store.begin(a_run(run_id="N", key="now:N"), at=NOON)
    await store.begin(a_run(run_id="other", channel="C0OTHER", key="2026-11-19"), at=NOON)
    assert await store.taken("C0FINANCE", since=date(2026, 11, 18)) == {"2026-11-18", "2026-11-20"}
    assert await store.taken("C0QUIET", since=date(2026, 11, 18)) == frozenset()


async def test_a_digest_is_kept_for_400_days(store: DigestStore) -> None:
    old = await posted(store, a_run(key="2025-10-14", begun_at=NOON - 400 * DAY))
    await store.note(a_note(at=NOON - 400 * DAY), entry=CLAIMED, at=NOON)
    await store.begin(a_run(run_id="D2"), at=NOON)
    assert await known(store) == old
    assert await store.notes("C0FINANCE", at=NOON)
    await store.begin(a_run(run_id="D3", key="2026-11-19"), at=NOON + MILLISECOND)
    assert await store.run("D1") is None
    assert await told(store, await known(store, "D3")) == []
    assert await store.notes("C0FINANCE", at=NOON) == ()
    assert [each.run_id for each in await store.waiting(limit=9)] == ["D2", "D3"]


async def test_a_claim_and_a_snooze_of_one_order_stand_side_by_side(store: DigestStore) -> None:
    claim, snooze = a_note(), a_note(NoteKind.SNOOZED)
    await store.note(claim, entry=CLAIMED, at=NOON)
    await store.note(snooze, entry=CLAIMED, at=NOON)
    assert await store.notes("C0FINANCE", at=NOON) == (claim, snooze)


async def test_a_newer_note_of_a_kind_replaces_the_older(store: DigestStore) -> None:
    await store.note(a_note(NoteKind.SNOOZED), entry=CLAIMED, at=NOON)
    newer = a_note(
        NoteKind.SNOOZED,
        user_id="U0CAROL",
        at=NOON + MINUTE,
        until=NOON + 2 * DAY,
        reason="云 <!channel>",
    )
    await store.note(newer, entry=CLAIMED, at=NOON)
    assert await store.notes("C0FINANCE", at=NOON) == (newer,)


async def test_a_snooze_ends_at_its_moment_and_a_claim_stays(store: DigestStore) -> None:
    claim, snooze = a_note(), a_note(NoteKind.SNOOZED)
    for note in (claim, snooze):
        await store.note(note, entry=CLAIMED, at=NOON)
    assert await store.notes("C0FINANCE", at=NOON + DAY - MILLISECOND) == (claim, snooze)
    assert await store.notes("C0FINANCE", at=NOON + DAY) == (claim,)
    assert await store.notes("C0FINANCE", at=NOON + 300 * DAY) == (claim,)


async def test_notes_belong_to_their_channel_account_and_order(store: DigestStore) -> None:
    notes = [a_note(account="b"), a_note(account="a", order_id="2"), a_note(account="a")]
    for note in [*notes, a_note(channel="C0OTHER")]:
        await store.note(note, entry=CLAIMED, at=NOON)
    found = await store.notes("C0FINANCE", at=NOON)
    assert found == tuple(sorted(notes, key=lambda note: (note.account, note.order_id)))
    assert await store.notes("C0THIRD", at=NOON) == ()


async def test_a_note_is_on_the_record(digest_house: DigestHouse) -> None:
    await digest_house.digests.note(a_note(), entry=CLAIMED, at=NOON)
    assert await digest_house.said(ORDER) == ["order:claimed"]
