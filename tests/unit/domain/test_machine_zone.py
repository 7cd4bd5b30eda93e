"""The zone of the machine plays no part: a bot in Kiritimati and one in Honolulu say the same."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pytest

from bot.domain.digests import next_slot, slot
from bot.domain.policy import QuietHours
from bot.domain.quiet import quiet_ends
from bot.domain.reminders import next_morning, wall_clock
from tests.digest_builders import a_plan

EARLY, LATE = "Pacific/Kiritimati", "Pacific/Pago_Pago"  # 25 hours apart


@pytest.fixture(params=["UTC", EARLY, LATE], autouse=True)
def machine(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", request.param)
        clock.tzset()
        yield
    clock.tzset()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        (EARLY, "2026-11-18 11:00", "2026-11-18 18:30"),  # the 19th, 01:00 there
        (LATE, "2026-11-19 06:00", "2026-11-19 19:30"),  # the 18th, 19:00 there
        (LATE, "2026-11-18 18:00", "2026-11-18 19:30"),  # the 18th, 07:00 there
    ],
)
def test_the_next_morning_is_the_persons(zone: str, now: str, expected: str) -> None:
    assert next_morning(utc(now), zone) == utc(expected)
    assert wall_clock(utc(expected), zone).endswith(" 08:30")


@pytest.mark.parametrize(
    ("zone", "at", "ends"),
    [
        (EARLY, "2026-11-18 11:00", "2026-11-18 18:00"),  # 01:00
        (LATE, "2026-11-18 11:30", "2026-11-18 19:00"),  # 00:30
        (LATE, "2026-11-18 20:00", None),  # 09:00
    ],
)
def test_quiet_hours_are_the_persons(zone: str, at: str, ends: str | None) -> None:
    quiet = QuietHours(time(0, 15), time(8))
    assert quiet_ends(quiet, utc(at), zone) == (utc(ends) if ends else None)


@pytest.mark.parametrize(
    ("zone", "now", "moment"),
    [
        (EARLY, "2026-11-18 11:00", "2026-11-18 19:00"),
        (LATE, "2026-11-18 18:00", "2026-11-18 20:00"),
        (LATE, "2026-11-18 11:30", "2026-11-18 20:00"),
    ],
)
def test_a_digest_comes_at_nine_in_the_channels_zone(zone: str, now: str, moment: str) -> None:
    assert next_slot(a_plan(zone=zone), utc(now)) == utc(moment)


def test_a_moment_is_told_in_utc() -> None:
    assert slot(date(2026, 11, 18), time(9), EARLY).tzinfo is UTC
