"""Huawei Cloud's rows as domain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.domain.accounts import Account, Provider
from bot.domain.money import Money
from bot.domain.orders import LineItem, Order, OrderType, PaymentStatus, Product, Resource
from bot.providers.huawei import words
from bot.providers.huawei.wire import Row, WireLine, WireOrder, WireResource, WireServiceType
from bot.providers.wire import fields_of

# measure_id: power of ten below the main unit. The documents of v2 name 1 alone, older ones 2, 3.
_UNIT_EXPONENT = {"": 0, "1": 0, "2": -1, "3": -2}


def to_order(
    wire: WireOrder,
    *,
    account: Account,
    raw: Mapping[str, Any],
    names: Mapping[str, str],
    lines: Sequence[WireLine] | None = None,
) -> Order:
    """*raw* is what the fields are taken from. *names* has product names by service type code.
    *lines* is None for a list row."""
    unpaid = wire.status == words.UNPAID_STATUS
    return Order(
        provider=Provider.HUAWEI,
        account=account.name,
        order_id=wire.order_id,
        payment_status=words.PAYMENT_STATUS.get(wire.status, PaymentStatus.UNKNOWN),
        payment_word=words.worded(wire.status, words.STATUS_WORDS),
        order_type=words.ORDER_TYPE.get(wire.order_type, OrderType.OTHER),
        order_type_word=words.worded(wire.order_type, words.ORDER_TYPE_WORDS),
        payable=to_money(wire.amount_after_discount, wire.currency, wire.measure_id),
        created_at=wire.create_time,
        paid_at=wire.payment_time,
        # the documents' own sample has a stale deadline on a completed order
        deadline=wire.pending_payment_end_time if unpaid else None,
        product_code=wire.service_type_code,
        product_name=_product_name(wire, names, listed=lines is None),
        placed_by=wire.user_name,
        line_items=tuple(_to_line_item(line, order=wire, names=names) for line in lines or ()),
        parts=tuple(part.order_id for part in wire.sub_order_infos),
        fields=words.explained(fields_of(dict(raw))),
        detailed=lines is not None,
    )


def to_money(amount: Decimal | None, currency: str, measure_id: str) -> Money | None:
    """The amount in the main unit, its sign as sent: a refund's is negative.

    A unit that no document names is not guessed at: the number stays as it is and the unit joins
    the currency, `10.00 CNY (unit 7)`, so that no limit in plain CNY takes it for small.
    """
    if amount is None:
        return None
    exponent = _UNIT_EXPONENT.get(measure_id)
    if exponent is None:
        return Money(amount, f"{currency} (unit {measure_id})".strip())
    return Money(amount.scaleb(exponent), currency)


def to_resource(wire: WireResource, raw: Row) -> Resource:
    return Resource(
        resource_id=wire.resource_id,
        name=wire.resource_name,
        kind=wire.resource_type_name or wire.resource_type_code,
        region=wire.region_code,
        state=words.worded(wire.status, words.RESOURCE_STATE_WORDS),
        ends_at=wire.expire_time,
        expire_policy=words.worded(wire.expire_policy, words.EXPIRE_POLICY_WORDS),
        fields=fields_of(raw),
    )


def to_product(wire: WireServiceType, account: Account) -> Product:
    return Product(
        provider=Provider.HUAWEI,
        account=account.name,
        code=wire.service_type_code,
        name=wire.service_type_name,
        variant=wire.abbreviation,
    )


def _product_name(wire: WireOrder, names: Mapping[str, str], *, listed: bool) -> str:
    """Details come in the language asked for; a list row's own name is in whatever language the
    site speaks, so the service types' name goes first there."""
    own, known = wire.service_type_name, names.get(wire.service_type_code, "")
    return (known or own) if listed else (own or known)


def _to_line_item(wire: WireLine, *, order: WireOrder, names: Mapping[str, str]) -> LineItem:
    return LineItem(
        line_id=wire.order_line_item_id,
        product_code=wire.service_type_code,
        product_name=wire.service_type_name or names.get(wire.service_type_code, ""),
        description=wire.product_spec_desc,
        quantity=wire.subscription_num,
        amount=to_money(
            wire.amount_after_discount, wire.currency or order.currency, order.measure_id
        ),
        period=_period(wire.period_num, wire.period_type),
        starts_at=wire.effective_time,
        ends_at=wire.expire_time,
    )


def _period(number: str, kind: str) -> str:
    """`1 month`; an unknown kind as its number, `2 of period type 9`."""
    word = words.PERIOD_TYPE_WORDS.get(kind, "")
    if kind in words.UNCOUNTED_PERIODS:
        return word
    if not number or not kind:
        return ""  # refunds have no number of periods
    return f"{number} {word}" if word else f"{number} of period type {kind}"
