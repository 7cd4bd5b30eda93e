"""When somebody is reminded: at growing distances, and once shortly before the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reminders import LAST, next_moment, next_morning, wall_clock
from tests.builders import NOON

HOUR = timedelta(hours=1)


def moments(lasts: timedelta) -> list[timedelta]:
    """All of a request that lasts so long, counted from when it was made."""
    found: list[datetime] = []
    while (following := next_moment(NOON, NOON + lasts, found[-1] if found else NOON)) is not None:
        found.append(following)
    return [each - NOON for each in found]


@pytest.mark.parametrize(
    ("lasts", "hours"),
    [
        (24, [1, 4, 12, 23.5]),
        (72, [1, 4, 12, 36, 60, 71.5]),
        (12.5, [1, 4, 12]),  # the third is the last one
        (4.9, [1, 4.4]),  # what falls so near to the last one is left to it
        (2, [1.5]),
        (2.1, [1, 1.6]),
        (1, [0.5]),
        (0.5, []),
        (0.2, []),
    ],
)
def test_reminders_come_after_1_4_and_12_hours_then_daily_and_half_an_hour_before_the_end(
    lasts: float, hours: list[float]
) -> None:
    assert moments(lasts * HOUR) == [each * HOUR for each in hours]


@given(st.timedeltas(timedelta(0), timedelta(days=20)))
def test_no_two_are_near_and_none_is_late(lasts: timedelta) -> None:
    found = moments(lasts)
    assert all(later - earlier > LAST for earlier, later in pairwise(found))
    assert all(timedelta(0) < each <= lasts - LAST for each in found)
    assert (found[-1:] == [lasts - LAST]) is (lasts > LAST)


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("Asia/Shanghai", "2026-11-18 12:00", "2026-11-19 00:30"),
        ("Asia/Shanghai", "2026-11-19 00:29", "2026-11-19 00:30"),
        ("Asia/Shanghai", "2026-11-19 00:30", "2026-11-20 00:30"),
        ("America/New_York", "2026-10-31 12:31", "2026-11-01 13:30"),
        ("nowhere", "2026-11-18 12:00", "2026-11-19 08:30"),
    ],
)
def test_half_past_eight_is_the_persons_own(zone: str, now: str, expected: str) -> None:
    at = next_morning(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert wall_clock(at, zone).endswith("08:30")


def test_a_moment_is_told_as_the_persons_clock_shows_it() -> None:
    assert wall_clock(NOON, "Asia/Shanghai") == "Wed 18 Nov 20:00"
    assert wall_clock(NOON, "nowhere") == "Wed 18 Nov 12:00"
