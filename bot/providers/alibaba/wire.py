"""Answers of Alibaba's order calls, and how they become orders and products.

Source: BSS OpenAPI 2017-12-14, QueryOrders, GetOrderDetail, QueryProductList. Amounts are decimal
strings in the tables and JSON numbers in known answers; both are read exactly. A row is a
sub-order; an order is all rows with its id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from bot.domain.accounts import Account
from bot.domain.money import Money
from bot.domain.orders import LineItem, Order, OrderType, PaymentStatus, Product
from bot.providers.wire import Amount, Text, UtcTime, Wire, fields_of

_PAYMENT_STATUS = {
    "unpaid": PaymentStatus.UNPAID,
    "paid": PaymentStatus.PAID,
    "cancelled": PaymentStatus.CANCELLED,
    "canceled": PaymentStatus.CANCELLED,  # one field text spells it so
}
_ORDER_TYPE = {
    "new": OrderType.NEW,
    "renew": OrderType.RENEWAL,
    "compensatoryrenew": OrderType.RENEWAL,
    "upgrade": OrderType.UPGRADE,
    "tempupgrade": OrderType.UPGRADE,
    "increaseupgrade": OrderType.UPGRADE,
    "downgrade": OrderType.DOWNGRADE,
    "convert": OrderType.CONVERT,
    "resizedisk": OrderType.CHANGE,
    "exchange": OrderType.CHANGE,
    "changeoperatingsystem": OrderType.CHANGE,
    "refund": OrderType.REFUND,
}


def _instance_ids(value: object) -> tuple[str, ...]:
    """A JSON array inside a string; also a plain list, or ids with commas, as leniently."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = str(value).split(",")
    if not isinstance(value, list):
        value = [] if value is None else [value]
    return tuple(text for one in value if one is not None and (text := str(one).strip()))


def _count(value: object) -> int | None:
    """A number of rows or pages; whatever is none of these says nothing."""
    return int(str(value)) if re.fullmatch("[0-9]{1,9}", str(value)) else None


Count = Annotated[int | None, BeforeValidator(_count)]
Rows = Annotated[tuple[dict[str, Any], ...], BeforeValidator(lambda value: value or ())]


class _Wire(Wire):
    model_config = ConfigDict(alias_generator=to_pascal)


class _Rows(_Wire):
    order: Rows = ()
    product: Rows = ()


class Page(_Wire):
    """`Data` of each read. The list may lack its inner array where it is empty."""

    page_size: Count = None
    total_count: Count = None
    order_list: _Rows | None = None
    product_list: _Rows | None = None

    @property
    def tells(self) -> bool:
        """Whether it says anything of a list: an empty one has at least its total."""
        lists = (self.order_list, self.product_list)
        return self.total_count is not None or any(found is not None for found in lists)

    @property
    def rows(self) -> tuple[dict[str, Any], ...]:
        """As sent, orders or products."""
        found = self.order_list or self.product_list
        return (found.order or found.product) if found else ()


class WireOrder(_Wire):
    """One row of QueryOrders or GetOrderDetail."""

    order_id: Text = Field(min_length=1, validation_alias=AliasChoices("OrderId", "OrderID"))
    sub_order_id: Text = ""
    order_type: Text = ""
    payment_status: Text = ""  # null for a refund
    product_code: Text = ""
    create_time: UtcTime = None
    payment_time: UtcTime = None
    usage_start_time: UtcTime = None
    usage_end_time: UtcTime = None
    pretax_amount: Amount = None
    tax: Amount = None
    after_tax_amount: Amount = None
    currency: Text = ""
    payment_currency: Text = ""
    quantity: Amount = None
    region: Text = ""
    config: Text = ""
    operator: Text = ""
    instance_ids: Annotated[tuple[str, ...], BeforeValidator(_instance_ids)] = Field(
        default=(), alias="InstanceIDs"
    )

    @property
    def amount(self) -> Money | None:
        """What the customer pays, tax included."""
        if self.after_tax_amount is not None:
            return Money(self.after_tax_amount, self.payment_currency or self.currency)
        if self.pretax_amount is not None:
            return Money(self.pretax_amount + (self.tax or Decimal(0)), self.currency)
        return None


class WireProduct(_Wire):
    """One row of QueryProductList: a product appears once per type and billing method."""

    product_code: Text = Field(min_length=1)
    product_name: Text = ""
    product_type: Text = ""
    subscription_type: Text = ""


def to_order(account: Account, rows: Sequence[dict[str, Any]], *, detailed: bool) -> Order:
    """The order that *rows*, one or more and all with its id, make up.

    Raises pydantic.ValidationError.
    """
    lines = [WireOrder.model_validate(row) for row in rows]
    first = lines[0]
    types = {_ORDER_TYPE.get(line.order_type.casefold(), OrderType.OTHER) for line in lines}
    states = {
        _PAYMENT_STATUS.get(line.payment_status.casefold(), PaymentStatus.UNKNOWN) for line in lines
    }
    return Order(
        provider=account.provider,
        account=account.name,
        owner_id=account.owner_id,
        order_id=first.order_id,
        payment_status=states.pop() if len(states) == 1 else PaymentStatus.UNKNOWN,
        payment_word=_words(line.payment_status for line in lines),
        order_type=types.pop() if len(types) == 1 else OrderType.OTHER,
        order_type_word=_words(line.order_type for line in lines),
        payable=_sum([line.amount for line in lines]),
        created_at=first.create_time,
        paid_at=first.payment_time,
        product_code=first.product_code,
        region=first.region,
        placed_by=_words(line.operator for line in lines),
        line_items=tuple(_line_item(line) for line in lines) if detailed else (),
        fields=fields_of(rows[0] if len(rows) == 1 else list(rows)),
        detailed=detailed,
    )


def to_product(account: Account, row: dict[str, Any]) -> Product:
    """Raises pydantic.ValidationError."""
    wire = WireProduct.model_validate(row)
    return Product(
        provider=account.provider,
        account=account.name,
        code=wire.product_code,
        name=wire.product_name,
        variant=" ".join(filter(None, (wire.product_type, wire.subscription_type))),
    )


def _line_item(line: WireOrder) -> LineItem:
    return LineItem(
        line_id=line.sub_order_id,
        product_code=line.product_code,
        description=line.config,
        quantity=line.quantity,
        amount=line.amount,
        starts_at=line.usage_start_time,
        ends_at=line.usage_end_time,
        region=line.region,
        instance_ids=line.instance_ids,
    )


def _sum(amounts: Sequence[Money | None]) -> Money | None:
    """None where a row has no amount or the currencies differ: a part is not the whole."""
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts) or len({amount.currency for amount in known}) != 1:
        return None
    return Money(sum((amount.amount for amount in known), Decimal(0)), known[0].currency)


def _words(words: Iterable[str]) -> str:
    """Distinct words in the provider's order: one for nearly every order."""
    return ", ".join(dict.fromkeys(word for word in words if word))
