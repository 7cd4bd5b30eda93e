"""What a digest says of orders, of what came and went, and of a week."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.accounts import Capabilities
from bot.domain.approvals import Outcome, RequestStatus, VoteKind
from bot.domain.digest_book import (
    Known,
    cancelled_alone,
    gone_line,
    left,
    lines_of,
    totals_of,
    trend_point,
    week_of,
)
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Section,
    Total,
    TrendPoint,
)
from bot.domain.digests import NoteKind, OrderNote
from bot.domain.filters import Snapshot
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.domain.policy import Humans
from tests.builders import NOON, a_detailed_order, money
from tests.request_builders import a_request, a_vote

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
YEAR = 365 * DAY
CANNOT = {"huawei-main": Capabilities(can_cancel=False)}
CAN = {"huawei-main": Capabilities(can_cancel=True)}


def a_note(kind: NoteKind, **parts: Any) -> OrderNote:
    """Bob's, about the order of the builders."""
    usual: dict[str, Any] = {
        "channel": "C0FINANCE",
        "account": "huawei-main",
        "order_id": "CS2611171200ABCDE",
        "user_id": "U0BOB",
        "at": NOON,
    }
    return OrderNote(kind=kind, **(usual | parts))


def snoozed(until: datetime = NOON + DAY, **parts: Any) -> OrderNote:
    return a_note(NoteKind.SNOOZED, until=until, reason="paid on Friday", **parts)


def lines(
    *orders: Order, notes: tuple[OrderNote, ...] = (), previous: DigestContents | None = None
) -> tuple[DigestLine, ...]:
    known = Known(CAN, {"huawei-main:lin": "U0LIN"}, notes)
    return lines_of(orders, known, previous=previous, now=NOON)


def the_line(*notes: OrderNote, **parts: Any) -> DigestLine:
    (line,) = lines(a_detailed_order(**parts), notes=notes)
    return line


def yesterday(*orders: Order) -> DigestContents:
    shown = (AccountShown("huawei-main", NOON), AccountShown("huawei-two", NOON))
    return DigestContents(as_of=NOON - DAY, zone="UTC", lines=lines(*orders), accounts=shown)


def test_a_line_tells_all_that_is_known_of_its_order() -> None:
    assert the_line(order_number="P217") == DigestLine(
        section=Section.REST,
        provider=a_detailed_order().provider,
        account="huawei-main",
        order_id="CS2611171200ABCDE",
        order_number="P217",
        amount=money("12480.00 CNY"),
        subject="Elastic Cloud Server x 4",
        order_type=OrderType.NEW,
        payment_word="6",
        created_at=NOON - DAY,
        deadline=NOON + 3 * DAY,
        placed_by="lin",
        person="U0LIN",
        can_cancel=True,
    )


def test_a_status_that_was_concluded_is_marked_and_no_second_number_is_no_text() -> None:
    line = the_line(inferred=True, order_number=None)
    assert (line.inferred, line.order_number) == (True, "")


def test_a_cloud_user_whom_nobody_mapped_is_no_person() -> None:
    assert the_line(placed_by="wang").person == ""
    assert the_line(account="huawei-two").person == ""


def test_a_line_is_cancelled_from_the_digest_only_where_it_can_be() -> None:
    assert not the_line(inferred=True).can_cancel
    assert not the_line(account="of no adapter").can_cancel
    (line,) = lines_of([a_detailed_order()], Known(CANNOT, {}, ()), previous=None, now=NOON)
    assert not line.can_cancel


@pytest.mark.parametrize(
    ("order_type", "ahead", "section"),
    [
        (OrderType.RENEWAL, HOUR, Section.RENEWAL),
        (OrderType.RENEWAL, 7 * DAY, Section.RENEWAL),
        (OrderType.RENEWAL, 7 * DAY + SECOND, Section.REST),
        (OrderType.RENEWAL, None, Section.REST),
        (OrderType.RENEWAL, -SECOND, Section.REST),
        (OrderType.NEW, SECOND, Section.LAPSING),
        (OrderType.NEW, DAY, Section.LAPSING),
        (OrderType.NEW, DAY + SECOND, Section.REST),
        (OrderType.NEW, timedelta(0), Section.REST),
    ],
)
def test_what_is_about_to_lapse_comes_first(
    order_type: OrderType, ahead: timedelta | None, section: Section
) -> None:
    deadline = None if ahead is None else NOON + ahead
    assert the_line(order_type=order_type, deadline=deadline).section is section


@pytest.mark.parametrize(
    ("order_type", "ahead", "section"),
    [
        (OrderType.NEW, DAY, Section.LAPSING),
        (OrderType.NEW, DAY + SECOND, Section.SNOOZED),
        (OrderType.RENEWAL, DAY, Section.RENEWAL),
        (OrderType.RENEWAL, 3 * DAY, Section.SNOOZED),
    ],
)
def test_a_snooze_hides_nothing_that_lapses_within_a_day(
    order_type: OrderType, ahead: timedelta, section: Section
) -> None:
    line = the_line(snoozed(), order_type=order_type, deadline=NOON + ahead)
    assert line.section is section
    assert (line.snoozed_by, line.snoozed_until) == ("U0BOB", NOON + DAY)
    assert line.snooze_reason == "paid on Friday"


def test_a_snooze_that_has_ended_is_forgotten() -> None:
    line = the_line(snoozed(until=NOON))
    assert (line.section, line.snoozed_by, line.snooze_reason) == (Section.REST, "", "")


def test_a_note_is_about_its_own_order_alone() -> None:
    notes = (
        a_note(NoteKind.CLAIMED, order_id="CS2"),
        snoozed(account="huawei-two"),
    )
    assert the_line(*notes) == the_line()


def test_a_claim_names_its_person_and_gives_no_right_and_no_mapping() -> None:
    order = a_detailed_order(inferred=True)
    (line,) = lines(order, notes=(a_note(NoteKind.CLAIMED),))
    assert (line.claimed_by, line.can_cancel, line.person) == ("U0BOB", False, "U0LIN")
    (other,) = lines(a_detailed_order(placed_by="wang"), notes=(a_note(NoteKind.CLAIMED),))
    assert other.person == ""


def test_what_was_not_there_yesterday_is_new() -> None:
    old, new = a_detailed_order(), a_detailed_order(order_id="CS2")
    urgent = a_detailed_order(order_id="CS3", deadline=NOON + HOUR)
    found = lines(old, new, urgent, previous=yesterday(old))
    assert [(line.order_id, line.section, line.new) for line in found] == [
        ("CS3", Section.LAPSING, True),
        ("CS2", Section.NEW, True),
        ("CS2611171200ABCDE", Section.REST, False),
    ]


def test_without_a_digest_before_nothing_is_new() -> None:
    assert not the_line().new


def test_another_amount_than_yesterdays_is_told_with_what_it_was() -> None:
    before = yesterday(a_detailed_order(payable=money("900.0 CNY")))
    (same,) = lines(a_detailed_order(payable=money("900 CNY")), previous=before)
    (other,) = lines(a_detailed_order(payable=money("400 CNY")), previous=before)
    (none,) = lines(a_detailed_order(payable=None), previous=before)
    (first,) = lines(a_detailed_order(payable=money("400 CNY")))
    assert [each.repriced for each in (same, other, none, first)] == [False, True, True, False]
    assert (same.was, other.was, first.was) == (None, money("900 CNY"), None)


def test_a_line_whose_snooze_is_over_is_back() -> None:
    order = a_detailed_order()
    asleep = replace(yesterday(order), lines=lines(order, notes=(snoozed(),)))
    (back,) = lines(order, previous=asleep)
    (still,) = lines(order, previous=asleep, notes=(snoozed(),))
    assert (back.back, still.back, the_line().back) == (True, False, False)


def test_the_same_number_in_another_account_is_another_order() -> None:
    other = a_detailed_order(account="huawei-two")
    (line,) = lines(other, previous=yesterday(a_detailed_order()))
    assert line.new


def test_lines_stand_by_section_then_by_what_lapses_first_then_by_age() -> None:
    def order(name: str, **parts: Any) -> Order:
        return a_detailed_order(order_id=name, **({"deadline": None} | parts))

    found = lines(
        order("snoozed"),
        order("young"),
        order("undated", created_at=None),
        order("old", created_at=NOON - 9 * DAY),
        order("tomorrow", deadline=NOON + 2 * DAY),
        order("past", deadline=NOON - DAY),
        order("today", deadline=NOON + HOUR),
        order("renewal", order_type=OrderType.RENEWAL, deadline=NOON + 5 * DAY),
        notes=(snoozed(order_id="snoozed"),),
    )
    assert [line.order_id for line in found] == [
        "renewal",
        "today",
        "past",
        "tomorrow",
        "undated",
        "old",
        "young",
        "snoozed",
    ]


def test_an_account_that_is_left_out_now_is_not_asked_about() -> None:
    kept, dropped = a_detailed_order(), a_detailed_order(account="huawei-two")
    before = yesterday(kept, dropped, a_detailed_order(order_id="CS2"))
    missing = left(before, lines(kept), {"huawei-main"})
    assert [line.order_id for line in missing] == ["CS2"]


def gone(
    status: PaymentStatus | None, *, seen_at: datetime = NOON, **parts: Any
) -> tuple[Gone, str]:
    """Why the order of the builders, due in three days, is gone, and through which request."""
    requests = parts.pop("requests", ())
    snapshot = None
    if status is not None:
        snapshot = Snapshot(a_detailed_order(payment_status=status, **parts), seen_at)
    found = gone_line(the_line(), snapshot, requests, now=seen_at, since=NOON - YEAR)
    return found.why, found.request_id


CANCELLED = a_request(request_id="R9", status=RequestStatus.CANCELLED)
LATE = a_request(request_id="R8", status=RequestStatus.FAILED, outcome=Outcome.LATE_EFFECT)
DENIED = a_request(request_id="R7", status=RequestStatus.DENIED)
P = PaymentStatus


@pytest.mark.parametrize(
    ("status", "parts", "why"),
    [
        (P.PAID, {}, (Gone.PAID, "")),
        (P.PAID, {"seen_at": NOON + 9 * DAY}, (Gone.PAID, "")),
        (P.PAID, {"requests": (CANCELLED,)}, (Gone.PAID, "")),
        (P.CANCELLED, {}, (Gone.CANCELLED_OUTSIDE, "")),
        (P.CANCELLED, {"requests": (DENIED,)}, (Gone.CANCELLED_OUTSIDE, "")),
        (P.CANCELLED, {"requests": (DENIED, CANCELLED)}, (Gone.CANCELLED_HERE, "R9")),
        (P.CANCELLED, {"requests": (LATE,)}, (Gone.CANCELLED_HERE, "R8")),
        (P.CANCELLED, {"seen_at": NOON + 3 * DAY}, (Gone.LAPSED, "")),
        (P.CANCELLED, {"seen_at": NOON + 3 * DAY - SECOND}, (Gone.CANCELLED_OUTSIDE, "")),
        (
            P.CANCELLED,
            {"seen_at": NOON + 9 * DAY, "requests": (CANCELLED,)},
            (Gone.CANCELLED_HERE, "R9"),
        ),
        (P.CANCELLED, {"seen_at": NOON + 3 * DAY, "deadline": None}, (Gone.LAPSED, "")),
        (P.CANCELLED, {"deadline": NOON}, (Gone.LAPSED, "")),
        (P.UNKNOWN, {}, (Gone.NOT_KNOWN, "")),
        (P.UNKNOWN, {"seen_at": NOON + 3 * DAY}, (Gone.LAPSED, "")),
        (P.UNKNOWN, {"requests": (CANCELLED,)}, (Gone.CANCELLED_HERE, "R9")),
        (None, {}, (Gone.NOT_KNOWN, "")),
        (None, {"seen_at": NOON + 3 * DAY}, (Gone.LAPSED, "")),
        (P.UNPAID, {}, (Gone.FILTERED, "")),
        (P.UNPAID, {"created_at": None}, (Gone.FILTERED, "")),
        (P.UNPAID, {"created_at": NOON - YEAR}, (Gone.FILTERED, "")),
        (P.UNPAID, {"created_at": NOON - YEAR - SECOND}, (Gone.TOO_OLD, "")),
        (P.UNPAID, {"seen_at": NOON + 9 * DAY, "requests": (DENIED,)}, (Gone.FILTERED, "")),
    ],
)
def test_why_an_order_is_gone(
    status: PaymentStatus | None, parts: dict[str, Any], why: tuple[Gone, str]
) -> None:
    assert gone(status, **parts) == why


def test_a_line_that_is_gone_says_what_it_was() -> None:
    paid = Snapshot(a_detailed_order(payment_status=PaymentStatus.PAID), NOON)
    line = the_line(order_number="P217")
    assert gone_line(line, paid, (), now=NOON, since=NOON - YEAR) == GoneLine(
        account="huawei-main",
        order_id="CS2611171200ABCDE",
        order_number="P217",
        amount=money("12480.00 CNY"),
        subject="Elastic Cloud Server x 4",
        why=Gone.PAID,
    )


def test_totals_never_add_currencies_and_count_what_is_snoozed() -> None:
    found = lines(
        a_detailed_order(order_id="A", payable=money("0.10 CNY")),
        a_detailed_order(order_id="B", payable=money("0.20 CNY")),
        a_detailed_order(order_id="C", payable=money("7 USD")),
        a_detailed_order(order_id="D", payable=None),
        a_detailed_order(order_id="E", payable=money("5")),
        a_detailed_order(order_id="F", account="huawei-two", payable=money("1 CNY")),
        a_detailed_order(order_id="G", payable=money("0.40 CNY")),
        notes=(snoozed(order_id="B"), snoozed(order_id="G")),
    )
    assert totals_of(found) == (
        Total("huawei-main", "", Decimal(5), 2, without=1),
        Total("huawei-main", "CNY", Decimal("0.70"), 3, snoozed=2),
        Total("huawei-main", "USD", Decimal(7), 1),
        Total("huawei-two", "CNY", Decimal(1), 1),
    )


def test_a_trend_adds_up_accounts_but_no_currencies() -> None:
    totals = [
        Total("a", "CNY", Decimal(1), 1),
        Total("a", "", Decimal(0), 3),
        Total("b", "USD", Decimal(4), 1),
        Total("b", "CNY", Decimal(2), 1),
        Total("c", "", Decimal(6), 1),
    ]
    point = trend_point(date(2026, 11, 23), totals)
    assert point.day == date(2026, 11, 23)
    assert point.totals == (("", Decimal(6)), ("CNY", Decimal(3)), ("USD", Decimal(4)))


def test_a_week_counts_each_end_under_its_own_word() -> None:
    whys = [Gone.PAID] * 4 + [Gone.LAPSED] * 3 + [Gone.CANCELLED_HERE, Gone.CANCELLED_OUTSIDE]
    ended = [GoneLine(account="a", order_id=str(at), why=why) for at, why in enumerate(whys)]
    others = (Gone.NOT_KNOWN, Gone.FILTERED, Gone.TOO_OLD)
    ended += [GoneLine(account="a", order_id=why, why=why) for why in others]
    week = week_of((), ended, created=9, alone=0, trend=(), now=NOON)
    assert (week.created, week.paid, week.lapsed, week.cancelled) == (9, 4, 3, 2)
    assert week.median_age_hours is None
    assert not week.at_least


def test_a_week_passes_on_what_was_counted_elsewhere() -> None:
    trend = (TrendPoint(date(2026, 11, 23), (("CNY", Decimal(3)),)),)
    week = week_of((), (), created=9, at_least=True, alone=2, trend=trend, now=NOON)
    assert (week.at_least, week.alone, week.trend) == (True, 2, trend)


@pytest.mark.parametrize(
    ("hours", "median"),
    [
        *(([5], 5), ([1, 5, 90], 5), ([2, 5], 3), ([1.9, 2.9], 1)),
        *(([-4], 0), ([None], None), ([None, 7], 7)),
    ],
)
def test_the_median_age_is_in_whole_hours(hours: list[float | None], median: int | None) -> None:
    found = lines(
        *(
            a_detailed_order(
                order_id=str(at), created_at=None if age is None else NOON - age * HOUR
            )
            for at, age in enumerate(hours)
        )
    )
    week = week_of(found, (), created=0, alone=0, trend=(), now=NOON)
    assert week.median_age_hours == median


def test_a_cancel_without_two_people_is_counted() -> None:
    two = a_request(votes=(a_vote("U0BOB"),))
    alias = a_request(votes=(a_vote("U0ALICE2"),))
    denied = a_request(votes=(a_vote("U0BOB", kind=VoteKind.DENY),))
    humans = Humans((frozenset({"U0ALICE", "U0ALICE2"}),))
    assert cancelled_alone([two], humans) == 0
    assert cancelled_alone([two, a_request(), alias, denied], humans) == 3
    assert cancelled_alone([alias], Humans()) == 0
