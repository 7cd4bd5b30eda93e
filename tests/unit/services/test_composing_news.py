"""What a digest is measured against, whom it names, and thousands of orders."""

from __future__ import annotations

from typing import Any

from bot.domain.digests import RunState
from bot.domain.orders import Order
from tests.builders import a_detailed_order, a_person, money
from tests.digest_office import BOB, CAROL, DAY, MORNING, DigestOffice, a_cloud

HUAWEI = "huawei-main"


def placed(order_id: str = "CS1", days: float = 1, **parts: Any) -> Order:
    """An unpaid order of huawei-main without a deadline, that many days old."""
    usual = {"order_id": order_id, "created_at": MORNING - days * DAY, "deadline": None}
    return a_detailed_order(**(usual | parts))


def an_office(*orders: Order, **parts: Any) -> DigestOffice:
    cloud = a_cloud()
    for order in orders or (placed(),):
        cloud.put(order)
    return DigestOffice(cloud, **parts)


async def test_pitfall_48_news_of_a_digest_that_never_went_out_are_in_the_next() -> None:
    """Composed, and then the bot was down until the next morning."""
    office = an_office()
    await office.plan()
    await office.digest()
    office.clouds[0].put(placed("CS2", days=-0.5))
    office.clock.move(DAY)
    await office.job.step()
    assert office.runs()[-1].state is RunState.COMPOSED
    digest = await office.tomorrow()
    assert digest.previous_at == MORNING
    assert [line.order_id for line in digest.lines if line.new] == ["CS2"]


async def test_thousands_of_orders_have_their_deadlines_on_the_first_day() -> None:
    orders = [placed(f"CS{at}", deadline=MORNING + 5 * DAY) for at in range(2_105)]
    office = an_office(*orders)
    office.clouds[0].page_size = 100
    await office.plan()
    digest = await office.digest()
    assert {line.deadline for line in digest.lines} == {MORNING + 5 * DAY}
    assert len(digest.lines) == 2_105


async def test_who_placed_and_who_claimed_an_order_is_named_as_slack_calls_them() -> None:
    office = an_office(cloud_users={f"{HUAWEI}:lin": CAROL})
    office.directory.people[CAROL] = a_person(user_id=CAROL, name="Carol Lin")
    office.directory.people[BOB] = a_person(user_id=BOB, name="Bob")
    await office.plan()
    await office.digest()
    await office.digests.claim(await office.viewer(BOB), f"{office.runs()[-1].run_id}.0")
    (line,) = (await office.tomorrow()).lines
    assert (line.person, line.person_name) == (CAROL, "Carol Lin")
    assert (line.claimed_by, line.claimer_name) == (BOB, "Bob")
    del office.directory.people[BOB]
    (line,) = (await office.tomorrow()).lines
    assert (line.claimed_by, line.claimer_name) == (BOB, "")


async def test_pitfall_49_another_amount_is_a_change_and_said_once() -> None:
    office = an_office(placed(payable=money("900 CNY")))
    await office.plan()
    await office.digest()
    office.clouds[0].change("CS1", payable=money("400 CNY"))
    digest = await office.tomorrow()
    assert not digest.unchanged
    assert (digest.lines[0].amount, digest.lines[0].was) == (money("400 CNY"), money("900 CNY"))
    assert (await office.tomorrow()).unchanged
