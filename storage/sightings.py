"""What a new sighting of an order changes: a list row keeps the details that belong to it.

A list row is remembered by the digest of its content. While the digest stays, the details stay;
when it changes, the facts that people decide by are shown at once from the row, the rest remains
from the details until they are read again. No SQL.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.domain.orders import Order
from storage.columns import json_text

_ORDER: TypeAdapter[Order] = TypeAdapter(Order)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An order as it is stored. *row_digest* is that of its latest list row, None when only its
    details were ever read; *stale* means that the row changed after the details were read."""

    body: str
    detailed: bool
    row_digest: str | None = None
    stale: bool = False

    @property
    def order(self) -> Order:
        """Read from the body; costs more than comparing digests, so ask only where needed."""
        return order_from_json(self.body)


def seen_again(before: Sighting | None, order: Order) -> Sighting:
    """The sighting to store now that *order* was seen, as a list row or with its details; it is
    *before* itself where nothing is new."""
    body = order_json(order)
    if order.detailed:
        return Sighting(body, detailed=True, row_digest=before.row_digest if before else None)
    digest = hashlib.sha256(body.encode()).hexdigest()
    if before is None:
        return Sighting(body, detailed=False, row_digest=digest)
    if before.row_digest == digest:
        return before
    if not before.detailed:
        return Sighting(body, detailed=False, row_digest=digest)
    details = before.order
    if before.row_digest is None and not _moved_on(details, order):
        return replace(before, row_digest=digest)
    merged = order_json(_facts_of_row(details, order))
    return Sighting(merged, detailed=True, row_digest=digest, stale=True)


def order_json(order: Order) -> str:
    return json_text(_ORDER, order)


def order_from_json(text: str) -> Order:
    return _ORDER.validate_json(text)


def _moved_on(details: Order, row: Order) -> bool:
    """Of an order whose details came first, the first list row has no older row to differ from;
    only what people decide by tells."""
    repriced = row.payable is not None and row.payable != details.payable
    return repriced or row.payment_status is not details.payment_status


def _facts_of_row(details: Order, row: Order) -> Order:
    return replace(
        details,
        payment_status=row.payment_status,
        payment_word=row.payment_word,
        inferred=row.inferred,
        payable=row.payable or details.payable,
        paid_at=row.paid_at or details.paid_at,
        deadline=row.deadline or details.deadline,
    )
