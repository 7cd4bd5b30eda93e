"""Quiet hours: one window a day by a person's own clock. Pure.

It begins and ends when that clock first reads the two times; where the clocks skip a time, that is
the moment an hour later, as for digests. So a window is one span of time, also in a night in which
an hour comes twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.digests import slot
from bot.domain.policy import QuietHours


def is_quiet(quiet: QuietHours | None, at: datetime, zone: str) -> bool:
    """*zone* is an IANA name; one that is not known counts as UTC."""
    return quiet_ends(quiet, at, zone) is not None


def quiet_ends(quiet: QuietHours | None, at: datetime, zone: str) -> datetime | None:
    """When the quiet hours that *at* lies in are over, aware UTC; None outside of them."""
    if quiet is None:
        return None
    zone = known_zone(zone)
    today = at.astimezone(ZoneInfo(zone)).date()
    overnight = timedelta(days=int(quiet.end <= quiet.start))
    for ago in (2, 1, 0):  # two: a zone that changes sides of the date line leaves a day out
        day = today - timedelta(days=ago)
        end = slot(day + overnight, quiet.end, zone)
        if slot(day, quiet.start, zone) <= at < end:
            return end
    return None


def known_zone(name: str) -> str:
    """*name*, or UTC where no such zone is known here."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return name
