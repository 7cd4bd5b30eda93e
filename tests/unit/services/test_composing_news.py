"""What a digest is measured against, what leaves it, whom it names, and thousands of orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.digest_contents import DigestContents, Gone
from bot.domain.digests import RunState
from bot.domain.orders import Order, OrderType
from tests.builders import a_person, money
from tests.digest_office import BOB, CAROL, DAY, MORNING, DigestOffice, a_cloud, placed

HUAWEI = "huawei-main"


def an_office(*orders: Order, **parts: Any) -> DigestOffice:
    cloud = a_cloud()
    for order in orders or (placed(),):
        cloud.put(order)
    return DigestOffice(cloud, **parts)


def order_ids(digest: DigestContents) -> list[str]:
    return [line.order_id for line in digest.lines]


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


@pytest.mark.slow
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


def why_gone(digest: DigestContents) -> dict[str, Gone]:
    return {line.order_id: line.why for line in digest.gone}


@pytest.mark.parametrize(
    ("filters", "before", "after"),
    [
        ({"over": "500"}, {"payable": money("900 CNY")}, {"payable": money("400 CNY")}),
        (
            {"type": "renewal"},
            {"order_type": OrderType.RENEWAL},
            # a row that differs from the last one has its details read again
            {"order_type": OrderType.CHANGE, "payment_word": "not paid"},
        ),
    ],
    ids=["over", "type"],
)
async def test_an_order_that_leaves_the_filters_unpaid_is_said_to_have_left_once(
    filters: dict[str, str], before: dict[str, Any], after: dict[str, Any]
) -> None:
    office = an_office(placed(**before))
    await office.plan(filters=filters)
    assert order_ids(await office.digest()) == ["CS1"]
    office.clouds[0].change("CS1", **after)
    digest = await office.tomorrow()
    assert (digest.lines, why_gone(digest)) == ((), {"CS1": Gone.FILTERED})
    assert not digest.unchanged
    assert (await office.tomorrow()).unchanged
    office.clouds[0].change("CS1", **(before | {"payment_word": ""}))
    assert [line.new for line in (await office.tomorrow()).lines] == [True]


async def test_an_unpaid_order_that_turns_a_year_old_is_said_to_be_too_old_once() -> None:
    office = an_office(placed("OLD", days=364.5), placed())
    await office.plan()
    assert order_ids(await office.digest()) == ["OLD", "CS1"]
    digest = await office.tomorrow()
    assert (order_ids(digest), why_gone(digest)) == (["CS1"], {"OLD": Gone.TOO_OLD})
    assert not digest.unchanged
    assert (await office.tomorrow()).unchanged


@pytest.mark.parametrize("jump", [5 * DAY, -5 * DAY], ids=["ahead", "back"])
async def test_a_clock_that_jumps_for_days_does_not_change_which_digest_came_before(
    jump: timedelta,
) -> None:
    """What was told while the clock was wrong is not told again once it is right."""
    office = an_office(placed(days=9))
    await office.plan(since=MORNING - 30 * DAY)
    await office.digest()
    office.clock.move(DAY + jump)
    office.clouds[0].put(placed("CS2", days=8))
    wrong = await office.digest()
    assert [line.order_id for line in wrong.lines if line.new] == ["CS2"]
    office.clock.move(DAY - jump)
    digest = await office.digest()
    assert digest.previous_at == wrong.as_of
    assert digest.unchanged
