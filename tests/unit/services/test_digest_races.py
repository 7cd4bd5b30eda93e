"""Two at once change a channel's digest: neither undoes unseen what the other was told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.digests import DigestPlan, RunState
from bot.domain.people import Channel
from bot.errors import UsageError
from bot.services.digests import DigestChanges
from tests.builders import a_person, an_entry
from tests.digest_office import BOB, CAROL, FINANCE, DigestOffice, a_cloud
from tests.fake_digests import FakeChannels, FakeDigestStore

MINUTE = timedelta(minutes=1)


class SlowChannels(FakeChannels):
    """Slack is slow about channels: `asked` once it was asked, `answer` lets it answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def channel(self, channel_id: str) -> Channel:
        self.asked.set()
        await self.answer.wait()
        return await super().channel(channel_id)


def a_slow_office() -> tuple[DigestOffice, SlowChannels]:
    office = DigestOffice(a_cloud())
    slow = office.channels = SlowChannels()
    office.restart()
    return office, slow


async def later(office: DigestOffice) -> None:
    await office.digests.change(await office.viewer(), FINANCE, DigestChanges(at=time(18)))


async def test_a_change_does_not_undo_that_it_was_switched_off_meanwhile() -> None:
    office, slow = a_slow_office()
    await office.plan()
    change = asyncio.create_task(later(office))
    await slow.asked.wait()
    await office.digests.switch_off(await office.viewer(CAROL), FINANCE)
    slow.answer.set()
    with pytest.raises(UsageError, match="/order digest"):
        await change
    assert not office.store.by_channel[FINANCE].on


async def test_switching_off_does_not_undo_what_somebody_else_changed_meanwhile() -> None:
    class Hurried(FakeDigestStore):
        """Carol moves it right after it was read."""

        async def plan(self, channel: str) -> DigestPlan | None:
            found = await super().plan(channel)
            if found is not None and found.at != time(18):
                moved = replace(found, at=time(18))
                await super().put_plan(moved, entry=an_entry(), at=moved.since)
            return found

    office = DigestOffice(a_cloud())
    office.store = Hurried(office.rows, office.audit)
    office.restart()
    await office.plan()
    with pytest.raises(UsageError, match="at the same moment"):
        await office.digests.switch_off(await office.viewer(), FINANCE)
    stands = office.store.by_channel[FINANCE]
    assert (stands.on, stands.at) == (True, time(18))


async def test_a_digest_that_was_taken_over_meanwhile_does_not_end_with_its_first_owner() -> None:
    office, slow = a_slow_office()
    await office.plan(owner=BOB, filters={"account": "huawei-main"})
    office.directory.people[BOB] = a_person(user_id=BOB, deleted=True)
    step = asyncio.create_task(office.job.step())
    await slow.asked.wait()
    office.channels, fast = FakeChannels(), office.job
    office.restart()
    office.job = fast
    await office.digests.switch_on(await office.viewer(CAROL), FINANCE, DigestChanges())
    slow.answer.set()
    await step
    plan = office.store.by_channel[FINANCE]
    assert (plan.on, plan.owner) == (True, CAROL)
    assert not office.notices
    office.clock.move(MINUTE)
    await office.job.step()
    assert office.runs()[-1].state is RunState.COMPOSED
