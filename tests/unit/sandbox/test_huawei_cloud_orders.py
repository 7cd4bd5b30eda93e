"""The embedded Huawei Cloud's orders: filters, pages, details, cancels, faults, contents."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.clouds import huawei
from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder, Fault
from bot.sandbox.clouds.huawei_catalogue import CHINESE
from bot.sandbox.clouds.huawei_orders import details, part_ids
from bot.sandbox.clouds.server import Clouds
from tests.clouds import fresh_clouds
from tests.unit.sandbox.huawei_requests import ORDERS, answer, call, code_of

_SAMPLE = "CS18122203217MRPB"
_RESPONSES = Path(__file__).parents[2] / "data" / "huawei" / "responses"
_RESOURCES = "/v2/orders/suscriptions/resources/query"
_START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture
def account(clouds: Clouds) -> CloudAccount:
    return clouds.book.accounts["huawei-main"]


@pytest.fixture
def orders(clouds: Clouds, account: CloudAccount) -> list[CloudOrder]:
    return list(clouds.book.orders[account.name].values())


def _seeded(seed: int, start: datetime = _START) -> Book:
    book = Book(lambda: start)
    huawei.seed(book, random.Random(seed), start)  # noqa: S311  made-up orders
    return book


async def _cancel(clouds: Clouds, account: CloudAccount, order_id: str) -> Any:
    body = json.dumps({"order_id": order_id}).encode()
    return await call(clouds, account, f"{ORDERS}/cancel", method="PUT", body=body)


async def _ids(clouds: Clouds, account: CloudAccount, query: dict[str, str]) -> set[str]:
    body = await answer(clouds, account, ORDERS, {"limit": "100", **query})
    assert body["total_count"] == len(body["order_infos"]) <= 100
    return {row["order_id"] for row in body["order_infos"]}


async def test_the_documents_sample_is_answered_as_printed(
    clouds: Clouds, account: CloudAccount
) -> None:
    printed = json.loads((_RESPONSES / "details_refund_document_sample.json").read_text())
    assert await answer(clouds, account, f"{ORDERS}/details/{_SAMPLE}") == printed["body"]


async def test_rows_and_details_have_the_fields_of_the_documents(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    combined = next(order for order in orders if part_ids(order))
    listed = await answer(clouds, account, ORDERS, {"order_id": combined.order_id.lower()})
    shown = await answer(clouds, account, f"{ORDERS}/details/{combined.order_id}")
    wanted = json.loads((_RESPONSES / "list_combined_and_agent_paid.json").read_text())["body"]
    row, wanted_row = listed["order_infos"][0], wanted["order_infos"][0]
    assert row.keys() == wanted_row.keys()
    assert row["sub_order_infos"][0].keys() == wanted_row["sub_order_infos"][0].keys()
    wanted = json.loads((_RESPONSES / "details_combined_unpaid.json").read_text())["body"]
    assert shown.keys() == wanted.keys()
    assert shown["order_info"].keys() == wanted["order_info"].keys()
    part, wanted_part = (one["order_info"]["sub_order_infos"][0] for one in (shown, wanted))
    assert part.keys() == wanted_part.keys()
    assert shown["order_line_items"][0].keys() == wanted["order_line_items"][0].keys()


async def test_without_times_and_pages_the_first_ten_of_all_are_answered(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    body = await answer(clouds, account, ORDERS)
    assert (body["total_count"], len(body["order_infos"])) == (len(orders), 10)


async def test_pages_of_rows_follow_each_other(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    ids: list[str] = []
    for offset in range(0, len(orders) + 30, 30):
        query = {"limit": "30", "offset": str(offset), "order_by": "createTime"}
        page = await answer(clouds, account, ORDERS, query)
        ids += [row["order_id"] for row in page["order_infos"]]
    assert ids == [order.order_id for order in sorted(orders, key=lambda one: one.created_at)]


async def test_each_filter_keeps_what_fits(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    week = clouds.book.now() - timedelta(days=7)
    since = week.strftime("%Y-%m-%dT%H:%M:%SZ")
    servers = "hws.service.type.ec2"
    wire = {order.order_id: order.wire["order"] for order in orders}
    recent = {order.order_id for order in orders if order.created_at >= week}
    paid = {i for i, info in wire.items() if (info["payment_time"] or "") >= since}
    assert recent
    assert paid
    assert await _ids(clouds, account, {"create_time_begin": since}) == recent
    assert await _ids(clouds, account, {"payment_time_begin": since}) == paid
    assert await _ids(clouds, account, {"status": "4"}) == {
        i for i, info in wire.items() if info["status"] == 4
    }
    assert await _ids(clouds, account, {"order_type": "4"}) == {
        i for i, info in wire.items() if info["order_type"] == 4
    }
    assert await _ids(clouds, account, {"service_type_code": servers.upper()}) == {
        i for i, info in wire.items() if info["service_type_code"] == servers
    }
    assert await _ids(clouds, account, {"order_id": _SAMPLE}) == {_SAMPLE}
    assert await _ids(clouds, account, {"customer_id": "somebody-else"}) == set()
    assert await _ids(clouds, account, {"method": "sub_customer"}) == set()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "CBC.0101"),
        ({"limit": "101"}, "CBC.0101"),
        ({"limit": "ten"}, "CBC.0100"),
        ({"offset": "-1"}, "CBC.0101"),
        ({"status": "2"}, "CBC.0101"),
        ({"status": ""}, "CBC.0100"),
        ({"order_type": "5"}, "CBC.0101"),
        ({"order_by": "create_time"}, "CBC.0101"),
        ({"method": "all"}, "CBC.0101"),
        ({"create_time_begin": "2026-11-20"}, "CBC.0100"),
        ({"payment_time_end": "2026-11-20 00:00:00 "}, "CBC.0100"),
        (
            {
                "create_time_begin": "2025-06-01T00:00:00Z",
                "create_time_end": "2024-01-01T00:00:00Z",
            },
            "CBC.0101",
        ),
    ],
)
async def test_a_parameter_out_of_its_range_is_refused(
    clouds: Clouds, account: CloudAccount, query: dict[str, str], code: str
) -> None:
    assert code_of(await call(clouds, account, ORDERS, query)) == (400, code)


async def test_a_window_of_any_length_is_taken(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    paid = [order for order in orders if order.wire["order"]["payment_time"]]
    for time, found in (("create_time", orders), ("payment_time", paid)):
        window = {f"{time}_begin": "2000-01-01T00:00:00Z", f"{time}_end": "2100-01-01T00:00:00Z"}
        assert (await answer(clouds, account, ORDERS, window))["total_count"] == len(found)


async def test_line_items_are_paged_and_are_more_than_a_page_holds(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = next(order for order in orders if len(order.wire["lines"]) > 100)
    path = f"{ORDERS}/details/{order.order_id}"
    first = await answer(clouds, account, path, {"limit": "100"})
    rest = await answer(clouds, account, path, {"limit": "100", "offset": "100"})
    ids = [line["order_line_item_id"] for one in (first, rest) for line in one["order_line_items"]]
    assert len(ids) == len(set(ids)) == first["total_count"] == 130
    assert len((await answer(clouds, account, path))["order_line_items"]) == 10


async def test_names_come_in_the_language_asked_for(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = next(order for order in orders if order.order_id != _SAMPLE)
    path = f"{ORDERS}/details/{order.order_id}"
    headers = {"X-Language": "en_US"}
    english = (await call(clouds, account, path, headers=headers)).json()
    chinese = await answer(clouds, account, path)
    assert english["order_info"]["service_type_name"].isascii()
    assert not chinese["order_info"]["service_type_name"].isascii()
    assert english["order_line_items"][0]["product_spec_desc"].isascii()


async def test_only_unpaid_orders_show_a_deadline(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    for order in orders:
        if order.order_id == _SAMPLE:
            continue
        shown = details(order, order.order_id, CHINESE, offset=0, limit=1)["order_info"]
        assert (shown["pending_payment_end_time"] is not None) == (order.deadline is not None)
        assert order.deadline is None or order.payment_status == "unpaid"
    rows = (await answer(clouds, account, ORDERS))["order_infos"]
    assert not any({"pending_payment_end_time", "user_name"} & row.keys() for row in rows)


async def test_a_cancel_has_no_body_and_one_effect(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = next(order for order in orders if order.payment_status == "unpaid")
    done = await _cancel(clouds, account, order.order_id)
    assert (done.status_code, done.content) == (204, b"")
    again = await _cancel(clouds, account, order.order_id)
    assert code_of(again) == (400, "CBC.99005010")
    assert [(one.order_id, one.outcome, one.effect) for one in clouds.book.calls] == [
        (order.order_id, "ok", True),
        (order.order_id, "refused", False),
    ]


async def test_a_cancel_without_an_order_is_a_parameter_error(
    clouds: Clouds, account: CloudAccount
) -> None:
    foreign = next(iter(clouds.book.orders["huawei-intl"]))
    for order_id in ("CS0000000000ZZZZZ", foreign, ""):
        assert code_of(await _cancel(clouds, account, order_id)) == (400, "CBC.0100")
    no_json = await call(clouds, account, f"{ORDERS}/cancel", method="PUT", body=b"x")
    assert code_of(no_json) == (400, "CBC.0100")


async def test_a_part_of_a_combined_order_is_no_row_but_can_be_read(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    combined = next(order for order in orders if part_ids(order))
    part = part_ids(combined)[0]
    assert part not in huawei.list_row_ids(clouds.book, account.name)
    shown = await answer(clouds, account, f"{ORDERS}/details/{part}")
    assert shown["order_info"]["order_id"] == part
    assert {line["order_id"] for line in shown["order_line_items"]} == {part}


async def test_what_is_changed_behind_the_bots_back_shows_in_list_and_details(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = next(order for order in orders if order.payment_status == "unpaid")
    order.payment_status, order.payable = "paid", order.payable + 1
    row = (await answer(clouds, account, ORDERS, {"order_id": order.order_id}))["order_infos"][0]
    info = (await answer(clouds, account, f"{ORDERS}/details/{order.order_id}"))["order_info"]
    for shown in (row, info):
        assert (shown["status"], shown["amount_after_discount"]) == (5, float(order.payable))
        assert shown["payment_time"] is not None
    assert info["pending_payment_end_time"] is None


async def test_resources_are_found_by_order_and_only_provisioned_ones(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    renewal = next(order for order in orders if order.wire["order"]["order_type"] == 2)
    unpaid = next(
        order
        for order in orders
        if order.payment_status == "unpaid" and order.wire["order"]["order_type"] == 1
    )

    async def found(**body: Any) -> Any:
        content = json.dumps(body).encode()
        response = await call(clouds, account, _RESOURCES, method="POST", body=content)
        return response.json()

    server, disk = (await found(order_id=renewal.order_id))["data"]
    assert disk["parent_resource_id"] == server["resource_id"]
    assert "order_id" not in server
    main = await found(order_id=renewal.order_id, only_main_resource=1)
    assert [one["resource_id"] for one in main["data"]] == [server["resource_id"]]
    by_id = await found(resource_ids=[disk["resource_id"]], status_list=[2])
    assert [one["resource_id"] for one in by_id["data"]] == [disk["resource_id"]]
    assert (await found(order_id=unpaid.order_id))["data"] == []
    assert (await found(order_id=renewal.order_id, status_list=[3]))["total_count"] == 0
    everything = await found()
    assert everything["total_count"] > len(everything["data"]) == 10
    assert (await found(service_type_code=""))["error_code"] == "CBC.0100"
    assert (await found(resource_ids=None))["error_code"] == "CBC.0100"


async def test_service_resources_need_a_service(clouds: Clouds, account: CloudAccount) -> None:
    path = "/v2/products/service-resources"
    assert code_of(await call(clouds, account, path)) == (400, "CBC.0100")
    unknown = await answer(clouds, account, path, {"service_type_code": "hws.service.type.none"})
    assert unknown == {"total_count": 0, "infos": []}


async def test_faults_are_answered_in_huaweis_words(clouds: Clouds, account: CloudAccount) -> None:
    clouds.book.faults += [Fault("throttle", seconds=7), Fault("error_500")]
    throttled = await call(clouds, account, ORDERS)
    assert code_of(throttled) == (429, "APIGW.0308")
    assert throttled.headers["Retry-After"] == "7"
    assert code_of(await call(clouds, account, ORDERS)) == (500, "CBC.0999")
    assert [one.outcome for one in clouds.book.calls] == ["fault", "fault"]


async def test_a_lie_says_done_and_does_nothing(
    clouds: Clouds, account: CloudAccount, orders: list[CloudOrder]
) -> None:
    order = next(order for order in orders if order.payment_status == "unpaid")
    clouds.book.faults.append(Fault("lie", operation="cancel_order"))
    assert (await _cancel(clouds, account, order.order_id)).status_code == 204
    assert order.payment_status == "unpaid"
    assert not clouds.book.calls[-1].effect


async def test_the_wrong_order_is_another_one_of_the_account(
    clouds: Clouds, account: CloudAccount
) -> None:
    clouds.book.faults.append(Fault("wrong_order"))
    shown = await answer(clouds, account, f"{ORDERS}/details/{_SAMPLE}")
    assert shown["order_info"]["order_id"] != _SAMPLE


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_whatever_the_seed_each_account_has_enough_to_try(seed: int) -> None:
    book = _seeded(seed)
    every = [order for rows in book.orders.values() for order in rows.values()]
    ids = [order.order_id for order in every] + [part for one in every for part in part_ids(one)]
    assert len(ids) == len(set(ids))
    for rows in book.orders.values():
        plain = [one for one in rows.values() if one.cancellable() and not part_ids(one)]
        assert len(rows) > 40
        assert len(plain) >= 5
        assert sum(one.payment_status == "paid" for one in rows.values()) >= 5
        deadlines = [one.deadline for one in plain if one.deadline]
        assert len(deadlines) < len(plain)
        assert min(deadlines) >= _START + timedelta(hours=1)
        refunds = [one for one in rows.values() if one.wire["order"]["order_type"] == 4]
        assert all(one.payable < 0 for one in refunds)
        assert any(part_ids(one) for one in rows.values())


def test_one_seed_gives_the_same_orders_at_any_time() -> None:
    later = timedelta(days=100, hours=5)
    first, second = _seeded(1), _seeded(1, _START + later)
    for name, rows in first.orders.items():
        twins = second.orders[name]
        assert list(rows) == list(twins)
        for order_id, order in rows.items():
            twin = twins[order_id]
            assert (twin.payable, twin.payment_status) == (order.payable, order.payment_status)
            if order_id != _SAMPLE:
                assert twin.created_at - order.created_at == later
    assert list(_seeded(2).orders["huawei-main"]) != list(first.orders["huawei-main"])
