"""The loop takes up what was left, goes on through failures, and stops cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from structlog.testing import capture_logs

from bot.domain.approvals import RequestStatus
from bot.domain.inputs import InputKind
from bot.errors import StorageError
from bot.jobs import Chore, Jobs
from tests.fake_cloud import waiting_for
from tests.fake_requests import FakeRequestStore
from tests.request_office import ALICE, BOB, HOLD, Office

S = RequestStatus
K = InputKind


def jobs_of(office: Office, every: float = 1.0) -> Jobs:
    recoveries = [office.executor.recover, office.outbox.recover, office.decisions.recover]
    chores = [
        Chore(office.executor.step),
        Chore(office.outbox.step),
        Chore(office.decisions.recover, every=0.01),
    ]
    return Jobs(office.wake, recoveries, chores, every=every)


@asynccontextmanager
async def working(office: Office, every: float = 0.001) -> AsyncIterator[Jobs]:
    jobs = jobs_of(office, every)
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop(1.0)


async def until(office: Office, request_id: str, status: RequestStatus) -> None:
    async with asyncio.timeout(5):
        while office.status(request_id) is not status:  # noqa: ASYNC110 - a fake has no event
            await asyncio.sleep(0.001)


async def test_a_request_goes_all_the_way_and_its_cards_with_it() -> None:
    office = Office()
    async with working(office) as jobs:
        request_id = await office.asked()
        await office.press(K.APPROVE, BOB, request_id)
        await until(office, request_id, S.APPROVED)
        office.clock.move(HOLD)
        await until(office, request_id, S.CANCELLED)
        await jobs.stop(5.0)
        await office.outbox.step()
        assert {each for _role, each in office.shown(request_id)} == {S.CANCELLED}


async def test_hurried_it_does_not_wait_for_what_is_done_now_and_then() -> None:
    done = asyncio.Queue[None]()

    async def look() -> None:
        done.put_nowait(None)

    jobs = Jobs(asyncio.Event(), [], [Chore(look, every=3600)], every=3600)
    await jobs.start()
    async with asyncio.timeout(5):
        await done.get()
        jobs.hurry()
        await done.get()
    assert await jobs.stop(1.0) == 0
    assert done.empty()


async def test_waking_it_is_enough() -> None:
    office = Office()
    async with working(office, every=3600):
        request_id = await office.asked()
        await office.press(K.APPROVE, BOB, request_id)
        await until(office, request_id, S.APPROVED)


async def test_at_the_start_what_a_crash_left_is_taken_up() -> None:
    office = Office()
    request_id = await office.asked()
    await office.store.accept(office.an_input(K.WITHDRAW, ALICE, request_id))
    async with working(office, every=3600):
        assert office.status(request_id) is S.WITHDRAWN


async def test_an_input_left_over_by_an_error_is_swept_up() -> None:
    office = Office()
    request_id = await office.asked()
    async with working(office):
        await office.store.accept(office.an_input(K.WITHDRAW, ALICE, request_id))
        await until(office, request_id, S.WITHDRAWN)


async def test_a_chore_with_an_interval_comes_neither_too_often_nor_twice_at_a_time() -> None:
    began, release = 0, asyncio.Event()
    turned = 0

    async def slow() -> None:
        nonlocal began
        began += 1
        await release.wait()

    async def turn() -> None:
        nonlocal turned
        turned += 1

    jobs = Jobs(asyncio.Event(), [], [Chore(slow, every=0.002), Chore(turn)], every=0.001)
    await jobs.start()
    async with asyncio.timeout(5):
        while turned < 20:  # noqa: ASYNC110 - the loop has no event for its turns
            await asyncio.sleep(0.001)
        assert began == 1
        release.set()
        while began < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert began < turned
    await jobs.stop(1.0)


async def test_being_woken_all_the_time_does_not_starve_what_comes_by_the_clock() -> None:
    came, wake = asyncio.Event(), asyncio.Event()

    async def by_the_clock() -> None:
        if seen:
            came.set()
        seen.append(1)

    seen: list[int] = []
    jobs = Jobs(wake, [], [Chore(by_the_clock, every=0.01)], every=0.02)
    await jobs.start()
    async with asyncio.timeout(5):
        while not came.is_set():
            wake.set()
            await asyncio.sleep(0.001)
    await jobs.stop(1.0)


async def test_a_full_disk_stops_the_loop_only_as_long_as_it_lasts() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    office.store.audit.full = True
    with capture_logs() as lines:
        async with working(office):
            await asyncio.sleep(0.02)
            assert office.status(request_id) is S.PENDING
            office.store.audit.full = False
            await until(office, request_id, S.APPROVED)
    failed = {line["event"] for line in lines if line["log_level"] != "info"}
    assert failed == {"request_not_moved"}


async def test_a_step_that_fails_is_logged_and_the_next_one_comes() -> None:
    class Unreadable(FakeRequestStore):
        broken = True

        async def due(self, *, now: datetime, limit: int) -> tuple[str, ...]:
            if self.broken:
                raise StorageError("the disk is gone")
            return await super().due(now=now, limit=limit)

    office = Office()
    office.store = store = Unreadable(office.rows)
    office.restart()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    with capture_logs() as lines:
        async with working(office):
            await asyncio.sleep(0.02)
            assert office.status(request_id) is S.PENDING
            store.broken = False
            await until(office, request_id, S.APPROVED)
    failed = {line["event"] for line in lines if line["log_level"] != "info"}
    assert failed == {"job_failed"}


async def test_stopping_waits_for_running_work_and_then_cuts_it_off() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.script = waiting_for(release := asyncio.Event(), "cancel_order")
    office.clock.move(HOLD)
    jobs = jobs_of(office)
    await jobs.start()
    await until(office, request_id, S.EXECUTING)
    assert await jobs.stop(0.01) == 1
    assert office.status(request_id) is S.EXECUTING
    release.set()
    office.restart()
    async with working(office):
        await until(office, request_id, S.UNKNOWN)
    assert len(office.cancel_calls) == 1


async def test_work_that_ends_in_time_is_not_cut_off() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.script = waiting_for(release := asyncio.Event(), "cancel_order")
    office.clock.move(HOLD)
    jobs = jobs_of(office)
    await jobs.start()
    await until(office, request_id, S.EXECUTING)
    asyncio.get_running_loop().call_later(0.01, release.set)
    assert await jobs.stop(5.0) == 0
    assert office.status(request_id) is S.CANCELLED


async def test_a_loop_that_was_never_started_can_be_stopped() -> None:
    office = Office()
    jobs = jobs_of(office)
    assert await jobs.stop(timedelta(0).total_seconds()) == 0
