"""How one order at Unicloud is asked for, and what the adapter makes of the answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.money import Money
from bot.domain.orders import OrderType, PaymentStatus
from bot.errors import ProviderInvalid, ProviderMalformed, ProviderNotFound
from bot.providers.unicloud.signing import signature
from bot.providers.unicloud.wire import to_order
from tests.loopback import Reply
from tests.unit.providers.unicloud_loopback import (
    ACCOUNT,
    NOON,
    SECRET,
    always,
    at_unicloud,
    by_action,
    listed,
    pages_of,
    recorded,
    row,
)


async def test_a_paid_order_is_read_as_the_document_prints_it() -> None:
    async with at_unicloud(always(recorded("order-detail"))) as (adapter, _cloud):
        order = await adapter.get_order("1144119593783001088", language="en")
    assert order.order_id == "1144119593783001088"
    assert order.order_number == "P21784954245923"
    assert (order.payment_status, order.payment_word) == (PaymentStatus.PAID, "PAID")
    assert (order.order_type, order.order_type_word) == (OrderType.NEW, "NEW")
    assert order.payable == Money(Decimal(0), "")
    assert order.created_at == datetime(2019, 6, 27, 5, 45, 43, tzinfo=UTC)
    assert order.paid_at == order.created_at
    assert order.placed_by == "haha"
    assert order.region == "cloudos-tj"
    assert order.detailed
    (line,) = order.line_items
    assert line.line_id == "1144119593787195392"
    assert line.product_code == "UNIS_PC_TJ_A_DATADISK_NORMAL-50GB"
    assert line.instance_ids == ("35d272a7-4c2b-4079-aa50-45e6f7fa31b6",)
    assert (
        line.description == "地域: 天津, 硬盘规格: 高性能HDD云硬盘 50GB, 计费模式: 按小时实时付费"
    )


async def test_the_deadline_of_a_paid_order_is_history_and_stays_among_the_fields() -> None:
    async with at_unicloud(always(recorded("order-detail"))) as (adapter, _cloud):
        order = await adapter.get_order("1144119593783001088", language="en")
    assert order.deadline is None
    assert ("DueTime", "1561700743000") in {(field.path, field.value) for field in order.fields}


async def test_an_order_that_waits_for_payment_is_unpaid_with_the_providers_word() -> None:
    async with at_unicloud(always(recorded("order-detail-unpaid")), currency="CNY") as (
        adapter,
        _c,
    ):
        order = await adapter.get_order("1185005071365046275", language="zh")
    assert (order.payment_status, order.payment_word) == (PaymentStatus.UNPAID, "UNPAID")
    assert order.inferred, "no word of the provider states it"
    assert order.payable == Money(Decimal("199.5"), "CNY")
    assert order.deadline == datetime(2019, 10, 19, 1, 30, tzinfo=UTC)
    (line,) = order.line_items
    assert (line.quantity, line.period) == (Decimal(2), "30 DAYS")
    assert line.amount == Money(Decimal("199.5"), "CNY")


@pytest.mark.parametrize(
    "changes",
    [
        {"PayTime": 1571362200000},
        {"CancelType": "TIMEOUT"},
        {"DueTime": None},
        {"DueTime": int(NOON.timestamp() * 1000)},
        {"OrderStatus": ""},
    ],
    ids=["it was paid", "it was voided", "no due time", "the due time is over", "no word at all"],
)
def test_an_order_is_unpaid_only_while_every_sign_says_so(changes: dict[str, object]) -> None:
    sent = json.loads(recorded("order-detail-unpaid"))["Order"] | changes
    order = to_order(sent, ACCOUNT, currency="", now=NOON, detailed=True)
    assert order.payment_status is PaymentStatus.UNKNOWN


def test_a_json_text_is_opened_into_fields_that_keep_the_providers_keys() -> None:
    sent = json.loads(recorded("order-detail"))["Order"]
    order = to_order(sent, ACCOUNT, currency="", now=NOON, detailed=True)
    fields = {field.path: field.value for field in order.fields}
    assert fields["ProductDescription.conf.地域"] == "天津"
    assert fields["Items.0.productDescription.conf.计费模式"] == "按小时实时付费"
    assert fields["Items.0.isParent"] == "true"
    assert "ProductDescription" not in fields


@pytest.mark.parametrize("text", ["{not json", "plain words", "[1, 2]", '"{}"', "{" * 5000, "7"])
def test_a_description_that_is_no_json_object_stays_text(text: str) -> None:
    sent = json.loads(recorded("order-detail"))["Order"]
    sent["ProductDescription"] = sent["Items"][0]["productDescription"] = text
    order = to_order(sent, ACCOUNT, currency="", now=NOON, detailed=True)
    assert ("ProductDescription", text) in {(field.path, field.value) for field in order.fields}
    assert order.line_items[0].description == text


async def test_the_final_price_is_payable_and_the_total_price_where_there_is_none() -> None:
    sent = json.loads(recorded("order-detail-unpaid"))["Order"] | {"FinalPrice": Decimal("0.1")}
    discounted = to_order(sent, ACCOUNT, currency="", now=NOON, detailed=True)
    assert discounted.payable == Money(Decimal("0.1"), "")
    listed_price = to_order(
        sent | {"FinalPrice": None}, ACCOUNT, currency="", now=NOON, detailed=True
    )
    assert listed_price.payable == Money(Decimal("199.5"), "")


@given(st.integers(min_value=0, max_value=2**63 - 1), st.booleans())
def test_a_64_bit_id_is_exact_as_text_and_as_number(number: int, as_text: bool) -> None:
    sent = {"Id": str(number) if as_text else number}
    order = to_order(sent, ACCOUNT, currency="", now=NOON, detailed=False)
    assert order.order_id == str(number)


@given(st.integers(min_value=0, max_value=253402300799999))
def test_epoch_milliseconds_become_utc_to_the_millisecond(millis: int) -> None:
    order = to_order(
        {"Id": "1", "CreateTime": millis}, ACCOUNT, currency="", now=NOON, detailed=False
    )
    assert order.created_at is not None
    since_epoch = order.created_at - datetime(1970, 1, 1, tzinfo=UTC)
    assert since_epoch == timedelta(milliseconds=millis)


@pytest.mark.parametrize("value", [None, "", "soon", 10**30, -(10**30), True])
def test_a_time_that_is_no_number_of_milliseconds_is_no_time(value: object) -> None:
    order = to_order(
        {"Id": "1", "CreateTime": value}, ACCOUNT, currency="", now=NOON, detailed=False
    )
    assert order.created_at is None


async def test_every_request_carries_the_eight_common_parameters_and_a_good_signature() -> None:
    async with at_unicloud(pages_of([]), version="2021-01-01") as (adapter, cloud):
        await listed(adapter)
    (asked,) = cloud.asked
    assert (asked.method, asked.body) == ("GET", b"")
    assert asked.target.startswith("/transaction?")
    common = {
        "Format": "json",
        "Version": "2021-01-01",
        "AccessKeyId": "FAKEAK00000000000001",
        "SignatureMethod": "HMAC-SHA1",
        "Timestamp": "2019-10-18T04:00:00Z",
        "SignatureVersion": "1.0",
        "SignatureNonce": "nonce-0",
        "Action": "QueryOrders",
    }
    assert common.items() <= asked.query.items()
    assert asked.query["Signature"] == signature("GET", asked.query, SECRET)


async def test_a_repeated_read_is_signed_anew() -> None:
    replies = iter([Reply(recorded("error-system-error"), 500), Reply(recorded("order-detail"))])
    async with at_unicloud(lambda _asked: next(replies)) as (adapter, cloud):
        await adapter.get_order("1144119593783001088", language="en")
    first, second = cloud.asked
    assert first.query["SignatureNonce"] != second.query["SignatureNonce"]
    assert first.query["Signature"] != second.query["Signature"]


async def test_an_order_number_is_looked_up_and_read_by_its_id() -> None:
    frame = json.loads(recorded("query-orders-page"))
    answer = by_action(QueryOrders=Reply(frame), OrderDetail=Reply(recorded("order-detail-unpaid")))
    async with at_unicloud(answer) as (adapter, cloud):
        order = await adapter.get_order("p21784954245999", language="en")
    assert order.order_id == "1185005071365046275"
    assert [asked.query["Action"] for asked in cloud.asked] == ["QueryOrders", "OrderDetail"]
    assert cloud.asked[0].query["StartTime"].startswith("2018-10-17")  # a year back


async def test_an_order_number_that_nobody_listed_is_not_found() -> None:
    async with at_unicloud(pages_of([row(1), row(2)])) as (adapter, cloud):
        with pytest.raises(ProviderNotFound):
            await adapter.get_order("P21700000000000", language="en")
    assert {asked.query["Action"] for asked in cloud.asked} == {"QueryOrders"}


@pytest.mark.parametrize("order_id", ["CS18122203217MRPB", "", "12 34", "１２３", "1" * 20, "-1"])
async def test_an_id_that_cannot_be_unicloud_is_not_found_without_asking(order_id: str) -> None:
    async with at_unicloud(always({})) as (adapter, cloud):
        with pytest.raises(ProviderNotFound):
            await adapter.get_order(order_id, language="en")
    assert cloud.asked == []


async def test_an_id_that_the_cloud_calls_invalid_is_not_found_and_keeps_the_clouds_words() -> None:
    refusal = {"Code": "InvalidParameter", "Message": "OrderId", "RequestId": "R-1"}
    async with at_unicloud(always(refusal, 400)) as (adapter, _cloud):
        with pytest.raises(ProviderNotFound) as caught:
            await adapter.get_order("1144119593783001089", language="en")
    assert (caught.value.code, caught.value.request_id) == ("InvalidParameter", "R-1")


async def test_any_other_refusal_of_a_request_is_not_a_missing_order() -> None:
    async with at_unicloud(always(recorded("error-missing-parameter"), 400)) as (adapter, _cloud):
        with pytest.raises(ProviderInvalid):
            await adapter.get_order("1144119593783001089", language="en")


async def test_an_empty_order_is_not_found() -> None:
    async with at_unicloud(always({"Order": None})) as (adapter, _cloud):
        with pytest.raises(ProviderNotFound):
            await adapter.get_order("1144119593783001089", language="en")


async def test_another_order_than_the_one_asked_for_is_never_accepted() -> None:
    async with at_unicloud(always(recorded("order-detail"))) as (adapter, _cloud):
        with pytest.raises(ProviderMalformed):
            await adapter.get_order("1144119593783001089", language="en")


async def test_cancelling_is_honestly_absent() -> None:
    async with at_unicloud(always({})) as (adapter, _cloud):
        capabilities = adapter.capabilities
        assert await adapter.list_resources("1144119593783001088") == ()
    assert not capabilities.can_cancel
    assert "documents no API" in capabilities.cancel_reason
    assert capabilities.has_deadline
    assert not capabilities.lists_deadline
