"""Time, and the clouds. Each port has contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from bot.domain.accounts import Account, Capabilities
from bot.domain.orders import CancelReceipt, Order, OrderQuery, Product, Resource


class Clock(Protocol):
    """The time of day; only the wiring room reads the real one."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class ProviderAdapter(Protocol):
    """One account at one provider. Every method raises a ProviderError and nothing foreign."""

    @property
    def account(self) -> Account: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def list_orders(self, query: OrderQuery) -> AsyncIterator[tuple[Order, ...]]:
        """Yield the list rows page by page until all are read, repeats dropped, newest first
        where the provider can sort. A page may be empty."""
        ...

    async def get_order(self, order_id: str, *, language: str) -> Order:
        """Read one order with all its lines; *language* ("en", "zh") where the provider has a
        choice. Raises ProviderNotFound."""
        ...

    async def list_resources(self, order_id: str) -> tuple[Resource, ...]:
        """The resources of an order; () where `capabilities.has_resources` is False."""
        ...

    async def list_products(self, *, language: str) -> tuple[Product, ...]:
        """All products of the provider, repeats dropped."""
        ...

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        """Cancel one unpaid order, sent once, with the account's cancel key where it has one.
        Called by the executor alone. Raises nothing foreign: whatever happens is a receipt."""
        ...

    async def aclose(self) -> None: ...
