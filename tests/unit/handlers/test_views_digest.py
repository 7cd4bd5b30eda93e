"""The digest's message: what matters first, in one glance, within every limit of Slack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    Section,
    Total,
    TrendPoint,
    Week,
)
from bot.domain.orders import OrderType
from bot.sandbox.workspace.blocks import message_problems
from handlers.views.digest import ABOVE, digest_card, digest_part
from handlers.views.digest_table import Look
from handlers.views.surface import Rendered
from tests.builders import NOON, money
from tests.digest_builders import a_digest, a_digest_line, a_gone_line, a_run
from tests.surfaces import assert_inert, markup_of, plain_of, read

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
S = Section


def drawn(contents: DigestContents, look: Look = Look.CHARTS, *, again: bool = False) -> Rendered:
    return checked(digest_card(a_run(contents), look, again=again))


def checked(rendered: Rendered) -> Rendered:
    """*rendered*, if Slack would take it."""
    payload = {"text": rendered.text, "blocks": rendered.as_dicts()}
    assert message_problems(payload) == []
    assert_inert(rendered.text)
    return rendered


def fresh(*lines: DigestLine, **parts: Any) -> DigestContents:
    """The first digest of a channel."""
    return a_digest(*lines, **({"previous_at": None} | parts))


def title(rendered: Rendered) -> str:
    return str(rendered.as_dicts()[0]["text"]["text"])  # type: ignore[index]


def elements(rendered: Rendered, kind: str) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = rendered.as_dicts()
    return [
        each
        for block in blocks
        if block["type"] == "actions"
        for each in block["elements"]
        if each["type"] == kind
    ]


def renewal(**parts: Any) -> DigestLine:
    return a_digest_line(
        section=S.RENEWAL,
        order_type=OrderType.RENEWAL,
        deadline=NOON + 3 * DAY,
        **parts,
    )


def lapsing(**parts: Any) -> DigestLine:
    return a_digest_line(section=S.LAPSING, deadline=NOON + 5 * HOUR, **parts)


def test_the_title_says_how_many_and_how_much_per_currency() -> None:
    lines = (
        a_digest_line(),
        a_digest_line(amount=money("20.50 CNY")),
        a_digest_line(amount=money("1200 USD"), account="alibaba-intl"),
    )
    morning = fresh(*lines, as_of=NOON - 3 * HOUR)
    assert title(drawn(morning)) == "Unpaid this morning: 3 orders · 12,500.50 CNY · 1,200.00 USD"
    assert title(drawn(fresh(*lines))).startswith("Unpaid today: 3 orders")


def test_the_morning_is_that_of_the_channel() -> None:
    assert title(drawn(fresh(a_digest_line(), zone="Asia/Shanghai"))).startswith("Unpaid today")
    shown = title(drawn(fresh(a_digest_line(), zone="America/New_York")))
    assert shown.startswith("Unpaid this morning: 1 order ·")


def test_each_account_has_a_line_of_its_own() -> None:
    shown = drawn(fresh(a_digest_line(), a_digest_line(account="alibaba-main")))
    assert "alibaba-main: 1 order · 12,480.00 CNY" in plain_of(shown)[1]
    assert "huawei-main: 1 order · 12,480.00 CNY" in plain_of(shown)[1]


def test_what_matters_stands_first_with_its_reason() -> None:
    lines = (
        renewal(),
        lapsing(),
        a_digest_line(section=S.NEW, new=True),
        a_digest_line(),
        a_digest_line(section=S.SNOOZED, snoozed_until=NOON + DAY),
    )
    text = read(drawn(a_digest(*lines, gone=(a_gone_line(why=Gone.PAID),))))
    places = [
        text.index(each)
        for each in (
            "Renewals about to lapse (they stop live resources): 1",
            "Lapses within 24 hours: 1",
            "New: 1",
            "Gone since",
            "Also: 1",
            "In the thread: 1 more unpaid",
        )
    ]
    assert places == sorted(places)
    assert "1 snoozed, and counted here" in text
    assert "Unpaid today: 5 orders" in text


def test_a_line_says_amount_type_deadline_and_age_then_what_it_is() -> None:
    shown = drawn(a_digest(lapsing()))
    first = next(each for each in markup_of(shown) if each.startswith("*12,480.00 CNY*"))
    assert re.fullmatch(
        r"\*12,480.00 CNY\* · New · \*lapses in 5 h \(<!date\^[^>]*>\)\* · 3 d old", first
    )
    assert "ECS x 4 · huawei-main · CS2611171200ABCDE · placed by lin" in plain_of(shown)


def test_without_a_deadline_it_says_so() -> None:
    assert "no deadline given" in read(drawn(fresh(a_digest_line())))


def test_the_buttons_carry_the_run_and_the_place_of_the_line() -> None:
    shown = drawn(a_digest(a_digest_line(), lapsing(can_cancel=False)))
    [cancel] = elements(shown, "button")
    menus = elements(shown, "overflow")
    assert cancel["value"] == "D-0123456789ABCDEF.0"
    values = [[option["value"] for option in menu["options"]] for menu in menus]
    assert values == [
        ["mine:D-0123456789ABCDEF.1", "snooze:D-0123456789ABCDEF.1"],
        ["mine:D-0123456789ABCDEF.0", "snooze:D-0123456789ABCDEF.0"],
    ]
    labels = [option["text"]["text"] for option in menus[0]["options"]]
    assert labels == ["This is mine", "Snooze until…"]


def mentions(shown: Rendered) -> list[str]:
    return re.findall(r"<@(\w+)>", json.dumps(shown.as_dicts()))


def test_people_are_mentioned_only_where_it_lapses_within_a_day() -> None:
    known: dict[str, Any] = {"person": "U0LIN", "claimed_by": "U0BOB"}
    late = [replace(each, **known) for each in (renewal(), a_digest_line())]
    quiet = drawn(a_digest(*late))
    assert mentions(quiet) == []
    assert "placed by lin (a colleague here)" in read(quiet)
    assert "taken by a colleague" in read(quiet)
    soon = replace(renewal(), deadline=NOON + 23 * HOUR)
    for line in (lapsing(), soon):
        loud = drawn(a_digest(replace(line, **known)))
        assert mentions(loud) == ["U0LIN", "U0BOB"]
        assert "a colleague" not in read(loud)


def test_no_group_or_channel_is_ever_mentioned() -> None:
    hostile = "<!channel> <!here> <!subteam^S0FINANCE> <@U0ALICE>"
    text = json.dumps(drawn(digest_saying(hostile)).as_dicts())
    markup = re.findall(r'"type": "mrkdwn", "text": "([^"]*)"', text)
    assert not any("<!channel" in each or "<!here" in each or "subteam" in each for each in markup)


def test_pitfall_49_nothing_changed_is_one_line_without_a_mention() -> None:
    line = a_digest_line(person="U0LIN", claimed_by="U0BOB")
    snoozed = a_digest_line(section=S.SNOOZED, person="U0LIN", snoozed_until=NOON + DAY)
    shown = drawn(a_digest(line, snoozed, status_unknown=2))
    [block] = shown.as_dicts()
    assert block["type"] == "section"
    assert read(shown) == (
        "Unpaid, unchanged since Tue 17 Nov 2026 12:00 UTC: 2 orders · 24,960.00 CNY · 1 snoozed,"
        " and counted here · 2 more whose status is not known · All of it: /order unpaid ·"
        " record 1234 ab12cd34ef560000"
    )
    assert shown.text == read(shown)
    assert mentions(shown) == []
    assert digest_part(a_run(a_digest(line, snoozed)), 0) is None


def test_pitfall_37_a_cloud_that_did_not_answer_is_named_and_never_empty() -> None:
    accounts = (
        AccountShown("alibaba-main", NOON),
        AccountShown("huawei-main", NOON - 3 * HOUR, "It did not answer in time."),
        AccountShown("unicloud-main", None, "It refused the request."),
    )
    shown = drawn(a_digest(accounts=accounts))
    said = read(shown)
    assert title(shown) == "Unpaid today: none known · 2 of 3 accounts did not answer"
    since = "No answer from huawei-main since Wed 18 Nov 2026 09:00 UTC"
    assert f"{since}: its orders are shown as of then. It did not answer in time." in said
    assert "No answer from unicloud-main so far: its orders are not known." in said
    assert "alibaba-main: nothing unpaid" in said
    assert "huawei-main: nothing known to be unpaid (as of Wed 18 Nov 2026 09:00 UTC)" in said
    assert "unicloud-main: not known" in said
    assert "0 orders" not in said
    assert since in shown.text


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_unpaid_is_said_only_where_every_cloud_answered(answered: bool) -> None:
    problem = "" if answered else "It did not answer in time."
    shown = drawn(a_digest(accounts=(AccountShown("huawei-main", NOON, problem),), gone=GONE))
    assert ("Unpaid today: nothing" in title(shown)) == answered


GONE = (
    *(a_gone_line(order_id=f"P{n}", why=Gone.PAID) for n in range(2)),
    a_gone_line(order_id="H1", why=Gone.CANCELLED_HERE, request_id="R-ABCD2345"),
    a_gone_line(order_id="L1", why=Gone.LAPSED),
    a_gone_line(order_id="O1", why=Gone.CANCELLED_OUTSIDE),
)


def test_each_gone_order_is_named_with_its_reason_and_an_outside_cancel_stands_out() -> None:
    shown = drawn(a_digest(a_digest_line(), gone=GONE))
    said = read(shown)
    assert (
        "1 cancelled outside countersign, 1 lapsed, 2 paid, 1 cancelled through countersign" in said
    )
    assert "*Nobody countersigned these; ask who cancelled them:*" in markup_of(shown)
    alone = next(each for each in plain_of(shown) if each.startswith("cancelled outside"))
    assert alone == "cancelled outside countersign · 80.00 CNY · EIP · huawei-main · O1"
    for reason in ("paid · 80.00 CNY", "lapsed · 80.00 CNY", "request R-ABCD2345"):
        assert reason in said
    assert "1 cancelled outside countersign" in shown.text


def test_the_footer_says_as_of_when_against_what_and_how_to_change_it() -> None:
    contents = a_digest(a_digest_line(section=S.NEW, new=True), filters={"over": "5000"})
    said = read(drawn(contents))
    for part in (
        "As of <!date^",
        "compared with <!date^",
        "only over:5000",
        "record 1234 ab12cd34ef560000",
        "To change it: /order digest",
    ):
        assert part in said
    first = replace(contents, previous_at=None)
    assert "nothing to compare with yet" in read(drawn(first))


def test_what_is_left_out_and_what_is_not_known_is_said() -> None:
    said = read(drawn(a_digest(a_digest_line(), left_out=("secret-main",), status_unknown=3)))
    assert "may not view them any more: secret-main" in said
    assert "3 more whose status is not known" in said


@pytest.mark.parametrize("unchanged", [False, True])
def test_what_is_too_much_for_one_digest_is_said(unchanged: bool) -> None:
    contents = a_digest(a_digest_line() if unchanged else lapsing(), uncounted=7)
    assert contents.unchanged is unchanged
    said = read(drawn(contents))
    assert "7 more unpaid and counted nowhere here: look at /order unpaid" in said


def test_at_most_fifteen_orders_stand_above_the_fold_the_most_urgent_first() -> None:
    rest = [a_digest_line(order_id=f"R{n}") for n in range(30)]
    urgent = [lapsing(order_id=f"L{n}") for n in range(4)]
    contents = a_digest(*rest, *urgent)
    shown = drawn(contents)
    values = [each["value"] for each in elements(shown, "button")]
    assert len(values) == ABOVE == 15
    assert [value.rpartition(".")[2] for value in values[:4]] == ["30", "31", "32", "33"]
    assert "In the thread: 19 more unpaid" in read(shown)


def test_a_second_attempt_says_so() -> None:
    for contents in (a_digest(a_digest_line()), a_digest(lapsing())):
        assert "both say the same" not in read(drawn(contents))
        assert "both say the same" in read(drawn(contents, again=True))


def test_the_plain_text_says_it_all_by_itself() -> None:
    text = drawn(a_digest(lapsing(), renewal(), gone=GONE)).text
    for part in (
        "Unpaid today: 2 orders · 24,960.00 CNY",
        "Renewals about to lapse",
        "Lapses within 24 hours: 1",
        "12,480.00 CNY · ECS x 4 · huawei-main · lapses in 5 h (Wed 18 Nov 2026 17:00 UTC)",
        "Gone since Tue 17 Nov 2026 12:00 UTC: 1 cancelled outside countersign",
    ):
        assert part in text


def test_many_currencies_are_counted_and_never_added() -> None:
    totals = tuple(Total("huawei-main", each, money("5").amount, 1) for each in "ABCDEF")
    shown = title(drawn(a_digest(*[lapsing()] * 6, totals=totals)))
    assert shown == "Unpaid today: 6 orders · 5.00 A · 5.00 B · 5.00 C · 5.00 D · 2 more currencies"


def test_an_amount_without_a_currency_says_so() -> None:
    shown = title(drawn(a_digest(lapsing(amount=money("16962.07")))))
    assert shown == "Unpaid today: 1 order · 16,962.07 (currency not given)"


def test_what_lapses_although_it_was_snoozed_says_why_it_was() -> None:
    line = lapsing(snoozed_until=NOON + DAY, snooze_reason="budget")
    assert "snoozed until Thu 19 Nov 2026 12:00 UTC: “budget”" in read(drawn(a_digest(line)))


def digest_saying(text: str, count: int = 20) -> DigestContents:
    """*text* wherever a digest shows words from outside, everything as long as it gets."""
    said: dict[str, Any] = {
        "account": text,
        "order_id": text,
        "order_number": text,
        "amount": money("123456789012345678901234567890.5 CNY"),
        "subject": text,
        "payment_word": text,
        "inferred": True,
        "placed_by": text,
        "person": "U0LIN",
        "claimed_by": "U0BOB",
        "person_name": text,
        "claimer_name": text,
        "new": True,
        "repriced": True,
        "was": money("123456789012345678901234567890.5 CNY"),
        "back": True,
    }
    lines = [lapsing(**said) for _n in range(count)]
    lines += [
        a_digest_line(section=S.SNOOZED, snooze_reason=text, snoozed_until=NOON + DAY, **said)
    ]
    names = [f"{n} {text}" for n in range(12)]
    return a_digest(
        *lines,
        accounts=tuple(AccountShown(name, NOON - DAY, text) for name in names),
        totals=tuple(
            Total(name, f"C{n} {text}", money("5").amount, 1) for n, name in enumerate(names)
        ),
        gone=tuple(
            a_gone_line(account=text, order_id=text, subject=text, why=why, request_id=text)
            for why in Gone
            for _n in range(min(count, 8))
        ),
        filters={"product": text, "account": text},
        left_out=tuple(names),
        status_unknown=9,
        week=a_week(text),
    )


def a_week(text: str) -> Week:
    totals = tuple((f"C{n} {text}"[:500], money("123456789012345.5").amount) for n in range(6))
    days = [(NOON - n * DAY).date() for n in reversed(range(31))]
    return Week(
        created=9999,
        paid=9999,
        cancelled=9999,
        lapsed=9999,
        median_age_hours=9999,
        alone=0,
        trend=tuple(TrendPoint(day, totals) for day in days),
    )


def every_message(contents: DigestContents) -> Iterator[Rendered]:
    """In each look, and its whole thread."""
    run = a_run(contents)
    for look in Look:
        yield digest_card(run, look, again=True)
    for look in (Look.TABLES, Look.SECTIONS):
        part = 0
        while rendered := digest_part(run, part, look, again=True):
            yield rendered
            part += 1


@pytest.mark.parametrize(
    "text", ["云服务器" * 1250, "<!channel> *x* `y` & " * 240, "\u202e" * 5000, " ", "a\nb" * 1500]
)
def test_pitfall_38_texts_of_any_length_are_cut_and_still_valid(text: str) -> None:
    for rendered in every_message(digest_saying(text)):
        checked(rendered)


@settings(max_examples=8)
@given(text=st.text(max_size=60))
def test_pitfall_45_outside_text_is_in_no_markup(text: str) -> None:
    marked = f"<!channel>{text}"
    for rendered in every_message(digest_saying(marked, count=2)):
        checked(rendered)
        assert not any("<!channel>" in each for each in markup_of(rendered))
