"""What Alibaba's rows become: orders, amounts, words, lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.money import Money
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.errors import (
    ProviderMalformed,
    ProviderNotFound,
)
from tests.loopback import Asked, Reply
from tests.unit.providers.alibaba_account import (
    DATA,
    Alibaba,
    a_row,
    alibaba,
    good,
    response,
)


async def detail(cloud: Alibaba, order_id: str = "211059788270701") -> Order:
    return await cloud.adapter.get_order(order_id, language="en")


async def test_all_three_recorded_pages_of_orders() -> None:
    def page(asked: Asked) -> Reply:
        return response(f"query_orders_page_{asked.query['PageNum']}.json")

    async with alibaba(page) as cloud:
        orders = await cloud.orders()
    assert [order.order_id[-1] for order in orders] == ["1", "2", "3", "4", "5"]
    refund = orders[-1]
    assert (refund.order_type, refund.payment_status) == (OrderType.REFUND, PaymentStatus.UNKNOWN)
    assert (refund.payment_word, refund.payable) == ("", Money(Decimal("-1020.00"), "CNY"))
    assert not any(order.detailed or order.line_items for order in orders)


@pytest.mark.parametrize(
    "file", ["query_orders_empty.json", "query_orders_empty_without_array.json"]
)
async def test_no_orders_in_a_window(file: str) -> None:
    async with alibaba(response(file)) as cloud:
        assert await cloud.orders() == []


async def test_amounts_as_numbers_stay_exact() -> None:
    """Pitfall 36, Alibaba's part."""
    sent = json.loads(
        (DATA / "responses" / "query_orders_numeric_amounts.json").read_text(), parse_float=str
    )
    row = sent["Data"]["OrderList"]["Order"][0]
    async with alibaba(response("query_orders_numeric_amounts.json")) as cloud:
        order = (await cloud.orders())[0]
    assert order.payable == Money(Decimal(str(row["AfterTaxAmount"])), row["PaymentCurrency"])
    shown = {field.path: field.value for field in order.fields}
    assert shown["AfterTaxAmount"] == str(row["AfterTaxAmount"])


async def test_an_order_of_the_international_site_is_in_dollars_with_tax() -> None:
    async with alibaba(response("query_orders_international.json")) as cloud:
        (order,) = await cloud.orders()
    assert order.payable == Money(Decimal("98.10"), "USD")
    assert {field.path: field.value for field in order.fields}["Tax"] == "8.10"


@pytest.mark.parametrize(
    ("amounts", "payable"),
    [
        ({"AfterTaxAmount": "12.50", "PaymentCurrency": "USD"}, "12.50 USD"),
        ({"AfterTaxAmount": "12.50", "PaymentCurrency": ""}, "12.50 CNY"),
        ({"AfterTaxAmount": 0, "PretaxAmount": "9"}, "0.00 CNY"),
        ({"AfterTaxAmount": "", "PretaxAmount": "10", "Tax": "0.60"}, "10.60 CNY"),
        ({"AfterTaxAmount": None, "PretaxAmount": 10, "PaymentCurrency": "USD"}, "10.00 CNY"),
        ({"AfterTaxAmount": "-7.1"}, "-7.10 CNY"),
        ({"AfterTaxAmount": "dear"}, "None"),
        ({"AfterTaxAmount": "NaN", "PretaxAmount": "Infinity"}, "None"),
        ({"AfterTaxAmount": "1E+999999"}, "None"),
        ({}, "None"),
    ],
)
async def test_what_the_customer_pays(amounts: dict[str, object], payable: str) -> None:
    """Pitfall 36, Alibaba's part."""
    async with alibaba(good(OrderList={"Order": [a_row("1", **amounts)]})) as cloud:
        assert str((await detail(cloud, "1")).payable) == payable


@pytest.mark.parametrize(
    ("second", "payable"),
    [
        ({"AfterTaxAmount": "0.20"}, "0.30 CNY"),
        ({"AfterTaxAmount": "0.20", "PaymentCurrency": "USD"}, "None"),
        ({}, "None"),
    ],
)
async def test_amounts_of_an_order_add_up_or_are_not_known(
    second: dict[str, str], payable: str
) -> None:
    rows = [a_row("1", AfterTaxAmount="0.10"), a_row("1", **second)]
    async with alibaba(good(OrderList={"Order": rows})) as cloud:
        assert str((await detail(cloud, "1")).payable) == payable


async def test_every_field_of_a_paid_order_is_kept() -> None:
    async with alibaba(response("get_order_detail_paid_all_fields.json")) as cloud:
        order = await detail(cloud)
    assert order.payable == Money(Decimal("204.00"), "CNY")
    assert order.placed_by == "234242434320001"
    assert (order.detailed, order.deadline, order.region) == (True, None, "cn-hangzhou")
    assert order.paid_at == datetime(2026, 11, 20, 2, 5, 31, tzinfo=UTC)
    (line,) = order.line_items
    assert (line.instance_ids, line.quantity) == (("rm-bp1example0001",), Decimal(1))
    assert line.ends_at == datetime(2027, 11, 20, 16, 0, tzinfo=UTC)
    shown = {field.path: field.value for field in order.fields}
    assert shown["ExtendInfos.remark"] == "示例"
    module = "OriginalModuleConfig.originalModuleConfig.0"
    assert shown[f"{module}.ModuleProperties.moduleProperties.0.Name"] == "高效云盘"
    assert shown["InstanceIDs"] == '["rm-bp1example0001"]'


async def test_the_sample_of_2018_is_read_without_an_envelope() -> None:
    async with alibaba(response("get_order_detail_seed_sample.json")) as cloud:
        order = await detail(cloud, "500491030350914")
    assert order.payment_status is PaymentStatus.CANCELLED
    assert order.payable == Money(Decimal("0.12"), "USD")
    assert order.line_items[0].ends_at == datetime(2018, 9, 18, 16, 0, tzinfo=UTC)


async def test_rows_of_one_order_become_its_lines() -> None:
    async with alibaba(response("get_order_detail_two_suborders.json")) as cloud:
        order = await detail(cloud)
    assert order.payable == Money(Decimal("234.60"), "CNY")
    assert [line.line_id for line in order.line_items] == ["211059788270711", "211059788270712"]
    assert order.line_items[0].instance_ids == ("i-bp1example0001", "i-bp1example0002")
    assert order.placed_by == "234242434320001"
    shown = {field.path: field.value for field in order.fields}
    assert (shown["0.ProductCode"], shown["1.ProductCode"]) == ("ecs", "yundisk")


async def test_words_in_lower_case_and_canceled_with_one_l_are_known() -> None:
    async with alibaba(response("get_order_detail_lowercase_enums.json")) as cloud:
        order = await detail(cloud)
    assert (order.payment_status, order.payment_word) == (PaymentStatus.CANCELLED, "canceled")
    assert (order.order_type, order.order_type_word) == (OrderType.NEW, "new")


@pytest.mark.parametrize(
    ("words", "status", "word"),
    [
        (["Unpaid"], PaymentStatus.UNPAID, "Unpaid"),
        (["Frozen"], PaymentStatus.UNKNOWN, "Frozen"),
        ([None], PaymentStatus.UNKNOWN, ""),
        (["NULL"], PaymentStatus.UNKNOWN, "NULL"),
        (["Paid", "paid"], PaymentStatus.PAID, "Paid, paid"),
        (["Paid", "Unpaid"], PaymentStatus.UNKNOWN, "Paid, Unpaid"),
    ],
)
async def test_a_payment_word_is_kept_and_never_guessed_at(
    words: list[str | None], status: PaymentStatus, word: str
) -> None:
    rows = [a_row("1", PaymentStatus=one) for one in words]
    async with alibaba(good(OrderList={"Order": rows})) as cloud:
        order = await detail(cloud, "1")
    assert (order.payment_status, order.payment_word) == (status, word)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("New", OrderType.NEW),
        ("Renew", OrderType.RENEWAL),
        ("CompensatoryRenew", OrderType.RENEWAL),
        ("Upgrade", OrderType.UPGRADE),
        ("TempUpgrade", OrderType.UPGRADE),
        ("IncreaseUpgrade", OrderType.UPGRADE),
        ("Downgrade", OrderType.DOWNGRADE),
        ("Convert", OrderType.CONVERT),
        ("ResizeDisk", OrderType.CHANGE),
        ("Exchange", OrderType.CHANGE),
        ("ChangeOperatingSystem", OrderType.CHANGE),
        ("Refund", OrderType.REFUND),
        ("Teleport", OrderType.OTHER),
    ],
)
async def test_each_order_type(word: str, kind: OrderType) -> None:
    async with alibaba(good(OrderList={"Order": [a_row("1", OrderType=word)]})) as cloud:
        order = await detail(cloud, "1")
    assert (order.order_type, order.order_type_word) == (kind, word)


@pytest.mark.parametrize(
    ("sent", "ids"),
    [
        ('["i-1", "i-2"]', ("i-1", "i-2")),
        (["i-1", None], ("i-1",)),
        ("i-1, i-2", ("i-1", "i-2")),
        ("[broken", ("[broken",)),
        ("[]", ()),
        ("", ()),
        (None, ()),
        ("123", ("123",)),
    ],
)
async def test_instance_ids_are_unpacked(sent: object, ids: tuple[str, ...]) -> None:
    async with alibaba(good(OrderList={"Order": [a_row("1", InstanceIDs=sent)]})) as cloud:
        assert (await detail(cloud, "1")).line_items[0].instance_ids == ids


async def test_the_id_may_be_spelled_as_the_table_of_2018_has_it() -> None:
    async with alibaba(good(OrderList={"Order": [{"OrderID": "1"}]})) as cloud:
        assert (await detail(cloud, "1")).order_id == "1"


@pytest.mark.parametrize("content", [{}, {"OrderList": None}, {"OrderList": {"Order": []}}])
async def test_an_empty_answer_is_no_such_order(content: dict[str, Any]) -> None:
    async with alibaba(good(**content)) as cloud:
        with pytest.raises(ProviderNotFound):
            await detail(cloud, "1")


async def test_another_order_is_never_taken_for_the_one_that_was_asked_for() -> None:
    rows = [a_row("2", AfterTaxAmount="9")]
    async with alibaba(lambda _asked: good(OrderList={"Order": rows})) as cloud:
        with pytest.raises(ProviderMalformed, match="another order"):
            await detail(cloud, "1")
        rows.append(a_row("1", AfterTaxAmount="1"))
        order = await detail(cloud, "1")
    assert (order.order_id, str(order.payable)) == ("1", "1.00 CNY")
