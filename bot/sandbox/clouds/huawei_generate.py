"""Made-up Huawei Cloud accounts and orders: the same for the same seed, times relative to a start.

An order is drawn from a plan (what kind, how old, how long payable) and built in the wire format
that `huawei_orders` explains.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder
from bot.sandbox.clouds.huawei_catalogue import (
    PRODUCTS,
    RESOURCE_NAMES,
    SERVICE_NAMES,
    Product,
)
from bot.sandbox.clouds.huawei_orders import COMPLETED, UNPAID, payment_status_of
from bot.sandbox.clouds.huawei_samples import SAMPLE_CUSTOMER_ID, document_sample
from bot.sandbox.clouds.room import utc_text

_NEW, _RENEWAL, _CHANGE, _REFUND = 1, 2, 3, 4
_WITH_RESOURCES = frozenset({_RENEWAL, _CHANGE})
_MANY_LINES = 100
_ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_ORDERED_BY = ("zhang.wei", "olivia.chen", "王芳", "terraform-ci", "finance-ops", "运营人员")
_RESOURCE_LABELS = ("web-01", "生产-订单库", "batch-runner", "测试-缓存", "gateway-sg", "日志归档")
_PROJECTS = (
    {"id": "0", "name": "default"},
    {"id": "1f2e3d4c-0000-4000-8000-000000000001", "name": "研发"},
    {"id": "1f2e3d4c-0000-4000-8000-000000000002", "name": "Marketing"},
)
_PAYING_AGENT = {"paying_agent_id": "00000000000000000000000000000001", "is_agent_pay": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """*age_days* and *hours_left* (None: no deadline) are ranges; *parts* > 1 is combined."""

    status: int
    order_type: int
    age_days: tuple[float, float]
    hours_left: tuple[float, float] | None = None
    lines: int = 1
    parts: int = 1
    agent_paid: bool = False


_SOON, _DAYS, _YEAR = (1.5, 6.0), (24.0, 160.0), (8.0, 360.0)
_FRESH = (0.1, 0.9)
_PLANS: tuple[tuple[int, _Plan], ...] = (
    (3, _Plan(status=UNPAID, order_type=_NEW, age_days=_FRESH, hours_left=_SOON)),
    (4, _Plan(status=UNPAID, order_type=_NEW, age_days=_FRESH, hours_left=_DAYS, lines=3)),
    (2, _Plan(status=UNPAID, order_type=_NEW, age_days=(20.0, 60.0))),
    (2, _Plan(status=UNPAID, order_type=_RENEWAL, age_days=_FRESH, hours_left=_SOON)),
    (2, _Plan(status=UNPAID, order_type=_RENEWAL, age_days=_FRESH, hours_left=_DAYS)),
    (1, _Plan(status=UNPAID, order_type=_CHANGE, age_days=_FRESH, hours_left=_DAYS)),
    (1, _Plan(status=UNPAID, order_type=_NEW, age_days=_FRESH, hours_left=_DAYS, lines=130)),
    (2, _Plan(status=UNPAID, order_type=_NEW, age_days=_FRESH, hours_left=_DAYS, parts=3)),
    (1, _Plan(status=UNPAID, order_type=_RENEWAL, age_days=_FRESH, hours_left=_DAYS, parts=2)),
    (12, _Plan(status=COMPLETED, order_type=_NEW, age_days=_YEAR)),
    (4, _Plan(status=COMPLETED, order_type=_NEW, age_days=(0.1, 7.0), lines=2)),
    (6, _Plan(status=COMPLETED, order_type=_RENEWAL, age_days=_YEAR)),
    (2, _Plan(status=COMPLETED, order_type=_NEW, age_days=_YEAR, parts=2)),
    (1, _Plan(status=COMPLETED, order_type=_NEW, age_days=_YEAR, agent_paid=True)),
    (4, _Plan(status=COMPLETED, order_type=_REFUND, age_days=_YEAR)),
    (2, _Plan(status=3, order_type=_CHANGE, age_days=_FRESH)),
    (6, _Plan(status=4, order_type=_NEW, age_days=_YEAR)),
    (2, _Plan(status=4, order_type=_RENEWAL, age_days=_YEAR)),
    (1, _Plan(status=1, order_type=_NEW, age_days=(1.0, 5.0))),
    (1, _Plan(status=9, order_type=_NEW, age_days=(1.0, 5.0))),
    (1, _Plan(status=10, order_type=_NEW, age_days=(1.0, 20.0))),
)


def seed_accounts(book: Book, rng: random.Random, start: datetime) -> None:
    """China with key or IAM user, the international site in US dollars, and a temporary key."""
    china = CloudAccount(
        name="huawei-main",
        provider="huawei",
        site="china",
        access_key_id="SANDBOXHUAWEIMAIN001",
        access_key_secret="sandbox-huawei-main-secret-not-a-real-key",
        iam_user="countersign-reader",
        iam_password="sandbox-password-1",
        iam_domain="sandbox-cn",
        domain_id=SAMPLE_CUSTOMER_ID,
    )
    international = CloudAccount(
        name="huawei-intl",
        provider="huawei",
        site="international",
        access_key_id="SANDBOXHUAWEIINTL001",
        access_key_secret="sandbox-huawei-intl-secret-not-a-real-key",
        iam_user="countersign-reader",
        iam_password="sandbox-password-2",
        iam_domain="sandbox-intl",
        domain_id="0f6a1c3de5b74982a1b2c3d4e5f60718",
    )
    temporary = CloudAccount(
        name="huawei-temporary",
        provider="huawei",
        site="china",
        access_key_id="SANDBOXHUAWEITEMP001",
        access_key_secret="sandbox-huawei-temporary-secret-not-real",
        security_token="sandbox/security+token==not-a-real-one",
        domain_id="7c1e9a40b2d34f5e8a6b7c8d9e0f1a2b",
    )
    for account, rounds in ((china, 2), (international, 1), (temporary, 1)):
        book.add_account(account)
        _add_orders(book, account, rounds, rng, start)
    book.add_order(document_sample(china.name))


def place(book: Book, account: str, *, renewal: bool, deadline: datetime | None) -> CloudOrder:
    """An unpaid order made now; without a deadline it has none."""
    order_type = _RENEWAL if renewal else _NEW
    plan = _Plan(status=UNPAID, order_type=order_type, age_days=(0.0, 0.0))
    order = _Draft(book.accounts[account], plan, book.chance, book.order_now()).order()
    order.deadline = deadline
    return order


def _add_orders(
    book: Book, account: CloudAccount, rounds: int, rng: random.Random, start: datetime
) -> None:
    """The list without `order_by` answers in no useful order, so they are shuffled."""
    plans = [plan for count, plan in _PLANS for _ in range(count * rounds)]
    rng.shuffle(plans)
    for plan in plans:
        book.add_order(_Draft(account, plan, rng, start).order())


class _Draft:
    """One order being made up."""

    def __init__(
        self, account: CloudAccount, plan: _Plan, rng: random.Random, start: datetime
    ) -> None:
        self.account, self.plan, self.rng, self.start = account, plan, rng, start
        self.currency = "USD" if account.site == "international" else "CNY"
        self.order_id = self._new_id()
        self.created = start - timedelta(days=rng.uniform(*plan.age_days))
        self.created = self.created.replace(microsecond=0)
        self.payment_status = payment_status_of(plan.status)
        self.live_until = start + timedelta(days=rng.uniform(3, 60))

    def order(self) -> CloudOrder:
        plan = self.plan
        lines = [line for part in range(plan.parts) for line in self._lines(part)]
        parts = [
            self._info(part_id, [line for line in lines if line["order_id"] == part_id])
            for part_id in self._part_ids()
        ]
        info = self._info(self.order_id, lines)
        return CloudOrder(
            account=self.account.name,
            order_id=self.order_id,
            payment_status=self.payment_status,
            payable=info["amount_after_discount"],
            currency=self.currency,
            created_at=self.created,
            deadline=self._deadline(),
            wire={
                "order": {**info, "sub_order_infos": parts},
                "lines": lines,
                "enterprise_projects": [self.rng.choice(_PROJECTS)],
                "agent_pay_info": _PAYING_AGENT if plan.agent_paid else None,
                "resources": self._resources(),
            },
        )

    def _new_id(self) -> str:
        """A combined order ends in 0 and its parts in 1, 2, …; the date in it means nothing."""
        digits, letters = self.rng.randrange(10**10), self.rng.choices(_ID_LETTERS, k=4)
        last = "0" if self.plan.parts > 1 else self.rng.choice(_ID_LETTERS)
        return f"CS{digits:010d}{''.join(letters)}{last}"

    def _part_ids(self) -> list[str]:
        if self.plan.parts == 1:
            return []
        return [f"{self.order_id[:-1]}{number}" for number in range(1, self.plan.parts + 1)]

    def _deadline(self) -> datetime | None:
        if self.plan.hours_left is None:
            return None
        left = timedelta(hours=self.rng.uniform(*self.plan.hours_left))
        return (self.start + left).replace(microsecond=0)

    def _info(self, order_id: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
        """order_info of the whole order or of one part; amounts are the sums of its lines."""
        paid = self.payment_status == "paid"
        main = lines[0]
        commission = [line["amount_info"]["commission_amount"] for line in lines]
        return {
            "order_id": order_id,
            "customer_id": self.account.domain_id,
            "service_type_code": main["service_type_code"],
            "service_type_name": main["service_type_name"],
            "source_type": 4 if self.plan.agent_paid else 1,
            "status": self.plan.status,
            "order_type": self.plan.order_type,
            "amount_after_discount": sum(line["amount_after_discount"] for line in lines),
            "official_amount": sum(line["official_amount"] for line in lines),
            "measure_id": 1,
            "create_time": utc_text(self.created),
            "payment_time": utc_text(self.created + timedelta(minutes=2)) if paid else None,
            "currency": self.currency,
            "contract_id": None,
            "amount_info": _amount_info(
                [given for line in lines for given in line["amount_info"]["discounts"]],
                sum(commission) if self.plan.order_type == _REFUND else None,
            ),
            "user_name": self.rng.choice(_ORDERED_BY),
            "pending_payment_end_time": None,
        }

    def _lines(self, part: int) -> list[dict[str, Any]]:
        owner = self._part_ids()[part] if self.plan.parts > 1 else None
        products = PRODUCTS if self.plan.lines < _MANY_LINES else PRODUCTS[2:3]
        return [
            {
                **self._priced_line(self.rng.choice(products)),
                "order_line_item_id": f"{owner or self.order_id}-{number:06d}",
                "order_id": owner,
            }
            for number in range(1, self.plan.lines + 1)
        ]

    def _priced_line(self, product: Product) -> dict[str, Any]:
        months, quantity = self.rng.choice((1, 1, 3, 12)), self.rng.choice((1, 1, 2, 4))
        official = Decimal(product.cents * months * quantity).scaleb(-2)
        discount = self.rng.choice((Decimal("0.00"), (official / 10).quantize(Decimal("0.01"))))
        discounts = [{"discount_type": "605", "discount_amount": discount}] if discount else []
        price, commission = official - discount, None
        if self.plan.order_type == _REFUND:
            commission = (price / 10).quantize(Decimal("0.01"))
            official = price = commission - price
            discounts = []
        effective, expires = self._period(months)
        return {
            **_product_info(product),
            "service_type_code": product.service_code,
            "service_type_name": SERVICE_NAMES[product.service_code].chinese,
            "period_type": 2,
            "period_num": None if self.plan.order_type == _REFUND else months,
            "effective_time": effective,
            "expire_time": expires,
            "subscription_num": quantity,
            "amount_after_discount": price,
            "official_amount": official,
            "amount_info": _amount_info(discounts, commission),
            "currency": self.currency,
            "base_product_info": self._before_change(),
        }

    def _period(self, months: int) -> tuple[str | None, str | None]:
        """A renewal runs from where the live period ends; a new order nobody paid has none."""
        begins = self.live_until if self.plan.order_type == _RENEWAL else self.created
        if self.plan.order_type == _NEW and self.payment_status != "paid":
            return None, None
        ends = (begins + timedelta(days=30 * months)).replace(hour=15, minute=59, second=59)
        return utc_text(begins), utc_text(ends)

    def _before_change(self) -> dict[str, Any] | None:
        return _product_info(PRODUCTS[0]) if self.plan.order_type == _CHANGE else None

    def _resources(self) -> list[dict[str, Any]]:
        """Nothing is provisioned before a new order is paid; refunded ones are gone."""
        order_type = self.plan.order_type
        if order_type not in _WITH_RESOURCES and not (
            order_type == _NEW and self.plan.status == COMPLETED
        ):
            return []
        server = self._resource(PRODUCTS[self.rng.randrange(2)], parent=None)
        disk = self._resource(PRODUCTS[2], parent=server["resource_id"])
        return [server, disk]

    def _resource(self, product: Product, *, parent: str | None) -> dict[str, Any]:
        identity = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        return {
            "id": f"{self.order_id}-{identity[:8]}",
            "resource_id": identity,
            "resource_name": self.rng.choice(_RESOURCE_LABELS),
            "region_code": "ap-southeast-1" if self.currency == "USD" else "cn-north-4",
            "service_type_code": product.service_code,
            "service_type_name": SERVICE_NAMES[product.service_code].chinese,
            "resource_type_code": product.resource_code,
            "resource_type_name": RESOURCE_NAMES[product.resource_code].chinese,
            "resource_spec_code": product.spec_code,
            "project_id": f"{self.rng.getrandbits(128):032x}",
            "product_id": product.product_id,
            "parent_resource_id": parent,
            "is_main_resource": 0 if parent else 1,
            "status": 2,
            "effective_time": utc_text(self.live_until - timedelta(days=365)),
            "expire_time": utc_text(self.live_until),
            "expire_policy": self.rng.choice((0, 3)),
            "product_spec_desc": product.spec.chinese,
            "spec_size": Decimal(40) if parent else None,
            "spec_size_measure_id": 17 if parent else None,
            "update_time": utc_text(self.created),
            "enterprise_project": dict(_PROJECTS[0]),
        }


def _product_info(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.product_id,
        "product_spec_desc": product.spec.chinese,
        "category_code": product.category_code,
        "product_owner_service": product.service_code,
        "commercial_resource": product.resource_code,
    }


def _amount_info(discounts: list[dict[str, Any]], commission: Decimal | None) -> dict[str, Any]:
    return {
        "discounts": discounts,
        "flexipurchase_coupon_amount": None,
        "coupon_amount": None,
        "stored_card_amount": None,
        "commission_amount": commission,
        "consumed_amount": None if commission is None else Decimal("0.00"),
    }
