"""Quiet hours are one span of time a night, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policy import QuietHours
from bot.domain.quiet import is_quiet, known_zone, quiet_ends

NIGHT = QuietHours(time(22), time(8))
SIESTA = QuietHours(time(13), time(15, 30))
BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
BEGINNING = datetime(2011, 12, 20, tzinfo=UTC)  # before Samoa left a day out
ZONES = (
    *("UTC", "Asia/Shanghai", BERLIN, "America/New_York", "America/St_Johns", "Asia/Kolkata"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca"),
)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def local(text: str, zone: str, fold: int = 0) -> datetime:
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return at.astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "at", "ends"),
    [
        (NIGHT, "2026-11-18 21:59", None),
        (NIGHT, "2026-11-18 22:00", "2026-11-19 08:00"),
        (NIGHT, "2026-11-18 23:30", "2026-11-19 08:00"),
        (NIGHT, "2026-11-19 00:00", "2026-11-19 08:00"),
        (NIGHT, "2026-11-19 07:59", "2026-11-19 08:00"),
        (NIGHT, "2026-11-19 08:00", None),
        (SIESTA, "2026-11-18 12:59", None),
        (SIESTA, "2026-11-18 13:00", "2026-11-18 15:30"),
        (SIESTA, "2026-11-18 15:30", None),
        (SIESTA, "2026-11-18 02:00", None),
        (None, "2026-11-18 23:30", None),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
def test_a_window_also_passes_midnight(
    zone: str, quiet: QuietHours | None, at: str, ends: str | None
) -> None:
    expected = local(ends, zone) if ends else None
    assert quiet_ends(quiet, local(at, zone), zone) == expected
    assert is_quiet(quiet, local(at, zone), zone) is (ends is not None)


def test_the_same_moment_is_night_for_one_and_day_for_another() -> None:
    at = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    assert is_quiet(NIGHT, at, "Europe/London")
    assert not is_quiet(NIGHT, at, "America/New_York")


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 9), ("2026-10-24", 11), ("2026-11-18", 10)]
)
def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(
    day: str, hours: int
) -> None:
    at = local(f"{day} 22:00", BERLIN)
    assert quiet_ends(NIGHT, at, BERLIN) == at + timedelta(hours=hours)


def test_an_end_that_comes_twice_is_the_first_one() -> None:
    quiet = QuietHours(time(22), time(2, 30))
    first, second = (local("2026-10-25 02:29", BERLIN, fold) for fold in (0, 1))
    assert quiet_ends(quiet, first, BERLIN) == first + MINUTE
    assert not is_quiet(quiet, second, BERLIN)


def test_the_same_time_twice_is_a_whole_day() -> None:
    at = local("2026-11-18 12:00", BERLIN)
    assert quiet_ends(QuietHours(time(8), time(8)), at, BERLIN) == at + timedelta(hours=20)


def test_a_night_passes_over_a_day_that_the_calendar_left_out() -> None:
    """Samoa went from 29 to 31 December 2011."""
    began = local("2011-12-29 22:00", "Pacific/Apia")
    at = local("2011-12-31 03:00", "Pacific/Apia")
    assert timedelta(0) < at - began < timedelta(hours=6)
    assert quiet_ends(NIGHT, at, "Pacific/Apia") == began + timedelta(hours=10)


def test_an_end_that_is_left_out_comes_an_hour_later() -> None:
    quiet = QuietHours(time(22), time(2, 30))
    ends = quiet_ends(quiet, local("2026-03-29 01:59", BERLIN), BERLIN)
    assert ends == local("2026-03-29 03:30", BERLIN)


@given(
    start=times,
    end=times,
    zone=st.sampled_from(ZONES),
    at=st.timedeltas(timedelta(0), timedelta(days=16 * 365)).map(BEGINNING.__add__),
)
def test_quiet_hours_end_and_are_quiet_until_then(
    start: time, end: time, zone: str, at: datetime
) -> None:
    quiet = QuietHours(start, end)
    ends = quiet_ends(quiet, at, zone)
    if ends is None:
        return
    assert at < ends <= at + timedelta(hours=26)
    assert is_quiet(quiet, at + (ends - at) / 2, zone)
    assert is_quiet(quiet, ends - timedelta(microseconds=1), zone)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "\x00"])
def test_a_zone_that_is_not_known_counts_as_utc(zone: str) -> None:
    assert known_zone(zone) == "UTC"
    at = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    assert quiet_ends(NIGHT, at, zone) == datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
    assert known_zone(BERLIN) == BERLIN
