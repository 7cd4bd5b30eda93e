"""Fingerprint: what decides that an order is still the one that was approved.

SHA-256 over canonical JSON of provider, account, owner id, order id and sub-order ids, payment
status, payable amount and currency, and the line items' codes, quantities, amounts and instances.
Never names, descriptions, deadlines or update times: a Chinese and an English read agree.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

from bot.domain.money import Money
from bot.domain.orders import LineItem, Order


def fingerprint(order: Order) -> str:
    """64 hex digits. *order* must come from the details call."""
    return hashlib.sha256(_canonical(_facts(order)).encode()).hexdigest()


def differences(before: Order, after: Order) -> tuple[tuple[str, str, str], ...]:
    """What of the fingerprint changed: (name, before, after), as text for the card. Empty exactly
    when both orders have the same fingerprint."""
    old, new = _facts(before), _facts(after)
    return tuple(
        (name, _text(name, before), _text(name, after)) for name in old if old[name] != new[name]
    )


def _facts(order: Order) -> dict[str, object]:
    return {
        "provider": order.provider.value,
        "account": order.account,
        "owner_id": order.owner_id,
        "order_id": order.order_id,
        "parts": sorted(order.parts),
        "payment_status": order.payment_status.value,
        "payable": _money(order.payable),
        "line_items": sorted((_line(item) for item in order.line_items), key=_canonical),
    }


def _line(item: LineItem) -> list[object]:
    return [
        item.line_id,
        item.product_code,
        _number(item.quantity),
        _money(item.amount),
        sorted(item.instance_ids),
    ]


def _canonical(facts: object) -> str:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _money(money: Money | None) -> list[str] | None:
    return None if money is None else [_number(money.amount), money.currency]


def _number(amount: Decimal | None) -> str:
    """`12.50` and `12.5` are one amount, and so are `0` and `-0`."""
    if amount is None:
        return ""
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _text(name: str, order: Order) -> str:
    """One fact for people; "-" where there is none."""
    texts = {
        "provider": order.provider.value,
        "account": order.account,
        "owner_id": order.owner_id,
        "order_id": order.order_id,
        "parts": ", ".join(sorted(order.parts)),
        "payment_status": order.payment_status.value,
        "payable": None if order.payable is None else str(order.payable),
        "line_items": "; ".join(sorted(_line_text(item) for item in order.line_items)),
    }
    return texts[name] or "-"


def _line_text(item: LineItem) -> str:
    number = _number(item.quantity)
    parts = (
        item.line_id,
        item.product_code,
        f"x {number}" if number else "",
        "" if item.amount is None else str(item.amount),
        ", ".join(sorted(item.instance_ids)),
    )
    return " ".join(part for part in parts if part)
