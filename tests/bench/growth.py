"""What a database of years costs: transitions, history, inbox, Home and digest with 1,000,000
records and 50,000 orders beside the same with 1,000 of each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.domain.approvals import RequestStatus
from bot.domain.digests import DigestRun
from bot.domain.filters import OrderFilter
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.policy import Humans
from bot.services.access import Access, Viewer
from bot.services.composing import Composer
from bot.services.homes import Homes
from bot.services.inboxes import Inboxes
from bot.services.people import People
from bot.services.reading import OrderReader
from bot.services.refresh import Refresher
from bot.services.requests import Requests
from handlers.digest_filters import digest_filter
from storage.audit import SqliteAuditLog
from storage.database import Storage
from storage.digests import SqliteDigestStore
from storage.homes import SqliteHomeStore
from storage.requests import SqliteRequestStore
from storage.snapshots import SqliteSnapshotStore
from tests.bench.figures import Row, Series, at_most
from tests.bench.old_house import ACCOUNTS, OPEN, UNPAID, Size, an_old_id, an_old_order, write
from tests.builders import NOON, a_person, an_entry
from tests.fake_cloud import FakeAdapter
from tests.fake_slack import FakeDirectory
from tests.fakes import FixedClock
from tests.request_builders import a_request, an_input, moved
from tests.request_office import a_policy

TITLE = "After years: 1,000,000 records and 50,000 orders beside 1,000 of each"
BIG, SMALL = Size(1_000_000, 50_000), Size(1_000, 1_000)
MONDAY = "2026-11-16"  # the digest that also sums up the week
WRITERS, STEPS = 10, 10  # requests moved at the same time, times
REPEATS = 5  # of each question in a round; the median counts

S = RequestStatus


@dataclass(slots=True)
class House:
    """The stores on one file, and the services that a person asks."""

    storage: Storage
    clock: FixedClock
    store: SqliteRequestStore
    requests: Requests
    homes: Homes
    composer: Composer
    snapshots: SqliteSnapshotStore
    viewer: Viewer
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def transitions(self) -> None:
        """Requests are made, approved and stopped, each step with its record and what it owes."""
        await asyncio.gather(*(self._moved_on() for _writer in range(WRITERS)))

    async def _moved_on(self) -> None:
        for _step in range(STEPS // 2):
            number = next(self.numbers)
            order_id = f"NEW{number}"
            request = a_request(
                request_id=f"R-NEW{number}", order_id=order_id, requested_by="U0CAROL"
            )
            given = an_input(input_id=f"new-{number}")
            owed = self._owed(f"made-{number}")
            await self.store.create(request, given=given, owed=owed, at=NOON)
            ended = moved(request, S.WITHDRAWN, ended_at=NOON, ended_by=request.requested_by)
            owed = self._owed(f"ended-{number}")
            await self.store.change(request, ended, entry=an_entry(), owed=owed, at=NOON)

    def _owed(self, dedup: str) -> list[Owed]:
        return [Owed(dedup=dedup, lane=Lane.DECISIONS, kind=OwedKind.CARD, request_id=dedup)]

    async def history(self) -> None:
        account, order_id = an_old_id(next(self.numbers) % (SMALL.records // 20))
        found = await self.requests.history(self.viewer, account, order_id)
        assert found.records

    async def inbox(self) -> None:
        assert len((await self.requests.inbox(self.viewer)).done) == 30 - OPEN

    async def home(self) -> None:
        view = await self.homes.view(self.viewer, await self.homes.book())
        assert sum(each.count for each in view.accounts) == UNPAID

    async def digest(self) -> None:
        self.clock.move(timedelta(minutes=1))  # else what was read a moment ago is not read again
        run = DigestRun(
            run_id=f"D{next(self.numbers)}",
            channel="C0FINANCE",
            key=MONDAY,
            owner="U0ALICE",
            begun_at=self.clock.now(),
        )
        contents = await self.composer.compose(run, {}, ACCOUNTS, "Europe/Berlin")
        assert len(contents.lines) == UNPAID
        assert contents.week is not None

    async def page(self) -> None:
        names = frozenset(account.name for account in ACCOUNTS)
        year = NOON - timedelta(days=365)
        wanted = OrderFilter(accounts=names, since=year, until=NOON)
        assert len((await self.snapshots.page(wanted, offset=0, limit=8)).snapshots) == 8


QUESTIONS: dict[str, Callable[[House], Awaitable[None]]] = {
    "`/order history`": House.history,
    "`/order inbox`": House.inbox,
    "Home": House.home,
    "digest, on a Monday": House.digest,
    "`/order list`, a page as last seen": House.page,
}
NO_GOAL = "`/order list`, a page as last seen"


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    """*share* of the records and orders of the big one."""
    big = Size(int(BIG.records * share), max(SMALL.orders, int(BIG.orders * share)))
    speed: dict[Size, list[float]] = {size: [] for size in (big, SMALL)}
    taken: dict[tuple[str, Size], list[float]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        houses = {size: await _house(stack, folder, size) for size in (big, SMALL)}
        for house in houses.values():
            await house.transitions()
            for ask in QUESTIONS.values():
                await ask(house)
        for _round in range(rounds):
            for size, house in houses.items():
                spent = await _median(house.transitions)
                speed[size].append(WRITERS * STEPS / spent)
                for name, ask in QUESTIONS.items():
                    taken.setdefault((name, size), []).append(await _asked(ask, house))
    ours, theirs = (Series(tuple(speed[size]), "/s") for size in (big, SMALL))
    steps = Row(
        what="transitions",
        ours=ours,
        beside=f"1,000: {theirs}",
        ratio=theirs.by(ours),
        goal="at most 1.5x slower",
        met=theirs.by(ours).median <= 1.5,
    )
    return [steps, *(_row(name, taken, big) for name in QUESTIONS)]


def _row(name: str, taken: dict[tuple[str, Size], list[float]], big: Size) -> Row:
    ours, theirs = (Series(tuple(taken[name, size])) for size in (big, SMALL))
    return at_most(name, ours, theirs, "1,000", None if name == NO_GOAL else 1.5)


async def _asked(ask: Callable[[House], Awaitable[None]], house: House) -> float:
    return await _median(lambda: ask(house))


async def _median(ask: Callable[[], Awaitable[None]]) -> float:
    spent = []
    for _repeat in range(REPEATS):
        began = time.perf_counter()
        await ask()
        spent.append(time.perf_counter() - began)
    return sorted(spent)[REPEATS // 2]


async def _house(stack: AsyncExitStack, folder: Path, size: Size) -> House:
    path = folder / f"{size.records}.db"
    await asyncio.to_thread(_written, path, size)
    storage = await Storage.open(path, now=NOON)
    stack.push_async_callback(storage.aclose)
    clock, policy, directory = FixedClock(), a_policy(), FakeDirectory(a_person())
    snapshots, store = SqliteSnapshotStore(storage), SqliteRequestStore(storage)
    audit, people = SqliteAuditLog(storage), People(policy, Humans(), directory)
    adapters = _clouds()
    reader = OrderReader(adapters, snapshots, clock)
    access = Access(ACCOUNTS, policy, directory)
    requests = Requests(
        store=store,
        adapters=adapters,
        reader=reader,
        access=access,
        people=people,
        clock=clock,
        wake=asyncio.Event(),
    )
    homes = Homes(
        store=SqliteHomeStore(storage),
        inboxes=Inboxes(store, people, clock),
        snapshots=snapshots,
        audit=audit,
        accounts=ACCOUNTS,
        clock=clock,
    )
    composer = Composer(
        store=SqliteDigestStore(storage),
        snapshots=snapshots,
        refresher=Refresher(adapters, snapshots, clock),
        requests=store,
        audit=audit,
        capabilities={name: each.capabilities for name, each in adapters.items()},
        cloud_users={},
        humans=Humans(),
        directory=directory,
        reads=digest_filter,
        clock=clock,
    )
    stack.push_async_callback(composer.aclose)
    viewer = await access.viewer("U0ALICE")
    return House(storage, clock, store, requests, homes, composer, snapshots, viewer)


def _written(path: Path, size: Size) -> None:
    """In a thread, for it opens the file in a loop of its own."""
    write(path, size)


def _clouds() -> dict[str, FakeAdapter]:
    """Clouds that tell at once of the unpaid orders."""
    orders = [an_old_order(number) for number in range(UNPAID)]
    clouds = {}
    for account in ACCOUNTS:
        own = [order for order in orders if order.account == account.name]
        cloud = FakeAdapter(account, own, filters_payment_status=True)
        cloud.page_size = 100
        clouds[account.name] = cloud
    return clouds
