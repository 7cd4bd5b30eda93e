"""The one door: text from outside can be read, and nothing else."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.money import Money
from bot.domain.subjects import number
from bot.errors import ProviderRefused, ProviderUnavailable
from bot.redact import register
from handlers.views import digest_words, words
from handlers.views.panel import sentence
from handlers.views.text import CUT, clean, cut, escaped, literal, moment, money, span, when
from tests.builders import NOON, an_order
from tests.surfaces import (
    a_card,
    a_find_form,
    an_order_saying,
    assert_inert,
    buttons_of,
    checked,
    checked_modal,
    checked_view,
    dicts_of,
    every_surface,
    markup_of,
    plain_of,
    read,
    shown,
)

HOSTILE = (
    "<!channel>",
    "<!here|x>",
    "<@U0ALICE>",
    "<#C0GENERAL>",
    "<!subteam^S0FINANCE>",
    "<https://evil.example|Approve>",
    "https://evil.example/?a=1&b=2",
    "@channel",
    "&lt;!channel&gt;",
    "*bold* _italic_ ~gone~ `code` ```block```",
    "> quoted",
    ":rotating_light:",
    "\u202eevorppa\u202c \u2066x\u2069\u200b\ufeff",
    "\x00\x07\x1b[31m\r\n\x85\u2028\u2029",
    "\ud800 lone \udfff",
    "{0} {braces} {x.__class__} {{}} %s %(x)s ${x}",
    '=HYPERLINK("https://evil.example")',
    "👩\u200d👩\u200d👧 🇨🇳 ＜！channel＞",
    "订单 طلب",
    "\n\n*Paid* by boss\n",
)
"""Each tries to ping, link, format, forge a line or break the drawing."""

hostile = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=60)),
    max_size=5,
).map("".join)
AS_MODAL = {"details"}
NEUTRAL = {name: markup_of(rendered) for name, rendered in every_surface("x").items()}


@given(hostile)
@settings(max_examples=8)
def test_no_outside_text_does_anything_on_any_surface(text: str) -> None:
    """What is markup is the same whatever the clouds and people say, and Slack takes it all."""
    for name, rendered in every_surface(text).items():
        (checked_modal if name in AS_MODAL else checked)(rendered)
        assert markup_of(rendered) == NEUTRAL[name]
        for each in plain_of(rendered):
            seen = {unicodedata.category(character) for character in each if character != "\n"}
            assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & seen
        for button in buttons_of(rendered):
            assert_harmless(button, text)


def assert_harmless(button: dict[str, Any], text: str) -> None:
    """It carries an opaque id, or leads to the console and nowhere else."""
    assert button.get("value", "c0")[1:].isdigit()
    if "url" in button:
        url = urlsplit(button["url"])
        assert (url.scheme, url.netloc) == ("https", "console.example.com")
        assert unquote(url.path.removeprefix("/orders/")) == clean(text)
        assert (url.query, url.fragment) == ("", "")


@pytest.mark.parametrize(
    "text",
    ["<!channel>" * 10_000, "&" * 100_000, "😀" * 100_000, "订单 " * 1700, "a\u202e\n" * 1700],
    ids=["mention", "entity", "emoji", "words", "lines"],
)
def test_pitfall_38_texts_of_any_length_are_cut_visibly_and_still_valid(text: str) -> None:
    for name, rendered in every_surface(text).items():
        (checked_modal if name in AS_MODAL else checked)(rendered)
        if name not in ("help", "details"):
            assert "… (cut)" in read(rendered), name


@pytest.mark.parametrize("text", HOSTILE)
def test_pitfall_45_outside_text_is_shown_as_it_is_without_ping_link_or_format(text: str) -> None:
    """Markup shows as its own characters; what cannot be seen is gone."""
    visible = clean(text)
    for name, rendered in every_surface(text).items():
        payload = json.dumps(dicts_of(rendered), ensure_ascii=False)
        assert "\u202e" not in payload
        for each in markup_of(rendered):
            assert "evil" not in each
            assert "<!c" not in each
            assert "<@" not in each.replace("<@U0ALICE>", "", int(name == "shared card"))
        assert_inert(rendered.text)
        if name not in ("help", "accounts"):
            assert any(visible[:20] in each for each in plain_of(rendered)), name


def test_a_value_with_a_line_break_forges_no_line_of_its_own() -> None:
    order = an_order_saying("cn-north\nPaid\nby boss")
    for each in plain_of(a_card(order)):
        assert "\nPaid" not in each


def test_braces_from_outside_are_values_and_never_templates() -> None:
    order = an_order(product_name="{order_id} {0} {zone.key}")
    card = checked(a_card(order))
    assert "{order_id} {0} {zone.key}" in read(card)
    assert "{order_id} {0} {zone.key}" in card.text


@given(hostile, hostile)
@settings(max_examples=12)
def test_the_form_takes_back_whatever_was_typed_into_it(order_id: str, product: str) -> None:
    draft = {"order_id": order_id, "product": product, "account": order_id, "since": product}
    view = checked_view(a_find_form([shown(an_order()).account], draft))
    initial = [block["element"].get("initial_option", {}).get("value") for block in view["blocks"]]
    assert initial == [None, "any", "any", "any", "any", None, None]


@given(st.text(st.characters(codec=None)), st.integers(20, 300))
def test_a_top_level_text_is_short_inert_and_never_empty(text: str, limit: int) -> None:
    result = escaped(text, limit)
    assert 0 < len(result) <= limit
    assert_inert(result)


@given(st.text(alphabet="&<>a", min_size=30), st.integers(20, 100))
def test_a_cut_splits_no_entity_and_is_seen(text: str, limit: int) -> None:
    result = escaped(text, limit)
    if result.endswith(CUT):
        kept = result.removesuffix(CUT)
        whole = kept.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert text.startswith(whole)
        assert "&" not in kept.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "")
    else:
        assert len(result) >= len(text)


@given(st.text(), st.integers(10, 100))
def test_a_cut_text_fits_and_says_so(text: str, limit: int) -> None:
    result = cut(text, limit)
    assert len(result) <= limit
    assert result == text or result.endswith(CUT)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b", "\u202e \u202c", "\ud800"])
def test_a_text_of_nothing_visible_is_a_dash(text: str) -> None:
    assert literal(text).text == "-"
    assert literal(text, lines=True).text == "-"
    assert sentence(text).text == "-"


@given(st.text(st.characters(codec=None), max_size=30))
def test_no_currency_is_markup(currency: str) -> None:
    shown_as = money(Money(Decimal("12.50"), currency))
    assert shown_as.startswith("12.50")
    assert all(character.isalnum() or character in ".,() " for character in shown_as)


def test_a_currency_in_another_script_is_kept() -> None:
    assert money(Money(Decimal("12.50"), "元")) == "12.50 元"


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Shanghai", "America/New_York", "no/such", "", "../x"]
)
def test_a_moment_has_a_fallback_in_any_zone(zone: str) -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    first = datetime(1, 1, 1, tzinfo=UTC)
    for at in (NOON, never, first):
        assert when(at, zone)
        assert moment(at, zone).startswith(f"<!date^{int(at.timestamp())}^{{date_short_pretty}}")


def test_a_moment_names_its_zone() -> None:
    assert when(NOON, "Asia/Shanghai") == "Wed 18 Nov 2026 20:00 CST"
    assert when(NOON, "no/such") == "Wed 18 Nov 2026 12:00 UTC"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=-1), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_length_is_said_in_one_unit(length: timedelta, said: str) -> None:
    assert span(length) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [("4", "4"), ("4.0", "4"), ("0.50", "0.5"), ("100", "100"), ("1E+999999", "1.000E+999999")],
)
def test_a_quantity_has_no_needless_zeros(count: str, said: str) -> None:
    assert number(Decimal(count)) == said


def test_a_text_too_long_to_be_looked_at_whole_says_that_it_goes_on() -> None:
    assert words.masked("E404" + "\u200b" * 5000, 80) == "E404 … (cut)"
    assert words.masked("E404" + "\u200b" * 3000, 80) == "E404"
    assert words.masked("a" * 5000, 80) == "a" * 72 + " … (cut)"
    assert digest_words.part("web" + "\u200b" * 600, 80) == "web … (cut)"


def test_pitfall_46_a_key_in_a_clouds_words_is_masked() -> None:
    error = ProviderRefused(
        "bad Signature=abcdef0123456789abcdef for https://a.example/?AccessKeyId=LTAI12345678ABCDEFG",
        account="alibaba-main",
        code="SignatureDoesNotMatch",
        request_id="r-1",
    )
    told = words.problem(error)
    assert "abcdef0123456789" not in told
    assert "LTAI12345678" not in told
    for part in ("alibaba-main", "SignatureDoesNotMatch", "r-1", "check its key id and secret"):
        assert part in told


def test_a_known_secret_at_the_end_of_what_is_looked_at_is_not_shown_in_part() -> None:
    register("the-whole-of-a-secret")
    masked = "Bearer " + "t" * 400
    long = " ".join([masked] * 9)
    for short_of in range(3, 20):
        text = f"{long} {'x' * (words.LOOKED_AT - len(long) - short_of)} the-whole-of-a-secret"
        assert "the-" not in words.masked(text, 3000)


def test_a_channel_reads_the_code_and_only_the_asker_the_clouds_own_words() -> None:
    error = ProviderUnavailable("told in confidence", account="huawei-main", code="CBC.0999")
    private = a_card(an_order(), problem=error)
    shared = a_card(an_order(), problem=error, shared_by="U0ALICE")
    assert "told in confidence" in read(private)
    assert "told in confidence" not in read(shared)
    assert "CBC.0999" in read(shared)
