"""Domain values for tests: name what matters, the rest is plausible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.accounts import Account, Provider
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.filters import OrderFilter
from bot.domain.money import Money
from bot.domain.orders import Field, LineItem, Order, OrderType, PaymentStatus
from bot.domain.people import Person

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def money(text: str) -> Money:
    """`money("12.50 CNY")`; `money("12.50")` for an amount without a currency."""
    amount, _, currency = text.partition(" ")
    return Money(Decimal(amount), currency)


def an_account(**parts: Any) -> Account:
    return Account(
        **({"name": "huawei-main", "provider": Provider.HUAWEI, "site": "china"} | parts)
    )


def a_line_item(**parts: Any) -> LineItem:
    usual: dict[str, Any] = {
        "line_id": "CS1-001",
        "product_code": "hws.service.type.ec2",
        "product_name": "Elastic Cloud Server",
        "quantity": Decimal(4),
        "amount": money("12480.00 CNY"),
        "instance_ids": ("i-abc",),
    }
    return LineItem(**(usual | parts))


def an_order(**parts: Any) -> Order:
    """A list row of an unpaid order, a day old."""
    usual: dict[str, Any] = {
        "provider": Provider.HUAWEI,
        "account": "huawei-main",
        "order_id": "CS2611171200ABCDE",
        "payment_status": PaymentStatus.UNPAID,
        "payment_word": "6",
        "order_type": OrderType.NEW,
        "order_type_word": "1",
        "payable": money("12480.00 CNY"),
        "created_at": NOON - timedelta(days=1),
        "product_code": "hws.service.type.ec2",
        "product_name": "Elastic Cloud Server",
    }
    return Order(**(usual | parts))


def a_detailed_order(**parts: Any) -> Order:
    """The same order as the details call tells it."""
    usual: dict[str, Any] = {
        "deadline": NOON + timedelta(days=3),
        "placed_by": "lin",
        "line_items": (a_line_item(),),
        "fields": (Field("order_info.order_id", "CS2611171200ABCDE"),),
        "detailed": True,
    }
    return an_order(**(usual | parts))


def a_filter(**parts: Any) -> OrderFilter:
    """Everything of huawei-main in the year before NOON."""
    usual: dict[str, Any] = {
        "accounts": frozenset({"huawei-main"}),
        "since": NOON - timedelta(days=365),
        "until": NOON,
    }
    return OrderFilter(**(usual | parts))


def an_entry(**parts: Any) -> AuditEntry:
    usual: dict[str, Any] = {
        "kind": AuditKind.ORDER_SHOWN,
        "actor": "U0ALICE",
        "subject": "order:huawei-main/CS2611171200ABCDE",
    }
    return AuditEntry(**(usual | parts))


def a_person(**parts: Any) -> Person:
    return Person(**({"user_id": "U0ALICE", "team_id": "T0HOME"} | parts))
