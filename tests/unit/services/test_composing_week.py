"""What a Monday's digest says of the week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.approvals import RequestStatus
from bot.domain.digest_contents import DigestContents, TrendPoint
from bot.domain.orders import Order, OrderQuery, PaymentStatus
from bot.domain.policy import Humans
from tests.builders import an_account, money
from tests.digest_office import DAY, MORNING, DigestOffice, a_cloud, placed
from tests.fake_cloud import FakeAdapter, failing, unavailable
from tests.request_builders import a_request, a_vote

HUAWEI, ALIBABA = "huawei-main", "alibaba-main"
HOUR = timedelta(hours=1)


def an_office(*orders: Order, **parts: Any) -> DigestOffice:
    cloud = a_cloud()
    for order in orders or (placed(),):
        cloud.put(order)
    other = FakeAdapter(an_account(name=ALIBABA, provider=Provider.ALIBABA))
    return DigestOffice(cloud, other, **parts)


def order_ids(digest: DigestContents) -> list[str]:
    return [line.order_id for line in digest.lines]


def problems(digest: DigestContents) -> dict[str, str]:
    return {each.name: each.problem for each in digest.accounts if each.problem}


async def a_month(office: DigestOffice, amounts: Sequence[str], weekday: int = 0) -> DigestContents:
    """A digest each morning, one order of each amount at a time; the last is of that weekday."""
    office.clock.move((weekday - len(amounts) + 1) * DAY)
    await office.plan()
    digests = []
    for at, amount in enumerate(amounts):
        cloud = office.clouds[0]
        for name in [each for each in cloud.orders if each != "FIRST"]:
            cloud.change(name, payment_status=PaymentStatus.PAID)
        created = office.clock.now() - HOUR
        cloud.put(placed(f"CS{at}", payable=money(amount), created_at=created))
        digests.append(await office.digest())
        office.clock.move(DAY)
    return digests[-1]


async def test_on_mondays_the_week_is_told() -> None:
    office = an_office(placed("FIRST", days=90, payable=money("1 CNY")))
    digest = await a_month(office, [f"{at + 1} CNY" for at in range(9)])
    assert digest.week is not None
    assert (digest.week.created, digest.week.paid) == (7, 7)
    assert (digest.week.cancelled, digest.week.lapsed, digest.week.alone) == (0, 0, 0)
    assert digest.week.median_age_hours is not None
    assert digest.week.median_age_hours > 24 * 40
    assert [point.day for point in digest.week.trend] == [
        date(2026, 11, 15) + at * DAY for at in range(9)
    ]
    assert digest.week.trend[-1] == TrendPoint(date(2026, 11, 23), (("CNY", Decimal(10)),))


async def test_on_other_days_it_is_not() -> None:
    office = an_office()
    assert (await a_month(office, ["1 CNY", "2 CNY"], weekday=1)).week is None


async def test_a_trend_goes_back_thirty_days() -> None:
    office = an_office()
    digest = await a_month(office, ["1 CNY"] * 34)
    assert digest.week is not None
    assert len(digest.week.trend) == 30


async def test_an_order_of_no_known_time_was_not_created_this_week() -> None:
    office = an_office(placed(), placed("UNDATED", created_at=None))
    await office.plan()
    digest = await office.digest()
    assert digest.week is not None
    assert (len(digest.lines), digest.week.created) == (2, 1)


async def test_an_order_that_came_and_went_between_two_digests_was_created_this_week() -> None:
    """The clouds tell of it: no digest ever listed it."""
    office = an_office(placed("OLD", days=8))
    await office.plan()
    office.clock.move(-DAY)
    await office.digest()
    paid = {"payment_status": PaymentStatus.PAID}
    office.clouds[0].put(placed("QUICK", days=0.5, **paid))
    office.clouds[0].put(placed("EARLY", days=7.5, **paid))
    account = {"account": ALIBABA, "provider": Provider.ALIBABA}
    office.clouds[1].put(placed("OTHER", days=6.5, **paid, **account))
    digest = await office.tomorrow()
    assert digest.week is not None
    assert (order_ids(digest), digest.gone) == (["OLD"], ())
    assert (digest.week.created, digest.week.at_least) == (2, False)


@pytest.mark.parametrize("fails", ["all day", "in the middle"])
async def test_where_a_cloud_does_not_tell_the_week_the_count_is_a_least_one(fails: str) -> None:
    async def not_twice(_operation: str, about: OrderQuery | str) -> None:
        if isinstance(about, OrderQuery) and about.payment_status is None:
            raise unavailable(ALIBABA)

    office = an_office()
    office.clouds[1].script = failing(unavailable(ALIBABA)) if fails == "all day" else not_twice
    await office.plan()
    digest = await office.digest()
    assert digest.week is not None
    assert (digest.week.created, digest.week.at_least) == (1, True)
    assert set(problems(digest)) == ({ALIBABA} if fails == "all day" else set())


async def test_a_cloud_that_is_silent_on_a_monday_is_asked_once() -> None:
    office = an_office()
    office.clouds[1].script = failing(unavailable(ALIBABA))
    await office.plan()
    await office.digest()
    asked = [len(cloud.asked("list_orders")) for cloud in office.clouds]
    await office.tomorrow()
    later = [len(cloud.asked("list_orders")) for cloud in office.clouds]
    assert asked[1] == later[1] - asked[1]
    assert asked[0] > later[0] - asked[0]


async def test_cancels_without_two_people_are_counted_from_the_stored_requests() -> None:
    aliases = Humans((frozenset({"U0ALICE", "U0ALICE2"}),))
    office = an_office(humans=aliases)
    ended: dict[str, Any] = {"status": RequestStatus.CANCELLED, "ended_at": MORNING - DAY}
    made: dict[str, dict[str, Any]] = {
        "two people": {"votes": (a_vote("U0BOB"),)},
        "one human, twice": {"votes": (a_vote("U0ALICE2"),)},
        "alone": {},
        "alone, but earlier": {"ended_at": MORNING - 8 * DAY},
        "alone, elsewhere": {"account": "of others"},
        "alone, to no effect": {"status": RequestStatus.FAILED},
    }
    for name, parts in made.items():
        office.requests.requests[name] = a_request(request_id=name, **(ended | parts))
    await office.plan()
    digest = await office.digest()
    assert digest.week is not None
    assert digest.week.alone == 2
