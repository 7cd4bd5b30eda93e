"""The filters of a digest, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.domain.filters import OrderFilter, Sort
from handlers.filters import List, read_filters
from handlers.views.text import zone_of


def digest_filter(
    filters: Mapping[str, str], accounts: frozenset[str], now: datetime, zone: str
) -> OrderFilter:
    """What is unpaid in *accounts*, as `/order unpaid` shows it; raises UsageError."""
    wanted = read_filters(List(unpaid=True, filters=filters), now=now, zone=zone_of(zone))
    return OrderFilter(
        accounts=accounts,
        since=wanted.since,
        until=wanted.until,
        provider=wanted.provider,
        payment_status=wanted.payment_status,
        order_type=wanted.order_type,
        product=wanted.product,
        over=wanted.over,
        sort=Sort.LAPSES_FIRST,
    )
