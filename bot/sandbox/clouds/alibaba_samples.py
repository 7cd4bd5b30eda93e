"""Alibaba Cloud's printed orders and rarer fields, for the embedded cloud.

Two orders are printed in public: the sample of the GetOrderDetail page (17 Oct 2018) and a reply
quoted in a public source file. They stand as printed, their times included.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import CloudOrder


def sample_of_2018(account: str) -> CloudOrder:
    """The sample order of the GetOrderDetail page of 17 Oct 2018."""
    row = {
        "Config": "",
        "SubscriptionType": "Subscription",
        "Quantity": 1,
        "SubOrderId": "500491030350914",
        "AfterTaxAmount": Decimal("0.12"),
        "Tax": Decimal("0.01"),
        "UsageStartTime": "2018-09-17T06:13:42Z",
        "UsageEndTime": "2018-09-18T16:00:00Z",
        "PaymentTime": "2018-09-17T06:13:43Z",
        "PaymentCurrency": "USD",
        "ProductType": "",
        "PretaxGrossAmount": Decimal("0.1"),
    }
    return CloudOrder(
        account=account,
        order_id="500491030350914",
        payment_status="cancelled",
        payable=Decimal("0.12"),
        currency="USD",
        created_at=datetime(2018, 9, 17, 6, 13, 43, tzinfo=UTC),
        wire={"rows": [row], "numbers": True, "order_type": "New"},
    )


def reply_of_2021(account: str) -> CloudOrder:
    """A pay-as-you-go order as a reply of October 2021 shows it: no tax, no payment currency."""
    row = {
        "ProductCode": "alikafka",
        "SubOrderId": "211000000000709",
        "Config": "",
        "ProductType": "alikafka_post",
        "Quantity": 1,
        "PaymentTime": "2021-10-11T02:11:16Z",
        "UsageStartTime": "2021-10-11T02:11:16Z",
        "UsageEndTime": "2121-10-11T16:00:00Z",
        "SubscriptionType": "PayAsYouGo",
        "PretaxGrossAmount": Decimal(0),
        "AfterTaxAmount": Decimal(0),
        "OrderSubType": "ProductSubOrder",
        "CommodityCode": "alikafka_post",
        "Region": "cn-shanghai",
        "OriginalConfig": "topic_quata:[topic_quata:50;]disk_type:[disk_type:0;]"
        "disk_size:[disk_size:500;]msg_retain:[msg_retain:72;]region:[region:cn-shanghai;]"
        "IO_max:[IO_max:20;]spec_type:[spec_type:normal;]vpc_deploy:[vpc_deploy:true;]",
        "InstanceIDs": '["alikafka_post-cn-example0001"]',
    }
    return CloudOrder(
        account=account,
        order_id="211000000000709",
        payment_status="paid",
        payable=Decimal(0),
        currency="CNY",
        created_at=datetime(2021, 10, 11, 2, 11, 16, tzinfo=UTC),
        wire={"rows": [row], "numbers": True, "order_type": "New"},
    )


def further_fields(remark: str) -> dict[str, Any]:
    """The fields that most orders leave out; the inner wrappers begin with a small letter."""
    disk = {"Code": "cloud_efficiency", "Name": "高效云盘", "Value": "cloud_efficiency"}
    billed = {"AttrApiCode": "cloud_ssd", "ModuleApiCode": "cloud_ssd", "Value": "cloud_ssd"}
    return {
        "ExtendInfos": {"remark": remark},
        "OriginalModuleConfig": {
            "originalModuleConfig": [
                {
                    "Code": "systemdisk",
                    "Name": "系统盘",
                    "ModuleProperties": {"moduleProperties": [disk]},
                }
            ]
        },
        "BillModuleConfig": {
            "billModuleConfig": [
                {
                    "ApiCode": "datadisk",
                    "Code": "datadisk",
                    "Name": "数据盘",
                    "BillModuleProperties": {"billModuleProperties": [billed]},
                }
            ]
        },
    }
