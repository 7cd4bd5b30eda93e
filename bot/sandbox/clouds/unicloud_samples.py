"""The one order that Unicloud's OrderDetail page shows, as it stands there.

The list's row adds what the QueryOrders page shows of the same order.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.unicloud_orders import row_fields

_SAMPLE_ID = "1144119593783001088"
_SAMPLE_NUMBER = "P21784954245923"
_SAMPLE_CREATED_MS = 1561614343000
_INSTANCE_ID = "35d272a7-4c2b-4079-aa50-45e6f7fa31b6"
_DESCRIPTION = json.dumps(
    {"conf": {"地域": "天津", "硬盘规格": "高性能HDD云硬盘 50GB", "计费模式": "按小时实时付费"}},
    ensure_ascii=False,
    separators=(",", ":"),
)


def document_sample(account: str) -> CloudOrder:
    return CloudOrder(
        account=account,
        order_id=_SAMPLE_ID,
        payment_status="paid",
        payable=Decimal(0),
        currency="CNY",
        created_at=datetime.fromtimestamp(_SAMPLE_CREATED_MS / 1000, tz=UTC),
        wire={
            "order": _order(),
            "row": row_fields(_INSTANCE_ID),
            "payment_status": "paid",
        },
    )


def _order() -> dict[str, Any]:
    return {
        "Id": _SAMPLE_ID,
        "ItemCount": 1,
        "UserName": "haha",
        "ProductCategory": "DATA_HARD_DISK",
        "ProductRegionId": "8b128f0c-e9ad-472c-9c20-451b9f310e94",
        "ProductRegionName": "cloudos-tj",
        "ProductDescription": _DESCRIPTION,
        "ProductRentCount": 0,
        "ProductRentUnit": "HOURS",
        "Items": [_item()],
        "PayType": "CHARGING_HOURS",
        "OrderStatus": "PAID",
        "PayTypeName": "按小时实时付费",
        "TotalPrice": Decimal(0),
        "PaidAmount": Decimal(0),
        "FinalPrice": Decimal(0),
        "OrderCategory": "NEW",
        "DueTime": 1561700743000,
        "CancelType": None,
        "Note": None,
        "OrderNo": _SAMPLE_NUMBER,
        "PayTime": _SAMPLE_CREATED_MS,
        "CreateTime": _SAMPLE_CREATED_MS,
        "UpdateTime": _SAMPLE_CREATED_MS,
        "Quantity": 1,
        "ChargeType": "postpaid",
        "Payments": None,
    }


def _item() -> dict[str, Any]:
    return {
        "id": 1144119593787195392,
        "orderId": int(_SAMPLE_ID),
        "orderNo": _SAMPLE_NUMBER,
        "productId": 7489,
        "productSku": "UNIS_PC_TJ_A_DATADISK_NORMAL-50GB",
        "productName": "DATA_HARD_DISK",
        "productCategory": "DATA_HARD_DISK",
        "productDescription": _DESCRIPTION,
        "quantity": 1,
        "totalPrice": Decimal(0),
        "productStartTime": 1561614342000,
        "productEndTime": 1561614342000,
        "productRentUnit": "HOURS",
        "productRentCount": 0,
        "isParent": True,
        "instanceId": _INSTANCE_ID,
    }
