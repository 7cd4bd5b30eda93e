"""Reads orders one by one: details that a list does not give, and what became of an order that is
no longer in its cloud's list of unpaid ones.

A single order that cannot be read is no failure of its account: it rests for a while, so that it
neither stops the others nor is asked for with each list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.orders import Order, PaymentStatus
from bot.errors import ProviderError, ProviderInvalid, ProviderMalformed, ProviderNotFound
from bot.ports import Clock, ProviderAdapter, SnapshotStore
from bot.services.together import together

AT_ONCE = 10  # read at the same time and saved together; the account's rate limit sits below
DETAILS = 100  # read per refresh; the rest waits for the next one
REST = timedelta(minutes=10)  # for an order that could not be read
_OF_ONE_ORDER = (ProviderNotFound, ProviderMalformed, ProviderInvalid)

_Read = Callable[[ProviderAdapter, str], Coroutine[Any, Any, Order | None]]


class DetailsReader:
    def __init__(
        self, adapters: Mapping[str, ProviderAdapter], snapshots: SnapshotStore, clock: Clock
    ) -> None:
        self._adapters = adapters
        self._snapshots = snapshots
        self._clock = clock
        self._locks = {name: asyncio.Lock() for name in adapters}
        self._resting: dict[str, dict[str, datetime]] = {name: {} for name in adapters}

    async def read_due(self, name: str) -> ProviderError | None:
        """Read what is due, newest first. When the cloud fails the rest stays due, and how it
        failed is returned."""
        async with self._locks[name]:
            resting = self._still_resting(name)
            due = await self._snapshots.due_for_details(name, limit=DETAILS + len(resting))
            wanted = [order_id for order_id in due if order_id not in resting][:DETAILS]
            try:
                await self._read(name, wanted, self._order)
            except ProviderError as error:
                return error
        return None

    async def verify(self, name: str, order_ids: Sequence[str]) -> None:
        """Read orders that may no longer be what the snapshots say. One that cannot be read is
        kept with an unknown status. Raises ProviderError when the cloud fails as a whole."""
        await self._read(name, order_ids, self._order_or_unknown)

    async def _read(self, name: str, order_ids: Sequence[str], read: _Read) -> None:
        adapter = self._adapters[name]
        for start in range(0, len(order_ids), AT_ONCE):
            began_at = self._clock.now()
            batch = order_ids[start : start + AT_ONCE]
            orders = await together(read(adapter, order_id) for order_id in batch)
            found = [order for order in orders if order is not None]
            await self._snapshots.save(found, seen_at=began_at)

    async def _order(self, adapter: ProviderAdapter, order_id: str) -> Order | None:
        try:
            return await adapter.get_order(order_id, language="en")
        except _OF_ONE_ORDER:
            self._rest(adapter.account.name, order_id)
            return None

    async def _order_or_unknown(self, adapter: ProviderAdapter, order_id: str) -> Order | None:
        """Passed on as a list row, so that it is due again and the next row that differs wins."""
        name = adapter.account.name
        try:
            return await adapter.get_order(order_id, language="en")
        except _OF_ONE_ORDER as error:
            self._rest(name, order_id)
            word = "not found" if isinstance(error, ProviderNotFound) else ""
        snapshot = await self._snapshots.get(name, order_id)
        if snapshot is None:
            return None
        return replace(
            snapshot.order,
            payment_status=PaymentStatus.UNKNOWN,
            payment_word=word,
            inferred=False,
            detailed=False,
        )

    def _rest(self, name: str, order_id: str) -> None:
        self._resting[name][order_id] = self._clock.now() + REST

    def _still_resting(self, name: str) -> Mapping[str, datetime]:
        now = self._clock.now()
        resting = self._resting[name] = {
            order_id: until
            for order_id, until in self._resting[name].items()
            if now < until <= now + REST
        }
        return resting
