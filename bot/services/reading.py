"""Reads one order now, and says in one word what its cloud told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.orders import Order, OrderQuery, PaymentStatus
from bot.errors import ProviderError, ProviderNotFound
from bot.i18n import _
from bot.ports import Clock, ProviderAdapter, SnapshotStore

AROUND = timedelta(days=1)  # a combined transaction is created together with its orders


class Found(StrEnum):
    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # an answer about this order, with a status of no known meaning
    GONE = "gone"  # the cloud knows no such order
    NO_ANSWER = "no_answer"  # none, or one that is of no use


@dataclass(frozen=True, slots=True)
class Reading:
    """*order* is None where there is none; *problem* is a sentence without secrets, or ""."""

    found: Found
    order: Order | None = None
    problem: str = ""


_FOUND = {
    PaymentStatus.UNPAID: Found.UNPAID,
    PaymentStatus.PAID: Found.PAID,
    PaymentStatus.CANCELLED: Found.CANCELLED,
    PaymentStatus.UNKNOWN: Found.UNKNOWN,
}


class OrderReader:
    """What it reads is also kept as last seen."""

    def __init__(
        self, adapters: Mapping[str, ProviderAdapter], snapshots: SnapshotStore, clock: Clock
    ) -> None:
        self._adapters = adapters
        self._snapshots = snapshots
        self._clock = clock

    async def read(self, account: str, order_id: str) -> Reading:
        """Raises nothing but StorageError."""
        adapter = self._adapters.get(account)
        if adapter is None:
            return Reading(
                Found.NO_ANSWER, problem=_("{account} is not configured", account=account)
            )
        began_at = self._clock.now()
        try:
            order = await adapter.get_order(order_id, language="en")
        except ProviderNotFound as error:
            return Reading(Found.GONE, problem=str(error))
        except ProviderError as error:
            return Reading(Found.NO_ANSWER, problem=str(error))
        if (order.account, order.order_id) != (account, order_id):
            problem = _("{account} answered for another order", account=account)
            return Reading(Found.NO_ANSWER, problem=problem)
        await self._snapshots.save([order], seen_at=began_at)
        return Reading(_FOUND[order.payment_status], order)

    async def whole_of(self, part: Order) -> Order | None:
        """The combined transaction that *part* belongs to, as its cloud lists it now; None where
        it cannot be found."""
        if part.created_at is None:
            return None
        query = OrderQuery(part.created_at - AROUND, part.created_at + AROUND, PaymentStatus.UNPAID)
        try:
            async for page in self._adapters[part.account].list_orders(query):
                for order in page:
                    if part.order_id in order.parts:
                        return order
        except ProviderError:
            return None
        return None
