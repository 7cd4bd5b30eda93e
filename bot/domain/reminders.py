"""Who is reminded of a request that waits for them, and when. Pure.

Quiet hours are each person's own: what comes then waits for their end, unless the request lapses
before that. Silence never approves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from bot.domain.digests import slot
from bot.domain.quiet import known_zone

FIRST = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=12))  # after it was made
DAILY = timedelta(days=1)
LAST = timedelta(minutes=30)  # before it lapses
MORNING = time(8, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """The next reminder of *request_id* for *user_id*, who was reminded *count* times. An
    *escalation* is for the second circle, which is told once."""

    request_id: str
    user_id: str
    due_at: datetime
    count: int = 0
    escalation: bool = False


def next_moment(created_at: datetime, expires_at: datetime, after: datetime) -> datetime | None:
    """The first moment later than *after* at which people are reminded; None when none is left.
    What falls within twice LAST of the end is left to the last one."""
    last = expires_at - LAST
    early = takewhile(lambda moment: moment < last - LAST, _growing(created_at))
    found = next((moment for moment in early if moment > after), last)
    return found if found > max(created_at, after) else None


def next_morning(now: datetime, zone: str) -> datetime:
    """The next 08:30 in *zone* (IANA), aware UTC."""
    zone = known_zone(zone)
    today = now.astimezone(ZoneInfo(zone)).date()
    days = (today + timedelta(days=ahead) for ahead in range(4))
    return next(moment for day in days if (moment := slot(day, MORNING, zone)) > now)


def wall_clock(at: datetime, zone: str) -> str:
    """`Mon 23 Nov 08:30`, as the person's clock shows it."""
    return f"{at.astimezone(ZoneInfo(known_zone(zone))):%a %d %b %H:%M}"


def _growing(created_at: datetime) -> Iterator[datetime]:
    yield from (created_at + each for each in FIRST)
    moment = created_at + FIRST[-1]
    while True:
        moment += DAILY
        yield moment
