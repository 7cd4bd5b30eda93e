"""The HomeStore port in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from bot.domain.filters import OrderFilter, Sort
from bot.domain.money import Money
from bot.domain.orders import PaymentStatus
from bot.domain.unpaid import Unpaid
from bot.ports import SnapshotStore
from tests.fake_audit import whole_ms


class FakeHomeStore:
    """`opened_at` and `shown` by user id; what is unpaid is in *snapshots*."""

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots
        self.opened_at: dict[str, datetime] = {}
        self.shown: dict[str, str] = {}

    async def opened(self, user_id: str, *, at: datetime) -> None:
        self.opened_at[user_id] = whole_ms(at)
        self.shown.setdefault(user_id, "")

    async def drawn(self, user_id: str, digest: str) -> None:
        if user_id in self.shown:
            self.shown[user_id] = digest

    async def openers(self, *, since: datetime, limit: int) -> tuple[tuple[str, str], ...]:
        opened = [(at, user_id) for user_id, at in sorted(self.opened_at.items())]
        opened.sort(key=lambda each: each[0], reverse=True)
        found = [(user, self.shown[user]) for at, user in opened if at >= whole_ms(since)]
        return tuple(found[:limit])

    async def left(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        kept = {user_id for user_id, _digest in await self.openers(since=since, limit=limit)}
        latest = sorted(sorted(self.shown), key=lambda each: self.opened_at[each], reverse=True)
        return tuple(each for each in latest if self.shown[each] and each not in kept)

    async def unpaid(
        self, accounts: Collection[str], *, since: datetime, now: datetime, limit: int
    ) -> Mapping[str, Unpaid]:
        return {name: await self._unpaid(name, since, now, limit) for name in accounts}

    async def _unpaid(self, account: str, since: datetime, now: datetime, limit: int) -> Unpaid:
        wanted = OrderFilter(
            accounts=frozenset({account}),
            since=since,
            until=now,
            payment_status=PaymentStatus.UNPAID,
            sort=Sort.LAPSES_FIRST,
        )
        page = await self._snapshots.page(wanted, offset=0, limit=10**6)
        sums: dict[str, Decimal] = {}
        for each in page.snapshots:
            if (payable := each.order.payable) is not None:
                sums[payable.currency] = sums.get(payable.currency, Decimal(0)) + payable.amount
        lapsing = [
            each for each in page.snapshots if each.order.deadline and each.order.deadline > now
        ]
        return Unpaid(
            page.total,
            tuple(Money(sums[currency], currency) for currency in sorted(sums)),
            page.status_unknown,
            tuple(lapsing[:limit]),
        )
