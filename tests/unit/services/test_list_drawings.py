"""When a list is drawn, and what happens when clouds, details or the bot itself fail."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.audit import AuditKind
from bot.domain.filters import Coverage, OrderFilter
from bot.domain.orders import OrderQuery, PaymentStatus
from bot.errors import (
    ProviderMalformed,
    ProviderRefused,
    Remedy,
    StorageError,
)
from bot.services.lists import Patience
from tests.builders import NOON, a_detailed_order, a_filter, an_order
from tests.fake_cloud import FakeAdapter, failing, unavailable, waiting_for
from tests.unit.services.house import (
    ALL_UNPAID,
    BOTH,
    EVERYTHING,
    NONE,
    House,
    alibaba,
    huawei,
    ids,
    problems,
)

DAY = timedelta(days=1)
UNPAID, PAID = PaymentStatus.UNPAID, PaymentStatus.PAID
SOON = Patience(first=0.1, deadline=20, late=20)  # the first drawing comes before the answer
LATE = Patience(first=0.1, deadline=0.2, late=20)  # so does the one at the deadline


async def test_a_list_that_is_answered_at_once_is_drawn_once() -> None:
    house = House(huawei(), alibaba())
    (listed,) = await house.follow(EVERYTHING)
    assert sorted(ids(listed)) == ["500491030350914", "CS2611171200ABCDE"]
    assert (listed.page.total, listed.offset, problems(listed)) == (2, 0, {})
    assert [(each.account.name, each.good_at) for each in listed.states] == [
        ("huawei-main", NOON),
        ("alibaba-main", NOON),
    ]
    assert [(each.covered_since, each.asking) for each in listed.states] == [(None, False)] * 2


async def test_the_list_last_seen_comes_first_where_clouds_take_a_while() -> None:
    house, answer = House(huawei(), patience=SOON), asyncio.Event()
    await house.snapshots.save([an_order(order_id="seen before")], seen_at=NOON)
    house.cloud.script = waiting_for(answer)
    drawn = []
    async for listed in house.lists.follow(house.viewer(), a_filter()):
        drawn.append((ids(listed), [state.asking for state in listed.states]))
        assert problems(listed) == {}
        answer.set()
    assert drawn == [
        (["seen before"], [True]),
        (["CS2611171200ABCDE", "seen before"], [False]),
    ]


async def test_a_cloud_that_never_answers_is_named_at_the_deadline_and_not_waited_for_on() -> None:
    house = House(huawei(), alibaba(), patience=NONE)
    house.cloud.script = waiting_for(asyncio.Event())
    first, last = await house.follow(EVERYTHING)
    assert problems(first) == {}
    assert problems(last) == {"huawei-main": "ProviderUnavailable"}
    assert ids(last) == ["500491030350914"]
    assert [state.asking for state in last.states] == [False, False]
    await house.lists.aclose()


async def test_a_cloud_that_answers_after_the_deadline_is_drawn_once_more() -> None:
    house, answer = House(huawei(), alibaba(), patience=LATE), asyncio.Event()
    house.cloud.script = waiting_for(answer)
    drawn = []
    async for listed in house.lists.follow(house.viewer(), EVERYTHING):
        drawn.append((listed.page.total, list(problems(listed))))
        if len(drawn) == 2:
            answer.set()
    assert drawn == [(1, []), (1, ["huawei-main"]), (2, [])]


async def test_of_two_late_clouds_the_second_holds_up_the_first_no_longer() -> None:
    house = House(huawei(), alibaba(), patience=LATE)
    answers = (asyncio.Event(), asyncio.Event())
    for cloud, answer in zip(house.clouds, answers, strict=True):
        cloud.script = waiting_for(answer)
    named = []
    async for listed in house.lists.follow(house.viewer(), EVERYTHING):
        named.append(list(problems(listed)))
        if len(named) >= 2:
            answers[min(len(named) - 2, 1)].set()
    assert named == [[], ["huawei-main", "alibaba-main"], ["alibaba-main"], []]


async def test_details_on_their_way_at_the_deadline_name_no_cloud() -> None:
    """Its list has been answered; what is missing is a deadline here and there."""
    house, answer = House(huawei(), patience=LATE), asyncio.Event()
    house.cloud.script = waiting_for(answer, "get_order")
    drawn = []
    async for listed in house.lists.follow(house.viewer(), a_filter()):
        (state,) = listed.states
        drawn.append((state.asking, state.problem, listed.page.snapshots[0].order.deadline))
        if len(drawn) == 2:
            answer.set()
    lapses = NOON + 3 * DAY
    assert drawn == [(True, None, None), (True, None, None), (False, None, lapses)]


async def test_details_that_never_come_leave_a_list_that_is_not_waiting() -> None:
    house = House(huawei(), patience=NONE)
    house.cloud.script = waiting_for(asyncio.Event(), "get_order")
    drawn = await house.follow(a_filter())
    assert [listed.states[0].asking for listed in drawn] == [True, True, False]
    told = [problems(listed) for listed in drawn]
    assert told == [{}, {}, {"huawei-main": "ProviderUnfinished"}]
    await house.lists.aclose()


async def test_details_that_fail_take_no_order_from_the_list_and_are_named() -> None:
    house = House(huawei())
    house.cloud.script = failing(
        ProviderRefused("no right to read one", account="huawei-main"), "get_order"
    )
    listed = await house.last(a_filter())
    assert ids(listed) == ["CS2611171200ABCDE"]
    assert problems(listed) == {"huawei-main": "ProviderRefused"}


async def test_an_order_that_rests_is_not_waited_for() -> None:
    house = House(huawei())
    house.cloud.script = failing(ProviderMalformed("odd", account="huawei-main"), "get_order")
    read = []
    due_for_details = house.snapshots.due_for_details

    async def counted(account: str, *, limit: int) -> tuple[str, ...]:
        read.append(limit)
        return await due_for_details(account, limit=limit)

    house.snapshots.due_for_details = counted  # type: ignore[method-assign]
    await house.last(a_filter())
    assert len(read) == 2


async def test_a_cloud_that_tells_no_status_is_not_shown_as_one_without_unpaid_orders() -> None:
    """Its list answers, the details that alone tell what is unpaid do not."""
    house = House(
        FakeAdapter(orders=[a_detailed_order()], filters_payment_status=False, lists_deadline=False)
    )
    house.cloud.script = failing(unavailable(), "get_order")
    listed = await house.last(a_filter(payment_status=PaymentStatus.UNPAID))
    assert (listed.page.total, listed.page.status_unknown) == (0, 1)
    assert problems(listed) == {"huawei-main": "ProviderUnavailable"}


async def test_all_clouds_dead_is_a_list_with_all_of_them_named() -> None:
    house = House(huawei(), alibaba())
    for cloud in house.clouds:
        cloud.script = failing(unavailable(cloud.account.name, code="HTTP 500"))
    for wanted in (EVERYTHING, ALL_UNPAID):
        (listed,) = await house.follow(wanted)
        assert (ids(listed), problems(listed)) == ([], dict.fromkeys(BOTH, "ProviderUnavailable"))
    answers = await house.snapshots.answers()
    assert {name: answer.error for name, answer in answers.items()} == dict.fromkeys(
        BOTH, "HTTP 500"
    )


async def test_a_fault_of_ours_in_one_account_is_logged_once_and_named() -> None:
    house = House(huawei(), alibaba())
    house.cloud.script = failing(KeyError("ours"))
    with capture_logs() as logs:
        listed = await house.last(EVERYTHING)
    assert ids(listed) == ["500491030350914"]
    dead = listed.states[0].problem
    assert dead is not None
    assert (dead.account, dead.remedy) == ("huawei-main", Remedy.TELL_OPERATOR)
    assert [(log["event"], log["account"]) for log in logs] == [("refresh_failed", "huawei-main")]


async def test_a_fault_of_ours_after_everybody_left_is_not_lost() -> None:
    house, answer = House(huawei(), patience=NONE), asyncio.Event()

    async def fail_late(_operation: str, _about: OrderQuery | str) -> None:
        await answer.wait()
        raise KeyError("ours")

    house.cloud.script = fail_late
    await house.follow(a_filter())
    with capture_logs() as logs:
        answer.set()
        while house.lists._asker._running:
            await asyncio.gather(*house.lists._asker._running, return_exceptions=True)
    assert [log["event"] for log in logs] == ["refresh_failed"]


async def test_a_fault_of_ours_in_the_details_is_logged_and_the_list_stands() -> None:
    house = House(huawei())
    house.cloud.script = failing(KeyError("ours"), "get_order")
    with capture_logs() as logs:
        listed = await house.last(a_filter())
    assert len(ids(listed)) == 1
    assert problems(listed) == {"huawei-main": "ProviderUnavailable"}
    assert [log["event"] for log in logs] == ["details_failed"]


async def test_a_database_that_takes_nothing_while_clouds_answer_shows_nothing() -> None:
    house = House(huawei())
    house.snapshots.full = True
    with capture_logs() as logs, pytest.raises(StorageError):
        await house.follow(a_filter())
    assert [log["event"] for log in logs] == ["refresh_not_saved"]


async def test_a_shutdown_draws_what_is_known_and_leaves_the_coverage_truthful() -> None:
    house, asked = House(huawei(), patience=SOON), asyncio.Event()

    async def stall(_operation: str, _about: OrderQuery | str) -> None:
        asked.set()
        await asyncio.Event().wait()

    house.cloud.script = stall
    await house.snapshots.cover(Coverage("huawei-main", NOON - DAY, NOON - timedelta(hours=1)))
    drawn = []
    async for listed in house.lists.follow(house.viewer(), a_filter()):
        drawn.append(problems(listed))
        await asked.wait()
        await house.lists.aclose()
    assert drawn == [{}, {"huawei-main": "ProviderUnavailable"}]
    coverage = await house.snapshots.coverage("huawei-main")
    assert coverage == Coverage("huawei-main", NOON - DAY, NOON - timedelta(hours=1))


async def test_after_a_shutdown_no_cloud_is_asked() -> None:
    house = House(huawei())
    await house.last(a_filter())
    house.cloud.calls.clear()
    await house.lists.aclose()
    house.clock.move(timedelta(minutes=1))
    (listed,) = await house.follow(a_filter())
    assert (len(ids(listed)), house.cloud.calls) == (1, [])


async def test_whoever_stops_following_leaves_the_reading_to_end_well() -> None:
    house, answer = House(huawei(), patience=SOON), asyncio.Event()
    house.cloud.script = waiting_for(answer)
    following = house.lists.follow(house.viewer(), a_filter())
    await anext(following)
    await following.aclose()  # type: ignore[attr-defined]
    answer.set()
    while house.lists._asker._running:
        await asyncio.gather(*house.lists._asker._running)
    assert (await house.stored("CS2611171200ABCDE")).detailed


@pytest.mark.parametrize("wanted", [EVERYTHING, ALL_UNPAID], ids=["all", "unpaid"])
async def test_two_people_who_ask_at_once_cost_the_clouds_one_reading(
    wanted: OrderFilter,
) -> None:
    house, alone = House(huawei(), alibaba()), House(huawei(), alibaba())
    await alone.follow(wanted)
    await asyncio.gather(house.follow(wanted), house.follow(wanted))
    assert [len(cloud.calls) for cloud in house.clouds] == [
        len(cloud.calls) for cloud in alone.clouds
    ]
    assert house.kinds == [AuditKind.ORDERS_LISTED] * 2
