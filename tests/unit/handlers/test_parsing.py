"""What people type after `/order`, on phones, in a hurry, in any language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Provider
from bot.domain.orders import OrderType, PaymentStatus
from bot.errors import UsageError
from handlers.filters import FILTERS, List, Wanted, read_filters
from handlers.parsing import (
    EXAMPLES,
    Accounts,
    Command,
    Help,
    Panel,
    Products,
    Show,
    Verb,
    parse_command,
)
from handlers.views.panel import sentence
from tests.builders import NOON
from tests.surfaces import checked

ALIBABA = "500491030350914"
HUAWEI = "CS18122203217MRPB"
UNICLOUD = "1144119593783001088"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")


def wanted(text: str, *, now: datetime = NOON, zone: ZoneInfo = SHANGHAI) -> Wanted:
    command = parse_command(text)
    assert isinstance(command, List)
    return read_filters(command, now=now, zone=zone)


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        wanted(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", Panel()),
        ("  \u3000 ", Panel()),
        ("help", Help()),
        ("HELP", Help()),
        ("?", Help()),
        ("？", Help()),
        ("accounts", Accounts()),
        (f"show {ALIBABA}", Show(ALIBABA)),
        (f"Show {ALIBABA} alibaba-main", Show(ALIBABA, "alibaba-main")),
        (ALIBABA, Show(ALIBABA)),
        (f"{UNICLOUD} unicloud-main", Show(UNICLOUD, "unicloud-main")),
        ("list", List(unpaid=False)),
        ("unpaid", List(unpaid=True)),
        ("unpaid account:x over:5000", List(True, {"account": "x", "over": "5000"})),
        ("products", Products()),
        ("products alibaba-main ecs", Products(("alibaba-main", "ecs"))),
        ("products account:alibaba-main ecs", Products(("alibaba-main", "ecs"))),
    ],
)
def test_each_command_is_read(typed: str, command: Command) -> None:
    assert parse_command(typed) == command


@pytest.mark.parametrize("verb", Verb)
def test_each_example_is_a_command_that_can_be_read(verb: Verb) -> None:
    command = parse_command(EXAMPLES[verb].removeprefix("/order"))
    if isinstance(command, List):
        read_filters(command, now=NOON, zone=SHANGHAI)


@pytest.mark.parametrize(("name", "example"), FILTERS.items())
def test_each_filter_is_read_from_its_own_example(name: str, example: str) -> None:
    assert parse_command(f"list {example}") == List(False, {name: example.partition(":")[2]})
    wanted(f"list {example}", now=datetime(2026, 11, 18, tzinfo=UTC))


@pytest.mark.parametrize("account", ["alibaba-main", "a1-main", "1st", "PROD", "h2", "x.y_z"])
@pytest.mark.parametrize("verb", ["", "show "])
@pytest.mark.parametrize(
    ("pasted", "order_id"),
    [
        (ALIBABA, ALIBABA),
        ("5004 9103 0350 914", ALIBABA),
        ("５００４９１０３０３５０９１４", ALIBABA),
        (f"<tel:{ALIBABA}|{ALIBABA}>", ALIBABA),
        (f"“{ALIBABA}”", ALIBABA),
        (f"`{ALIBABA}`", ALIBABA),
        (HUAWEI, HUAWEI),
        (HUAWEI.lower(), HUAWEI),
        ("CS18 1222 03217MRPB", HUAWEI),
        (UNICLOUD, UNICLOUD),
        ("P217 8495 4245 923", "P21784954245923"),
        (f"<https://c.example/o?a=1&amp;orderId={ALIBABA}>", ALIBABA),
        (f"<https://c.example/#/orders/{HUAWEI}?tab=1|the order>", HUAWEI),
    ],
)
def test_an_id_is_read_however_it_is_pasted_with_the_account_behind_it(
    verb: str, pasted: str, order_id: str, account: str
) -> None:
    assert parse_command(f"{verb}{pasted}") == Show(order_id)
    assert parse_command(f"{verb}{pasted} {account}") == Show(order_id, account)


@pytest.mark.parametrize(
    "typed", ["CS18122203217 MRPB", "CS18122203 217MRPB", "C S18122203217MRPB"]
)
def test_an_id_of_letters_and_digits_may_be_broken_anywhere(typed: str) -> None:
    assert parse_command(typed) == Show(HUAWEI)


@pytest.mark.parametrize(
    "account",
    ["alibaba-main", "ali", "Ali", "hw", "hw1", "hw2-production", "a1-main", "1st", "PROD", "x.y"],
)
@pytest.mark.parametrize(
    ("pasted", "order_id"),
    [
        (ALIBABA, ALIBABA),
        (HUAWEI, HUAWEI),
        ("S1812220321", "S1812220321"),
        (UNICLOUD, UNICLOUD),
        ("P21784954245923", "P21784954245923"),
        ("5004 9103 0350 914", ALIBABA),
        (f"<https://c.example/o?orderId={ALIBABA}>", ALIBABA),
    ],
)
def test_an_account_may_stand_before_the_id(pasted: str, order_id: str, account: str) -> None:
    assert parse_command(f"show {account} {pasted}") == Show(order_id, account)


@pytest.mark.parametrize(
    ("typed", "order_id"),
    [
        ("cs 18122203217mrpb", HUAWEI),
        ("CS 18122203217", "CS18122203217"),
        ("P 21784954245923", "P21784954245923"),
        ("114 4119593783001088", UNICLOUD),
        ("5004 91030350914", ALIBABA),
    ],
)
def test_the_first_part_of_an_id_is_no_account(typed: str, order_id: str) -> None:
    assert parse_command(f"show {typed}") == Show(order_id)
    assert parse_command(f"show {typed} hw1") == Show(order_id, "hw1")


@pytest.mark.parametrize("account", ["ali", "2nd", "PROD", "2034"])
@pytest.mark.parametrize("order_id", [ALIBABA, "5004 9103 0350 914"])
def test_an_account_may_be_named_as_a_filter_names_it(order_id: str, account: str) -> None:
    expected = Show(ALIBABA, account)
    assert parse_command(f"show {order_id} account:{account}") == expected
    assert parse_command(f"show account:{account} {order_id}") == expected


@pytest.mark.parametrize("account", ["alibaba-main", "huawei-main", "hw1"])
@pytest.mark.parametrize("gap", [":", ": ", " : ", ", "])
def test_an_account_before_a_colon_is_the_account(account: str, gap: str) -> None:
    assert parse_command(f"show {account}{gap}{ALIBABA}") == Show(ALIBABA, account)


def test_an_account_that_slack_made_a_link_is_the_account() -> None:
    expected = Show(ALIBABA, "redis.io")
    assert parse_command(f"show {ALIBABA} <http://redis.io|redis.io>") == expected
    assert parse_command(f"show {ALIBABA} account:<http://redis.io|redis.io>") == expected


@pytest.mark.parametrize("account", ["", " hw1", " a1-main", " id", " no"])
@pytest.mark.parametrize(
    "typed",
    [
        f"订单号：{HUAWEI}",
        f"订单号: {HUAWEI}",
        f"订单号 {HUAWEI}",
        f"Order ID: {HUAWEI}",
        f"order number {HUAWEI}",
        f"id {HUAWEI}",
        f"No. {HUAWEI}",
        f"# {HUAWEI}",
        f"*{HUAWEI}*",
        f"id:<https://c.example:8080/o?orderId={HUAWEI}>",
        f"id:https://c.example:8080/o?orderId={HUAWEI}",
    ],
)
def test_the_label_of_an_id_is_neither_id_nor_account(typed: str, account: str) -> None:
    assert parse_command(f"show {typed}{account}") == Show(HUAWEI, account.strip())
    assert parse_command(f"{typed}{account}") == Show(HUAWEI, account.strip())


def test_an_id_among_other_words_is_found() -> None:
    assert parse_command(f"show 订单号{ALIBABA}") == Show(ALIBABA)
    assert parse_command(f"show {ALIBABA} {ALIBABA}") == Show(ALIBABA)
    assert parse_command("show 500491030350914. hw1") == Show(ALIBABA, "hw1")


def test_an_id_of_unknown_form_is_shown_when_it_is_asked_for_by_name() -> None:
    assert parse_command("show 2026-abc") == Show("2026-ABC")


@pytest.mark.parametrize("typed", ["show", "show “”", "show <>", "show https://c.example/none"])
def test_show_without_an_id_asks_for_one(typed: str) -> None:
    with pytest.raises(UsageError, match=r"Which order\? For example: /order show \d+"):
        parse_command(typed)


def test_an_id_longer_than_any_clouds_is_refused() -> None:
    with pytest.raises(UsageError, match="at most 64 characters, for example"):
        parse_command("show " + "9" * 65)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("unpayed", "/order unpaid"),
        ("unpayed 30d", "/order unpaid"),
        ("lst since:7d", "/order list"),
        ("hlep", "/order help"),
        ("product ecs2", "/order products"),
        ("acounts", "/order accounts"),
        ("hello world 12", "/order help"),
        ("账单", "/order help"),
        ("12", "/order help"),
        ("https://evil.example/?x", "/order help"),
        ("http://[", "/order help"),
        ("<@U0BOB>", "/order help"),
    ],
)
def test_an_unknown_word_gets_the_nearest_command_with_an_example(typed: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_command(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "list product：ecs status:unpaid",
        "list product:“ecs” status:unpaid",
        "list ＰＲＯＤＵＣＴ:ecs STATUS:Unpaid",
        'list "product:ecs" status:unpaid',
        "list　product:ecs　status:unpaid",
        "list product:<http://ecs|ecs> status:unpaid",
    ],
)
def test_filters_are_read_with_full_width_characters_quotes_and_links(typed: str) -> None:
    found = wanted(typed)
    assert (found.product, found.payment_status) == ("ecs", PaymentStatus.UNPAID)


@pytest.mark.parametrize("quotes", ['""', "“”", "„“", "「」", "＂＂"])
def test_quotes_keep_a_product_of_two_words_together(quotes: str) -> None:
    assert wanted(f"unpaid product:{quotes[0]}cloud server{quotes[1]}").product == "cloud server"


def test_slacks_entities_are_the_characters_that_were_typed() -> None:
    assert wanted("list product:R&amp;D").product == "R&D"
    assert wanted("list product:&lt;x&gt;").product == "<x>"
    assert wanted("list product:&amp;lt;").product == "&lt;"


def test_every_filter_becomes_a_value() -> None:
    found = wanted("list account:A provider:Huawei status:canceled type:Renewal over:12,480.50")
    assert found.account == "A"
    assert found.provider is Provider.HUAWEI
    assert found.payment_status is PaymentStatus.CANCELLED
    assert found.order_type is OrderType.RENEWAL
    assert found.over == Decimal("12480.50")


def test_a_list_goes_back_thirty_days_and_unpaid_a_year() -> None:
    assert (wanted("list").since, wanted("list").until) == (NOON - timedelta(days=30), NOON)
    assert (wanted("unpaid").since, wanted("unpaid").until) == (NOON - timedelta(days=365), NOON)


def test_the_window_before_an_end_is_as_long_as_the_usual_one() -> None:
    found = wanted("list until:2026-06-30")
    assert found.until - found.since == timedelta(days=30)
    assert wanted("list older:3d").since == NOON - timedelta(days=33)


def test_a_default_window_never_goes_back_further_than_five_years() -> None:
    found = wanted("unpaid until:1800d")
    assert found.since == NOON - timedelta(days=5 * 365)


@pytest.mark.parametrize(
    ("typed", "back"),
    [
        ("since:7d", timedelta(days=7)),
        ("since:12h", timedelta(hours=12)),
        ("since:2W", timedelta(weeks=2)),
        ("since:７d", timedelta(days=7)),
        ("since:1825d", timedelta(days=1825)),
    ],
)
def test_since_counts_back_from_now(typed: str, back: timedelta) -> None:
    assert wanted(f"list {typed}").since == NOON - back


def test_dates_are_days_of_the_person_and_until_holds_its_day() -> None:
    found = wanted("list since:2026-11-01 until:2026-11-02")
    assert found.since == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert found.until == datetime(2026, 11, 2, 16, tzinfo=UTC)
    assert wanted("list older:2026-11-02").until == datetime(2026, 11, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(day: str, hours: int) -> None:
    found = wanted(f"list since:{day} until:{day}", zone=NEW_YORK)
    assert found.until - found.since == timedelta(hours=hours)


def test_a_midnight_that_clocks_skip_is_the_first_moment_of_its_day() -> None:
    """In Chile the clocks go from Saturday's last second to one o'clock on Sunday."""
    found = wanted("list since:2026-09-06", zone=ZoneInfo("America/Santiago"))
    assert found.since == datetime(2026, 9, 6, 4, tzinfo=UTC)


@given(st.dates(date(2022, 1, 1), date(2026, 11, 17)))
def test_a_day_begins_and_ends_where_the_person_is(day: date) -> None:
    for name in ("Asia/Shanghai", "America/New_York", "America/Santiago", "Africa/Cairo"):
        zone = ZoneInfo(name)
        found = wanted(f"list since:{day} until:{day}", zone=zone)
        assert found.since.astimezone(zone).date() == day
        assert (found.until - timedelta(seconds=1)).astimezone(zone).date() == day


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("list foo", "Filters: account:"),
        ("list acount:x", "Did you mean account:alibaba-main"),
        ("list status", "“status” needs a value, for example status:unpaid"),
        ("list status:", "“status” needs a value"),
        ("list since: 7d", "“since” needs a value, for example since:7d"),
        ("list status:paid status:paid", "twice; write it once, for example status:unpaid"),
        ("list status:unpayed", "try status:unpaid; there are: unpaid, paid, cancelled, unknown"),
        ("list provider:huawai", "try provider:huawei"),
        ("list type:ne", "try type:new"),
        ("list since:yesterday", "for example since:7d (or 12h, 2w) or a date, since:2026-11-01"),
        ("list until:2026-13-01", "until:2026-13-01 is no time"),
        ("list over:lots", "for example over:5000"),
        ("list over:-1", "for example over:5000"),
        ("list over:5,5", "for example over:5000"),
        ("list over:5.000,50", "for example over:5000"),
        ("list over:1e3", "for example over:5000"),
        ("list over:NaN", "for example over:5000"),
        ("list since:1d until:7d", "put the earlier moment first, for example since:30d until:7d"),
        ("list since:0d", "put the earlier moment first"),
        ("list since:1826d", "five years at most; try since:1825d"),
        ("list until:0001-01-01", "five years at most"),
        ("list until:9999w", "five years at most"),
        ("list until:9999-12-31", "until:9999-12-31 is no time"),
        ("unpaid status:paid", "For others: /order list status:paid"),
    ],
)
def test_what_cannot_be_read_is_told_with_an_example(typed: str, part: str) -> None:
    assert part in refusal(typed)


WORDS = st.one_of(
    st.sampled_from([*Verb, "?", *FILTERS, *FILTERS.values(), ALIBABA, HUAWEI, '"', "“", "<", ">"]),
    st.sampled_from(["http://[", "https://x/?orderId=", "<tel:", "|x>", "&amp;", "：", ":", "://"]),
    st.text(st.characters(codec=None), max_size=12),
    st.from_regex(r"(since|until|older|over):[0-9]{1,5}[-dhw.,0-9]{0,6}", fullmatch=True),
    st.from_regex(r"(since|until|older):[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
)
LINES = st.tuples(
    st.sampled_from(["", *Verb]), st.lists(st.tuples(WORDS, st.sampled_from(["", " "])), max_size=6)
).map(lambda line: line[0] + " " + "".join(word + space for word, space in line[1]))


def answered(typed: str, zone: ZoneInfo) -> Wanted | str | None:
    """The filters or the refusal that a line gets; None for a command without filters."""
    try:
        command = parse_command(typed)
        if isinstance(command, List):
            return read_filters(command, now=NOON, zone=zone)
    except UsageError as error:
        return str(error)
    return None


@given(LINES, st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("Pacific/Kiritimati")]))
def test_no_line_raises_anything_but_a_sentence_with_an_example(typed: str, zone: ZoneInfo) -> None:
    found = answered(typed, zone)
    if isinstance(found, Wanted):
        assert NOON - timedelta(days=1825) <= found.since < found.until
    elif found is not None:
        assert "/order" in found or any(f"{name}:" in found for name in FILTERS)
        assert len(found) < 400
        checked(sentence(found))


@pytest.mark.parametrize(
    "word", ["9", "a", "<", '"', "“a", "a ", "<@", "<a ", "http://", "ﷺ", "\ud800", ":"]
)
@pytest.mark.parametrize("verb", ["", "list product:"])
def test_a_hundred_kilobytes_are_answered_too(verb: str, word: str) -> None:
    found = answered(verb + word * (100_000 // len(word)), SHANGHAI)
    assert not isinstance(found, str) or len(found) < 400
