"""Homes over an office of requests and two accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.domain.accounts import Provider
from bot.domain.filters import Coverage
from bot.errors import StorageError
from bot.services.access import Viewer
from bot.services.homes import Homes, HomeView
from bot.services.inboxes import Inboxes
from tests.builders import NOON, a_detailed_order, a_person, an_account
from tests.fake_homes import FakeHomeStore
from tests.request_office import ALICE, Office

HUAWEI = an_account()
ALIBABA = an_account(name="alibaba-main", provider=Provider.ALIBABA)
DAY = timedelta(days=1)


class HomeRows(FakeHomeStore):
    """While it is `full`, nothing can be written."""

    full = False

    async def drawn(self, user_id: str, digest: str) -> None:
        if self.full:
            raise StorageError("the disk is full")
        await super().drawn(user_id, digest)


class Flat:
    """`holds` puts orders into the snapshots, `answered` says that a cloud was read whole."""

    def __init__(self) -> None:
        self.office = Office()
        self.store = HomeRows(self.office.snapshots)
        self.reopen()

    def reopen(self) -> None:
        """As a new process would: what is in memory goes."""
        self.homes = Homes(
            store=self.store,
            inboxes=Inboxes(self.office.store, self.office.people, self.office.clock),
            snapshots=self.office.snapshots,
            audit=self.office.store.audit,
            accounts=[HUAWEI, ALIBABA],
            clock=self.office.clock,
        )

    async def holds(self, *order_ids: str, **parts: Any) -> None:
        orders = [a_detailed_order(order_id=each, **parts) for each in order_ids]
        await self.office.snapshots.save(orders, seen_at=NOON)

    async def answered(self, name: str = "huawei-main") -> None:
        now = self.office.clock.now()
        await self.office.snapshots.answered(name, at=now)
        await self.office.snapshots.cover(Coverage(name, NOON, now, NOON - 400 * DAY, now))

    async def view(self, user_id: str = ALICE, **parts: Any) -> HomeView:
        viewer = Viewer(a_person(user_id=user_id), parts.pop("accounts", (HUAWEI, ALIBABA)))
        return await self.homes.view(viewer, await self.homes.book(), **parts)
