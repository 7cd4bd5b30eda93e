"""When a digest is due: the clock on the wall decides, also when it is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfoNotFoundError

import pytest

from bot.domain.digest_contents import AccountShown, DigestContents, GoneLine
from bot.domain.digests import GRACE, due_days, next_slot, slot
from bot.domain.orders import LineItem
from bot.domain.subjects import number, own_quantity, subject
from bot.domain.zones import zone_named, zone_rules
from tests.builders import a_detailed_order, a_line_item
from tests.digest_office import MORNING, a_daily_plan

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("zone", "day", "at", "moment"),
    [
        ("Europe/Berlin", (2026, 3, 29), time(2, 30), "03-29T01:30"),  # skipped: an hour later
        ("Europe/Berlin", (2026, 10, 25), time(2, 30), "10-25T00:30"),  # twice: the first
        ("America/Santiago", (2026, 9, 6), time(0, 0), "09-06T04:00"),
        ("America/New_York", (2026, 11, 1), time(1, 30), "11-01T05:30"),
        ("Asia/Shanghai", (2026, 3, 29), time(9, 0), "03-29T01:00"),
        ("Asia/Kolkata", (2026, 3, 29), time(23, 59), "03-29T18:29"),
        ("Pacific/Chatham", (2026, 4, 5), time(3, 0), "04-04T13:15"),
        ("Australia/Lord_Howe", (2026, 10, 4), time(2, 15), "10-03T15:45"),
    ],
)
def test_pitfall_47_a_skipped_time_is_later_and_a_repeated_one_the_first(
    zone: str, day: tuple[int, int, int], at: time, moment: str
) -> None:
    assert slot(date(*day), at, zone) == datetime.fromisoformat(f"2026-{moment}+00:00")


def test_a_digest_is_due_from_its_minute_until_twelve_hours_later() -> None:
    plan = a_daily_plan()
    assert due_days(plan, MORNING - MINUTE) == ()
    assert due_days(plan, MORNING) == (MONDAY,)
    assert due_days(replace(plan, since=MORNING), MORNING) == (MONDAY,)
    assert due_days(plan, MORNING + GRACE) == (MONDAY,)
    assert due_days(plan, MORNING + GRACE + MINUTE) == ()


def test_yesterdays_digest_may_be_due_after_midnight() -> None:
    plan = a_daily_plan(at=time(23, 0))
    assert due_days(plan, MORNING) == (MONDAY - DAY,)


@pytest.mark.parametrize(
    "parts",
    [
        {"on": False},
        {"weekdays": frozenset({1, 2, 3, 4, 5, 6})},
        {"since": MORNING + MINUTE},
    ],
    ids=["switched off", "not on Mondays", "switched on a minute too late"],
)
def test_what_was_not_promised_is_not_due(parts: dict[str, object]) -> None:
    assert due_days(a_daily_plan(**parts), MORNING + 2 * MINUTE) == ()


def test_the_next_digest_is_told_across_days_of_rest() -> None:
    fridays = a_daily_plan(weekdays=frozenset({4}))
    assert next_slot(a_daily_plan(), MORNING - MINUTE) == MORNING
    assert next_slot(a_daily_plan(), MORNING) == MORNING + DAY
    assert next_slot(fridays, MORNING) == MORNING + 4 * DAY


def test_a_day_that_had_its_digest_is_not_the_next_one() -> None:
    taken = {MORNING.date().isoformat(), (MORNING + DAY).date().isoformat()}
    assert next_slot(a_daily_plan(), MORNING - MINUTE, taken) == MORNING + 2 * DAY


def test_pitfall_47_a_day_that_the_calendar_left_out_has_no_digest() -> None:
    """Friday, 30 December 2011 did not exist in Samoa."""
    apia = a_daily_plan(zone="Pacific/Apia", since=datetime(2011, 1, 1, tzinfo=UTC))
    after = datetime(2011, 12, 30, 20, tzinfo=UTC)
    assert due_days(apia, after) == (date(2011, 12, 31),)
    assert next_slot(apia, datetime(2011, 12, 30, 9, tzinfo=UTC)) == after - timedelta(minutes=90)
    fridays = replace(apia, weekdays=frozenset({4}))
    assert next_slot(fridays, datetime(2011, 12, 24, tzinfo=UTC)).day == 5


def test_a_zone_is_known_by_its_name_whatever_its_case() -> None:
    assert zone_named(" europe/berlin ") == "Europe/Berlin"
    assert zone_named("America/new york") == "America/New_York"
    assert [zone_named(each) for each in ("", "Mars", "localtime", "../etc/passwd")] == [""] * 4
    with pytest.raises(ZoneInfoNotFoundError):
        zone_rules("Mars/Olympus")


def test_a_digest_is_unchanged_only_when_every_cloud_answered() -> None:
    quiet = DigestContents(as_of=MORNING, zone="UTC", lines=(), previous_at=MORNING - DAY)
    failed = (AccountShown("huawei-main", None, "It did not answer in time."),)
    gone = (GoneLine(account="huawei-main", order_id="CS1"),)
    assert quiet.unchanged
    assert not replace(quiet, previous_at=None).unchanged
    assert not replace(quiet, accounts=failed).unchanged
    assert not replace(quiet, gone=gone).unchanged
    assert not replace(quiet, left_out=("alibaba-main",)).unchanged


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ((), None),
        ((a_line_item(quantity=None),), None),
        ((a_line_item(), a_line_item(quantity=Decimal("0.5"))), Decimal("4.5")),
        ((a_line_item(), a_line_item(product_code="disk")), Decimal(4)),
        ((a_line_item(product_code="disk"), a_line_item(product_code="ip")), None),
        ((a_line_item(product_code="disk"),), Decimal(4)),
    ],
)
def test_how_many_of_its_product_an_order_holds(
    items: tuple[LineItem, ...], count: Decimal | None
) -> None:
    assert own_quantity(a_detailed_order(line_items=items)) == count


def test_a_subject_is_the_product_and_how_many() -> None:
    assert subject(a_detailed_order()) == "Elastic Cloud Server x 4"
    assert subject(a_detailed_order(product_name="", line_items=())) == "hws.service.type.ec2"
    nameless = a_detailed_order(product_name="", product_code="")
    assert subject(nameless) == ""
    endless = a_line_item(quantity=Decimal("1E+40"))
    assert subject(a_detailed_order(line_items=(endless,))).endswith(" x 1.000E+40")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("4", "4"),
        ("4.50", "4.5"),
        ("400", "400"),
        ("0.1234567890125", "0.123456789012"),
        ("9E+12", "9000000000000"),
        ("1E+13", "1.000E+13"),
        ("1E-12", "0.000000000001"),
        ("1E-13", "1.000E-13"),
        ("Infinity", "Infinity"),
    ],
)
def test_a_quantity_has_no_needless_zeros_and_an_end(count: str, said: str) -> None:
    assert number(Decimal(count)) == said
