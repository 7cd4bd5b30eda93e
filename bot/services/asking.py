"""Asks the clouds of many accounts at once: each account's list first, then its details."""

from __future__ import annotations

import asyncio

import structlog

from bot.domain.filters import OrderFilter
from bot.domain.orders import PaymentStatus
from bot.errors import ProviderError, ProviderUnavailable, Remedy, StorageError
from bot.ports import Clock, SnapshotStore
from bot.services.asked import Asked, Asking, Step
from bot.services.refresh import Refresher

logger = structlog.get_logger(__name__)

ROUNDS = 100  # of 100 orders whose details are due


class Asker:
    def __init__(self, refresher: Refresher, snapshots: SnapshotStore, clock: Clock) -> None:
        self._refresher = refresher
        self._snapshots = snapshots
        self._clock = clock
        self._running: set[Step] = set()
        self.closed = False

    def ask(self, wanted: OrderFilter) -> Asked:
        """Begin to read every account of *wanted*; nothing once it is closed."""
        if self.closed:
            return Asked({})
        return Asked({name: self._ask_one(name, wanted) for name in sorted(wanted.accounts)})

    async def aclose(self) -> None:
        """End all reading; what is being waited for is drawn as last seen."""
        self.closed = True
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ask_one(self, name: str, wanted: OrderFilter) -> Asking:
        reading = asyncio.create_task(self._read(name, wanted))
        whole = asyncio.create_task(self._read_details(name, reading))
        for task in (reading, whole):
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return Asking(name, self._clock.now(), reading, whole)

    async def _read(self, name: str, wanted: OrderFilter) -> ProviderError | None:
        """What kept the account's list from being read. A fault of ours in one account is logged
        here and does not take the others' orders from the list."""
        try:
            if wanted.payment_status is PaymentStatus.UNPAID:
                await self._refresher.unpaid(name, wanted.since, wanted.until)
            else:
                await self._refresher.window(name, wanted.since, wanted.until)
        except ProviderError as error:
            problem = error
        except StorageError:
            logger.exception("refresh_not_saved", account=name)
            raise
        except Exception:
            logger.exception("refresh_failed", account=name)
            problem = no_answer(name, remedy=Remedy.TELL_OPERATOR)
        else:
            return None
        told = problem.code or type(problem).__name__
        await self._snapshots.failed(name, at=self._clock.now(), error=told)
        return problem

    async def _read_details(self, name: str, reading: Step) -> ProviderError | None:
        """What kept the details from being read: a list stands without them."""
        await asyncio.wait([reading])
        if reading.cancelled() or reading.exception() or reading.result():
            return None
        try:
            for turn in range(ROUNDS):
                if turn and not await self._refresher.has_due(name):
                    break
                if problem := await self._refresher.details(name):
                    return problem
        except Exception:
            logger.exception("details_failed", account=name)
            return no_answer(name, remedy=Remedy.TELL_OPERATOR)
        return None


def no_answer(name: str, remedy: Remedy | None = None) -> ProviderUnavailable:
    return ProviderUnavailable("no answer", account=name, operation="list_orders", remedy=remedy)
