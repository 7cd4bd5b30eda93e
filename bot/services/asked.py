"""The accounts that one list has asked, and waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.errors import ProviderError

Step = asyncio.Task[ProviderError | None]


@dataclass(frozen=True, slots=True)
class Asking:
    """One account on its way. *reading* ends with what kept its list from being read, None if
    nothing did; *whole*, later, with what kept the details that were due from being read."""

    account: str
    began_at: datetime
    reading: Step
    whole: Step

    def steps_left(self) -> Iterator[Step]:
        return (step for step in (self.reading, self.whole) if not step.done())


class Asked:
    """By account name; empty where no cloud is asked."""

    def __init__(self, accounts: Mapping[str, Asking]) -> None:
        self._accounts = accounts

    def get(self, name: str) -> Asking | None:
        return self._accounts.get(name)

    @property
    def steps_left(self) -> int:
        return sum(len(tuple(each.steps_left())) for each in self._accounts.values())

    @property
    def only_details_left(self) -> bool:
        """Whether some account's list is read while its details are not."""
        return any(
            each.reading.done() and not each.whole.done() for each in self._accounts.values()
        )

    async def wait(self, seconds: float) -> bool:
        """Wait until everything is read, that long at most; whether it is."""
        steps = [each.whole for each in self._accounts.values() if not each.whole.done()]
        if steps:
            await asyncio.wait(steps, timeout=max(0.0, seconds))
        return not self.steps_left

    async def wait_for_step(self, seconds: float) -> None:
        """Wait until one more list, or the details of one more account, are read. There must be
        something left."""
        steps = [
            next(each.steps_left()) for each in self._accounts.values() if not each.whole.done()
        ]
        await asyncio.wait(steps, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
