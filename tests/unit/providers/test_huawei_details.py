"""One order of Huawei Cloud in full, its resources, and the service types."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.money import Money
from bot.domain.orders import Order, OrderType, PaymentStatus, Product
from bot.errors import (
    ProviderInvalid,
    ProviderMalformed,
    ProviderNotFound,
    ProviderUnavailable,
)
from bot.providers.huawei import words
from bot.providers.wire import fields_of
from tests.unit.providers.huawei_loopback import (
    ACCOUNT,
    DATA,
    DETAILS,
    RESOURCES,
    SERVICE_TYPES,
    Arrived,
    Reply,
    Script,
    always,
    huawei,
    listed,
    recorded,
    with_names,
)

UNPAID = "CS2405170203ABCDE"
WHOLE_ORDERS = [
    file for file in sorted(DATA.glob("responses/details_*.json")) if "_page" not in file.stem
]


async def detailed(name: str, *, language: str = "en") -> Order:
    """The order in `responses/details_NAME.json`, asked for by its own id."""
    reply = recorded(f"details_{name}")
    async with huawei(with_names(always(reply))) as (adapter, _here):
        return await adapter.get_order(reply.body["order_info"]["order_id"], language=language)


@pytest.mark.parametrize(("language", "sent"), [("en", "en_US"), ("zh", "zh_CN"), ("fr", "en_US")])
async def test_details_are_asked_for_in_the_readers_language(language: str, sent: str) -> None:
    async with huawei(always(recorded("details_unpaid"))) as (adapter, here):
        await adapter.get_order(UNPAID, language=language)
    (call,) = here.arrived
    assert (call.method, call.path) == ("GET", f"{DETAILS}{UNPAID}")
    assert call.query == {"limit": "100", "offset": "0"}
    assert call.headers["x-language"] == sent
    assert call.headers["content-type"] == "application/json"


async def test_an_unpaid_order_has_its_deadline_its_operator_and_its_lines() -> None:
    order = await detailed("unpaid")
    assert order.detailed
    assert order.payment_status is PaymentStatus.UNPAID
    assert order.deadline == datetime(2024, 5, 24, 15, 59, 59, tzinfo=UTC)
    assert order.placed_by == "fake_operator"
    assert order.product_name == "弹性云服务器"
    server, disk = order.line_items
    assert server.line_id == f"{UNPAID}-000001"
    assert (server.product_code, server.product_name) == ("hws.service.type.ec2", "弹性云服务器")
    assert server.description == "通用计算增强型|c6.large.2|2vCPUs|4GB|linux"
    assert (server.quantity, server.period) == (Decimal(1), "1 month")
    assert server.amount == Money(Decimal("180.0"), "CNY")
    assert server.starts_at == datetime(2024, 5, 17, 2, 3, 4, tzinfo=UTC)
    assert server.ends_at == datetime(2024, 6, 17, 15, 59, 59, tzinfo=UTC)
    assert disk.product_code == "hws.service.type.ebs"


async def test_the_documents_sample_keeps_the_signs_of_a_refund_and_shows_no_stale_deadline() -> (
    None
):
    order = await detailed("refund_document_sample")
    assert order.order_type is OrderType.REFUND
    assert order.payment_status is PaymentStatus.PAID
    assert order.payable == Money(Decimal("-277.92"), "CNY")
    assert [str(line.amount) for line in order.line_items] == ["-33.12 CNY", "-244.80 CNY"]
    assert [line.period for line in order.line_items] == ["", ""]
    assert order.deadline is None
    assert order.product_name == ""  # the sample has none and the service types do not know it
    assert order.line_items[1].product_name == "Elastic Cloud Server"
    fields = {field.path: field.value for field in order.fields}
    assert fields["order_info.amount_info.commission_amount"] == "30.88"
    assert fields["order_info.pending_payment_end_time"] == "2024-11-14T15:59:59Z"


def leaves(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return {} if value in (None, "") else {path: text}
    found: dict[str, str] = {}
    for name, inner in pairs:
        found |= leaves(inner, f"{path}.{name}" if path else str(name))
    return found


@pytest.mark.parametrize("file", WHOLE_ORDERS, ids=lambda file: file.stem)
async def test_no_value_of_any_recorded_order_is_lost(file: Any) -> None:
    order = await detailed(file.stem.removeprefix("details_"))
    assert {field.path: field.value for field in order.fields} == leaves(recorded(file.stem).body)


async def test_a_canceled_order_is_cancelled() -> None:
    order = await detailed("canceled")
    assert (order.payment_status, order.payment_word) == (PaymentStatus.CANCELLED, "4 canceled")
    assert order.deadline is None


async def test_a_paid_renewal_says_when_it_was_paid() -> None:
    order = await detailed("completed")
    assert (order.order_type, order.payment_status) == (OrderType.RENEWAL, PaymentStatus.PAID)
    assert order.paid_at == datetime(2024, 4, 1, 1, 2, 30, tzinfo=UTC)
    assert order.line_items[0].period == "1 year"


async def test_a_change_in_progress_is_paid_and_keeps_the_product_before() -> None:
    order = await detailed("change")
    assert (order.order_type, order.payment_word) == (OrderType.CHANGE, "3 processing")
    assert order.payment_status is PaymentStatus.PAID
    path = "order_line_items.0.base_product_info.product_id"
    assert path in {field.path for field in order.fields}


async def test_a_combined_transaction_is_one_order_with_its_parts() -> None:
    order = await detailed("combined_unpaid")
    assert order.order_id == "CS2405180001KLMN0"
    assert order.parts == ("CS2405180001KLMN1", "CS2405180001KLMN2")
    assert order.payable == Money(Decimal("203.0"), "CNY")
    assert len(order.line_items) == 2


async def test_the_international_site_in_english() -> None:
    order = await detailed("unpaid_international_en")
    assert order.payable is not None
    assert order.payable.currency == "USD"
    assert order.deadline is not None


async def test_values_that_no_document_lists_are_shown_as_they_are() -> None:
    order = await detailed("unknown_values")
    assert (order.payment_status, order.payment_word) == (PaymentStatus.UNKNOWN, "99")
    assert (order.order_type, order.order_type_word) == (OrderType.OTHER, "77")
    assert order.payable == Money(Decimal("0.100"), "CNY")  # measure 3 is a hundredth
    assert (order.line_items, order.parts) == ((), ())
    assert ("order_info.a_field_added_later.k", "1") in {(f.path, f.value) for f in order.fields}


@pytest.mark.parametrize(
    ("number", "kind", "period"),
    [
        (1, 2, "1 month"),
        (3, 3, "3 year"),
        (1, 5, "one-off"),
        (None, 6, "pay-per-use"),
        (None, 2, ""),
        (2, 19, "2 of period type 19"),
        (2, None, ""),
    ],
)
async def test_a_period_reads_as_number_and_word(
    number: int | None, kind: int | None, period: str
) -> None:
    body = recorded("details_completed").body
    line = {**body["order_line_items"][0], "period_num": number, "period_type": kind}
    reply = Reply(body={**body, "order_line_items": [line]})
    async with huawei(always(reply)) as (adapter, _here):
        order = await adapter.get_order("CS2404010101FGHIJ", language="en")
    assert order.line_items[0].period == period


def pages_of_lines(count: int) -> Script:
    """An order of *count* lines, each a copy of the recorded third one."""
    body = recorded("details_lines_second_page").body
    line = body["order_line_items"][0]
    lines = [{**line, "order_line_item_id": f"CS2405200001TUVWX-{n:06d}"} for n in range(count)]

    def script(call: Arrived) -> Reply:
        part = lines[call.offset : call.offset + int(call.query["limit"])]
        return Reply(body={**body, "total_count": count, "order_line_items": part})

    return script


async def test_pitfall_35_all_lines_of_an_order_are_read() -> None:
    async with huawei(pages_of_lines(250)) as (adapter, here):
        order = await adapter.get_order("CS2405200001TUVWX", language="zh")
    assert len(order.line_items) == 250
    assert len({line.line_id for line in order.line_items}) == 250
    assert sorted(call.offset for call in here.arrived) == [0, 100, 200]
    assert "order_line_items.249.product_id" in {field.path for field in order.fields}


async def test_the_recorded_pages_of_two_lines_are_joined() -> None:
    last = recorded("details_lines_second_page").body
    two = [
        {**last["order_line_items"][0], "order_line_item_id": f"CS2405200001TUVWX-00000{n}"}
        for n in (1, 2)
    ]

    def script(call: Arrived) -> Reply:
        return Reply(body=last if call.offset == 2 else {**last, "order_line_items": two})

    async with huawei(script) as (adapter, _here):
        order = await adapter.get_order("CS2405200001TUVWX", language="zh")
    assert [line.line_id[-1] for line in order.line_items] == ["1", "2", "3"]


async def test_pitfall_35_a_missing_line_is_never_passed_over() -> None:
    """The recorded third line, whatever offset is asked for: two of three lines never come."""
    async with huawei(always(recorded("details_lines_second_page"))) as (adapter, _here):
        with pytest.raises(ProviderUnavailable, match="1 of 3 rows"):
            await adapter.get_order("CS2405200001TUVWX", language="zh")


@pytest.mark.parametrize("page", [0, 100])
async def test_an_answer_about_another_order_is_never_accepted(page: int) -> None:
    good = pages_of_lines(150)

    def script(call: Arrived) -> Reply:
        return recorded("details_unpaid") if call.offset == page else good(call)

    async with huawei(script) as (adapter, _here):
        with pytest.raises(ProviderMalformed):
            await adapter.get_order("CS2405200001TUVWX", language="en")


async def test_an_id_may_be_typed_in_lower_case_and_is_kept_as_sent() -> None:
    async with huawei(always(recorded("details_unpaid"))) as (adapter, _here):
        order = await adapter.get_order(UNPAID.lower(), language="en")
    assert order.order_id == UNPAID


@pytest.mark.parametrize("order_id", ["", "a/b", "CS1?x=1", "CS 1", "CS1\n", "订单", "C" * 65])
async def test_text_that_cannot_be_an_id_is_never_sent(order_id: str) -> None:
    async with huawei(always(recorded("details_unpaid"))) as (adapter, here):
        with pytest.raises(ProviderNotFound):
            await adapter.get_order(order_id, language="en")
        with pytest.raises(ProviderNotFound):
            await adapter.list_resources(order_id)
    assert here.arrived == []


@pytest.mark.parametrize(
    "body",
    [
        {"total_count": 1},
        {"order_info": None},
        {"order_info": {"order_id": ""}},
        {"order_info": []},
        {"order_info": {"order_id": UNPAID}, "order_line_items": "none"},
        {"order_info": {"order_id": UNPAID, "status": {"id": 6}}},
    ],
)
async def test_details_that_are_not_as_documented_are_malformed(body: dict[str, Any]) -> None:
    async with huawei(always(Reply(body=body))) as (adapter, _here):
        with pytest.raises(ProviderMalformed) as caught:
            await adapter.get_order(UNPAID, language="en")
    assert "not as documented" in str(caught.value)


RESOURCE = {
    "id": "internal-1",
    "resource_id": "vm-1",
    "resource_name": "web-1",
    "region_code": "cn-north-4",
    "resource_type_code": "hws.resource.type.vm",
    "resource_type_name": "Cloud server",
    "status": 2,
    "expire_time": "2024-06-17T15:59:59Z",
    "expire_policy": 3,
    "spec_size": None,
}


async def test_the_resources_of_an_order_are_asked_for_by_its_id_and_paged() -> None:
    rows = [{**RESOURCE, "id": f"internal-{n}", "resource_id": f"vm-{n}"} for n in range(130)]

    def script(call: Arrived) -> Reply:
        asked = json.loads(call.body)
        assert asked["order_id"] == UNPAID
        part = rows[asked["offset"] : asked["offset"] + asked["limit"]]
        return Reply(body={"total_count": len(rows), "data": part})

    async with huawei(script) as (adapter, here):
        resources = await adapter.list_resources(UNPAID)
    assert {(call.method, call.path) for call in here.arrived} == {("POST", RESOURCES)}
    assert len(resources) == 130
    first = resources[0]
    assert (first.resource_id, first.name, first.kind) == ("vm-0", "web-1", "Cloud server")
    assert (first.region, first.state) == ("cn-north-4", "2 in use")
    assert first.expire_policy == "3 renews itself"
    assert first.ends_at == datetime(2024, 6, 17, 15, 59, 59, tzinfo=UTC)
    assert ("resource_type_code", "hws.resource.type.vm") in {
        (field.path, field.value) for field in first.fields
    }


@pytest.mark.parametrize("body", [{"total_count": 0, "data": []}, {"total_count": 0, "data": None}])
async def test_an_order_may_have_no_resources(body: dict[str, Any]) -> None:
    async with huawei(always(Reply(body=body))) as (adapter, _here):
        assert await adapter.list_resources(UNPAID) == ()


async def test_products_are_the_service_types_in_the_readers_language() -> None:
    async with huawei(always(recorded("service_types_en"))) as (adapter, here):
        products = await adapter.list_products(language="en")
    (call,) = here.arrived
    assert (call.path, call.query) == (SERVICE_TYPES, {"limit": "1000", "offset": "0"})
    assert call.headers["x-language"] == "en_US"
    assert products[0] == Product(
        ACCOUNT.provider, ACCOUNT.name, "hws.service.type.ec2", "Elastic Cloud Server", "ECS"
    )
    assert len(products) == 2


async def test_a_service_type_may_have_no_abbreviation() -> None:
    async with huawei(always(recorded("service_types_missing_abbreviation"))) as (adapter, _here):
        (product,) = await adapter.list_products(language="zh")
    assert (product.name, product.variant) == ("线下服务", "")


async def test_every_page_of_service_types_is_read() -> None:
    first = recorded("service_types").body

    def script(call: Arrived) -> Reply:
        if call.offset == 0:
            return Reply(body=first)
        more = [{"service_type_code": f"hws.service.type.x{call.offset + n}"} for n in range(4)]
        return Reply(body={**first, "service_types": more[: 182 - call.offset]})

    async with huawei(script) as (adapter, _here):
        products = await adapter.list_products(language="zh")
    assert len(products) == first["total_count"] == 182
    assert products[3].name == "华为云WeLink"


async def test_products_that_are_not_all_there_are_no_product_list() -> None:
    first = recorded("service_types")

    def script(call: Arrived) -> Reply:
        return Reply(body={**first.body, "service_types": []}) if call.offset else first

    async with huawei(script) as (adapter, _here):
        with pytest.raises(ProviderUnavailable, match="4 of 182"):
            await adapter.list_products(language="zh")


@pytest.mark.parametrize("name", ["resource_types", "service_resources"])
async def test_rows_of_another_catalogue_are_not_taken_for_service_types(name: str) -> None:
    async with huawei(always(recorded(name))) as (adapter, _here):
        with pytest.raises(ProviderUnavailable):
            await adapter.list_products(language="en")
        with pytest.raises(ProviderUnavailable):
            await listed(adapter)


async def test_a_refusal_in_the_middle_of_reading_is_raised() -> None:
    reply = recorded("error_in_status_200")
    async with huawei(always(reply)) as (adapter, _here):
        with pytest.raises(ProviderInvalid) as caught:
            await adapter.get_order(UNPAID, language="en")
    assert (caught.value.code, caught.value.http_status) == ("CBC.3144", 200)


def test_every_number_in_the_recorded_orders_has_a_word_unless_it_was_made_up() -> None:
    made_up = {"99", "77", "88"}
    coded = {"status", "order_type", "source_type", "period_type", "discount_type"}
    explained = 0
    for file in DATA.glob("responses/*.json"):
        for field in words.explained(fields_of(recorded(file.stem).body)):
            if field.path.rpartition(".")[2] in coded and field.value not in made_up:
                assert field.word, (file.stem, field)
                explained += 1
    assert explained > 50
