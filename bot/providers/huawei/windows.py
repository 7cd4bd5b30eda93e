"""Windows of creation time as ListCustomerOrders takes them: UTC, whole seconds, a year at most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

_YEAR = timedelta(days=365)
_SECOND = timedelta(seconds=1)


def whole_seconds(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The smallest window of whole seconds around [*begin*, *end*)."""
    floor = end.replace(microsecond=0)
    return begin.replace(microsecond=0), floor if floor == end else floor + _SECOND


def years(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut into adjoining windows of 365 days at most, newest first."""
    while begin < end:
        start = max(begin, end - _YEAR)
        yield start, end
        end = start


def time_text(moment: datetime) -> str:
    """`2024-05-17T02:03:04Z`; *moment* is aware UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
