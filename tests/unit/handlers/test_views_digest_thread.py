"""The digest's thread, and what a Monday adds: tables and a chart, and lines where Slack takes
neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    Gone,
    Section,
    TrendPoint,
    Week,
)
from bot.sandbox.workspace.blocks import message_problems
from handlers.views.digest import ABOVE, digest_card, digest_part
from handlers.views.digest_table import TABLES, Look
from handlers.views.digest_week import ROWS
from handlers.views.surface import Rendered
from tests.builders import NOON
from tests.digest_builders import a_digest, a_digest_line, a_gone_line, a_run
from tests.surfaces import assert_inert, read

S = Section
HOUR = timedelta(hours=1)
MONDAY = date(2026, 11, 23)


def thread(contents: DigestContents, look: Look = Look.CHARTS) -> list[Rendered]:
    """All messages of a thread, if Slack would take them."""
    found: list[Rendered] = []
    while rendered := digest_part(a_run(contents), len(found), look):
        found.append(checked(rendered))
    return found


def checked(rendered: Rendered) -> Rendered:
    payload = {"text": rendered.text, "blocks": rendered.as_dicts()}
    assert message_problems(payload) == []
    assert_inert(rendered.text)
    return rendered


def blocks(rendered: Rendered, kind: str) -> list[dict[str, Any]]:
    return [block for block in rendered.as_dicts() if block["type"] == kind]


def rows(rendered: Rendered) -> list[list[str]]:
    """The texts of its table, the head left out."""
    [table] = blocks(rendered, "table")
    return [[cell["text"] for cell in row] for row in table["rows"][1:]]


def many(count: int) -> DigestContents:
    return a_digest(*(a_digest_line(order_id=f"R{n}") for n in range(count)), previous_at=None)


def a_week(days: int = 30, **parts: Any) -> Week:
    trend = [
        TrendPoint(
            MONDAY - timedelta(days=days - 1 - n),
            (("CNY", Decimal(1000 + 10 * n)), ("USD", Decimal("5.50"))),
        )
        for n in range(days)
    ]
    usual: dict[str, Any] = {
        "created": 12,
        "paid": 5,
        "cancelled": 3,
        "lapsed": 1,
        "median_age_hours": 70,
        "alone": 0,
        "trend": tuple(trend),
    }
    return Week(**(usual | parts))


def test_what_does_not_fit_above_the_fold_is_a_table_in_the_thread() -> None:
    [part] = thread(many(ABOVE + 3))
    assert [row[4] for row in rows(part)] == ["R15", "R16", "R17"]
    assert rows(part)[0] == [
        *("12,480.00 CNY", "ECS x 4", "New", "huawei-main", "R15", "no deadline given", "3 d old"),
        "placed by lin",
    ]
    assert "The rest: 3" in read(part)
    assert "/order cancel" in read(part)


@pytest.mark.parametrize("count", range(ABOVE + 1))
def test_without_more_there_is_no_thread(count: int) -> None:
    assert thread(many(count)) == []


@pytest.mark.parametrize("look", Look)
def test_each_order_stands_once_above_the_fold_or_in_the_thread(look: Look) -> None:
    contents = many(200)
    texts = [read(checked(digest_card(a_run(contents), look)))]
    texts += [str(part.as_dicts()) for part in thread(contents, look)]
    for n in range(200):
        assert sum(f"R{n} " in text or f"R{n}'" in text for text in texts) == 1, n


def test_a_thousand_orders_fit_into_a_few_messages_and_the_others_are_counted() -> None:
    contents = many(1000)
    tables = thread(contents)
    assert len(tables) == len(thread(contents, Look.SECTIONS)) == TABLES
    shown = sum(len(rows(part)) for part in tables)
    assert f"and {1000 - ABOVE - shown} more: look at /order unpaid" in read(tables[-1])
    assert shown > 300


def test_each_account_has_its_totals_however_many_there_are() -> None:
    lines = [a_digest_line(account=f"a{n:02}", order_id=f"R{n}", new=True) for n in range(12)]
    named = read(checked(digest_card(a_run(a_digest(*lines[:7])))))
    assert "in the thread" not in named
    contents = a_digest(*lines)
    silent = replace(contents.accounts[-1], good_at=None, problem="It did not answer in time.")
    contents = replace(contents, accounts=(*contents.accounts[:-1], silent))
    assert "and 5 more accounts, in the thread" in read(checked(digest_card(a_run(contents))))
    (message,) = thread(contents)
    assert rows(message)[0] == ["1 order · 12,480.00 CNY", "a08", "Wed 18 Nov 2026 12:00 UTC"]
    assert [row[1] for row in rows(message)] == ["a08", "a09", "a10", "a11", "huawei-main"]
    assert rows(message)[-1] == ["not known", "huawei-main", "no answer so far"]


def silent(count: int) -> DigestContents:
    """So many accounts did not answer; every third never did."""
    accounts = [
        AccountShown(
            f"a{n:03}", None if n % 3 == 0 else NOON - n * HOUR, f"It did not answer. Code {n}."
        )
        for n in range(count)
    ]
    return a_digest(a_digest_line(account="a001"), accounts=tuple(accounts))


@pytest.mark.parametrize("count", [6, 8, 150])
def test_pitfall_37_each_cloud_that_fails_is_named_with_its_last_good_answer(count: int) -> None:
    contents = silent(count)
    card = read(checked(digest_card(a_run(contents))))
    for n in range(5):
        since = "so far" if n % 3 == 0 else f"since {NOON - n * HOUR:%a %d %b %Y %H:%M} UTC"
        assert f"No answer from a{n:03} {since}" in card
    assert f"No good answer from {count - 5} more accounts; since when is in the thread:" in card
    told = {row[1]: row for part in thread(contents) for row in rows(part) if "Code" in row[-1]}
    assert sorted(told) == [f"a{n:03}" for n in range(5, count)]
    for n in range(5, count):
        at = "no answer so far" if n % 3 == 0 else f"{NOON - n * HOUR:%a %d %b %Y %H:%M} UTC"
        assert told[f"a{n:03}"] == [at, f"a{n:03}", f"It did not answer. Code {n}."]
    assert "2026" in str(thread(contents, Look.SECTIONS)[0].as_dicts())


def test_up_to_five_clouds_that_fail_are_told_above_the_fold_alone() -> None:
    assert thread(silent(5)) == []


def test_snoozed_orders_are_in_the_thread_with_the_reason() -> None:
    until = NOON + timedelta(days=3)
    line = a_digest_line(
        section=S.SNOOZED, snoozed_until=until, snooze_reason="budget comes in December"
    )
    contents = a_digest(line, previous_at=None)
    assert "budget" not in read(digest_card(a_run(contents)))
    [part] = thread(contents)
    noted = rows(part)[0][-1]
    assert noted.startswith("snoozed until Sat 21 Nov 2026 12:00 UTC: “budget comes in December”")


def test_gone_orders_beyond_the_first_are_named_in_the_thread_with_their_reason() -> None:
    gone = tuple(a_gone_line(order_id=f"P{n}", why=Gone.PAID) for n in range(150))
    part, *others = thread(a_digest(a_digest_line(), gone=gone))
    assert others == []
    assert rows(part)[0] == ["80.00 CNY", "EIP", "paid", "huawei-main", "P8", "-"]
    assert len(rows(part)) == 99
    assert "and 43 more: look at /order list" in read(part)


def test_where_slack_takes_no_table_the_same_rows_are_lines() -> None:
    [part] = thread(many(ABOVE + 3), Look.SECTIONS)
    assert blocks(part, "table") == []
    assert "12,480.00 CNY · ECS x 4 · New · huawei-main · R15 · no deadline given" in read(part)


def test_cells_hold_no_markup() -> None:
    hostile = "<!channel> *x*"
    [part] = thread(a_digest(a_digest_line(section=S.SNOOZED, subject=hostile), previous_at=None))
    [table] = blocks(part, "table")
    assert {cell["type"] for row in table["rows"] for cell in row} == {"raw_text"}
    assert rows(part)[0][1] == hostile


def monday(look: Look, **parts: Any) -> Rendered:
    contents = a_digest(a_digest_line(), previous_at=None, week=a_week(**parts))
    return checked(digest_card(a_run(contents), look))


def test_a_monday_tells_of_the_week_and_draws_the_trend() -> None:
    shown = monday(Look.CHARTS)
    said = (
        "Created: 12. Of what stood here: paid 5, cancelled 3, lapsed 1. Median age of what is"
        " unpaid: 2 d. Cancelled without two people: 0. Unpaid in 29 days: from 1,000.00 CNY to"
        " 1,290.00 CNY, lowest 1,000.00 CNY, highest 1,290.00 CNY."
    )
    assert said in read(shown)
    assert said in shown.text
    [chart] = blocks(shown, "data_visualization")
    series = chart["chart"]["series"]
    assert [each["name"] for each in series] == ["CNY", "USD"]
    assert len(series[0]["data"]) == 15
    assert series[0]["data"][-1] == {"label": "23 Nov", "value": 1290}
    assert chart["chart"]["axis_config"]["categories"][-2:] == ["21 Nov", "23 Nov"]


def test_where_slack_takes_no_chart_the_trend_is_a_table() -> None:
    shown = monday(Look.TABLES)
    assert blocks(shown, "data_visualization") == []
    assert len(rows(shown)) == ROWS
    assert rows(shown)[-1] == ["23 Nov", "1,290.00 CNY", "5.50 USD"]


def test_where_slack_takes_neither_the_sentence_says_it() -> None:
    shown = monday(Look.SECTIONS)
    assert {block["type"] for block in shown.as_dicts()} <= {
        *("header", "section", "context", "actions"),
    }
    assert "from 1,000.00 CNY to 1,290.00 CNY" in read(shown)


@pytest.mark.parametrize("days", [0, 1])
def test_a_trend_needs_two_days(days: int) -> None:
    shown = monday(Look.CHARTS, days=days, median_age_hours=None)
    assert blocks(shown, "data_visualization") == []
    assert read(shown).count("Unpaid in") == 0
    assert "Median" not in read(shown)


@pytest.mark.parametrize("days", [2, 19, 20, 21, 31])
@pytest.mark.parametrize("currencies", [1, 12])
def test_a_chart_keeps_to_slacks_limits_and_ends_today(days: int, currencies: int) -> None:
    names = [f"C{n} of a very long name" for n in range(currencies)]
    trend = tuple(
        TrendPoint(MONDAY - timedelta(days=days - 1 - n), tuple((c, Decimal(n)) for c in names))
        for n in range(days)
    )
    for look in Look:
        monday(look, trend=trend)
    [chart] = blocks(monday(Look.CHARTS, trend=trend), "data_visualization")
    assert chart["chart"]["axis_config"]["categories"][-1] == "23 Nov"


def test_a_currency_that_is_missing_on_a_day_is_nothing_on_that_day() -> None:
    trend = (
        TrendPoint(MONDAY - timedelta(days=1), (("CNY", Decimal(7)),)),
        TrendPoint(MONDAY, (("USD", Decimal(3)),)),
    )
    [chart] = blocks(monday(Look.CHARTS, trend=trend), "data_visualization")
    values = [[point["value"] for point in each["data"]] for each in chart["chart"]["series"]]
    assert values == [[7, 0], [0, 3]]


def test_pitfall_49_on_a_monday_without_news_the_week_stands_in_the_thread() -> None:
    contents = a_digest(a_digest_line(), week=a_week())
    assert len(digest_card(a_run(contents)).blocks) == 1
    [part] = thread(contents)
    assert blocks(part, "data_visualization")
    assert "Created: 12. Of what stood here: paid 5" in part.text


def test_where_a_cloud_did_not_tell_what_was_created_the_count_is_a_least_one() -> None:
    assert "Created: at least 12. Of what stood here: paid 5" in read(
        monday(Look.CHARTS, at_least=True)
    )
