"""Parameters of the embedded Unicloud's Actions: read, judged, applied.

Source: unicloud.com/document, pages 37835198 (QueryOrders), 37785193 (GetProductList), 37775192
(GetRegion). Parsers raise `Refused`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.sandbox.clouds.unicloud_errors import (
    INVALID_PARAMETER,
    MISSING_PARAMETER,
    NO_PRODUCT,
    NO_REGION_RIGHT,
    NO_SUCH_PRODUCT,
    PAGE_OUT_MIN,
    SIZE_OUT_MAX,
    SIZE_OUT_MIN,
    refusal,
)
from bot.sandbox.clouds.unicloud_orders import milliseconds

_LARGEST_SIZE = 200
_USUAL_SIZE = 20

_PRODUCTS = (
    ("VM", "云主机", ["YEAR_MONTH", "DAY_MONTH", "CHARGING_HOURS"]),
    ("EBS", "云硬盘", ["DAY_MONTH", "CHARGING_HOURS"]),
    ("EIP", "弹性公网IP", ["YEAR_MONTH", "CHARGING_HOURS"]),
    ("RDS", "云数据库 MySQL", ["YEAR_MONTH"]),
    ("OSS", "对象存储", ["CHARGING_HOURS"]),
)
_REGIONS = (("cn-beijing", "北京一区"), ("HB1-BJMYB", "华北一密云区"), ("cn-tianjin", "天津一区"))


def select_orders(rows: Sequence[Mapping[str, Any]], sent: Mapping[str, str]) -> dict[str, Any]:
    """QueryOrders' answer. The order of the rows is the book's, which means nothing."""
    page, size = _needed_number(sent, "Page"), _needed_number(sent, "Size")
    if size > _LARGEST_SIZE:
        raise refusal(INVALID_PARAMETER, "Size")
    for name in ("OrderStatus", "OrderCategory"):
        if name in sent:
            raise refusal(INVALID_PARAMETER, name)
    begin, end = _moment(sent, "StartTime"), _moment(sent, "EndTime")
    found = [
        row
        for row in rows
        if sent.get("PayType") in (None, row["PayType"])
        and sent.get("ProductCategory") in (None, row["ProductCategory"])
        and (begin is None or begin <= row["CreateTime"])
        and (end is None or row["CreateTime"] <= end)
    ]
    return {
        "OrderList": {"Order": found[(page - 1) * size : page * size]},
        "TotalCount": len(found),
        "PageNum": page,
        "PageSize": size,
    }


def find_products(sent: Mapping[str, str]) -> dict[str, Any]:
    """GetProductList's answer; TotalCount is null unless asked for."""
    if not sent.get("RegionId"):
        raise refusal(MISSING_PARAMETER, "RegionId")
    page = _number(sent, "Page", needed=True)
    size = _number(sent, "Size") if sent.get("Size") else _USUAL_SIZE
    if page < 1:
        raise refusal(PAGE_OUT_MIN)
    if size < 1:
        raise refusal(SIZE_OUT_MIN)
    if size > _LARGEST_SIZE:
        raise refusal(SIZE_OUT_MAX)
    if sent["RegionId"] not in dict(_REGIONS):
        raise refusal(NO_REGION_RIGHT)
    shown = _PRODUCTS[(page - 1) * size : page * size]
    if not shown:
        raise refusal(NO_PRODUCT)
    asked = sent.get("TotalCount", "").lower() == "true"
    return {
        "TotalCount": len(_PRODUCTS) if asked else None,
        "Page": page,
        "Size": size,
        "Data": [
            {"ProductName": name, "ProductCode": code, "PaymentMethodCodeList": methods}
            for code, name, methods in shown
        ],
    }


def find_regions(sent: Mapping[str, str]) -> dict[str, Any]:
    """GetRegion's answer for a product code."""
    if not sent.get("ProductCode"):
        raise refusal(MISSING_PARAMETER, "ProductCode")
    if sent["ProductCode"] not in {code for code, _, _ in _PRODUCTS}:
        raise refusal(NO_SUCH_PRODUCT)
    return {
        "Data": [
            {
                "RegionId": region_id,
                "RegionName": name,
                "AzList": [{"AzId": f"{region_id}-a", "AzName": f"{name}可用区A"}],
            }
            for region_id, name in _REGIONS
        ]
    }


def _needed_number(sent: Mapping[str, str], name: str) -> int:
    """A required number of at least 1."""
    number = _number(sent, name, needed=True)
    if number < 1:
        raise refusal(INVALID_PARAMETER, name)
    return number


def _number(sent: Mapping[str, str], name: str, *, needed: bool = False) -> int:
    if needed and not sent.get(name):
        raise refusal(MISSING_PARAMETER, name)
    try:
        return int(sent[name])
    except ValueError:
        raise refusal(INVALID_PARAMETER, name) from None


def _moment(sent: Mapping[str, str], name: str) -> int | None:
    """`2026-11-21 08:30:00`, China time, as epoch milliseconds."""
    if name not in sent:
        return None
    try:
        local = datetime.strptime(f"{sent[name]} +0800", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        raise refusal(INVALID_PARAMETER, name) from None
    return milliseconds(local)
