"""Made-up Unicloud orders: the same for the same seed, times relative to a start.

Ids are 64-bit numbers that no double holds. The words for every state but PAID are inventions, for
none is documented; so an order that was voided or that waits for something counts as `unknown`.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder
from bot.sandbox.clouds.unicloud_orders import milliseconds, row_fields
from bot.sandbox.clouds.unicloud_samples import document_sample

_REGIONS = (
    ("8b128f0c-e9ad-472c-9c20-451b9f310e94", "cloudos-tj", "天津"),
    ("5d0a7c1e-22b4-4c6f-9f43-7a1c0e5b8d21", "cloudos-bj", "北京"),
)
_PAY_TYPES = (
    ("YEAR_MONTH", "包年包月", "prepaid", "DAYS"),
    ("DAY_MONTH", "按日月结", "postpaid", "DAYS"),
    ("CHARGING_HOURS", "按小时实时付费", "postpaid", "HOURS"),
)
_PRODUCTS = (
    ("VM", "云主机规格", "2核4G", "CLOUDSERVER-2CORE-4GB", 19950),
    ("VM", "云主机规格", "8核32G", "CLOUDSERVER-8CORE-32GB", 124875),
    ("DATA_HARD_DISK", "硬盘规格", "高性能HDD云硬盘 50GB", "DATADISK_NORMAL-50GB", 1500),
    ("EIP", "带宽", "BGP 10Mbit/s", "EIP_BGP-10M", 26000),
    ("RDS", "数据库规格", "MySQL 8.0 4核16G", "RDS_MYSQL-4CORE-16GB", 98025),
)
_USERS = ("haha", "王小明", "finance-ops", "li.na")
_NOTES = (None, None, None, "预算 2026-Q1", "approved by ops, keep 30 days")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """*age_hours* and *due_hours* (from the start, for unpaid ones) are ranges."""

    payment_status: str
    word: str
    age_hours: tuple[float, float]
    due_hours: tuple[float, float] | None = None
    category: str = "NEW"
    cancel_type: str | None = None
    items: int = 1


_TODAY, _YEAR = (0.5, 20.0), (24.0, 8600.0)
_PLANS: tuple[tuple[int, _Plan], ...] = (
    (4, _Plan(payment_status="unpaid", word="UNPAID", age_hours=_TODAY, due_hours=(1.5, 4.0))),
    (6, _Plan(payment_status="unpaid", word="UNPAID", age_hours=_TODAY, due_hours=(20.0, 150.0))),
    (
        3,
        _Plan(
            payment_status="unpaid",
            word="UNPAID",
            age_hours=_TODAY,
            due_hours=(5.0, 24.0),
            category="RENEW",
        ),
    ),
    (38, _Plan(payment_status="paid", word="PAID", age_hours=_YEAR)),
    (6, _Plan(payment_status="paid", word="PAID", age_hours=_YEAR, items=3)),
    (8, _Plan(payment_status="paid", word="PAID", age_hours=_YEAR, category="RENEW")),
    (
        8,
        _Plan(payment_status="unknown", word="CANCELED", age_hours=_YEAR, cancel_type="OVERTIME"),
    ),
    (4, _Plan(payment_status="unknown", word="CANCELED", age_hours=_YEAR, cancel_type="MANUAL")),
    (2, _Plan(payment_status="unknown", word="REFUNDED", age_hours=_YEAR)),
    (2, _Plan(payment_status="unknown", word="PROCESSING", age_hours=(30.0, 60.0))),
)


def seed_accounts(book: Book, rng: random.Random, start: datetime) -> None:
    account = CloudAccount(
        name="unicloud-main",
        provider="unicloud",
        site="china",
        access_key_id="SANDBOXUNICLOUD00001",
        access_key_secret="sandbox-unicloud-secret-not-a-real-key",
    )
    book.add_account(account)
    plans = [plan for count, plan in _PLANS for _ in range(count)]
    rng.shuffle(plans)
    for plan in plans:
        book.add_order(_Draft(plan, rng, start).order(account.name))
    book.add_order(document_sample(account.name))


def place(book: Book, account: str, *, renewal: bool, deadline: datetime | None) -> CloudOrder:
    """An unpaid order made now; without a deadline it is due a day later, as the provider's are."""
    category = "RENEW" if renewal else "NEW"
    plan = _Plan(payment_status="unpaid", word="UNPAID", age_hours=(0.0, 0.0), category=category)
    draft = _Draft(plan, book.chance, book.order_now())
    draft.due = deadline or draft.due
    return draft.order(account)


class _Draft:
    """One order being made up."""

    def __init__(self, plan: _Plan, rng: random.Random, start: datetime) -> None:
        self.plan, self.rng = plan, rng
        self.number = rng.randrange(2**59, 2**60) | 1  # odd: beyond 2**53 a double drops the 1
        self.order_no = f"P{rng.randrange(10**14):014d}"
        self.created = _seconds(start - timedelta(hours=rng.uniform(*plan.age_hours)))
        self.due = self.created + timedelta(hours=24)
        if plan.due_hours:
            self.due = _seconds(start + timedelta(hours=rng.uniform(*plan.due_hours)))
        self.pay_type = rng.choice(_PAY_TYPES)
        self.region = rng.choice(_REGIONS)
        self.instance_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def order(self, account: str) -> CloudOrder:
        items = [self._item(position) for position in range(self.plan.items)]
        total = sum((item["totalPrice"] for item in items), Decimal(0))
        promotion = self.rng.choice((Decimal(0), (total / 20).quantize(Decimal("0.01"))))
        payable = total - promotion
        unpaid = self.plan.payment_status == "unpaid"
        renewed = self.instance_id if self.plan.category == "RENEW" else None
        return CloudOrder(
            account=account,
            order_id=str(self.number),
            payment_status=self.plan.payment_status,
            payable=payable,
            currency="CNY",
            created_at=self.created,
            deadline=self.due if unpaid else None,
            wire={
                "order": self._order(items, total, payable),
                "row": row_fields(renewed, promotion=promotion),
                "payment_status": self.plan.payment_status,
            },
        )

    def _order(
        self, items: list[dict[str, Any]], total: Decimal, payable: Decimal
    ) -> dict[str, Any]:
        paid = self.plan.payment_status == "paid" or self.plan.word == "REFUNDED"
        pay_type, pay_type_name, charge_type, unit = self.pay_type
        region_id, region_name, _ = self.region
        created, main = milliseconds(self.created), items[0]
        return {
            "Id": str(self.number),
            "ItemCount": len(items),
            "UserName": self.rng.choice(_USERS),
            "ProductCategory": main["productCategory"],
            "ProductRegionId": region_id,
            "ProductRegionName": region_name,
            "ProductDescription": main["productDescription"],
            "ProductRentCount": main["productRentCount"],
            "ProductRentUnit": unit,
            "Items": items,
            "PayType": pay_type,
            "OrderStatus": self.plan.word,
            "PayTypeName": pay_type_name,
            "TotalPrice": total,
            "PaidAmount": payable if paid else Decimal(0),
            "FinalPrice": payable,
            "OrderCategory": self.plan.category,
            "DueTime": milliseconds(self.due),
            "CancelType": self.plan.cancel_type,
            "Note": self.rng.choice(_NOTES),
            "OrderNo": self.order_no,
            "PayTime": created + 60_000 if paid else None,
            "CreateTime": created,
            "UpdateTime": created + 60_000 if paid else created,
            "Quantity": main["quantity"],
            "ChargeType": charge_type,
            "Payments": None,
        }

    def _item(self, position: int) -> dict[str, Any]:
        category, label, value, sku, cents = self.rng.choice(_PRODUCTS)
        quantity, rent = self.rng.choice((1, 1, 2, 4)), self.rng.choice((1, 30, 90))
        paid = self.plan.payment_status == "paid"
        begins = milliseconds(self.created) if paid else None
        has_instance = paid or self.plan.category == "RENEW"
        return {
            "id": self.number + 2 * (position + 1),
            "orderId": self.number,
            "orderNo": self.order_no,
            "productId": 7400 + self.rng.randrange(100),
            "productSku": f"UNIS_PC_TJ_A_{sku}",
            "productName": category,
            "productCategory": category,
            "productDescription": self._description(label, value),
            "quantity": quantity,
            "totalPrice": Decimal(cents * quantity).scaleb(-2),
            "productStartTime": begins,
            "productEndTime": None if begins is None else begins + rent * 86_400_000,
            "productRentUnit": self.pay_type[3],
            "productRentCount": rent,
            "isParent": position == 0,
            "instanceId": self.instance_id if has_instance else None,
        }

    def _description(self, label: str, value: str) -> str:
        configuration = {"地域": self.region[2], label: value, "计费模式": self.pay_type[1]}
        return json.dumps({"conf": configuration}, ensure_ascii=False, separators=(",", ":"))


def _seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
