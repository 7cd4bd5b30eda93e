"""The embedded Alibaba Cloud's accounts and orders, repeatable from a seed.

Orders carry no payment deadline: the API has none.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.sandbox.clouds.alibaba_products import BY_CODE, PRODUCTS, Product
from bot.sandbox.clouds.alibaba_samples import further_fields, reply_of_2021, sample_of_2018
from bot.sandbox.clouds.book import Book, CloudAccount, CloudOrder
from bot.sandbox.clouds.room import utc_text

_DISTRIBUTOR_KEY = {
    "provider": "alibaba",
    "site": "international",
    "access_key_id": "LTAI5tSandboxDistributor",
    "access_key_secret": "sandbox-distributor-secret",
}

ACCOUNTS = (
    CloudAccount(
        name="alibaba-main",
        provider="alibaba",
        site="china",
        access_key_id="LTAI5tSandboxMain",
        access_key_secret="sandbox-main-secret",
    ),
    CloudAccount(
        name="alibaba-intl",
        provider="alibaba",
        site="international",
        access_key_id="LTAI5tSandboxIntl",
        access_key_secret="sandbox-intl-secret",
    ),
    CloudAccount(
        name="alibaba-sts",
        provider="alibaba",
        site="china",
        access_key_id="STS.NSandboxTemporary",
        access_key_secret="sandbox-temporary-secret",
        security_token="CAISsandbox/temporary+token==",
    ),
    CloudAccount(name="alibaba-distributor", **_DISTRIBUTOR_KEY),
    CloudAccount(name="alibaba-customer-a", owner_id="1610000000000001", **_DISTRIBUTOR_KEY),
    CloudAccount(name="alibaba-customer-b", owner_id="1610000000000002", **_DISTRIBUTOR_KEY),
)

# account -> orders drawn; the shares of unpaid, cancelled and refunded ones are the same everywhere
_ORDERS = {"alibaba-main": 150, "alibaba-intl": 80, "alibaba-sts": 60}
_ORDERS_ELSEWHERE = 48

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# One within the last hour, which is all that a list without bounds answers.
_UNPAID_AGES = [
    20 * _MINUTE,
    3 * _HOUR,
    9 * _HOUR,
    22 * _HOUR,
    2 * _DAY,
    6 * _DAY,
    13 * _DAY,
    31 * _DAY,
    75 * _DAY,
    160 * _DAY,
    300 * _DAY,
]
_BOUGHT_TYPES = ["New"] * 6 + ["Renew"] * 4 + ["Upgrade", "Downgrade", "TempUpgrade", "Convert"]
_OPERATORS = ["", "", "2034", "234242434320001", "203456789012345678"]
_REGIONS = ["cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-hongkong"]
_REGIONS_ABROAD = ["ap-southeast-1", "ap-northeast-1", "eu-central-1", "us-west-1"]
_QUANTITIES, _MONTHS = [1, 1, 1, 2, 4, 10], [1, 1, 3, 12]
_DISCOUNTS = [Decimal(1), Decimal("0.85"), Decimal("0.9")]
_KEPT_IN_REFUND = (
    "ProductCode",
    "ProductType",
    "CommodityCode",
    "SubscriptionType",
    "Region",
    "Config",
    "InstanceIDs",
    "PaymentCurrency",
    "Operator",
)
_REMARKS = [
    "双十一备用容量",
    "数据组 测试环境",
    "for the load test in March",
    "R&D <staging> *do not touch*",
    "<!channel> please pay",
]


def seed(book: Book, rng: random.Random, start: datetime) -> None:
    """Add the accounts, the printed orders as they stand, and drawn ones counted from *start*."""
    for account in ACCOUNTS:
        book.add_account(account)
    book.add_order(sample_of_2018("alibaba-intl"))
    book.add_order(reply_of_2021("alibaba-main"))
    for account in ACCOUNTS:
        for order in _Drawing(book, account, rng, start).orders():
            book.add_order(order)


def place(book: Book, account: str, *, renewal: bool, deadline: datetime | None) -> CloudOrder:
    """An unpaid order made now. Raises ValueError for a deadline."""
    if deadline is not None:
        raise ValueError("Alibaba Cloud's API tells no payment deadline")
    start = book.order_now().replace(microsecond=0)
    drawing = _Drawing(book, book.accounts[account], book.chance, start)
    return drawing.bought("unpaid", timedelta(), "Renew" if renewal else "New")


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One account's orders, drawn with *rng*, their times counted from *start*."""

    book: Book
    account: CloudAccount
    rng: random.Random
    start: datetime

    def orders(self) -> Iterator[CloudOrder]:
        wanted = _ORDERS.get(self.account.name, _ORDERS_ELSEWHERE)
        refunds, cancelled = wanted // 16, wanted // 8
        for age in _UNPAID_AGES:
            yield self.bought("unpaid", age + timedelta(seconds=self.rng.randrange(600)))
        for _ in range(cancelled):
            yield self.bought("cancelled", self._age())
        paid = [
            self.bought("paid", self._age())
            for _ in range(wanted - len(_UNPAID_AGES) - cancelled - refunds)
        ]
        yield from paid
        for refunded in self.rng.sample(paid, refunds):
            yield self._refund(refunded)

    def _age(self) -> timedelta:
        """Half an hour to ten months, recent ones more often; one in sixteen is over a year."""
        if self.rng.randrange(16) == 0:
            return timedelta(seconds=self.rng.randrange(370 * 86400, 900 * 86400))
        return timedelta(seconds=int(1800 * 15_000 ** self.rng.random()))

    def bought(self, status: str, age: timedelta, order_type: str = "") -> CloudOrder:
        """*order_type* is drawn where it is not given."""
        rng, created = self.rng, self.start - age
        order_type, currency = order_type or rng.choice(_BOUGHT_TYPES), self._currency()
        products = [rng.choice(PRODUCTS)]
        if order_type == "New" and rng.randrange(4) == 0:
            products += [BY_CODE["yundisk"]] * rng.randrange(1, 3)
        order_id = self._new_id()
        rows = []
        for position, product in enumerate(products):
            row = self._row(product, currency)
            row["SubOrderId"] = str(int(order_id) + position)
            if status == "paid" or order_type != "New":
                row |= self._delivered(product, row["Quantity"], order_type, status, created)
            if status == "paid":
                row["PaymentTime"] = utc_text(created + timedelta(seconds=rng.randrange(5, 1500)))
            rows.append(row)
        if rng.randrange(6) == 0:
            rows[0] |= further_fields(rng.choice(_REMARKS))
        return CloudOrder(
            account=self.account.name,
            order_id=order_id,
            payment_status=status,
            payable=sum((row["AfterTaxAmount"] for row in rows), Decimal(0)),
            currency=currency,
            created_at=created,
            wire={"rows": rows, "numbers": rng.choice([True, False]), "order_type": order_type},
        )

    def _row(self, product: Product, currency: str) -> dict[str, Any]:
        """What is bought, where and for how much."""
        rng, china = self.rng, self.account.site == "china"
        quantity = rng.choice(_QUANTITIES)
        gross = _converted(product.price * quantity * rng.choice(_MONTHS), currency)
        pretax = _rounded(gross * rng.choice(_DISCOUNTS), currency)
        tax = Decimal(0) if china else _rounded(pretax * Decimal("0.09"), currency)
        return {
            "OrderSubType": "ProductSubOrder",
            "ProductCode": product.code,
            "ProductType": product.product_type,
            "CommodityCode": product.code,
            "SubscriptionType": "PayAsYouGo" if product.code == "cdn" else "Subscription",
            "Region": rng.choice(_REGIONS if china else _REGIONS_ABROAD),
            "Quantity": quantity,
            "Config": product.config,
            "OriginalConfig": product.config,
            "PretaxGrossAmount": gross,
            "Tax": tax,
            "AfterTaxAmount": pretax + tax,
            "PaymentCurrency": currency,
            "Operator": rng.choice(_OPERATORS),
        }

    def _delivered(
        self, product: Product, quantity: int, order_type: str, status: str, created: datetime
    ) -> dict[str, Any]:
        """The instances and the period. An unpaid renewal's instances are live: the period that it
        would add begins in the days to come."""
        instances = [f"{product.prefix}{self.rng.randrange(16**10):010x}" for _ in range(quantity)]
        days = timedelta(days=self.rng.randrange(2, 25))
        begins = created
        if order_type == "Renew":
            begins = (self.start if status == "unpaid" else created) + days
        return {
            "InstanceIDs": json.dumps(instances),
            "UsageStartTime": utc_text(begins),
            "UsageEndTime": utc_text(begins + timedelta(days=30 * self.rng.choice(_MONTHS))),
        }

    def _refund(self, refunded: CloudOrder) -> CloudOrder:
        """The refund of a paid order: negative, its payment status null or left out."""
        bought = refunded.wire["rows"][0]
        order_id = self._new_id()
        amount = -_rounded(refunded.payable / 2, refunded.currency)
        row = {name: bought[name] for name in _KEPT_IN_REFUND} | {
            "SubOrderId": order_id,
            "OrderSubType": "RefundSubOrder",
            "RelatedOrderId": refunded.order_id,
            "Quantity": 1,
            "PretaxGrossAmount": amount,
            "Tax": Decimal(0),
            "AfterTaxAmount": amount,
        }
        return CloudOrder(
            account=self.account.name,
            order_id=order_id,
            payment_status="unknown",
            payable=amount,
            currency=refunded.currency,
            created_at=refunded.created_at + _half(self.start - refunded.created_at),
            wire={
                "rows": [row],
                "numbers": refunded.wire["numbers"],
                "order_type": "Refund",
                "omits_status": self.rng.choice([True, False]),
            },
        )

    def _new_id(self) -> str:
        """Fifteen digits, as in the samples: 21… on the China site, 50… on the international one.
        The last is 0, so that the ids of sub-orders are free."""
        prefix = "21" if self.account.site == "china" else "50"
        while True:
            order_id = f"{prefix}{self.rng.randrange(10**11, 10**12)}0"
            if self.book.order(order_id) is None:
                return order_id

    def _currency(self) -> str:
        if self.account.site == "china":
            return "CNY"
        return self.rng.choice(["USD", "USD", "USD", "JPY"])


def _half(span: timedelta) -> timedelta:
    return timedelta(seconds=span // timedelta(seconds=2))


def _converted(yuan: Decimal, currency: str) -> Decimal:
    factor = {"CNY": Decimal(1), "USD": Decimal("0.14"), "JPY": Decimal(20)}[currency]
    return _rounded(yuan * factor, currency)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"))
