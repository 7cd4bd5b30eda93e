"""Huawei's order list: what is asked, every page read, and rows as orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import OrderQuery, OrderType, PaymentStatus
from bot.errors import ConfigurationError, ProviderRefused, ProviderUnavailable
from bot.providers.credentials import Credentials
from bot.providers.huawei import HuaweiAdapter
from bot.providers.huawei.adapter import HOSTS
from bot.providers.transport import Transport
from tests.unit.providers.huawei_loopback import (
    ACCOUNT,
    ALL_TIME,
    KEY,
    LIST,
    NOW,
    SERVICE_TYPES,
    THIS_YEAR,
    Arrived,
    FixedClock,
    Reply,
    always,
    huawei,
    listed,
    recorded,
    with_names,
)

ROW: dict[str, Any] = recorded("list_unpaid").body["order_infos"][0]


def rows(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    return [{**ROW, "order_id": f"CS{number:05d}"} for number in range(start, start + count)]


def paged(all_rows: list[dict[str, Any]], *, page: int = 100) -> Callable[[Arrived], Reply]:
    """Serves *all_rows* by offset, never more than *page* at once."""

    def script(call: Arrived) -> Reply:
        size = min(page, int(call.query["limit"]))
        part = all_rows[call.offset : call.offset + size]
        return Reply(body={"total_count": len(all_rows), "order_infos": part})

    return with_names(script)


async def test_a_list_always_says_its_window_its_order_and_its_page() -> None:
    async with huawei(always(recorded("list_empty"))) as (adapter, here):
        assert await listed(adapter) == []
    (call,) = here.arrived
    assert (call.method, call.path) == ("GET", LIST)
    assert call.query == {
        "create_time_begin": "2024-01-01T00:00:00Z",
        "create_time_end": "2024-05-31T12:00:00Z",
        "order_by": "-createTime",
        "limit": "100",
        "offset": "0",
    }


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (PaymentStatus.UNPAID, "6"),
        (PaymentStatus.CANCELLED, "4"),
        (PaymentStatus.PAID, None),
        (PaymentStatus.UNKNOWN, None),
        (None, None),
    ],
)
async def test_a_status_is_filtered_where_one_number_stands_for_it(
    wanted: PaymentStatus | None, sent: str | None
) -> None:
    async with huawei(always(recorded("list_empty"))) as (adapter, here):
        await listed(adapter, replace(THIS_YEAR, payment_status=wanted))
    assert here.arrived[0].query.get("status") == sent


async def test_a_long_window_is_asked_for_year_by_year_newest_first() -> None:
    query = OrderQuery(
        datetime(2021, 3, 1, 0, 0, 0, 400_000, tzinfo=UTC),
        datetime(2024, 3, 1, 0, 0, 0, 1, tzinfo=UTC),
    )
    async with huawei(always(recorded("list_empty"))) as (adapter, here):
        await listed(adapter, query)
    windows = [(c.query["create_time_begin"], c.query["create_time_end"]) for c in here.arrived]
    assert windows[0][1] == "2024-03-01T00:00:01Z"
    assert windows[-1][0] == "2021-03-01T00:00:00Z"
    assert [begin for begin, _end in windows[:-1]] == [end for _begin, end in windows[1:]]
    for begin, end in windows:
        span = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
        assert timedelta(0) < span <= timedelta(days=365)


@pytest.mark.parametrize("name", ["list_empty", "list_empty_null", "list_empty_absent"])
async def test_no_orders_come_in_three_shapes(name: str) -> None:
    async with huawei(always(recorded(name))) as (adapter, here):
        assert await listed(adapter) == []
    assert len(here.arrived) == 1  # no names are fetched for no rows


async def test_the_recorded_pages_are_read_to_the_end() -> None:
    def script(call: Arrived) -> Reply:
        return recorded({0: "list_page_1", 2: "list_page_2"}.get(call.offset, "list_page_past_end"))

    async with huawei(with_names(script)) as (adapter, here):
        orders = await listed(adapter, ALL_TIME)
    ids = [order.order_id for order in orders]
    assert ids == ["CS2405200001TUVWX", "CS2405170203ABCDE", "CS18122203217MRPB"]
    assert {call.offset for call in here.to(LIST)} == {0, 2}
    refund = orders[-1]
    assert (refund.order_type, refund.order_type_word) == (OrderType.REFUND, "4 unsubscription")
    assert refund.payable == Money(Decimal("-277.92"), "CNY")
    assert refund.payment_status is PaymentStatus.PAID


async def test_an_unpaid_row_is_an_order_without_a_deadline() -> None:
    async with huawei(with_names(always(recorded("list_unpaid")))) as (adapter, _here):
        (order,) = await listed(adapter)
    assert (order.provider, order.account) == (Provider.HUAWEI, "huawei-main")
    assert order.order_id == "CS2405170203ABCDE"
    assert order.payment_status is PaymentStatus.UNPAID
    assert order.payment_word == "6 pending payment"
    assert (order.order_type, order.order_type_word) == (OrderType.NEW, "1 new subscription")
    assert order.payable == Money(Decimal("216.0"), "CNY")
    assert order.created_at == datetime(2024, 5, 17, 2, 3, 4, tzinfo=UTC)
    assert order.paid_at is None
    assert order.deadline is None
    assert not order.detailed
    assert adapter.capabilities.lists_deadline is False
    fields = {field.path: field.value for field in order.fields}
    assert fields["amount_info.discounts.0.discount_type"] == "605"
    assert fields["official_amount"] == "240.0"
    assert fields["service_type_name"] == "弹性云服务器"  # as sent, whatever the name shown


async def test_names_in_lists_come_from_the_service_types_and_are_kept_for_a_day() -> None:
    clock = FixedClock()
    async with huawei(with_names(always(recorded("list_unpaid"))), clock=clock) as (adapter, here):
        for _again in range(2):
            (order,) = await listed(adapter)
            assert order.product_name == "Elastic Cloud Server"
        (asked,) = here.to(SERVICE_TYPES)
        assert asked.headers["x-language"] == "en_US"
        clock.move(hours=24)
        await listed(adapter)
        assert len(here.to(SERVICE_TYPES)) == 2


async def test_a_list_without_service_types_keeps_the_providers_names() -> None:
    def script(call: Arrived) -> Reply:
        return recorded("error_cbc_0151" if call.path == SERVICE_TYPES else "list_unpaid")

    async with huawei(script) as (adapter, here):
        for _again in range(2):
            (order,) = await listed(adapter)
            assert order.product_name == "弹性云服务器"
    assert len(here.to(SERVICE_TYPES)) == 1


async def test_a_combined_order_names_its_parts() -> None:
    async with huawei(with_names(always(recorded("list_combined_and_agent_paid")))) as (a, _here):
        combined, agent_paid = await listed(a)
    assert combined.parts == ("CS2405180001KLMN1", "CS2405180001KLMN2")
    assert agent_paid.parts == ()
    paths = {field.path: field.value for field in combined.fields + agent_paid.fields}
    assert paths["sub_order_infos.1.amount_after_discount"] == "23.0"
    assert paths["agent_pay_info.is_agent_pay"] == "true"


async def test_the_international_site_answers_in_dollars() -> None:
    async with huawei(with_names(always(recorded("list_international")))) as (adapter, _here):
        (order,) = await listed(adapter)
    assert order.payable == Money(Decimal("52.25"), "USD")


async def test_a_row_outside_the_window_is_left_out() -> None:
    asked = ROW["create_time"]
    at = datetime.fromisoformat(asked)
    async with huawei(with_names(always(recorded("list_unpaid")))) as (adapter, _here):
        assert await listed(adapter, OrderQuery(at - timedelta(days=1), at)) == []
        assert len(await listed(adapter, OrderQuery(at, at + timedelta(seconds=1)))) == 1


# Pitfall 35: more orders than one page.


async def test_pitfall_35_all_pages_are_read_and_offsets_are_rows() -> None:
    async with huawei(paged(rows(730))) as (adapter, here):
        orders = await listed(adapter)
    assert [order.order_id for order in orders] == [row["order_id"] for row in rows(730)]
    assert sorted(call.offset for call in here.to(LIST)) == list(range(0, 730, 100))


async def test_pitfall_35_a_page_shorter_than_asked_moves_the_offset_by_its_rows() -> None:
    async with huawei(paged(rows(50), page=20)) as (adapter, here):
        assert len(await listed(adapter)) == 50
    assert sorted(call.offset for call in here.to(LIST)) == [0, 20, 40]


async def test_pitfall_35_a_repeated_row_is_shown_once() -> None:
    twice = [*rows(100), *rows(20, start=90)]
    async with huawei(paged(twice)) as (adapter, _here):
        orders = await listed(adapter)
    assert [order.order_id for order in orders] == [row["order_id"] for row in rows(110)]


async def test_pitfall_35_a_row_that_moves_between_two_pages_is_found() -> None:
    """The first order is paid after the first page was read: all later rows move up by one."""
    unpaid = rows(150)

    def script(call: Arrived) -> Reply:
        now = unpaid if not here.to(LIST)[1:] else unpaid[1:]
        part = now[call.offset : call.offset + 100]
        return Reply(body={"total_count": len(now), "order_infos": part})

    async with huawei(with_names(script)) as (adapter, here):
        orders = await listed(adapter)
    assert {order.order_id for order in orders} == {row["order_id"] for row in unpaid}


@pytest.mark.parametrize("sent", [0, 1, 149])
async def test_pitfall_35_a_missing_row_is_never_passed_over(sent: int) -> None:
    def script(call: Arrived) -> Reply:
        part = rows(sent)[call.offset : call.offset + 100]
        return Reply(body={"total_count": 150, "order_infos": part})

    async with huawei(with_names(script)) as (adapter, _here):
        with pytest.raises(ProviderUnavailable, match=f"{sent} of 150 rows"):
            await listed(adapter)


async def test_a_failing_page_fails_the_list() -> None:
    def script(call: Arrived) -> Reply:
        part = rows(100, start=call.offset)
        answer = Reply(body={"total_count": 900, "order_infos": part})
        return recorded("error_cbc_0151") if call.offset == 300 else answer

    async with huawei(with_names(script)) as (adapter, _here):
        with pytest.raises(ProviderRefused):
            await listed(adapter)


# Pitfall 36: amounts as strings, missing, negative, in another currency or unit.


@pytest.mark.parametrize(
    ("sent", "payable"),
    [
        ({"amount_after_discount": "216.10"}, Money(Decimal("216.10"), "CNY")),
        ({"amount_after_discount": None}, None),
        ({"amount_after_discount": ""}, None),
        ({"amount_after_discount": -277.92}, Money(Decimal("-277.92"), "CNY")),
        ({"amount_after_discount": 0.1, "currency": "USD"}, Money(Decimal("0.1"), "USD")),
        ({"amount_after_discount": 12345, "measure_id": 2}, Money(Decimal("1234.5"), "CNY")),
        ({"amount_after_discount": 12345, "measure_id": 3}, Money(Decimal("123.45"), "CNY")),
        ({"amount_after_discount": 10, "measure_id": 7}, Money(Decimal(10), "CNY (unit 7)")),
        ({"amount_after_discount": 10, "measure_id": None}, Money(Decimal(10), "CNY")),
    ],
)
async def test_pitfall_36_amounts_are_exact_with_currency_and_unit(
    sent: dict[str, Any], payable: Money | None
) -> None:
    body = {"total_count": 1, "order_infos": [{**ROW, **sent}]}
    async with huawei(with_names(always(Reply(body=body)))) as (adapter, _here):
        (order,) = await listed(adapter)
    assert order.payable == payable


STATUSES = {
    "1": PaymentStatus.UNKNOWN,
    "2": PaymentStatus.PAID,
    "3": PaymentStatus.PAID,
    "4": PaymentStatus.CANCELLED,
    "5": PaymentStatus.PAID,
    "6": PaymentStatus.UNPAID,
    "7": PaymentStatus.UNKNOWN,
    "9": PaymentStatus.UNKNOWN,
    "10": PaymentStatus.PAID,
    "11": PaymentStatus.PAID,
    "12": PaymentStatus.PAID,
    "13": PaymentStatus.PAID,
    "14": PaymentStatus.UNKNOWN,
    "": PaymentStatus.UNKNOWN,
}


async def test_each_status_has_its_payment_status_and_keeps_its_number() -> None:
    sent = [{**ROW, "order_id": f"CS{n}", "status": n} for n in STATUSES]
    async with huawei(paged(sent)) as (adapter, _here):
        orders = await listed(adapter)
    assert [order.payment_status for order in orders] == list(STATUSES.values())
    assert all(o.payment_word.split(" ")[0] == n for o, n in zip(orders, STATUSES, strict=True))


async def test_each_order_type_is_known_and_a_new_one_is_other() -> None:
    kinds = {
        1: OrderType.NEW,
        2: OrderType.RENEWAL,
        3: OrderType.CHANGE,
        4: OrderType.REFUND,
        10: OrderType.CONVERT,
        11: OrderType.CONVERT,
        13: OrderType.TRIAL,
        14: OrderType.CONVERT,
        15: OrderType.OTHER,
        77: OrderType.OTHER,
    }
    sent = [{**ROW, "order_id": f"CS{n}", "order_type": n} for n in kinds]
    async with huawei(paged(sent)) as (adapter, _here):
        orders = await listed(adapter)
    assert [order.order_type for order in orders] == list(kinds.values())
    assert [order.order_type_word for order in orders][-2:] == ["15 fee adjustment", "77"]


def test_each_site_has_its_host_and_there_is_no_other_site() -> None:
    def adapter(site: str) -> HuaweiAdapter:
        clock = FixedClock()
        return HuaweiAdapter(
            Account("h", Provider.HUAWEI, site),
            Credentials("AK", KEY),
            Transport("h", requests_per_second=1, timeout_s=1, clock=clock),
            endpoint=None,
            iam_endpoint=None,
            domain_id=None,
            clock=clock,
        )

    assert HOSTS == {
        "china": "https://bss.myhuaweicloud.com",
        "international": "https://bss-intl.myhuaweicloud.com",
    }
    for site, host in HOSTS.items():
        assert adapter(site)._base == host
    with pytest.raises(ConfigurationError, match="site"):
        adapter("moon")


async def test_an_empty_window_asks_nothing() -> None:
    async with huawei(always(recorded("list_unpaid"))) as (adapter, here):
        assert await listed(adapter, OrderQuery(NOW, NOW)) == []
    assert here.arrived == []
    assert adapter.account == ACCOUNT
