"""The services over our own fakes, as the wiring room joins them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.accounts import Provider
from bot.domain.audit import AuditKind
from bot.domain.filters import Coverage, OrderFilter, Sort
from bot.domain.orders import Order, PaymentStatus
from bot.services.access import Viewer
from bot.services.inputs import Inputs
from bot.services.lists import OrderList, OrderLists, Patience
from bot.services.orders import OrderLookups
from bot.services.refresh import Refresher
from tests.builders import NOON, a_detailed_order, a_filter, a_person, an_account
from tests.fake_cloud import FakeAdapter
from tests.fakes import FakeAuditLog, FakeConversationStore, FakeSnapshotStore, FixedClock

AMPLE = Patience(first=20, deadline=40, late=40)  # whoever answers is waited for
NONE = Patience(first=0.1, deadline=0.2, late=0.1)  # for clouds that never answer
CHANNEL = "C0TEAM"
HUAWEI = "huawei-main"
DAY = timedelta(days=1)
YEAR = 365 * DAY
MONTH = NOON - 30 * DAY
BOTH = frozenset({"huawei-main", "alibaba-main"})
EVERYTHING = a_filter(accounts=BOTH)
ALL_UNPAID = a_filter(accounts=BOTH, payment_status=PaymentStatus.UNPAID, sort=Sort.LAPSES_FIRST)


class House:
    def __init__(
        self,
        *clouds: FakeAdapter,
        patience: Patience = AMPLE,
        deadline: float = 40,
    ) -> None:
        self.clock = FixedClock()
        self.snapshots = FakeSnapshotStore()
        self.conversations = FakeConversationStore()
        self.audit = FakeAuditLog()
        self.clouds = clouds or (FakeAdapter(),)
        self.patience = patience
        self.deadline = deadline
        self.restart()

    def restart(self) -> None:
        """What is stored stays, what is only in memory goes."""
        adapters = {cloud.account.name: cloud for cloud in self.clouds}
        self.refresher = Refresher(adapters, self.snapshots, self.clock)
        self.lists = OrderLists(
            self.refresher, self.snapshots, self.audit, self.clock, self.patience
        )
        self.lookups = OrderLookups(
            adapters,
            self.snapshots,
            self.conversations,
            self.audit,
            self.clock,
            deadline=self.deadline,
        )
        self.inputs = Inputs(self.conversations, self.audit, self.clock)

    @property
    def cloud(self) -> FakeAdapter:
        return self.clouds[0]

    def viewer(self, *names: str, **parts: str) -> Viewer:
        """Who may view the named accounts, or all."""
        accounts = tuple(cloud.account for cloud in self.clouds)
        visible = tuple(each for each in accounts if not names or each.name in names)
        return Viewer(a_person(**parts), visible)

    async def follow(self, wanted: OrderFilter, viewer: Viewer | None = None) -> list[OrderList]:
        return [drawn async for drawn in self.lists.follow(viewer or self.viewer(), wanted)]

    async def last(self, wanted: OrderFilter) -> OrderList:
        """The list when everything has been answered."""
        return (await self.follow(wanted))[-1]

    @property
    def kinds(self) -> list[AuditKind]:
        return [entry.kind for entry in self.audit.entries]

    def told(self) -> str:
        """Everything that stands on the record in the clear."""
        return " ".join(record.body.decode() for record in self.audit.records)

    async def stored(self, order_id: str, account: str = "huawei-main") -> Order:
        snapshot = await self.snapshots.get(account, order_id)
        assert snapshot is not None
        return snapshot.order


def ids(listed: OrderList | Sequence[Order]) -> list[str]:
    orders = (
        [each.order for each in listed.page.snapshots] if isinstance(listed, OrderList) else listed
    )
    return [order.order_id for order in orders]


def an_order_of(days: float, **parts: object) -> Order:
    """An order created that many days before noon; its id is that number."""
    usual = {"order_id": f"D{days:g}", "created_at": NOON - days * DAY}
    return a_detailed_order(**(usual | parts))


def windows(cloud: FakeAdapter, status: PaymentStatus | None = None) -> list[tuple[float, float]]:
    """The list calls for one status, as days before noon."""
    return [
        ((NOON - query.created_from) / DAY, (NOON - query.created_until) / DAY)
        for query in cloud.asked("list_orders")
        if query.payment_status is status
    ]


async def known(house: House, since: datetime = NOON - 10 * YEAR) -> list[str]:
    page = await house.snapshots.page(a_filter(since=since), offset=0, limit=500)
    return [each.order.order_id for each in page.snapshots]


async def covered(house: House) -> Coverage:
    coverage = await house.snapshots.coverage(HUAWEI)
    assert coverage is not None
    return coverage


def huawei(*orders: Order, **capabilities: Any) -> FakeAdapter:
    return FakeAdapter(orders=orders or (a_detailed_order(),), **capabilities)


def alibaba(*orders: Order) -> FakeAdapter:
    account = an_account(name="alibaba-main", provider=Provider.ALIBABA)
    usual = an_alibaba_order("500491030350914")
    return FakeAdapter(account, orders or (usual,))


def an_alibaba_order(order_id: str, **parts: Any) -> Order:
    usual = {"account": "alibaba-main", "provider": Provider.ALIBABA, "order_id": order_id}
    return a_detailed_order(**(usual | parts))


def problems(listed: OrderList) -> dict[str, str]:
    """Which accounts are named, and with which error."""
    return {
        state.account.name: type(state.problem).__name__ for state in listed.states if state.problem
    }
