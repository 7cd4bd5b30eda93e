"""Unicloud's product list: region by region, page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.accounts import Provider
from bot.domain.orders import Product
from bot.errors import ProviderMalformed, ProviderRefused
from tests.loopback import Asked, Reply
from tests.unit.providers.unicloud_loopback import at_unicloud
from tests.unit.providers.unicloud_loopback import recorded as recorded_body

REGIONS = {
    "RequestId": "R",
    "Data": [
        {"RegionId": "cn-beijing", "RegionName": "北京", "AzList": []},
        {"RegionId": "HB1-BJMYB", "RegionName": "密云", "AzList": None},
    ],
}


def recorded(name: str) -> Reply:
    status = 400 if name.startswith("error") else 200
    return Reply(recorded_body(name), status)


def products(*codes: str, total: int | None) -> Reply:
    rows = [
        {"ProductCode": code, "ProductName": f"name of {code}", "PaymentMethodCodeList": None}
        for code in codes
    ]
    return Reply({"Data": rows, "TotalCount": total, "Page": 1, "Size": 200})


async def asked_for_products(
    answer: Callable[[Asked], Reply], *, region_id: str | None = None
) -> tuple[tuple[Product, ...], list[dict[str, str]]]:
    async with at_unicloud(answer, region_id=region_id) as (adapter, cloud):
        found = await adapter.list_products(language="en")
        return found, [asked.query for asked in cloud.asked if asked.target.startswith("/product?")]


async def test_a_configured_region_is_asked_alone() -> None:
    found, asked = await asked_for_products(
        lambda _asked: recorded("product-list"), region_id="cn-beijing"
    )
    assert found == (
        Product(
            Provider.UNICLOUD,
            "unicloud-main",
            "VM",
            "云主机",
            "YEAR_MONTH, DAY_MONTH, CHARGING_HOURS",
        ),
        Product(Provider.UNICLOUD, "unicloud-main", "EBS", "云硬盘", "DAY_MONTH, CHARGING_HOURS"),
    )
    (params,) = asked
    wanted = {
        "Action": "GetProductList",
        "RegionId": "cn-beijing",
        "Page": "1",
        "Size": "200",
        "TotalCount": "true",
    }
    assert wanted.items() <= params.items()


async def test_all_regions_are_asked_and_a_product_of_two_is_listed_once() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.query["Action"] == "GetRegion":
            return Reply(REGIONS)
        codes = {"cn-beijing": ("VM", "EBS"), "HB1-BJMYB": ("EBS", "OSS")}
        return products(*codes[asked.query["RegionId"]], total=2)

    found, asked = await asked_for_products(answer)
    assert [product.code for product in found] == ["VM", "EBS", "OSS"]
    assert asked[0]["ProductCode"] == "VM"


async def test_a_product_has_the_ways_to_pay_of_all_regions() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.query["Action"] == "GetRegion":
            return Reply(REGIONS)
        first = asked.query["RegionId"] == "cn-beijing"
        return recorded("product-list-no-total" if first else "product-list")

    found, _asked = await asked_for_products(answer)
    assert found[0].variant == "YEAR_MONTH, DAY_MONTH, CHARGING_HOURS"


@pytest.mark.parametrize("total", [5, None])
async def test_all_pages_of_a_region_are_read(total: int | None) -> None:
    pages = {"1": ("A", "B"), "2": ("C", "D"), "3": ("E",)}
    found, _asked = await asked_for_products(
        lambda asked: products(*pages.get(asked.query["Page"], ()), total=total), region_id="r"
    )
    assert [product.code for product in found] == ["A", "B", "C", "D", "E"]


async def test_a_region_without_products_is_empty() -> None:
    found, _asked = await asked_for_products(
        lambda _asked: recorded("error-product-region-or-page-no-product"), region_id="r"
    )
    assert found == ()


async def test_a_region_that_the_key_may_not_see_hides_no_other() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.query["Action"] == "GetRegion":
            return Reply(REGIONS)
        if asked.query["RegionId"] == "cn-beijing":
            return recorded("error-product-user-no-region-right")
        return products("VM", total=1)

    found, _asked = await asked_for_products(answer)
    assert [product.code for product in found] == ["VM"]


async def test_a_configured_region_that_the_key_may_not_see_is_refused() -> None:
    with pytest.raises(ProviderRefused):
        await asked_for_products(
            lambda _asked: recorded("error-product-user-no-region-right"), region_id="r"
        )


@pytest.mark.parametrize("body", [{"Data": None}, {"Data": "none"}, {}, {"Data": [{"Name": "x"}]}])
async def test_an_answer_without_regions_is_not_taken_for_no_products(
    body: dict[str, object],
) -> None:
    with pytest.raises(ProviderMalformed):
        await asked_for_products(lambda _asked: Reply(body))
