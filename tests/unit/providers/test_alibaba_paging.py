"""All pages of a list: order kept, repeats dropped, missing rows noticed (pitfalls 30 and 35)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders import OrderQuery, PaymentStatus
from bot.errors import ProviderInvalid, ProviderMalformed, ProviderUnavailable, Remedy
from bot.providers.alibaba.adapter import ORDERS_PER_PAGE, PRODUCTS_PER_PAGE
from bot.providers.alibaba.paging import PAGE_CAP, Incomplete, all_rows
from bot.providers.alibaba.wire import Page
from bot.providers.transport import FEWEST, MOST, Transport
from tests.loopback import Asked, Reply
from tests.unit.providers.alibaba_account import NOVEMBER, a_row, alibaba, good, refusal
from tests.unit.providers.one_cloud import FixedClock

Rows = list[dict[str, Any]]


def ids(how_many: int) -> list[str]:
    return [str(211000 + number) for number in range(how_many)]


def serving(
    rows: Rows | Callable[[Asked], Rows], *, total: bool = True
) -> Callable[[Asked], Reply]:
    """QueryOrders over *rows* as they are at each call."""

    def answer(asked: Asked) -> Reply:
        now = rows(asked) if callable(rows) else rows
        size = int(asked.query["PageSize"])
        start = (int(asked.query["PageNum"]) - 1) * size
        content: dict[str, Any] = {"OrderList": {"Order": now[start : start + size]}}
        return good(**content | ({"TotalCount": len(now)} if total else {}))

    return answer


@pytest.mark.parametrize("how_many", [0, 1, 19, 20, 21, 40, 135])
@pytest.mark.parametrize("total", [True, False])
async def test_more_orders_than_one_page_are_all_read(how_many: int, total: bool) -> None:
    """Pitfall 35, Alibaba's part."""
    wanted = ids(how_many)
    async with alibaba(serving([a_row(one) for one in wanted], total=total)) as cloud:
        assert [order.order_id for order in await cloud.orders()] == wanted
    pages = [int(asked.query["PageNum"]) for asked in cloud.server.asked]
    full = -(-how_many // ORDERS_PER_PAGE) if total else how_many // ORDERS_PER_PAGE + 1
    assert sorted(pages) == list(range(1, max(1, full) + 1))
    assert {asked.query["PageSize"] for asked in cloud.server.asked} == {str(ORDERS_PER_PAGE)}


async def test_start_and_end_are_always_sent_in_utc_and_start_is_first() -> None:
    """Pitfall 30: without them the API answers the last hour only."""
    china = datetime.fromisoformat("2026-11-01T08:00:00.250+08:00")
    query = OrderQuery(china, china + timedelta(microseconds=1))
    async with alibaba(good(TotalCount=0)) as cloud:
        assert await cloud.orders(query) == []
    asked = cloud.server.asked[0].query
    assert asked["CreateTimeStart"] == "2026-11-01T00:00:00Z"
    assert asked["CreateTimeEnd"] == "2026-11-01T00:00:01Z"


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1)])
async def test_a_window_that_ends_before_it_starts_is_not_asked_for(length: timedelta) -> None:
    """Pitfall 30: start < end."""
    query = replace(NOVEMBER, created_until=NOVEMBER.created_from + length)
    async with alibaba(good(TotalCount=0)) as cloud:
        with pytest.raises(ProviderInvalid):
            await cloud.orders(query)
        assert cloud.server.asked == []


async def test_orders_outside_the_window_are_left_out_and_those_without_a_time_kept() -> None:
    until = datetime(2026, 11, 20, 2, 0, 0, 500_000, UTC)
    query = OrderQuery(datetime(2026, 11, 20, 1, 0, 0, 500_000, UTC), until)
    times = {"a": "2026-11-20T01:00:00Z", "b": "2026-11-20T01:00:01Z", "c": "", "d": None}
    times |= {"e": "2026-11-20T02:00:00Z", "f": "2026-11-20T02:00:01Z"}
    rows = [a_row(name, CreateTime=text) for name, text in times.items()]
    async with alibaba(serving(rows)) as cloud:
        assert [order.order_id for order in await cloud.orders(query)] == ["b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        (PaymentStatus.UNPAID, "Unpaid"),
        (PaymentStatus.PAID, "Paid"),
        (PaymentStatus.CANCELLED, "Cancelled"),
        (PaymentStatus.UNKNOWN, None),
        (None, None),
    ],
)
async def test_the_payment_status_is_narrowed_by_the_cloud(
    wanted: PaymentStatus | None, word: str | None
) -> None:
    async with alibaba(good(TotalCount=0)) as cloud:
        await cloud.orders(replace(NOVEMBER, payment_status=wanted))
    assert cloud.server.asked[0].query.get("PaymentStatus") == word


async def test_an_order_that_enters_while_paging_shifts_rows_and_none_is_lost() -> None:
    rows = [a_row(one) for one in ids(65)]

    def shifting(asked: Asked) -> Rows:
        if asked.query["PageNum"] == "2" and len(rows) == 65:
            rows.insert(0, a_row("new"))
        return rows

    async with alibaba(serving(shifting)) as cloud:
        found = [order.order_id for order in await cloud.orders()]
    assert sorted(found) == sorted([*ids(65), "new"])
    assert len(cloud.server.asked) == 8


async def test_an_order_that_leaves_while_paging_makes_no_other_disappear() -> None:
    rows = [a_row(one) for one in ids(65)]

    def shifting(asked: Asked) -> Rows:
        if asked.query["PageNum"] == "2" and len(rows) == 65:
            del rows[3]
        return rows

    async with alibaba(serving(shifting)) as cloud:
        found = [order.order_id for order in await cloud.orders()]
    assert sorted(found) == ids(65)


@pytest.mark.parametrize("fault", ["dropped", "repeated"])
async def test_a_row_that_stays_missing_is_an_error_and_never_a_shorter_list(fault: str) -> None:
    """Pitfall 35: *dropped* is a row left out of its page, *repeated* one in another's place."""
    rows = [a_row(one) for one in ids(50)]

    def faulty(asked: Asked) -> Reply:
        page = (int(asked.query["PageNum"]) - 1) * ORDERS_PER_PAGE
        sent = rows[page : page + ORDERS_PER_PAGE]
        if page == ORDERS_PER_PAGE:
            sent = sent[1:] if fault == "dropped" else [rows[0], *sent[1:]]
        return good(OrderList={"Order": sent}, TotalCount=len(rows))

    async with alibaba(faulty) as cloud:
        with pytest.raises(ProviderMalformed, match="only 49 of 50 rows") as caught:
            await cloud.orders()
    assert caught.value.remedy is Remedy.TRY_AGAIN, "orders were placed while it read"
    assert len(cloud.server.asked) == 6


async def test_several_rows_of_one_order_on_a_page_are_one_order() -> None:
    rows = [a_row("1", AfterTaxAmount="1.10"), a_row("2"), a_row("1", AfterTaxAmount="2.20")]
    async with alibaba(serving(rows)) as cloud:
        first, second = await cloud.orders()
    assert (first.order_id, str(first.payable), second.order_id) == ("1", "3.30 CNY", "2")


async def test_a_server_that_allows_smaller_pages_is_followed() -> None:
    rows = [a_row(one) for one in ids(12)]

    def small(asked: Asked) -> Reply:
        start = (int(asked.query["PageNum"]) - 1) * 5
        return good(OrderList={"Order": rows[start : start + 5]}, TotalCount=12, PageSize=5)

    async with alibaba(small) as cloud:
        assert [order.order_id for order in await cloud.orders()] == ids(12)


@pytest.mark.parametrize("total", ["12", 3, None, "many", -1])
async def test_a_total_that_says_nothing_usable_is_passed_over(total: object) -> None:
    rows = [a_row(one) for one in ids(12)]
    async with alibaba(good(OrderList={"Order": rows}, TotalCount=total)) as cloud:
        assert [order.order_id for order in await cloud.orders()] == ids(12)
    assert len(cloud.server.asked) == 1


async def test_an_answer_that_holds_no_list_at_all_is_not_an_empty_list() -> None:
    async with alibaba(good(HostName="x")) as cloud:
        with pytest.raises(ProviderMalformed, match="neither rows nor a total"):
            await cloud.orders()


@pytest.mark.parametrize("order", [[1], "text", [{"PaymentStatus": "Paid"}], [{"OrderId": None}]])
async def test_rows_of_another_shape_are_malformed_and_their_values_not_told(order: object) -> None:
    async with alibaba(good(OrderList={"Order": order}, TotalCount=1)) as cloud:
        with pytest.raises(ProviderMalformed, match="another shape") as caught:
            await cloud.orders()
    assert "Paid" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_page_that_fails_ends_the_list_with_its_error() -> None:
    rows = [a_row(one) for one in ids(200)]

    def failing(asked: Asked) -> Reply:
        return refusal("InternalError") if asked.query["PageNum"] == "5" else serving(rows)(asked)

    async with alibaba(failing) as cloud:
        pages = cloud.adapter.list_orders(NOVEMBER)
        read = [order.order_id for _ in range(4) for order in await anext(pages)]
        with pytest.raises(ProviderUnavailable):
            await anext(pages)
    assert read == ids(80)


async def test_a_list_that_is_left_early_waits_for_no_page() -> None:
    prompt = serving([a_row(one) for one in ids(400)])

    def slow_from_the_third(asked: Asked) -> Reply:
        return replace(prompt(asked), delay_s=5.0 if int(asked.query["PageNum"]) > 2 else 0.0)

    async with alibaba(slow_from_the_third) as cloud:
        pages = cloud.adapter.list_orders(NOVEMBER)
        await anext(pages)
        await anext(pages)
        async with asyncio.timeout(1):
            await pages.aclose()  # type: ignore[attr-defined]
        assert len(cloud.server.asked) <= 1 + MOST


async def test_a_list_longer_than_the_cap_is_refused_before_it_is_read() -> None:
    total = PAGE_CAP * ORDERS_PER_PAGE + 1
    page = good(OrderList={"Order": [a_row(one) for one in ids(20)]}, TotalCount=total)
    async with alibaba(page) as cloud:
        with pytest.raises(ProviderMalformed, match=f"only 20 of {total} rows"):
            await cloud.orders()
    assert len(cloud.server.asked) == 1


async def test_pages_without_a_total_and_without_an_end_stop_at_the_cap() -> None:
    async def read_page(number: int) -> Page:
        return Page.model_validate({"OrderList": {"Order": [{"OrderId": str(number)}]}})

    with pytest.raises(Incomplete):
        async for _rows in all_rows(read_page, 1, at_once=4):
            pass


async def test_no_more_pages_than_allowed_are_on_their_way() -> None:
    under_way, most = 0, 0

    async def read_page(number: int) -> Page:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001 * (number % 3))
        under_way -= 1
        return Page.model_validate(
            {"OrderList": {"Order": [{"OrderId": str(number)}]}, "TotalCount": 30}
        )

    found = [row["OrderId"] async for rows in all_rows(read_page, 1, at_once=4) for row in rows]
    assert found == [str(number) for number in range(1, 31)]
    assert most == 4


@pytest.mark.parametrize(
    ("per_second", "at_once"), [(0.5, FEWEST), (5, FEWEST), (50, 10), (900, MOST)]
)
async def test_a_list_takes_a_fifth_of_a_second_of_the_rate_limit(
    per_second: float, at_once: int
) -> None:
    """Whoever asks for one order meanwhile waits no longer than that."""
    transport = Transport("a", requests_per_second=per_second, timeout_s=1, clock=FixedClock())
    assert transport.at_once == at_once


@given(
    how_many=st.integers(0, 60),
    size=st.integers(1, 25),
    moves=st.dictionaries(st.integers(1, 6), st.sampled_from(["enter", "leave"]), max_size=1),
)
async def test_one_order_that_moves_at_any_page_costs_no_other(
    how_many: int, size: int, moves: dict[int, str]
) -> None:
    rows = [{"OrderId": one} for one in ids(how_many)]
    waiting = dict(moves)

    async def read_page(number: int) -> Page:
        move = waiting.pop(number, None)
        if move == "enter":
            rows.insert(0, {"OrderId": "new"})
        elif move == "leave" and rows:
            rows.pop(0)
        shown = rows[(number - 1) * size : number * size]
        return Page.model_validate({"OrderList": {"Order": shown}, "TotalCount": len(rows)})

    found = [row["OrderId"] async for page in all_rows(read_page, size, at_once=4) for row in page]
    assert len(found) == len(set(found))
    assert {row["OrderId"] for row in rows} <= set(found)


async def test_all_products_are_read_in_pages_of_300_with_the_total() -> None:
    rows = [
        {
            "ProductCode": f"p{number // 2}",
            "SubscriptionType": ["Subscription", "PayAsYouGo"][number % 2],
        }
        for number in range(650)
    ]

    def products(asked: Asked) -> Reply:
        start = (int(asked.query["PageNum"]) - 1) * PRODUCTS_PER_PAGE
        shown = rows[start : start + PRODUCTS_PER_PAGE]
        return good(ProductList={"Product": shown}, TotalCount=len(rows))

    async with alibaba(products) as cloud:
        found = await cloud.adapter.list_products(language="en")
    assert [(product.code, product.variant) for product in found] == [
        (row["ProductCode"], row["SubscriptionType"]) for row in rows
    ]
    asked = [asked.query for asked in cloud.server.asked]
    assert sorted(query["PageNum"] for query in asked) == ["1", "2", "3"]
    assert {(query["PageSize"], query["QueryTotalCount"]) for query in asked} == {("300", "true")}
    assert not any("OwnerId" in query for query in asked)
