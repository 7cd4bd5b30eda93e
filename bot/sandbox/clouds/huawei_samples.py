"""The one order that the document of ShowCustomerOrderDetails shows, as it stands there.

It contradicts its own field table twice, and both are kept: a completed order with a payment
deadline, and a product "before the change" on an unsubscription. It carries no names of services.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import CloudOrder

SAMPLE_CUSTOMER_ID = "982f05775ec94da390c3f174b058fb46"
_SAMPLE_ID = "CS18122203217MRPB"
_CREATED = "2018-12-21T19:21:03Z"


def document_sample(account: str) -> CloudOrder:
    return CloudOrder(
        account=account,
        order_id=_SAMPLE_ID,
        payment_status="paid",
        payable=Decimal("-277.92"),
        currency="CNY",
        created_at=datetime(2018, 12, 21, 19, 21, 3, tzinfo=UTC),
        wire={
            "order": _order_info(),
            "lines": _line_items(),
            "enterprise_projects": [],
            "agent_pay_info": None,
            "resources": [],
        },
    )


def _amounts(commission: str) -> dict[str, Any]:
    return {
        "discounts": [],
        "flexipurchase_coupon_amount": None,
        "coupon_amount": None,
        "stored_card_amount": None,
        "commission_amount": Decimal(commission),
        "consumed_amount": Decimal("0.0"),
    }


def _order_info() -> dict[str, Any]:
    return {
        "order_id": _SAMPLE_ID,
        "customer_id": SAMPLE_CUSTOMER_ID,
        "service_type_code": "hws.service.type.obs",
        "source_type": 1,
        "status": 5,
        "order_type": 4,
        "amount_after_discount": Decimal("-277.92"),
        "official_amount": Decimal("-277.92"),
        "measure_id": 1,
        "create_time": _CREATED,
        "payment_time": None,
        "currency": "CNY",
        "contract_id": None,
        "amount_info": _amounts("30.88"),
        "user_name": "h******55",
        "pending_payment_end_time": "2024-11-14T15:59:59Z",
        "sub_order_infos": [],
    }


def _line_items() -> list[dict[str, Any]]:
    shared = {
        "period_type": 3,
        "period_num": None,
        "effective_time": _CREATED,
        "expire_time": "2019-12-22T15:59:59Z",
        "subscription_num": 1,
        "currency": "CNY",
        "product_owner_service": None,
        "commercial_resource": None,
    }
    disk = {
        **shared,
        "order_line_item_id": f"{_SAMPLE_ID}-000001",
        "service_type_code": "hws.service.type.ebs",
        "product_id": "00301-01026-0--1",
        "product_spec_desc": "普通IO|40.0GB",
        "amount_after_discount": Decimal("-33.12"),
        "official_amount": Decimal("-33.12"),
        "amount_info": _amounts("3.68"),
        "category_code": "hws.resource.storage1.evs",
        "base_product_info": None,
        "order_id": None,
    }
    server = {
        **shared,
        "order_line_item_id": f"{_SAMPLE_ID}-000002",
        "service_type_code": "hws.service.type.ec2",
        "product_id": "00301-02019-0--1",
        "product_spec_desc": "通用计算型|s2.medium.4|1vCPUs|4GB|linux",
        "amount_after_discount": Decimal("-244.8"),
        "official_amount": Decimal("-244.8"),
        "amount_info": _amounts("27.2"),
        "category_code": "hws.resource.computing.ecs",
        "base_product_info": {
            "product_id": "00301-238595-0--0",
            "product_spec_desc": "通用计算型|s3.small.1|1vCPUs|1GB|linux",
            "category_code": "hws.resource.computing.ecs",
            "product_owner_service": "hws.service.type.ec2",
            "commercial_resource": None,
        },
        "order_id": "S1812**********RPB",
    }
    return [disk, server]
