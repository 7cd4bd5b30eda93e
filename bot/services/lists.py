"""Lists of orders: what was last seen at once, redrawn when the clouds have answered.

A cloud that has not answered within the deadline is named; when it answers later the list is
drawn again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.accounts import Account
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, SnapshotPage
from bot.domain.orders import PaymentStatus
from bot.errors import NotAllowed, ProviderError, ProviderUnfinished
from bot.i18n import _
from bot.ports import AuditLog, Clock, SnapshotStore
from bot.services.access import Viewer
from bot.services.asked import Asked, Asking
from bot.services.asking import Asker, no_answer
from bot.services.lookup_records import filter_facts, filter_texts
from bot.services.refresh import SLICE, Refresher

PAGE = 8  # orders on one card


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: *first* until a list of what was last seen goes out while the clouds are asked,
    *deadline* until the missing accounts are named, both from the beginning; *late* after that
    until they are no longer waited for; *glance* for a count that is not known yet."""

    first: float = 0.7
    glance: float = 2.5
    deadline: float = 8.0
    late: float = 60.0


@dataclass(frozen=True, slots=True)
class AccountState:
    """How current one account's part of a list is. *good_at* is the moment that it shows, None
    when the account was never read. *covered_since* is None when its orders in the window are all
    known, else the moment back to which they are. With *asking* the list is drawn again."""

    account: Account
    good_at: datetime | None
    covered_since: datetime | None
    asking: bool = False
    problem: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class OrderList:
    wanted: OrderFilter
    page: SnapshotPage
    offset: int
    states: tuple[AccountState, ...]

    @property
    def unpaid(self) -> bool:
        return self.wanted.payment_status is PaymentStatus.UNPAID


class OrderLists:
    def __init__(
        self,
        refresher: Refresher,
        snapshots: SnapshotStore,
        audit: AuditLog,
        clock: Clock,
        patience: Patience = Patience(),
    ) -> None:
        self._asker = Asker(refresher, snapshots, clock)
        self._snapshots = snapshots
        self._audit = audit
        self._clock = clock
        self._patience = patience

    async def follow(self, viewer: Viewer, wanted: OrderFilter) -> AsyncIterator[OrderList]:
        """Yield the list up to four times, for Slack takes five answers: as last seen if the
        clouds take a while, at the deadline or when all answered, when a late one came, and when
        no more is waited for."""
        loop, patience = asyncio.get_running_loop(), self._patience
        deadline = loop.time() + patience.deadline
        wanted = within(viewer, wanted)
        await self._record(viewer, wanted, offset=0)
        asked = self._asker.ask(wanted)
        if not await asked.wait(patience.first):
            yield await self._draw(viewer, wanted, asked, naming=False, more=True)
            await asked.wait(deadline - loop.time())
        yield await self._draw(viewer, wanted, asked, more=asked.steps_left > 0)
        late = loop.time() + patience.late
        if before := asked.steps_left:
            await asked.wait_for_step(late - loop.time())
            await asked.wait(min(patience.first, late - loop.time()))  # drawn together
            if asked.steps_left < before:
                yield await self._draw(viewer, wanted, asked, more=asked.steps_left > 0)
        if before := asked.steps_left:
            await asked.wait(late - loop.time())
            if asked.steps_left < before or asked.only_details_left:
                yield await self._draw(viewer, wanted, asked)

    async def stored(self, viewer: Viewer, wanted: OrderFilter, *, offset: int) -> OrderList:
        """One page of what was last seen, without asking the clouds. An account whose latest
        answer was none is named here too."""
        wanted = within(viewer, wanted)
        await self._record(viewer, wanted, offset=offset)
        return await self._draw(viewer, wanted, Asked({}), offset=offset)

    async def unpaid_count(self, wanted: OrderFilter) -> tuple[int, datetime | None]:
        """How many are unpaid as last seen, and the moment that this tells of; None while what is
        unpaid in one of the accounts was never read as far back as wanted."""
        page = await self._snapshots.page(wanted, offset=0, limit=1)
        coverages = await self._snapshots.coverages()
        known = [_known(coverages.get(name), wanted) for name in wanted.accounts]
        moments = [at for at, covered_since in known if at is not None and covered_since is None]
        return page.total, min(moments) if 0 < len(moments) == len(known) else None

    async def counted(self, wanted: OrderFilter) -> tuple[int, datetime | None]:
        """The same. Where it is not known yet the clouds are asked, and waited for a moment."""
        count, as_of = await self.unpaid_count(wanted)
        if as_of is not None:
            return count, as_of
        await self._asker.ask(wanted).wait(self._patience.glance)
        return await self.unpaid_count(wanted)

    async def aclose(self) -> None:
        """End all reading; lists that are being followed are drawn as last seen."""
        await self._asker.aclose()

    async def _draw(
        self,
        viewer: Viewer,
        wanted: OrderFilter,
        asked: Asked,
        *,
        offset: int = 0,
        naming: bool = True,
        more: bool = False,
    ) -> OrderList:
        """*naming* names who has not answered; *more* says that another drawing will follow."""
        page = await self._snapshots.page(wanted, offset=offset, limit=PAGE)
        answers = await self._snapshots.answers()
        coverages = await self._snapshots.coverages()
        states = []
        for account in viewer.accounts:
            if account.name in wanted.accounts:
                asking = asked.get(account.name)
                state = last_known(
                    account, coverages.get(account.name), answers.get(account.name), wanted
                )
                if asking is not None:
                    state = as_asked(state, asking, naming=naming, more=more)
                states.append(state)
        return OrderList(wanted, page, offset, tuple(states))

    async def _record(self, viewer: Viewer, wanted: OrderFilter, *, offset: int) -> None:
        entry = AuditEntry(
            kind=AuditKind.ORDERS_LISTED,
            actor=viewer.person.user_id,
            facts={**filter_facts(wanted), "offset": offset},
            texts=filter_texts(wanted),
        )
        await self._audit.append(entry, at=self._clock.now())


def within(viewer: Viewer, wanted: OrderFilter) -> OrderFilter:
    """The viewer rule, whatever the filter was made from; raises NotAllowed when it leaves none."""
    accounts = wanted.accounts & viewer.names
    if not accounts:
        raise NotAllowed(_("You may not view the accounts of this list."), rule="viewers")
    return replace(wanted, accounts=accounts)


def last_known(
    account: Account,
    coverage: Coverage | None,
    answer: AccountAnswer | None,
    wanted: OrderFilter,
) -> AccountState:
    """From what is stored alone. A window far back is read by itself and leaves no coverage: that
    the account has answered since is all that is known of it."""
    good_at, covered_since = _known(coverage, wanted)
    answered_at = answer.good_at if answer is not None else None
    if good_at is None and answered_at is not None and wanted.until < answered_at - SLICE:
        good_at = answered_at
    failed = answer is None or answer.failed_at is not None or good_at is None
    problem = no_answer(account.name) if failed else None
    return AccountState(account, good_at, covered_since, problem=problem)


def as_asked(state: AccountState, asking: Asking, *, naming: bool, more: bool) -> AccountState:
    problem: ProviderError | None = None
    reading = asking.reading
    if reading.cancelled() or (naming and not reading.done()):
        problem = no_answer(state.account.name)
    elif reading.done():
        problem = reading.result() or _half_read(asking, is_last=naming and not more)
        if problem is None and state.covered_since is not None:  # a window read by itself
            state = replace(state, good_at=asking.began_at, covered_since=None)
    coming = more and problem is None and not asking.whole.done()
    return replace(state, asking=coming, problem=problem)


def _half_read(asking: Asking, *, is_last: bool) -> ProviderError | None:
    """Without their details, orders lack deadlines, or even the status where lists do not tell:
    what is drawn is not as current as it would seem."""
    if not asking.whole.done():
        left = ProviderUnfinished("still being read", account=asking.account, operation="get_order")
        return left if is_last else None
    return None if asking.whole.cancelled() else asking.whole.result()


def _known(
    coverage: Coverage | None, wanted: OrderFilter
) -> tuple[datetime | None, datetime | None]:
    """The moment that the stored orders of an account show, and the moment back to which they
    are complete, None when that is all of the window."""
    if coverage is None:
        return None, wanted.until
    if wanted.payment_status is PaymentStatus.UNPAID:
        since, at = coverage.unpaid_since or wanted.until, coverage.unpaid_at
    else:
        since, at = coverage.since, coverage.until if coverage.since < coverage.until else None
    return at, since if since > wanted.since else None
