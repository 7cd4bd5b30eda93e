"""The panel, help, accounts and products."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.filters import AccountAnswer, Snapshot
from bot.domain.orders import Product
from bot.errors import ProviderUnavailable
from bot.services.orders import AccountLine, ProductList
from handlers.filters import FILTERS, List, read_filters
from handlers.parsing import Command, Show, parse_command
from handlers.views.panel import (
    SAMPLE_IDS,
    accounts_card,
    help_card,
    panel,
    products_card,
    sentence,
)
from handlers.views.text import zone_of
from tests.builders import NOON, a_detailed_order, an_account
from tests.surfaces import buttons_of, checked, plain_of, read


def labels_of(rows: int, unpaid: int = 7) -> list[str]:
    recent = [(Snapshot(a_detailed_order(), NOON), f"c{number}") for number in range(rows)]
    card = checked(panel(unpaid, NOON, recent, "p0", zone="UTC", waiting=2))
    return [each["text"]["text"] for each in buttons_of(card)]


def products_of(count: int, **parts: object) -> ProductList:
    account = an_account(**parts)
    rows = tuple(
        Product(account.provider, account.name, f"code-{number}", f"Name {number}")
        for number in range(count)
    )
    return ProductList(account, rows, count, "")


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_the_panel_offers_what_is_unpaid_a_form_and_the_last_orders(rows: int) -> None:
    assert labels_of(rows) == ["Unpaid (7)", "Waiting for you (2)", "Find…", *["Show"] * rows]


def test_the_panel_says_by_itself_what_it_shows() -> None:
    recent = [(Snapshot(a_detailed_order(), NOON), "c0")]
    card = checked(panel(7, NOON, recent, "p0", zone="UTC", waiting=2))
    assert card.text.startswith("Cloud orders: 7 unpaid, 2 waiting for you. Type /order help ")
    row = "12,480.00 CNY · Elastic Cloud Server x 4 · Unpaid · CS2611171200ABCDE"
    assert row in plain_of(card)
    assert "As of <!date^" in read(card)


def test_a_panel_before_every_cloud_has_answered_says_so() -> None:
    card = checked(panel(0, None, [], "p0", zone="UTC", waiting=2))
    assert "Not every cloud has answered yet." in read(card)


@pytest.mark.parametrize("provider", Provider)
def test_help_shows_commands_that_work_with_the_accounts_here(provider: Provider) -> None:
    account = Account("my-account", provider)
    card = checked(help_card((account,)))
    lines = [line for text in plain_of(card) for line in text.splitlines()]
    typed = [line.partition(": ")[0].removeprefix("/order") for line in lines if "/order" in line]
    commands: list[Command] = [parse_command(each) for each in typed]
    assert len(commands) == 13
    assert commands.count(Show(SAMPLE_IDS[provider])) == 2
    assert "/order products my-account ecs" in read(card)


def test_the_filters_in_help_can_be_typed_as_they_stand() -> None:
    lines = plain_of(help_card((an_account(name="my-account"),)))
    typed = lines[-1].partition(": ")[2].split()
    command = parse_command("list " + " ".join(typed))
    assert isinstance(command, List)
    assert set(command.filters) == set(FILTERS)
    for each in typed:
        one = parse_command(f"list {each}")
        assert isinstance(one, List)
        read_filters(one, now=NOON, zone=zone_of("UTC"))


@pytest.mark.parametrize("count", [1, 3, 45, 200])
def test_accounts_have_a_line_each_and_what_does_not_fit_is_counted(count: int) -> None:
    lines = [
        AccountLine(an_account(name=f"account-{number:03}"), AccountAnswer("x", NOON))
        for number in range(count)
    ]
    card = checked(accounts_card(lines, zone="Asia/Shanghai"))
    text = read(card)
    listed = text.count("last good answer Wed 18 Nov 2026 20:00 CST")
    left = count - listed
    assert f"Your accounts: {count}" in text
    assert (f"and {left} more accounts" in text) == (left > 0)
    assert left == 0 or listed > 100
    assert "(cut)" not in text


def test_the_longest_account_lines_are_still_valid() -> None:
    answer = AccountAnswer("x", NOON, NOON, "E" * 5000)
    lines = [
        AccountLine(an_account(name="n" * 64, owner_id="9" * 20), answer) for _each in range(200)
    ]
    checked(accounts_card(lines, zone="UTC"))


def test_accounts_that_fail_stand_first() -> None:
    lines = [
        AccountLine(an_account(name="good"), AccountAnswer("good", NOON)),
        AccountLine(an_account(name="new", owner_id="123"), None),
        AccountLine(an_account(name="bad"), AccountAnswer("bad", NOON, NOON, "CBC.0151")),
    ]
    text = plain_of(checked(accounts_card(lines, zone="UTC")))[1]
    moment = "Wed 18 Nov 2026 12:00 UTC"
    assert text.splitlines() == [
        f"bad (huawei china): last good answer {moment}; failed {moment}: CBC.0151",
        f"good (huawei china): last good answer {moment}",
        "new (huawei china, customer 123): no answer yet",
    ]


def test_of_1000_products_every_one_is_on_some_page_with_its_place() -> None:
    seen: set[str] = set()
    for offset in range(0, 1000, 30):
        card = checked(products_card([products_of(1000)], offset=offset, turn_id="t0"))
        seen |= {line.partition(" · ")[0] for text in plain_of(card) for line in text.splitlines()}
        assert f"{offset + 1} to {min(offset + 30, 1000)} of 1000" in read(card)
        names = [each["text"]["text"] for each in buttons_of(card)]
        assert names == ["Previous"] * (offset > 0) + ["Next"] * (offset + 30 < 1000)
    assert {f"code-{number}" for number in range(1000)} <= seen


def test_products_stand_under_the_account_they_are_from() -> None:
    card = checked(
        products_card([products_of(1, name="a"), products_of(1, name="b")], offset=0, turn_id="t0")
    )
    assert "a:\ncode-0 · Name 0" in plain_of(card)
    assert "b:\ncode-0 · Name 0" in plain_of(card)


def test_a_cloud_without_its_products_is_named_and_not_called_empty() -> None:
    error = ProviderUnavailable("x", account="b")
    failed = ProductList(an_account(name="b"), (), 0, "", error)
    card = checked(products_card([failed], offset=0, turn_id="t0"))
    assert "No answer from b." in read(card)
    assert "No answer from b." in card.text
    assert "No product fits" not in read(card)


def test_no_product_and_no_page_are_told_apart() -> None:
    none = checked(products_card([products_of(0)], offset=0, turn_id="t0"))
    beyond = checked(products_card([products_of(3)], offset=30, turn_id="t0"))
    assert "No product fits" in read(none)
    assert "past the end" in read(beyond)
    assert [each["text"]["text"] for each in buttons_of(beyond)] == ["Previous"]


def test_a_sentence_is_the_same_in_text_and_block() -> None:
    card = checked(sentence("No account “x” that you may view."))
    assert card.text == read(card)


@pytest.mark.parametrize("length", [1, 3000, 5000])
def test_a_sentence_of_any_length_is_valid(length: int) -> None:
    card = checked(sentence("x" * length))
    assert ("(cut)" in read(card)) == (length > 3000)


def test_a_moment_of_the_panel_is_that_of_the_account_heard_longest_ago() -> None:
    card = panel(1, NOON - timedelta(hours=2), [], "p0", zone="UTC", waiting=2)
    assert f"<!date^{int((NOON - timedelta(hours=2)).timestamp())}^" in read(card)


def test_the_panel_counts_nothing_while_nothing_is_known() -> None:
    shown = read(panel(0, None, [], "P1", zone="UTC", waiting=0))
    assert "\nUnpaid\n" in shown
    assert "Unpaid (0)" not in shown
