"""Brings the snapshots of one account up to date: what is new, what is unpaid, older orders.

Snapshots of an account hold all orders of one unbroken time span (its coverage), which grows
forward with each reading and backward in slices when a list asks for older orders. Nothing is
claimed before it is saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

from bot.domain.filters import Coverage
from bot.domain.orders import OrderQuery, PaymentStatus
from bot.errors import ProviderError
from bot.ports import Clock, ProviderAdapter, SnapshotStore
from bot.services.details import DetailsReader
from bot.services.together import together

FRESH = timedelta(seconds=5)  # who asks this soon after a reading began shares it
OVERLAP = timedelta(minutes=10)  # the clouds' clocks and ours differ
RECENT = timedelta(days=7)  # read again each time where the provider cannot filter by status
SLICE = timedelta(days=30)
UNPAID_BACK = timedelta(days=366)  # a year, whenever today it is asked for
UNPAID_SLICE = timedelta(days=90)  # where the provider states no longest window
OPEN = 10_000  # unpaid orders of one account
DOUBT = timedelta(days=31)  # how long an order without a known payment status is looked at again
DOUBT_AGAIN = timedelta(hours=1)
DOUBTFUL = 20  # of them read after one list
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A reading that ended well: which creation times it was about, and when it began."""

    since: datetime
    until: datetime
    began_at: datetime


class Refresher:
    """Raises ProviderError when a cloud fails; what was read until then is kept.

    An account's lists are read one at a time, and the turn is passed on after each slice: who
    asks for years holds up nobody who asks for days.
    """

    def __init__(
        self, adapters: Mapping[str, ProviderAdapter], snapshots: SnapshotStore, clock: Clock
    ) -> None:
        self._adapters = adapters
        self._snapshots = snapshots
        self._clock = clock
        self._details = DetailsReader(adapters, snapshots, clock)
        self._turns = {name: asyncio.Lock() for name in adapters}
        self._new: dict[str, _Reading] = {}
        self._unpaid: dict[str, _Reading] = {}
        self._apart: dict[str, _Reading] = {}

    async def window(self, name: str, since: datetime, until: datetime) -> None:
        """Know every order created in [since, until). A window far before the coverage is read by
        itself, for filling all the time between could take minutes."""
        adapter, asked_at = self._adapters[name], self._clock.now()
        coverage = await self._snapshots.coverage(name)
        known_since = coverage.since if _goes_on(coverage, asked_at) else asked_at
        if until < known_since - SLICE:
            await self._read_apart(adapter, since, until, asked_at)
        else:
            await self._read_new(adapter, asked_at)
            await self._fill_back(adapter, since)

    async def unpaid(self, name: str, since: datetime, until: datetime) -> None:
        """Know every unpaid order created since then: by the provider's own filter where it has
        one, otherwise by the whole window."""
        adapter, asked_at = self._adapters[name], self._clock.now()
        if not adapter.capabilities.filters_payment_status:
            await self.window(name, since, until)
            return
        async with self._turns[name]:
            if self._is_fresh(self._unpaid.get(name), asked_at, since):
                return
            began_at = self._clock.now()
            coverage = await self._snapshots.coverage(name) or Coverage(name, began_at, began_at)
            await self._cover_unpaid(adapter, coverage, since, began_at)

    async def details(self, name: str) -> ProviderError | None:
        """Read the details that are due; a cloud that fails leaves them due, and how it failed is
        returned. Now and then also orders whose payment status nobody knew, for no list may tell
        of them again: nothing hangs on their answer."""
        if problem := await self._details.read_due(name):
            return problem
        now = self._clock.now()
        doubtful = await self._snapshots.doubtful_ids(
            name, since=now - DOUBT, seen_before=now - DOUBT_AGAIN, limit=DOUBTFUL
        )
        with suppress(ProviderError):
            await self._details.verify(name, doubtful)
        return None

    async def has_due(self, name: str) -> bool:
        """Whether more details are due."""
        return await self._details.has_due(name)

    def _is_fresh(
        self,
        reading: _Reading | None,
        asked_at: datetime,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> bool:
        """Whether a reading tells what would be read again now. One that began after the question
        does, however long it took; one from the future tells that the clock was set back."""
        return (
            reading is not None
            and asked_at - FRESH < reading.began_at <= self._clock.now()
            and (since is None or reading.since <= since)
            and (until is None or until <= reading.until)
        )

    async def _read_new(self, adapter: ProviderAdapter, asked_at: datetime) -> None:
        """What was created since the last reading, and what became of the unpaid ones."""
        name = adapter.account.name
        async with self._turns[name]:
            if self._is_fresh(self._new.get(name), asked_at):
                return
            began_at = self._clock.now()
            coverage = await self._snapshots.coverage(name)
            if _goes_on(coverage, began_at):
                again = OVERLAP if adapter.capabilities.filters_payment_status else RECENT
                await self._save(adapter, min(coverage.until, began_at) - again, began_at)
            else:
                coverage = Coverage(name, began_at, began_at)
            await self._cover_unpaid(adapter, replace(coverage, until=began_at), began_at, began_at)
            self._new[name] = _Reading(began_at, began_at, began_at)

    async def _fill_back(self, adapter: ProviderAdapter, since: datetime) -> None:
        covered = False
        while not covered:
            covered = await self._fill_slice(adapter, since)

    async def _fill_slice(self, adapter: ProviderAdapter, since: datetime) -> bool:
        """Read one slice further back; True when there is none to read."""
        name = adapter.account.name
        async with self._turns[name]:
            coverage = await self._snapshots.coverage(name)
            if coverage is None or coverage.since <= since:
                return True
            lower = _whole_second(max(since, coverage.since - SLICE))
            await self._save(adapter, lower, coverage.since)
            await self._cover(adapter, replace(coverage, since=lower))
            return False

    async def _read_apart(
        self, adapter: ProviderAdapter, since: datetime, until: datetime, asked_at: datetime
    ) -> None:
        """Saved without claiming it: a coverage is one unbroken span."""
        name = adapter.account.name
        began_at = self._clock.now()
        for lower, upper in _slices(since, until, SLICE):
            async with self._turns[name]:
                if self._is_fresh(self._apart.get(name), asked_at, since, until):
                    return
                await self._save(adapter, lower, upper)
                self._apart[name] = _Reading(lower, until, began_at)

    async def _cover_unpaid(
        self, adapter: ProviderAdapter, coverage: Coverage, since: datetime, began_at: datetime
    ) -> None:
        """Know what is unpaid, a year back at least, and record *coverage* with it."""
        since = _whole_second(min(since, began_at - UNPAID_BACK))
        await self._read_unpaid(adapter, since, began_at)
        await self._cover(adapter, replace(coverage, unpaid_since=since, unpaid_at=began_at))
        self._unpaid[adapter.account.name] = _Reading(since, began_at, began_at)

    async def _read_unpaid(
        self, adapter: ProviderAdapter, since: datetime, until: datetime
    ) -> None:
        """Orders that were unpaid and are not in the cloud's list of unpaid ones are read one by
        one: they were paid, cancelled, or are gone. So are all where there is no such list."""
        name, can = adapter.account.name, adapter.capabilities
        back_to = since if can.filters_payment_status else _EVER
        were_unpaid = await self._snapshots.open_ids(name, since=back_to, limit=OPEN)
        still_unpaid: set[str] = set()
        if can.filters_payment_status:
            step = timedelta(days=can.max_window_days) if can.max_window_days else UNPAID_SLICE
            still_unpaid = set[str]().union(
                *await together(
                    self._save(adapter, lower, upper, PaymentStatus.UNPAID)
                    for lower, upper in _slices(since, until, step)
                )
            )
        left = [order_id for order_id in were_unpaid if order_id not in still_unpaid]
        await self._details.verify(name, left)

    async def _save(
        self,
        adapter: ProviderAdapter,
        since: datetime,
        until: datetime,
        status: PaymentStatus | None = None,
    ) -> set[str]:
        """Read and save one list, page by page; the ids that were in it."""
        seen: set[str] = set()
        async for page in adapter.list_orders(OrderQuery(since, until, status)):
            await self._snapshots.save(page, seen_at=self._clock.now())
            seen.update(order.order_id for order in page)
        await self._snapshots.answered(adapter.account.name, at=self._clock.now())
        return seen

    async def _cover(self, adapter: ProviderAdapter, coverage: Coverage) -> None:
        """Where the provider cannot filter, what is unpaid is known as far as all orders are."""
        if not adapter.capabilities.filters_payment_status:
            coverage = replace(coverage, unpaid_since=coverage.since, unpaid_at=coverage.until)
        await self._snapshots.cover(coverage)


def _goes_on(coverage: Coverage | None, now: datetime) -> TypeGuard[Coverage]:
    """Whether to read on from a coverage. After a long pause, or when the clock was set back
    before its start, it is begun anew: the newest orders come first."""
    return (
        coverage is not None
        and coverage.since < min(coverage.until, now)
        and now - coverage.until <= SLICE
    )


def _whole_second(moment: datetime) -> datetime:
    """Rounded down: what is stored must claim no fraction that was not read."""
    return moment.replace(microsecond=0)


def _slices(
    since: datetime, until: datetime, step: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """[since, until) cut into spans of *step* at most, newest first."""
    while until > since:
        lower = max(since, until - step)
        yield lower, until
        until = lower
