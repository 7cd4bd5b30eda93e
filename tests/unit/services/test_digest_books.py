"""The books balance: ninety days of random orders in three clouds that fail now and then. What the
digests say came and went adds up to what the clouds' own books say was unpaid on each day."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.accounts import Provider
from bot.domain.approvals import RequestStatus
from bot.domain.digest_book import keys
from bot.domain.digest_contents import DigestContents, Gone
from bot.domain.money import Money
from bot.domain.orders import OrderQuery, PaymentStatus
from bot.errors import ProviderRefused, ProviderThrottled
from tests.builders import a_detailed_order, an_account
from tests.digest_office import DAY, DigestOffice
from tests.fake_cloud import FakeAdapter, answer_at_once, failing, unavailable
from tests.request_builders import a_request

DAYS = 90
HOUR = timedelta(hours=1)
CURRENCIES = ("CNY", "CNY", "USD", "")
Key = tuple[str, str]


class Books:
    """Three clouds: two that tell what is unpaid, one of them with the deadline in its list, and
    one that lists only everything. `why` is how each order ended, by the cloud's own book."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.clouds = (
            FakeAdapter(an_account(name="huawei-main")),
            FakeAdapter(
                an_account(name="alibaba-main", provider=Provider.ALIBABA), lists_deadline=True
            ),
            FakeAdapter(
                an_account(name="unicloud-main", provider=Provider.UNICLOUD),
                can_cancel=False,
                filters_payment_status=False,
            ),
        )
        for cloud in self.clouds:
            cloud.page_size = 40
        self.office = DigestOffice(*self.clouds)
        self.why: dict[Key, Gone] = {}
        self.placed = 0

    async def pass_a_day(self) -> None:
        """Each hour somebody may place, pay or cancel an order, and deadlines pass."""
        for _hour in range(24):
            self.office.clock.move(HOUR)
            for cloud in self.clouds:
                self._lapse(cloud)
                if self.chance.random() < 0.12:
                    self._place(cloud)
                if self.chance.random() < 0.1:
                    await self._end(cloud)

    def _place(self, cloud: FakeAdapter) -> None:
        self.placed += 1
        now, amount = self.office.clock.now(), Decimal(self.chance.randrange(1, 10**6)) / 100
        deadline = now + self.chance.randrange(1, 8) * DAY - 7 * HOUR
        order = a_detailed_order(
            provider=cloud.account.provider,
            account=cloud.account.name,
            order_id=f"{cloud.account.name}-{self.placed}",
            payable=Money(amount, self.chance.choice(CURRENCIES))
            if self.chance.random() < 0.95
            else None,
            created_at=now - timedelta(minutes=1),
            deadline=deadline if self.chance.random() < 0.7 else None,
        )
        cloud.put(order)

    def _lapse(self, cloud: FakeAdapter) -> None:
        for key in self.unpaid(cloud):
            deadline = cloud.orders[key[1]].deadline
            if deadline is not None and deadline <= self.office.clock.now():
                self._change(cloud, key, PaymentStatus.CANCELLED, Gone.LAPSED)

    async def _end(self, cloud: FakeAdapter) -> None:
        open_orders = sorted(self.unpaid(cloud))
        if not open_orders:
            return
        key, what = self.chance.choice(open_orders), self.chance.random()
        if what < 0.5:
            self._change(cloud, key, PaymentStatus.PAID, Gone.PAID)
        elif what < 0.75:
            self._change(cloud, key, PaymentStatus.CANCELLED, Gone.CANCELLED_OUTSIDE)
        else:
            request = a_request(
                request_id=f"R-{key[1]}",
                account=key[0],
                order_id=key[1],
                status=RequestStatus.CANCELLED,
                ended_at=self.office.clock.now(),
            )
            self.office.requests.requests[request.request_id] = request
            self._change(cloud, key, PaymentStatus.CANCELLED, Gone.CANCELLED_HERE)

    def _change(self, cloud: FakeAdapter, key: Key, status: PaymentStatus, why: Gone) -> None:
        cloud.change(key[1], payment_status=status)
        self.why[key] = why

    def fail(self) -> set[str]:
        """Some clouds do not answer today; the names of those whose list cannot be read at all."""
        silent = set()
        for cloud in self.clouds:
            name, what = cloud.account.name, self.chance.random()
            cloud.script = answer_at_once
            if what < 0.1:
                cloud.script = failing(self.chance.choice(_failures(name)))
                silent.add(name)
            elif what < 0.15:
                cloud.script = _after(self.chance.randrange(1, 9), name)
        return silent

    def unpaid(self, cloud: FakeAdapter) -> set[Key]:
        return {
            (cloud.account.name, order.order_id)
            for order in cloud.orders.values()
            if order.payment_status is PaymentStatus.UNPAID
        }


def _failures(name: str) -> list[Exception]:
    return [
        unavailable(name),
        ProviderThrottled("slow down", account=name),
        ProviderRefused("no such key", account=name),
    ]


def _after(calls: int, name: str) -> Callable[[str, OrderQuery | str], Awaitable[None]]:
    """The cloud stops answering in the middle."""
    left = iter(range(calls))

    async def script(_operation: str, _about: OrderQuery | str) -> None:
        if next(left, None) is None:
            raise unavailable(name)

    return script


def sums(books: Books, shown: set[Key]) -> dict[tuple[str, str], tuple[Decimal, int]]:
    """By account and currency, from the clouds' own books."""
    found: dict[tuple[str, str], tuple[Decimal, int]] = {}
    for cloud in books.clouds:
        for account, order_id in shown & {(cloud.account.name, each) for each in cloud.orders}:
            payable = cloud.orders[order_id].payable
            place = (account, payable.currency if payable else "")
            amount, count = found.get(place, (Decimal(0), 0))
            found[place] = (amount + (payable.amount if payable else 0), count + 1)
    return found


def of(account: str, orders: set[Key]) -> set[Key]:
    return {key for key in orders if key[0] == account}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_new_and_gone_of_ninety_days_add_up_to_the_clouds_own_books(seed: int) -> None:
    books = Books(seed)
    for cloud in books.clouds:
        for _order in range(12):
            books._place(cloud)
    await books.office.plan()
    replayed = set(keys((await books.office.digest()).lines))
    assert replayed == set().union(*(books.unpaid(cloud) for cloud in books.clouds))
    gone, failures = Counter[Gone](), Counter[str]()
    for _day in range(DAYS):
        await books.pass_a_day()
        silent, yesterday = books.fail(), replayed
        digest = await books.office.digest()
        replayed = replay(yesterday, digest)
        failures.update(compare(books, digest, yesterday, silent))
        assert totals(digest) == sums(books, replayed)
        for line in digest.gone:
            assert books.why[line.account, line.order_id] in _possible(line.why)
            gone[line.why] += 1
    assert failures["silent"] > 10
    assert failures["in the middle"] > 0
    assert min(gone[why] for why in set(Gone) - {Gone.NOT_KNOWN}) > 10


def compare(
    books: Books, digest: DigestContents, yesterday: set[Key], silent: set[str]
) -> Iterator[str]:
    """Hold each account against its cloud: one that answered shows what is unpaid there, one that
    did not is named and shows what it showed yesterday. Yields a word for each failure."""
    named = {each.name for each in digest.accounts if each.problem}
    assert silent <= named
    for cloud in books.clouds:
        name, truth = cloud.account.name, books.unpaid(cloud)
        before, shown = of(name, yesterday), of(name, set(keys(digest.lines)))
        if name not in named:
            assert shown == truth
        elif name in silent:
            assert shown == before
            yield "silent"
        else:  # some of it was read: what is shown was unpaid, or is
            assert before & truth <= shown <= before | truth
            yield "in the middle"


def totals(digest: DigestContents) -> dict[Key, tuple[Decimal, int]]:
    """By account and currency."""
    return {(each.account, each.currency): (each.amount, each.count) for each in digest.totals}


def replay(before: set[Key], digest: DigestContents) -> set[Key]:
    """What is unpaid by yesterday's digest and what today's says came and went: each order that
    went was there, each that came was not, and nothing else changed."""
    gone = {(each.account, each.order_id) for each in digest.gone}
    new = {(line.account, line.order_id) for line in digest.lines if line.new}
    assert gone <= before
    assert not new & before
    after = before - gone | new
    assert after == keys(digest.lines)
    return after


def _possible(why: Gone) -> set[Gone]:
    """A cancel outside that is first seen after the order's deadline looks like a lapse."""
    return {why, Gone.CANCELLED_OUTSIDE} if why is Gone.LAPSED else {why}
