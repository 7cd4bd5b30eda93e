"""A cloud in memory behind the ProviderAdapter port: what it holds and how it fails is set by the
test. It passes the contract tests of the real adapters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.domain.accounts import Account, Capabilities
from bot.domain.orders import (
    CancelEffect,
    CancelReceipt,
    Order,
    OrderQuery,
    PaymentStatus,
    Product,
    Resource,
)
from bot.errors import ProviderNotFound, ProviderUnavailable
from tests.builders import an_account

Script = Callable[[str, OrderQuery | str], Awaitable[None]]  # operation; what it is about


class FakeAdapter:
    """`orders` holds what the details call tells; list rows are made from it. `calls` are the
    calls that arrived. `script` is awaited by each call: it may wait or raise."""

    page_size = 3

    def __init__(
        self, account: Account | None = None, orders: Iterable[Order] = (), **capabilities: Any
    ) -> None:
        self.account = account or an_account()
        self.capabilities = Capabilities(**({"can_cancel": True} | capabilities))
        self.orders = {order.order_id: order for order in orders}
        self.products: tuple[Product, ...] = ()
        self.resources: dict[str, tuple[Resource, ...]] = {}
        self.calls: list[tuple[str, OrderQuery | str]] = []
        self.script: Script = answer_at_once

    def asked(self, operation: str) -> list[Any]:
        """What the calls of one operation were about, in their order."""
        return [about for called, about in self.calls if called == operation]

    def put(self, order: Order) -> None:
        self.orders[order.order_id] = order

    def change(self, order_id: str, **parts: Any) -> None:
        """Something happens to an order behind the bot's back."""
        self.orders[order_id] = replace(self.orders[order_id], **parts)

    async def list_orders(self, query: OrderQuery) -> AsyncIterator[tuple[Order, ...]]:
        await self._arrived("list_orders", query)
        rows = [self._row(order) for order in self.orders.values() if self._fits(order, query)]
        rows.sort(key=lambda row: row.created_at or query.created_from, reverse=True)
        for start in range(0, len(rows), self.page_size):
            yield tuple(rows[start : start + self.page_size])

    async def get_order(self, order_id: str, *, language: str) -> Order:
        await self._arrived("get_order", order_id)
        for order in self.orders.values():
            ids = (order.order_id, order.order_number or "")
            if order_id.casefold() in [each.casefold() for each in ids]:
                return replace(order, product_name=f"{order.product_name} ({language})")
        raise ProviderNotFound("no such order", account=self.account.name, operation="get_order")

    async def list_resources(self, order_id: str) -> tuple[Resource, ...]:
        await self._arrived("list_resources", order_id)
        return self.resources.get(order_id, ())

    async def list_products(self, *, language: str) -> tuple[Product, ...]:
        await self._arrived("list_products", language)
        return self.products

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        await self._arrived("cancel_order", order_id)
        if self.orders[order_id].payment_status is not PaymentStatus.UNPAID:
            return CancelReceipt(effect=CancelEffect.NO)
        self.change(order_id, payment_status=PaymentStatus.CANCELLED)
        return CancelReceipt(effect=CancelEffect.YES)

    async def aclose(self) -> None:
        pass

    async def _arrived(self, operation: str, about: OrderQuery | str) -> None:
        self.calls.append((operation, about))
        await self.script(operation, about)

    def _fits(self, order: Order, query: OrderQuery) -> bool:
        created, wanted = order.created_at, query.payment_status
        if created is not None and not query.created_from <= created < query.created_until:
            return False
        filters = self.capabilities.filters_payment_status and wanted is not None
        return not filters or order.payment_status is wanted

    def _row(self, order: Order) -> Order:
        """A provider that cannot filter does not tell which orders are unpaid either."""
        tells = self.capabilities.filters_payment_status
        settled = tells or order.payment_status is PaymentStatus.PAID
        return replace(
            order,
            payment_status=order.payment_status if settled else PaymentStatus.UNKNOWN,
            deadline=order.deadline if self.capabilities.lists_deadline else None,
            placed_by="",
            line_items=(),
            fields=(),
            inferred=False,
            detailed=False,
        )


async def answer_at_once(_operation: str, _about: OrderQuery | str) -> None:
    pass


def failing(error: Exception, *operations: str) -> Script:
    """Every call of these operations fails, or every call if none is named."""

    async def script(operation: str, _about: OrderQuery | str) -> None:
        if not operations or operation in operations:
            raise error

    return script


def waiting_for(event: asyncio.Event, *operations: str) -> Script:
    """Calls of these operations, or all, are answered once *event* is set."""

    async def script(operation: str, _about: OrderQuery | str) -> None:
        if not operations or operation in operations:
            await event.wait()

    return script


def unavailable(account: str = "huawei-main", code: str = "") -> ProviderUnavailable:
    return ProviderUnavailable("no answer", account=account, operation="list_orders", code=code)
