"""Reads orders one by one: details that a list does not give, and what became of an order that is
no longer in its cloud's list of unpaid ones.

A single order that cannot be read is no failure of its account: it rests for a while, so that it
neither stops the others nor is asked for with each list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.filters import OrderFilter
from bot.domain.orders import Order, PaymentStatus
from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderNotFound,
    ProviderThrottled,
    ProviderUnavailable,
)
from bot.ports import Clock, ProviderAdapter, SnapshotStore
from bot.services.together import together

AT_ONCE = 10  # read at the same time and saved together; the account's rate limit sits below
DETAILS = 100  # read per refresh; the rest waits for the next one
REST = timedelta(minutes=10)  # for an order that could not be read
FEW = 3  # orders without an answer that another order's answer may explain
_OF_ONE_ORDER = (ProviderNotFound, ProviderMalformed, ProviderInvalid)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


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
                await self._read(name, wanted)
            except ProviderError as error:
                return error
        return None

    async def has_due(self, name: str) -> bool:
        """Whether `read_due` would read anything."""
        resting = self._still_resting(name)
        due = await self._snapshots.due_for_details(name, limit=len(resting) + 1)
        return any(order_id not in resting for order_id in due)

    async def verify(self, name: str, order_ids: Sequence[str]) -> None:
        """Read orders that may no longer be what the snapshots say. One that cannot be read is
        kept with an unknown status; where no list tells that it is not what it was, only if its
        cloud said so. Raises ProviderError when the cloud fails as a whole."""
        await self._read(name, order_ids, doubting=True)

    async def _read(self, name: str, order_ids: Sequence[str], *, doubting: bool = False) -> None:
        """What came is saved, whatever became of the rest."""
        adapter, can = self._adapters[name], self._adapters[name].capabilities
        for start in range(0, len(order_ids), AT_ONCE):
            began_at = self._clock.now()
            batch = order_ids[start : start + AT_ONCE]
            told = await together(_told(adapter, order_id) for order_id in batch)
            found = [each for each in told if isinstance(each, Order)]
            failed = {
                order_id: each
                for order_id, each in zip(batch, told, strict=True)
                if isinstance(each, ProviderError)
            }
            silent = await self._silence(adapter, failed)
            for order_id, error in failed.items():
                is_told = isinstance(error, _OF_ONE_ORDER)
                if is_told or silent is None:
                    self._rest(name, order_id)
                if doubting and (is_told or (silent is None and can.filters_payment_status)):
                    found += await self._doubted(name, order_id, error)
            await self._snapshots.save(found, seen_at=began_at)
            if silent is not None:
                raise silent

    async def _silence(
        self, adapter: ProviderAdapter, failed: Mapping[str, ProviderError]
    ) -> ProviderError | None:
        """What keeps the whole cloud from answering. No answer about a few orders is about those
        orders only if the cloud gives another one after that."""
        others = [each for each in failed.values() if not isinstance(each, _OF_ONE_ORDER)]
        refused = [each for each in others if not _is_no_answer(each)]
        if refused or not others:
            return refused[0] if refused else None
        is_of_these = len(others) <= FEW and await self._gives_another(adapter, failed)
        return None if is_of_these else others[0]

    async def _gives_another(self, adapter: ProviderAdapter, failed: Collection[str]) -> bool:
        name, now = adapter.account.name, self._clock.now()
        every = OrderFilter(accounts=frozenset((name,)), since=_EVER, until=now)
        unfit = {*failed, *self._still_resting(name)}
        page = await self._snapshots.page(every, offset=0, limit=len(unfit) + 1)
        others = (each.order.order_id for each in page.snapshots)
        other = next((each for each in others if each not in unfit), None)
        return other is not None and isinstance(await _told(adapter, other), Order)

    async def _doubted(self, name: str, order_id: str, error: ProviderError) -> tuple[Order, ...]:
        """As a list row, so that it is due again and the next row that differs wins."""
        snapshot = await self._snapshots.get(name, order_id)
        if snapshot is None:
            return ()
        doubted = replace(
            snapshot.order,
            payment_status=PaymentStatus.UNKNOWN,
            payment_word="not found" if isinstance(error, ProviderNotFound) else "",
            inferred=False,
            detailed=False,
        )
        return (doubted,)

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


async def _told(adapter: ProviderAdapter, order_id: str) -> Order | ProviderError:
    try:
        return await adapter.get_order(order_id, language="en")
    except ProviderError as error:
        return error


def _is_no_answer(error: ProviderError) -> bool:
    return isinstance(error, ProviderUnavailable) and not isinstance(error, ProviderThrottled)
