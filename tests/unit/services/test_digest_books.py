"""The books balance: ninety days of random orders in three clouds that fail now and then. What the
digests say came and went adds up to what the clouds' own books say was unpaid on each day, also
where orders leave what the digest looks at: by their amount, or by turning a year old."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.accounts import Provider
from bot.domain.approvals import RequestStatus
from bot.domain.digest_book import keys
from bot.domain.digest_contents import DigestContents, Gone
from bot.domain.money import Money
from bot.domain.orders import Order, OrderQuery, PaymentStatus
from bot.errors import ProviderRefused, ProviderThrottled
from tests.builders import a_detailed_order, an_account
from tests.digest_office import DAY, DigestOffice
from tests.fake_cloud import FakeAdapter, answer_at_once, failing, unavailable
from tests.request_builders import a_request

pytestmark = pytest.mark.slow

DAYS = 90
YEAR = 365 * DAY
HOUR = timedelta(hours=1)
OVER = Decimal(2000)
EVERYTHING: dict[str, str] = {}
LARGE = {"over": str(OVER)}
CURRENCIES = ("CNY", "CNY", "USD", "")
Key = tuple[str, str]


class Books:
    """Three clouds: two that tell what is unpaid, one of them with the deadline in its list, and
    one that lists only everything. `orders` are unpaid and `why` is how the others ended, by the
    clouds' own books. The digest has *filters*; where it has, amounts change, too."""

    def __init__(self, seed: int, filters: Mapping[str, str]) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.filters = filters
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
        self.orders: dict[str, set[Key]] = {cloud.account.name: set() for cloud in self.clouds}
        self.placed = 0

    async def pass_a_day(self) -> None:
        """Each hour somebody may place, pay, cancel or change an order, and deadlines pass."""
        for _hour in range(24):
            self.office.clock.move(HOUR)
            for cloud in self.clouds:
                self._lapse(cloud)
                if self.chance.random() < 0.12:
                    self._place(cloud)
                if self.chance.random() < 0.1:
                    await self._end(cloud)
                if self.filters and self.chance.random() < 0.1:
                    self._reprice(cloud)

    def open(self) -> None:
        """What is unpaid before the first digest: some of it for most of a year."""
        for cloud in self.clouds:
            for _order in range(12):
                self._place(cloud)
                self._place(cloud, self.chance.randrange(345 * 24, 365 * 24) * HOUR)

    def _place(self, cloud: FakeAdapter, age: timedelta = timedelta(minutes=1)) -> None:
        self.placed += 1
        now = self.office.clock.now()
        deadline = now + self.chance.randrange(1, 8) * DAY - 7 * HOUR
        order = a_detailed_order(
            provider=cloud.account.provider,
            account=cloud.account.name,
            order_id=f"{cloud.account.name}-{self.placed}",
            payable=self._amount(),
            created_at=now - age,
            deadline=deadline if age < DAY and self.chance.random() < 0.7 else None,
        )
        cloud.put(order)
        self.orders[order.account].add((order.account, order.order_id))

    def _amount(self) -> Money | None:
        amount = Decimal(self.chance.randrange(1, 10**6)) / 100
        return (
            Money(amount, self.chance.choice(CURRENCIES)) if self.chance.random() < 0.95 else None
        )

    def _reprice(self, cloud: FakeAdapter) -> None:
        if open_orders := sorted(self.unpaid(cloud)):
            cloud.change(self.chance.choice(open_orders)[1], payable=self._amount())

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
        self.orders[key[0]].discard(key)
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

    def order(self, key: Key) -> Order:
        (cloud,) = [each for each in self.clouds if each.account.name == key[0]]
        return cloud.orders[key[1]]

    def fits(self, key: Key) -> bool:
        """Whether the filters let the order through, as large as it is now."""
        payable = self.order(key).payable
        return not self.filters or payable is None or payable.amount > OVER

    def is_young(self, key: Key) -> bool:
        created_at = self.order(key).created_at
        return created_at is not None and created_at >= self.office.clock.now() - YEAR

    def listed(self, cloud: FakeAdapter) -> set[Key]:
        """What a digest has to show of a cloud."""
        return {key for key in self.unpaid(cloud) if self.fits(key) and self.is_young(key)}

    def unpaid(self, cloud: FakeAdapter) -> set[Key]:
        return set(self.orders[cloud.account.name])


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


async def test_new_and_gone_of_ninety_days_add_up_to_the_clouds_own_books() -> None:
    await ninety_days(3, LARGE)


async def ninety_days(seed: int, filters: dict[str, str]) -> Counter[str]:
    """How many of what was seen; raises AssertionError where two books differ."""
    books = Books(seed, filters)
    books.open()
    await books.office.plan(filters=filters)
    replayed = set(keys((await books.office.digest()).lines))
    assert replayed == set().union(*(books.listed(cloud) for cloud in books.clouds))
    gone, failures = Counter[Gone](), Counter[str]()
    for _day in range(DAYS):
        await books.pass_a_day()
        silent, yesterday = books.fail(), replayed
        digest = await books.office.digest()
        replayed = replay(yesterday, digest)
        failures.update(compare(books, digest, yesterday, silent))
        sure = {each.name for each in digest.accounts if not (filters and each.problem)}
        assert totals(digest, sure) == sums(books, {key for key in replayed if key[0] in sure})
        for key, why in reasons(digest).items():
            check_reason(books, key, why, digest)
            gone[why] += 1
    assert failures["silent"] >= 5
    assert failures["in the middle"] > 0
    assert min(gone[why] for why in set(Gone) - {Gone.NOT_KNOWN, Gone.FILTERED}) >= 5
    for why in (Gone.FILTERED, Gone.NOT_KNOWN):
        assert (gone[why] > 0) == bool(filters)
    return Counter({"orders": books.placed, "gone": gone.total(), **failures})


def compare(
    books: Books, digest: DigestContents, yesterday: set[Key], silent: set[str]
) -> Iterator[str]:
    """Hold each account against its cloud: one that answered shows what is unpaid there, one that
    did not is named and shows what it showed yesterday. Yields a word for each failure."""
    named = {each.name for each in digest.accounts if each.problem}
    assert silent <= named
    for cloud in books.clouds:
        name, truth = cloud.account.name, books.listed(cloud)
        before, shown = of(name, yesterday), of(name, set(keys(digest.lines)))
        if name not in named:
            assert shown == truth
        elif name in silent:
            assert shown == {key for key in before if books.is_young(key)}
            yield "silent"
        else:  # some of it was read: what is shown was unpaid, or is
            unclear = {key for key, why in reasons(digest).items() if why is Gone.NOT_KNOWN}
            assert before & truth - unclear <= shown <= before | truth
            yield "in the middle"


def reasons(digest: DigestContents) -> dict[Key, Gone]:
    return {(each.account, each.order_id): each.why for each in digest.gone}


def check_reason(books: Books, key: Key, why: Gone, digest: DigestContents) -> None:
    """Hold why a line is gone against the cloud's own book. Of a cloud that did not answer to the
    end only an order's age is sure to be told, and a change of which the details were not read."""
    named = {each.name for each in digest.accounts if each.problem}
    if why is Gone.NOT_KNOWN:
        assert key[0] in named
    elif why is Gone.TOO_OLD:
        assert not books.is_young(key)
        assert key[0] in named or key not in books.why
    elif why is Gone.FILTERED:
        assert key not in books.why
        assert not books.fits(key)
    else:
        assert books.why[key] in _possible(why)


def totals(digest: DigestContents, accounts: set[str]) -> dict[Key, tuple[Decimal, int]]:
    """By account and currency, of these accounts."""
    found = [each for each in digest.totals if each.account in accounts]
    return {(each.account, each.currency): (each.amount, each.count) for each in found}


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
