"""Homes: what stands on them, and when they may have changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.filters import Coverage
from bot.domain.inputs import InputKind
from bot.domain.orders import PaymentStatus
from bot.services.homes import LOOK, OPENED
from bot.services.lists import AccountState
from tests.builders import NOON, an_entry, money
from tests.flat import ALIBABA, DAY, HUAWEI, Flat
from tests.request_office import ALICE, BOB


@pytest.fixture
def flat() -> Flat:
    return Flat()


async def test_currencies_and_accounts_are_never_added_to_each_other(flat: Flat) -> None:
    await flat.holds("1", "2", payable=money("10.10 CNY"))
    await flat.holds("3", payable=money("5 USD"))
    await flat.holds("4", payable=None)
    await flat.holds("5", payable=money("7 CNY"), account="alibaba-main")
    await flat.holds("6", payment_status=PaymentStatus.PAID)
    await flat.holds("7", payment_status=PaymentStatus.UNKNOWN)
    huawei, alibaba = (await flat.view()).accounts
    assert (huawei.count, huawei.sums) == (4, (money("20.20 CNY"), money("5 USD")))
    assert (alibaba.count, alibaba.sums) == (1, (money("7 CNY"),))
    assert (huawei.status_unknown, alibaba.status_unknown) == (1, 0)


async def test_more_orders_than_a_page_are_all_counted(flat: Flat) -> None:
    await flat.holds(*[f"{number:03}" for number in range(250)], payable=money("1 CNY"))
    (huawei, _alibaba) = (await flat.view()).accounts
    assert (huawei.count, huawei.sums) == (250, (money("250 CNY"),))


async def test_only_viewable_accounts_are_shown_whatever_the_book_holds(flat: Flat) -> None:
    await flat.holds("1", account="alibaba-main")
    await flat.office.asked()
    view = await flat.view(BOB, accounts=(ALIBABA,))
    assert [each.state.account for each in view.accounts] == [ALIBABA]
    assert [each.order.account for each in view.lapsing] == ["alibaba-main"]
    assert view.inbox.waiting == ()
    assert len((await flat.view(BOB)).inbox.waiting) == 1


async def test_the_next_deadlines_over_all_accounts_come_first_and_none_is_past(
    flat: Flat,
) -> None:
    for hours in range(1, 9):
        name = "alibaba-main" if hours % 2 else "huawei-main"
        await flat.holds(str(hours), account=name, deadline=NOON + timedelta(hours=hours))
    await flat.holds("past", deadline=NOON - timedelta(hours=1))
    await flat.holds("none", deadline=None)
    assert [each.order.order_id for each in (await flat.view()).lapsing] == list("12345")


async def test_at_most_five_are_done(flat: Flat) -> None:
    for _ in range(7):
        request_id = await flat.office.asked()
        await flat.office.press(InputKind.WITHDRAW, ALICE, request_id)
    assert len((await flat.view()).inbox.done) == 5


async def test_what_ended_since_the_book_was_read_is_not_open_and_done_at_once(
    flat: Flat,
) -> None:
    request_id = await flat.office.asked()
    book = await flat.homes.book()
    await flat.office.press(InputKind.WITHDRAW, ALICE, request_id)
    inbox = (await flat.homes.view(await flat.office.viewer(ALICE), book)).inbox
    assert (inbox.mine, [each.request_id for each in inbox.done]) == ((), [request_id])


async def test_how_an_account_answered_just_now_wins(flat: Flat) -> None:
    await flat.answered()
    asked = AccountState(HUAWEI, None, None, asking=True)
    (huawei, alibaba) = (await flat.view(asked=[asked])).accounts
    assert huawei.state is asked
    assert alibaba.state.problem is not None, "it has never answered"


async def changed(flat: Flat) -> bool:
    """Asked for, and looked at."""
    answer = await flat.homes.changed()
    await flat.homes.book()
    return answer


async def test_nothing_changes_while_nothing_is_stored(flat: Flat) -> None:
    assert await changed(flat)
    assert not await changed(flat)
    flat.office.clock.move(LOOK - timedelta(seconds=1))
    assert not await changed(flat)


async def test_a_request_an_answer_a_failure_and_a_coverage_are_each_a_change(flat: Flat) -> None:
    snapshots, now = flat.office.snapshots, flat.office.clock.now()
    await changed(flat)
    await flat.office.asked()
    assert await changed(flat)
    await snapshots.answered("huawei-main", at=now)
    assert await changed(flat)
    await snapshots.failed("huawei-main", at=now, error="boom")
    assert await changed(flat)
    await snapshots.cover(Coverage("huawei-main", NOON - DAY, NOON))
    assert await changed(flat)
    await flat.office.store.audit.append(an_entry(), at=now)
    assert await changed(flat)
    assert not await changed(flat)


async def test_people_are_looked_at_again_after_a_while(flat: Flat) -> None:
    await changed(flat)
    flat.office.clock.move(LOOK)
    assert await changed(flat)
    assert not await changed(flat)


async def test_a_clock_that_was_set_back_is_a_change(flat: Flat) -> None:
    await changed(flat)
    flat.office.clock.move(-DAY)
    assert await changed(flat)


async def test_a_deadline_that_passes_is_a_change(flat: Flat) -> None:
    await flat.holds("1", deadline=NOON + timedelta(seconds=90))
    await changed(flat)
    flat.office.clock.move(timedelta(seconds=89))
    assert not await changed(flat)
    flat.office.clock.move(timedelta(seconds=1))
    assert await changed(flat)
    assert (await flat.view()).lapsing == ()


async def test_who_opened_a_home_lately_is_known_and_what_stands_there(flat: Flat) -> None:
    await flat.homes.opened(BOB)
    flat.office.clock.move(timedelta(days=7, seconds=1))
    await flat.homes.opened(ALICE)
    await flat.homes.drawn(ALICE, "abc")
    assert await flat.homes.openers() == ((ALICE, "abc"),)


async def test_what_stands_on_a_home_that_is_not_kept_current_is_known(flat: Flat) -> None:
    for who in (BOB, ALICE):
        await flat.homes.opened(who)
        await flat.homes.drawn(who, "abc")
    flat.office.clock.move(OPENED + timedelta(seconds=1))
    await flat.homes.opened(ALICE)
    assert await flat.homes.left() == (BOB,)
