"""What stands on people's Home tabs, from what is stored, and when it may have changed.

Every change of a request leaves a record, every reading of a list moves its account's answer and
coverage: while the head of the record, the answers and the coverages stay, only time can change a
Home, and people whom Slack changed. The latter are looked for every few minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.accounts import Account
from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditHead
from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Snapshot
from bot.domain.money import Money
from bot.domain.orders import PaymentStatus
from bot.ports import AuditLog, Clock, HomeStore, SnapshotStore
from bot.services.access import Viewer
from bot.services.inboxes import Inboxes
from bot.services.lists import AccountState, last_known
from bot.services.told import InboxView

OPENED = timedelta(days=7)  # who opened it longer ago sees it redrawn when opening it again
PEOPLE = 50
LOOK = timedelta(minutes=3)  # as long as Slack's word about a person is remembered
BACK = timedelta(days=365)  # as `/order unpaid` looks
DONE = 5
LAPSING = 5

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AccountUnpaid:
    """What is unpaid in one account as last seen. *count* also counts orders without an amount;
    *sums* holds one amount per currency, *lapsing* the orders that lapse first from now on."""

    state: AccountState
    count: int
    sums: tuple[Money, ...]
    status_unknown: int
    lapsing: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class HomeView:
    """For one person: accounts in the configuration's order, the first few orders that lapse."""

    inbox: InboxView
    accounts: tuple[AccountUnpaid, ...]
    lapsing: tuple[Snapshot, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """While it stays the same, nothing that is stored has changed."""

    head: AuditHead
    answers: Mapping[str, AccountAnswer]
    coverages: Mapping[str, Coverage]


@dataclass(frozen=True, slots=True)
class Book:
    """What the Homes of all people are drawn from; *unpaid* by account."""

    opened: tuple[ApprovalRequest, ...]
    unpaid: Mapping[str, AccountUnpaid]


class Homes:
    """*accounts* are all that are configured."""

    def __init__(
        self,
        *,
        store: HomeStore,
        inboxes: Inboxes,
        snapshots: SnapshotStore,
        audit: AuditLog,
        accounts: Sequence[Account],
        clock: Clock,
    ) -> None:
        self._store = store
        self._inboxes = inboxes
        self._snapshots = snapshots
        self._audit = audit
        self._accounts = tuple(accounts)
        self._clock = clock
        self._seen: Mark | None = None
        self._look_at: datetime | None = None

    async def opened(self, user_id: str) -> None:
        await self._store.opened(user_id, at=self._clock.now())

    async def drawn(self, user_id: str, digest: str) -> None:
        await self._store.drawn(user_id, digest)

    async def openers(self) -> tuple[tuple[str, str], ...]:
        """(user id, digest of what stands there) of those whose Home is kept current."""
        return await self._store.openers(since=self._clock.now() - OPENED, limit=PEOPLE)

    async def left(self) -> tuple[str, ...]:
        """User ids of all others on whose Home something stands."""
        return await self._store.left(since=self._clock.now() - OPENED, limit=PEOPLE)

    async def changed(self) -> bool:
        """Whether a Home may look different since this was answered last with yes."""
        now, mark = self._clock.now(), await self._mark()
        rested = self._look_at is not None and self._look_at - LOOK <= now < self._look_at
        if rested and mark == self._seen:
            return False
        self._seen, self._look_at = mark, now + LOOK
        return True

    async def book(self) -> Book:
        now, mark = self._clock.now(), await self._mark()
        opened = await self._inboxes.opened()
        unpaid = await self._unpaid(mark, now)
        ends = [each.expires_at for each in opened]
        ends += [_deadline(each)[0] for one in unpaid.values() for each in one.lapsing]
        if self._look_at is not None:
            self._look_at = min([self._look_at, *(each for each in ends if each > now)])
        return Book(opened, unpaid)

    async def view(
        self, viewer: Viewer, book: Book, asked: Sequence[AccountState] = ()
    ) -> HomeView:
        """*asked* tells how accounts answered just now. Raises NotAllowed where a user group that
        decides cannot be read."""
        inbox = await self._inboxes.inbox(viewer, book.opened)
        states = {each.account.name: each for each in asked}
        accounts = [book.unpaid[each.name] for each in viewer.accounts if each.name in book.unpaid]
        lapsing = [each for account in accounts for each in account.lapsing]
        lapsing.sort(key=_deadline)
        return HomeView(
            replace(inbox, done=inbox.done[:DONE]),
            tuple(_with_state(each, states.get(each.state.account.name)) for each in accounts),
            tuple(lapsing[:LAPSING]),
        )

    async def _mark(self) -> Mark:
        return Mark(
            await self._audit.head(),
            await self._snapshots.answers(),
            await self._snapshots.coverages(),
        )

    async def _unpaid(self, mark: Mark, now: datetime) -> dict[str, AccountUnpaid]:
        names = [each.name for each in self._accounts]
        wanted = OrderFilter(
            accounts=frozenset(names),
            since=now - BACK,
            until=now,
            payment_status=PaymentStatus.UNPAID,
        )
        found = await self._store.unpaid(names, since=wanted.since, now=now, limit=LAPSING)
        shown = {}
        for account in self._accounts:
            name, unpaid = account.name, found[account.name]
            state = last_known(account, mark.coverages.get(name), mark.answers.get(name), wanted)
            shown[name] = AccountUnpaid(
                state, unpaid.count, unpaid.sums, unpaid.status_unknown, unpaid.lapsing
            )
        return shown


def _with_state(unpaid: AccountUnpaid, state: AccountState | None) -> AccountUnpaid:
    return unpaid if state is None else replace(unpaid, state=state)


def _deadline(snapshot: Snapshot) -> tuple[datetime, str, str]:
    order = snapshot.order
    return order.deadline or _NEVER, order.account, order.order_id
