"""What is at stake when an order is cancelled: what it is, and what goes with it."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal, InvalidOperation

from slack_sdk.models.blocks import Block

from bot.domain.orders import Order, OrderType
from bot.i18n import _
from handlers.views import words
from handlers.views.phrases import instances, some
from handlers.views.surface import header, line, plain
from handlers.views.text import clean, ours, short

COUPONS_SHOWN = 5


def stakes(order: Order) -> list[Block]:
    """A renewal is said loudly: something runs on it."""
    if order.order_type is OrderType.RENEWAL:
        blocks: list[Block] = [header(_renewal(order))]
    elif order.order_type is OrderType.OTHER:
        blocks = [plain(short(order.order_type_word, words.NAME) or _("Type not known"))]
    else:
        blocks = [line(ours(words.type_word(order.order_type)))]
    blocks.extend(plain(text) for text in (_combined(order), _coupons(order)) if text)
    return blocks


def _renewal(order: Order) -> str:
    """`Renewal of i-abc, live until 3 Dec 2026`, as far as it is known."""
    ids = some(instances(order))
    ends = [each.ends_at for each in order.resources if each.ends_at is not None]
    if not ends:
        return _("Renewal of {ids}", ids=ids) if ids else _("Renewal of something that runs")
    end = min(ends).astimezone(UTC)
    day = f"{end.day} {end:%b %Y}"
    if not ids:
        return _("Renewal, live until {day}", day=day)
    return _("Renewal of {ids}, live until {day}", ids=short(ids, 100), day=day)


def _combined(order: Order) -> str:
    if not order.parts:
        return ""
    return _("Combined transaction: {parts} go with it.", parts=some(order.parts))


def _coupons(order: Order) -> str:
    """Fields of the provider's answer that speak of a coupon and hold an amount."""
    held = [
        f"{name} {short(field.value, words.NAME)}"
        for field in order.fields
        if "coupon" in (name := clean(field.path).rpartition(".")[2]).lower()
        and _is_amount(field.value)
    ]
    if not held:
        return ""
    shown = ", ".join(short(each, 200) for each in held[:COUPONS_SHOWN])
    return _("Coupons go with it: {coupons}", coupons=shown)


def _is_amount(value: str) -> bool:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount != 0
