"""The digest services at work on fakes of all ports, Slack's included: Alice, Bob and Carol may
view all accounts. What the world does is set on the fakes; the clock moves only when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bot.domain.digest_contents import DigestContents
from bot.domain.digests import EVERY_DAY, DigestPlan, DigestRun, RunState
from bot.domain.orders import Order
from bot.domain.policy import Humans, Policy
from bot.ports import DigestStore
from bot.services.access import Access, Viewer
from bot.services.composing import Composer
from bot.services.digest_job import DigestJob
from bot.services.digests import DigestChanges, Digests
from bot.services.refresh import Refresher
from handlers.digest_filters import digest_filter
from tests.builders import a_detailed_order, an_account, an_entry
from tests.fake_cloud import FakeAdapter
from tests.fake_digests import FakeChannels, FakeDigestStore
from tests.fakes import FakeDirectory, FakeRequestStore, FakeSnapshotStore, FixedClock
from tests.request_office import a_policy

FINANCE = "C0FINANCE"
ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"
MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)  # a Monday, 08:30 in Berlin
DAY = timedelta(days=1)


class DigestOffice:
    """`restart` makes new services over the same stores, as a new process would."""

    def __init__(
        self,
        *clouds: FakeAdapter,
        policy: Policy | None = None,
        humans: Humans | None = None,
        cloud_users: Mapping[str, str] | None = None,
        now: datetime = MORNING,
        patience: float = 60.0,
    ) -> None:
        self.clock = FixedClock(now)
        self.clouds = clouds or (FakeAdapter(),)
        self.policy = policy or a_policy()
        self.humans = humans or Humans()
        self.cloud_users = cloud_users or {}
        self.patience = patience
        self.requests = FakeRequestStore()
        self.audit = self.requests.audit
        self.rows = self.requests.outbox
        self.store = FakeDigestStore(self.rows, self.audit)
        self.snapshots = FakeSnapshotStore()
        self.channels = FakeChannels()
        self.directory = FakeDirectory()
        self.directory.add(ALICE, BOB, CAROL)
        self.restart()

    def restart(self) -> None:
        adapters = {cloud.account.name: cloud for cloud in self.clouds}
        accounts = [cloud.account for cloud in self.clouds]
        self.wake = asyncio.Event()
        self.access = Access(accounts, self.policy, self.directory)
        self.composer = Composer(
            store=self.store,
            snapshots=self.snapshots,
            refresher=Refresher(adapters, self.snapshots, self.clock),
            requests=self.requests,
            audit=self.audit,
            capabilities={cloud.account.name: cloud.capabilities for cloud in self.clouds},
            cloud_users=self.cloud_users,
            humans=self.humans,
            directory=self.directory,
            reads=digest_filter,
            clock=self.clock,
            patience=self.patience,
        )
        self.digests = Digests(
            store=self.store,
            access=self.access,
            channels=self.channels,
            reads=digest_filter,
            clock=self.clock,
            wake=self.wake,
        )
        self.job = self.another_job()

    def another_job(self, store: DigestStore | None = None) -> DigestJob:
        """That of a second copy of the bot, or of one after a restart."""
        return DigestJob(
            store=store or self.store,
            composer=self.composer,
            access=self.access,
            channels=self.channels,
            outbox=self.rows,
            clock=self.clock,
            wake=self.wake,
        )

    async def viewer(self, user_id: str = ALICE) -> Viewer:
        return await self.access.viewer(user_id)

    async def plan(self, **parts: Any) -> DigestPlan:
        """Alice's plan stands: each day at 08:30 in Berlin, since yesterday."""
        usual: dict[str, Any] = {"since": self.clock.now() - DAY}
        plan = a_daily_plan(**(usual | parts))
        await self.store.put_plan(plan, entry=an_entry(), at=self.clock.now())
        return plan

    async def switch_on(self, user_id: str = ALICE, **changes: Any) -> DigestPlan:
        usual: dict[str, Any] = {"at": time(8, 30), "zone": "Europe/Berlin"}
        asked = DigestChanges(**(usual | changes))
        return (await self.digests.switch_on(await self.viewer(user_id), FINANCE, asked)).plan

    async def digest(self) -> DigestContents:
        """What is due now; it is posted as well."""
        await self.job.step()
        newest = self.runs()[-1]
        assert newest.contents is not None
        await self.store.keep_posted(newest)
        return newest.contents

    async def tomorrow(self, days: int = 1) -> DigestContents:
        self.clock.move(days * DAY)
        return await self.digest()

    def runs(self, state: RunState | None = None) -> Sequence[DigestRun]:
        return [run for run in self.store.by_id.values() if state in (None, run.state)]

    @property
    def notices(self) -> list[tuple[str, str]]:
        """What people are told: user id and sentence."""
        return [
            (row.owed.user_id, row.owed.text) for row in self.rows.rows.values() if row.owed.text
        ]


def a_daily_plan(**parts: Any) -> DigestPlan:
    """Alice's digest of everything, each day at 08:30 in Berlin."""
    usual: dict[str, Any] = {
        "channel": FINANCE,
        "owner": ALICE,
        "at": time(8, 30),
        "weekdays": EVERY_DAY,
        "zone": "Europe/Berlin",
        "since": MORNING - DAY,
    }
    return DigestPlan(**(usual | parts))


def a_cloud(name: str = "huawei-main", **capabilities: Any) -> FakeAdapter:
    return FakeAdapter(an_account(name=name), **capabilities)


def placed(order_id: str = "CS1", days: float = 1, **parts: Any) -> Order:
    """An unpaid order of huawei-main without a deadline, that many days old."""
    usual = {"order_id": order_id, "created_at": MORNING - days * DAY, "deadline": None}
    return a_detailed_order(**(usual | parts))
