"""Digests and Home tabs. Each port has contract tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.domain.audit import AuditEntry
from bot.domain.digest_contents import DigestContents
from bot.domain.digests import DigestPlan, DigestRun, OrderNote
from bot.domain.outbox import Owed
from bot.domain.unpaid import Unpaid


class DigestStore(Protocol):
    """Which channels have a digest, what each said, and what people noted about its lines. Each
    method is one transaction with its records."""

    async def plan(self, channel: str) -> DigestPlan | None:
        """Also one that is switched off."""
        ...

    async def plans(self) -> tuple[DigestPlan, ...]:
        """Those switched on, by channel."""
        ...

    async def put_plan(
        self,
        plan: DigestPlan,
        *,
        over: DigestPlan | None = None,
        entry: AuditEntry,
        owed: Sequence[Owed] = (),
        at: datetime,
    ) -> bool:
        """False, and nothing is changed, where the channel's plan is no longer *over*; None is for
        whatever it is."""
        ...

    async def begin(self, run: DigestRun, *, at: datetime) -> bool:
        """Take the day: False when the channel has a run of this key."""
        ...

    async def waiting(self, *, limit: int) -> tuple[DigestRun, ...]:
        """Runs that are begun and not composed, oldest first."""
        ...

    async def compose(
        self,
        run: DigestRun,
        contents: DigestContents,
        *,
        entry: AuditEntry,
        owed: Sequence[Owed],
        at: datetime,
    ) -> bool:
        """Store what the run says, with what it owes; False when it is no longer begun."""
        ...

    async def drop(self, run: DigestRun, *, at: datetime) -> None:
        """It will not be posted; does nothing to one that was."""
        ...

    async def keep_posted(self, run: DigestRun) -> None:
        """Its *ts*, *unsure* and *parts* as they are now; the state becomes posted."""
        ...

    async def run(self, run_id: str) -> DigestRun | None: ...

    async def previous(self, run: DigestRun, *, since: datetime) -> DigestRun | None:
        """The last composed or posted daily run of its channel that came before *run*, by the order
        in which they came, whatever the clock said then; of those begun since that moment."""
        ...

    async def taken(self, channel: str, *, since: date) -> frozenset[str]:
        """The local days from *since* on that have their digest, also one that was dropped."""
        ...

    async def note(self, note: OrderNote, *, entry: AuditEntry, at: datetime) -> None: ...

    async def notes(self, channel: str, *, at: datetime) -> tuple[OrderNote, ...]:
        """Claims, and snoozes that have not ended."""
        ...


class HomeStore(Protocol):
    """Who has opened the Home tab, and what stands there."""

    async def opened(self, user_id: str, *, at: datetime) -> None: ...

    async def drawn(self, user_id: str, digest: str) -> None:
        """What the tab shows now, as a hash; "" when that is not known."""
        ...

    async def openers(self, *, since: datetime, limit: int) -> tuple[tuple[str, str], ...]:
        """(user id, digest) of those who opened it since then, latest first."""
        ...

    async def left(self, *, since: datetime, limit: int) -> tuple[str, ...]:
        """All others on whose tab something stands, latest first."""
        ...

    async def unpaid(
        self, accounts: Collection[str], *, since: datetime, now: datetime, limit: int
    ) -> Mapping[str, Unpaid]:
        """What is unpaid by account, of orders placed in [since, now) or at a time not known; with
        the first *limit* that lapse after *now*. Holds up no other use of the store."""
        ...
