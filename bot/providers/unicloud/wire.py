"""What Unicloud sends and what it becomes: wire models, the status rule, wire to domain.

Sources: Unicloud documents 37845199 (OrderDetail) and 37835198 (QueryOrders), 2021-09-17.
Only the words PAID and NEW are documented; any other word is kept and shown as sent. Times are
epoch milliseconds. Amounts are JSON numbers without a currency. Ids are 64-bit numbers, sent as
text in some places and as numbers in others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bot.domain.accounts import Account
from bot.domain.money import Money
from bot.domain.orders import LineItem, Order, OrderType, PaymentStatus
from bot.providers.wire import Amount, Text, Wire, fields_of, parse_json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAID = "PAID"
_ORDER_TYPE = {"NEW": OrderType.NEW}
_JSON_INSIDE = ("ProductDescription", "productDescription")


def _epoch_ms(value: object) -> datetime | None:
    try:
        return _EPOCH + timedelta(milliseconds=int(str(value)))
    except (ValueError, OverflowError):
        return None


EpochMs = Annotated[datetime | None, BeforeValidator(_epoch_ms)]
Rows = Annotated[list[dict[str, Any]], BeforeValidator(lambda rows: [] if rows is None else rows)]


class WireItem(Wire):
    """One entry of `Items`: in the sample of the page only, not in its table."""

    item_id: Text = Field("", alias="id")
    sku: Text = Field("", alias="productSku")
    name: Text = Field("", alias="productName")
    category: Text = Field("", alias="productCategory")
    quantity: Amount = None
    total_price: Amount = Field(None, alias="totalPrice")
    starts_at: EpochMs = Field(None, alias="productStartTime")
    ends_at: EpochMs = Field(None, alias="productEndTime")
    rent_unit: Text = Field("", alias="productRentUnit")
    rent_count: Amount = Field(None, alias="productRentCount")
    instance_id: Text = Field("", alias="instanceId")


class WireOrder(Wire):
    """An order of either call; a list row lacks DueTime, CancelType, Items and the rent."""

    order_id: Text = Field(alias="Id", min_length=1)
    order_number: Text = Field("", alias="OrderNo")
    user_name: Text = Field("", alias="UserName")
    status: Text = Field("", alias="OrderStatus")
    category: Text = Field("", alias="OrderCategory")
    product_category: Text = Field("", alias="ProductCategory")
    region_id: Text = Field("", alias="ProductRegionId")
    region_name: Text = Field("", alias="ProductRegionName")
    total_price: Amount = Field(None, alias="TotalPrice")
    final_price: Amount = Field(None, alias="FinalPrice")
    cancel_type: Text = Field("", alias="CancelType")
    due_at: EpochMs = Field(None, alias="DueTime")
    paid_at: EpochMs = Field(None, alias="PayTime")
    created_at: EpochMs = Field(None, alias="CreateTime")
    item_rows: Rows = Field(default_factory=list, alias="Items")

    def payment_status(self, now: datetime) -> PaymentStatus:
        """Unpaid is a conclusion, not a word: not paid, not voided, and still to be paid.

        A list row has no DueTime, so it is never more than unknown unless it is paid.
        """
        if self.status == _PAID:
            return PaymentStatus.PAID
        untouched = self.paid_at is None and not self.cancel_type
        if self.status and untouched and self.due_at is not None and self.due_at > now:
            return PaymentStatus.UNPAID
        return PaymentStatus.UNKNOWN


class OrderList(Wire):
    """`OrderList` of QueryOrders; its rows stay dicts because every value is kept."""

    rows: Rows = Field(default_factory=list, alias="Order")


class OrderPage(Wire):
    """One page of QueryOrders. `OrderList` is null where there is no order."""

    order_list: OrderList | None = Field(alias="OrderList")
    total: int | None = Field(None, alias="TotalCount")

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.order_list.rows if self.order_list else []


class WireProduct(Wire):
    code: Text = Field(alias="ProductCode", min_length=1)
    name: Text = Field("", alias="ProductName")
    payment_methods: Annotated[list[Any], BeforeValidator(lambda value: value or [])] = Field(
        default_factory=list, alias="PaymentMethodCodeList"
    )


class Region(Wire):
    region_id: Text = Field(alias="RegionId", min_length=1)


class RegionPage(Wire):
    """The answer of GetRegion. Its rows are documented, the name of their list is not."""

    regions: list[Region]

    @classmethod
    def in_body(cls, body: dict[str, Any]) -> RegionPage:
        lists = [value for value in body.values() if isinstance(value, list)]
        return cls.model_validate({"regions": lists[0] if lists else None})


class ProductPage(Wire):
    """One page of GetProductList; `TotalCount` is null unless it was asked for."""

    products: Annotated[list[WireProduct], BeforeValidator(lambda value: value or [])] = Field(
        alias="Data"
    )
    total: int | None = Field(None, alias="TotalCount")


def to_order(
    sent: dict[str, Any], account: Account, *, currency: str, now: datetime, detailed: bool
) -> Order:
    """An order of ours; raises pydantic's ValidationError where *sent* has another shape.

    A paid order keeps its DueTime at the provider: it is a deadline only until then.
    """
    wire = WireOrder.model_validate(sent)
    status = wire.payment_status(now)
    unpacked = _unpacked(sent)
    lines = tuple(
        _to_line(item, region=wire.region_name, currency=currency) for item in unpacked["Items"]
    )
    payable = wire.total_price if wire.final_price is None else wire.final_price
    return Order(
        provider=account.provider,
        account=account.name,
        order_id=wire.order_id,
        order_number=wire.order_number or None,
        payment_status=status,
        payment_word=wire.status,
        inferred=status is PaymentStatus.UNPAID,
        order_type=_ORDER_TYPE.get(wire.category, OrderType.OTHER),
        order_type_word=wire.category,
        payable=_money(payable, currency),
        created_at=wire.created_at,
        paid_at=wire.paid_at,
        deadline=None if status is PaymentStatus.PAID else wire.due_at,
        product_code=wire.product_category,
        product_name=lines[0].product_name if lines else "",
        region=wire.region_name or wire.region_id,
        placed_by=wire.user_name,
        line_items=lines,
        fields=fields_of(unpacked),
        detailed=detailed,
    )


def _to_line(item: dict[str, Any], *, region: str, currency: str) -> LineItem:
    wire = WireItem.model_validate(item)
    return LineItem(
        line_id=wire.item_id,
        product_code=wire.sku or wire.category,
        product_name=wire.name,
        description=_readable(item.get("productDescription")),
        quantity=wire.quantity,
        amount=_money(wire.total_price, currency),
        period=f"{wire.rent_count} {wire.rent_unit}".strip() if wire.rent_count else "",
        starts_at=wire.starts_at,
        ends_at=wire.ends_at,
        region=region,
        instance_ids=(wire.instance_id,) if wire.instance_id else (),
    )


def _unpacked(sent: dict[str, Any]) -> dict[str, Any]:
    """*sent* with the JSON texts of the order and of its items opened, `Items` always a list."""
    items = [_opened(item) for item in sent.get("Items") or []]
    return {**_opened(sent), "Items": items}


def _opened(sent: dict[str, Any]) -> dict[str, Any]:
    return {key: _open(value) if key in _JSON_INSIDE else value for key, value in sent.items()}


def _open(text: object) -> object:
    """The JSON object inside a text; anything else stays as it is."""
    if not isinstance(text, str):
        return text
    try:
        inner = parse_json(text.encode())
    except (ValueError, RecursionError):
        return text
    return inner if isinstance(inner, dict) else text


def _readable(description: object) -> str:
    """`地域: 天津, 硬盘规格: 50GB`, or the text as sent where it held no JSON."""
    if not isinstance(description, dict):
        return str(description or "")
    parts = fields_of(description)
    return ", ".join(f"{part.path.rpartition('.')[2]}: {part.value}" for part in parts)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
