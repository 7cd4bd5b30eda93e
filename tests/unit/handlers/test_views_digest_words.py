"""What a digest says of one order, and of amounts that are missing."""

from __future__ import annotations

from bot.domain.digest_contents import DigestContents, Gone, Total
from handlers.views.digest import digest_card
from handlers.views.surface import Rendered
from tests.builders import money
from tests.digest_builders import a_digest, a_digest_line, a_gone_line, a_run
from tests.surfaces import checked, read


def digest(contents: DigestContents) -> Rendered:
    return checked(digest_card(a_run(contents)))


def test_people_are_named_without_a_mention_where_nothing_lapses() -> None:
    line = a_digest_line(
        person="U0LIN", person_name="Lin Wei", claimed_by="U0BOB", claimer_name="Bob <!here>"
    )
    shown = digest(a_digest(line, a_digest_line(order_id="O2", new=True)))
    assert "placed by lin (Lin Wei)" in read(shown)
    assert "taken by Bob <!here>" in read(shown)
    assert "<@" not in str(shown.as_dicts())


def test_orders_without_an_amount_are_counted_beside_those_without_a_currency() -> None:
    totals = (Total("huawei-main", "", money("150").amount, 3, without=2),)
    shown = digest(a_digest(*[a_digest_line()] * 3, totals=totals, previous_at=None)).text
    assert "3 orders · 150.00 (currency not given) · 2 without an amount" in shown


def test_a_line_says_what_its_amount_was_and_that_its_snooze_is_over() -> None:
    line = a_digest_line(repriced=True, was=money("900 CNY"), back=True)
    said = read(digest(a_digest(line)))
    assert "amount was 900.00 CNY" in said
    assert "its snooze is over" in said


def test_orders_without_an_amount_are_counted() -> None:
    shown = digest(a_digest(a_digest_line(amount=None), a_digest_line(new=True))).text
    assert shown.startswith("Unpaid today: 2 orders · 12,480.00 CNY · 1 without an amount")


def test_what_is_still_unpaid_but_no_longer_listed_is_called_neither_paid_nor_unchanged() -> None:
    gone = [a_gone_line(order_id=why, why=why) for why in (Gone.PAID, Gone.FILTERED, Gone.TOO_OLD)]
    shown = digest(a_digest(a_digest_line(), gone=tuple(gone)))
    old, filtered = "still unpaid but older than a year", "still unpaid but outside the filters"
    assert f"1 {old}, 1 {filtered}, 1 paid" in read(shown)
    for word in (old, filtered):
        assert f"{word} · 80.00 CNY · EIP" in read(shown)
    assert "Unpaid, unchanged" not in shown.text
