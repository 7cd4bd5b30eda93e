"""Begins each channel's digest on its local day, and composes what is begun.

Level-triggered: whether a day is due is read from the plan and the clock, whether it is taken from
a unique key in the database. So restarts, late turns of the loop, a clock that jumps and a second
copy of the bot neither lose a day nor send one twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.domain.accounts import Account
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.digest_contents import DigestContents
from bot.domain.digests import GRACE, DigestPlan, DigestRun, due_days
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.zones import zone_named
from bot.errors import NotAllowed, UsageError
from bot.ports import Channels, Clock, DigestStore, OutboxStore
from bot.services.access import Access
from bot.services.composing import Composer
from bot.services.digest_ends import Ending, end_plan, not_posted, too_late
from bot.services.digest_rights import Over, check_channel
from bot.services.digest_terms import NOW_OWN, UNREADABLE, chosen, new_run
from bot.services.steps import BOT

logger = structlog.get_logger(__name__)

AT_ONCE = 20  # digests composed at the same time
AGAIN = timedelta(minutes=1)  # when Slack, or the database, did not answer


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one run shows."""

    accounts: tuple[Account, ...]
    filters: Mapping[str, str]
    zone: str


class DigestJob:
    """*wake* is set when a message is owed."""

    def __init__(
        self,
        *,
        store: DigestStore,
        composer: Composer,
        access: Access,
        channels: Channels,
        outbox: OutboxStore,
        clock: Clock,
        wake: asyncio.Event,
    ) -> None:
        self._store = store
        self._composer = composer
        self._access = access
        self._channels = channels
        self._outbox = outbox
        self._clock = clock
        self._wake = wake
        self._taken: set[tuple[str, str]] = set()  # channel and day: spares the database the asking
        self._busy: set[str] = set()
        self._resting: dict[str, datetime] = {}  # run id: when it is tried again

    async def step(self) -> None:
        """Do all that is due. May run while an earlier step still waits for a slow cloud."""
        await self.begin()
        limit = AT_ONCE + len(self._busy) + len(self._resting)
        runs = await self._store.waiting(limit=limit)
        self._resting = {each.run_id: at for each in runs if (at := self._rests(each))}
        await asyncio.gather(*(self._work(run) for run in runs if not self._rests(run)))

    async def begin(self) -> None:
        """Take every local day that is due and not taken. A plan that cannot be read, whose zone
        is no longer known for instance, does not hold up the others."""
        now, due = self._clock.now(), set[tuple[str, str]]()
        for plan in await self._store.plans():
            try:
                days = due_days(plan, now)
            except (KeyError, ValueError, OSError):  # what zoneinfo raises
                logger.exception("digest_plan_unreadable", channel=plan.channel)
                continue
            for day in days:
                due.add((plan.channel, day.isoformat()))
                await self._take(plan, day.isoformat(), now)
        self._taken &= due

    async def _take(self, plan: DigestPlan, key: str, now: datetime) -> None:
        if (plan.channel, key) not in self._taken:
            await self._store.begin(new_run(plan.channel, key, plan.owner, now), at=now)
            self._taken.add((plan.channel, key))

    async def _work(self, run: DigestRun) -> None:
        if run.run_id in self._busy:
            return
        self._busy.add(run.run_id)
        try:
            await self._compose(run)
        except Exception:
            logger.exception("digest_not_composed", run=run.run_id, channel=run.channel)
            self._resting[run.run_id] = self._clock.now() + AGAIN
        finally:
            self._busy.discard(run.run_id)

    async def _compose(self, run: DigestRun) -> None:
        own, now = run.key.startswith(NOW_OWN), self._clock.now()
        plan = None if own else await self._plan(run)
        if plan is None and not own:
            await self._store.drop(run, at=now)
            return
        if now - run.begun_at > GRACE:
            await self._store.drop(run, at=now)
            owner = plan.owner if plan else run.owner
            await self._outbox.owe([not_posted(run, owner, too_late())], at=now)
            return
        try:
            terms = await self._terms(run, plan)
            contents = await self._contents(run, terms)
        except Over as error:
            await self._end(run, plan, error.why)
        except NotAllowed:  # Slack does not answer about the owner or the channel
            self._resting[run.run_id] = self._clock.now() + AGAIN
        else:
            await self._keep(run, contents, is_wanted=own or await self._plan(run) is not None)

    async def _end(self, run: DigestRun, plan: DigestPlan | None, why: Ending) -> None:
        """The plan is over, and this digest with it. One that is another plan's by now is tried
        again with that."""
        now = self._clock.now()
        if plan is not None and await end_plan(self._store, plan, why, at=now) is None:
            self._resting[run.run_id] = now + AGAIN
            return
        await self._store.drop(run, at=now)
        self._wake.set()

    async def _plan(self, run: DigestRun) -> DigestPlan | None:
        """The channel's plan, where it is still on."""
        plan = await self._store.plan(run.channel)
        return plan if plan is not None and plan.on else None

    async def _keep(self, run: DigestRun, contents: DigestContents, *, is_wanted: bool) -> None:
        now = self._clock.now()
        if not is_wanted:  # switched off while the clouds were asked
            await self._store.drop(run, at=now)
            return
        entry = AuditEntry(
            kind=AuditKind.DIGEST_COMPOSED,
            actor=BOT,
            subject=f"digest:{run.channel}",
            facts={
                "run_id": run.run_id,
                "key": run.key,
                "lines": len(contents.lines),
                "gone": len(contents.gone),
                "accounts": ",".join(each.name for each in contents.accounts),
                "no_answer": ",".join(each.name for each in contents.accounts if each.problem),
            },
        )
        owed = Owed(
            dedup=f"digest:{run.run_id}",
            lane=Lane.DIGESTS,
            kind=OwedKind.DIGEST,
            run_id=run.run_id,
        )
        await self._store.compose(run, contents, entry=entry, owed=[owed], at=now)
        self._wake.set()

    def _rests(self, run: DigestRun) -> datetime | None:
        """Until when it is left alone; a moment out of reach tells that the clock was set."""
        now, at = self._clock.now(), self._resting.get(run.run_id)
        return at if at is not None and now < at <= now + AGAIN else None

    async def _terms(self, run: DigestRun, plan: DigestPlan | None) -> _Terms:
        """Raises Over, and NotAllowed when Slack does not answer."""
        await check_channel(self._channels, run.channel)
        filters = plan.filters if plan else {}
        try:
            owner = await self._access.viewer(plan.owner if plan else run.owner)
            names = chosen(owner, filters)
        except NotAllowed as error:
            if error.rule == UNREADABLE:
                raise
            raise Over(Ending.OWNER) from error
        except UsageError as error:
            raise Over(Ending.OWNER) from error
        accounts = tuple(each for each in owner.accounts if each.name in names)
        zone = plan.zone if plan else zone_named(owner.person.time_zone) or "UTC"
        return _Terms(accounts, filters, zone)

    async def _contents(self, run: DigestRun, terms: _Terms) -> DigestContents:
        try:
            return await self._composer.compose(run, terms.filters, terms.accounts, terms.zone)
        except UsageError as error:
            raise Over(Ending.FILTERS) from error
