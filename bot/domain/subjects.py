"""What an order is for, in as few words as a line of a list has room for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.orders import LineItem, Order

_COUNT_DIGITS = 12


def subject(order: Order) -> str:
    """`Elastic Cloud Server x 4`, in the provider's words as they came; "" for an order that names
    no product."""
    product = order.product_name or order.product_code
    quantity = own_quantity(order)
    return product if quantity is None or not product else f"{product} x {number(quantity)}"


def own_quantity(order: Order) -> Decimal | None:
    """How many of its product an order holds; None where it does not say."""
    quantities = [item.quantity for item in _own_items(order) if item.quantity is not None]
    return sum(quantities, Decimal(0)) if quantities else None


def number(count: Decimal) -> str:
    """`4`, `0.5`: a quantity without needless zeros, rounded where it has no end."""
    if not count.is_finite() or abs(count.adjusted()) > _COUNT_DIGITS:
        return f"{count:.3E}"
    return f"{round(count, _COUNT_DIGITS).normalize():f}"


def _own_items(order: Order) -> Sequence[LineItem]:
    """The lines that the order's product names: a server's disk is no second server. Where no line
    has the order's own code, all of them if they are of one kind."""
    own = [item for item in order.line_items if item.product_code == order.product_code]
    kinds = {item.product_code for item in order.line_items}
    return own or (order.line_items if len(kinds) == 1 else ())
