"""One order: what the card says, and that nothing of it is lost behind *All details*."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.orders import Field, LineItem, Order, OrderType, PaymentStatus, Resource
from bot.errors import ProviderRefused, ProviderUnavailable, Remedy
from bot.services.orders import Choice
from handlers.views import words
from handlers.views.details import details_pages, details_view
from handlers.views.orders import choice_card
from tests.builders import NOON, a_detailed_order, a_line_item, an_account, an_order, money
from tests.surfaces import (
    a_card,
    buttons_of,
    checked,
    checked_modal,
    markup_of,
    plain_of,
    read,
    shown,
)

SOON = NOON + timedelta(hours=5)


def labels(order: Order, **parts: Any) -> list[str]:
    return [each["text"]["text"] for each in buttons_of(a_card(order, **parts))]


def header_of(order: Order) -> str:
    return plain_of(checked(a_card(order)))[0]


def details(order: Order) -> list[str]:
    """What stands behind *All details*, page after page, each page checked."""
    pages = details_pages(order)
    for number in range(len(pages)):
        checked_modal(details_view(shown(order), number, "p0", "n0", zone="UTC"))
    return [chunk for page in pages for chunk in page]


def test_the_card_says_first_how_much_for_what() -> None:
    order = a_detailed_order(deadline=SOON)
    card = checked(a_card(order))
    assert header_of(order) == "12,480.00 CNY · Elastic Cloud Server x 4"
    assert card.text.startswith("12,480.00 CNY · Elastic Cloud Server x 4, Unpaid, pay by Wed 18")
    assert markup_of(card)[0].startswith("*Unpaid* · New · pay by <!date^")
    assert markup_of(card)[0].endswith("(in 5 h)")


def test_the_card_has_the_ids_people_ask_for() -> None:
    order = a_detailed_order(
        order_number="P21784954245923",
        owner_id="1234567890",
        region="cn-north-4",
        parts=("CS1", "CS2"),
        payment_word="6 pending payment",
        order_type_word="1 new subscription",
    )
    facts = plain_of(checked(a_card(order)))
    for fact in (
        "Order\nCS2611171200ABCDE (P21784954245923)",
        "Account\nhuawei-main, customer 1234567890",
        "The provider says\n6 pending payment, 1 new subscription",
        "Placed by\nlin",
        "Region\ncn-north-4",
        "Goes with it\nCS1, CS2",
        "Resources\ni-abc",
    ):
        assert fact in facts


def test_a_card_of_an_order_of_which_little_is_known_has_no_empty_place() -> None:
    order = an_order(
        payable=None, created_at=None, product_code="", product_name="", payment_word=""
    )
    card = checked(a_card(order))
    assert "no amount given · unnamed product" in card.text
    assert "deadline not read yet" in markup_of(card)[0]


@pytest.mark.parametrize(
    ("status", "inferred", "said"),
    [
        (PaymentStatus.UNPAID, False, "*Unpaid*"),
        (PaymentStatus.UNPAID, True, "*Probably unpaid*"),
        (PaymentStatus.PAID, False, "*Paid*"),
        (PaymentStatus.CANCELLED, False, "*Cancelled*"),
        (PaymentStatus.UNKNOWN, False, "*Status not known*"),
    ],
)
def test_the_state_is_the_first_word_under_the_title(
    status: PaymentStatus, inferred: bool, said: str
) -> None:
    order = an_order(payment_status=status, inferred=inferred, payment_word="WAITING")
    card = checked(a_card(order))
    assert markup_of(card)[0].startswith(said)
    assert "WAITING" in read(card)


@pytest.mark.parametrize(
    "parts", [{"inferred": True}, {"payment_status": PaymentStatus.UNKNOWN}], ids=str
)
def test_what_is_only_concluded_or_not_known_comes_with_the_providers_word(
    parts: dict[str, object],
) -> None:
    card = checked(a_card(an_order(payment_word="WAITING", order_type_word="", **parts)))
    assert "the provider says: WAITING" in card.text


@pytest.mark.parametrize(("status", "kind"), list(product(PaymentStatus, OrderType)))
def test_every_status_and_type_makes_a_card(status: PaymentStatus, kind: OrderType) -> None:
    card = checked(a_card(a_detailed_order(payment_status=status, order_type=kind)))
    assert (words.type_word(kind) in markup_of(card)[0]) == (kind is not OrderType.OTHER)


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "no amount given"),
        ("-277.92 CNY", "-277.92 CNY"),
        ("1200 JPY", "1,200 JPY"),
        ("99", "99.00"),
        ("10.00 CNY (unit 7)", "10.00 CNY (unit 7)"),
        ("0.000125 USD", "0.000125 USD"),
        ("999999999999999.99 CNY", "999,999,999,999,999.99 CNY"),
        ("1E+29 CNY", "100,000,000,000,000,000,000,000,000,000.00 CNY"),
        ("1E+999999 CNY", "1.000000E+999999 CNY"),
    ],
)
def test_amounts_of_all_kinds_are_shown(amount: str | None, said: str) -> None:
    payable = None if amount is None else money(amount)
    order = a_detailed_order(payable=payable, line_items=(a_line_item(amount=payable),))
    assert header_of(order).startswith(f"{said} · ")
    checked(a_card(order, shared_by="U0ALICE"))


def test_the_quantity_is_that_of_the_orders_own_product() -> None:
    """A server's disk is no second server."""
    disk = a_line_item(product_code="hws.service.type.ebs", quantity=Decimal(2))
    assert header_of(a_detailed_order(line_items=(a_line_item(), disk))).endswith("Server x 4")
    of_one_kind = a_detailed_order(line_items=(disk, disk), product_code="other")
    assert header_of(of_one_kind).endswith("Server x 4")
    mixed = a_detailed_order(line_items=(a_line_item(), disk), product_code="other")
    assert header_of(mixed).endswith("Server")


def test_a_deadline_that_passed_is_said_to_have_passed() -> None:
    card = checked(a_card(a_detailed_order(deadline=NOON)))
    assert "deadline was <!date^" in markup_of(card)[0]


@pytest.mark.parametrize(
    "status", [status for status in PaymentStatus if status is not PaymentStatus.UNPAID]
)
def test_only_what_is_unpaid_has_to_be_paid(status: PaymentStatus) -> None:
    card = a_card(a_detailed_order(payment_status=status))
    assert "pay by" not in read(card) + card.text


def test_a_renewal_says_until_when_the_resource_is_live() -> None:
    resources = tuple(
        Resource(resource_id=f"i-{day}", ends_at=NOON + timedelta(days=day)) for day in (15, 9)
    )
    order = a_detailed_order(order_type=OrderType.RENEWAL, resources=resources)
    state = markup_of(checked(a_card(order)))[0]
    assert f"live until <!date^{int((NOON + timedelta(days=9)).timestamp())}^" in state


def test_a_payment_time_is_shown_and_only_a_paid_order_is_called_paid() -> None:
    """Alibaba gives cancelled orders a payment time too."""
    paid = a_card(an_order(payment_status=PaymentStatus.PAID, paid_at=NOON))
    cancelled = a_card(an_order(payment_status=PaymentStatus.CANCELLED, paid_at=NOON))
    assert any(each.startswith("paid <!date") for each in markup_of(paid))
    assert any(each.startswith("payment time <!date") for each in markup_of(cancelled))


def test_an_end_beyond_all_calendars_breaks_no_card() -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    for zone in ("Asia/Shanghai", "America/New_York"):
        order = a_detailed_order(deadline=never, line_items=(a_line_item(ends_at=never),))
        checked_modal(details_view(shown(order), 0, "", "", zone=zone))
        assert words.status_word(order) == "Unpaid"
        checked(a_card(order))


def test_a_line_without_an_end_shows_none() -> None:
    line = a_line_item(starts_at=NOON, ends_at=NOON + timedelta(days=365 * 99))
    assert "until" not in read(a_card(an_order(line_items=(line,))))


def test_five_lines_are_shown_and_the_others_counted() -> None:
    lines = tuple(a_line_item(product_name=f"Disk {number}") for number in range(300))
    text = read(checked(a_card(a_detailed_order(line_items=lines))))
    assert "Disk 4" in text
    assert "Disk 5" not in text
    assert "and 295 more behind All details" in text


def test_four_instances_are_shown_and_the_others_counted() -> None:
    order = a_detailed_order(line_items=(a_line_item(instance_ids=tuple("abcdef") * 2),))
    assert "a, b, c, d and 2 more" in read(checked(a_card(order)))


def test_a_card_as_last_seen_says_why_and_what_to_do() -> None:
    error = ProviderRefused(
        "Huawei Cloud answered: no right",
        account="huawei-main",
        code="CBC.0151",
        request_id="r-1",
        remedy=Remedy.GRANT_PERMISSION,
    )
    card = checked(a_card(an_order(), problem=error))
    for part in ("Shown as last seen", "huawei-main refused", "grant it", "CBC.0151", "r-1"):
        assert part in read(card)
    assert "Huawei Cloud answered: no right" in read(card)
    assert "huawei-main refused" in card.text


@pytest.mark.parametrize("remedy", Remedy)
def test_every_failure_names_the_account_and_a_next_step(remedy: Remedy) -> None:
    error = ProviderUnavailable("x", account="huawei-main", remedy=remedy)
    assert "No answer from huawei-main" in words.brief_problem(error)
    assert words.next_step(error) in words.problem(error)


def test_a_cloud_that_cannot_cancel_is_said_to_and_an_empty_reason_is_no_block() -> None:
    order = an_order(provider=Provider.UNICLOUD)
    reason = "Unicloud has no API for it <!channel>"
    assert f"No cancelling from here: {reason}" in plain_of(
        checked(a_card(order, cancel_reason=reason))
    )
    checked(a_card(order, can_cancel=False, cancel_reason=""))


def test_a_private_card_can_be_shared_and_a_shared_one_only_read() -> None:
    order = an_order()
    assert labels(order) == ["All details", "Share", "Refresh", "Open in console"]
    assert labels(order, shared_by="U0ALICE") == ["All details", "Open in console"]
    assert "shared by <@U0ALICE>" in markup_of(a_card(order, shared_by="U0ALICE"))
    assert labels(order, account=an_account()) == ["All details", "Share", "Refresh"]


@pytest.mark.parametrize(
    ("order_id", "path"),
    [
        ("CS2611171200ABCDE", "CS2611171200ABCDE"),
        ("a/../b?x=1#y", "a%2F..%2Fb%3Fx%3D1%23y"),
        ("订单", "%E8%AE%A2%E5%8D%95"),
        ("\ud800x", "x"),
    ],
)
def test_the_console_link_holds_the_id_as_one_part_of_its_path(order_id: str, path: str) -> None:
    link = buttons_of(checked(a_card(an_order(order_id=order_id))))[-1]
    assert link["url"] == f"https://console.example.com/orders/{path}"


def test_a_console_link_that_slack_would_refuse_is_left_out() -> None:
    assert "Open in console" not in labels(an_order(order_id="x" * 3000))


def test_pitfall_38_an_order_of_300_lines_and_6000_fields_is_shown_whole_on_pages() -> None:
    fields = tuple(
        Field(f"order_line_items.{number // 20}.name_{number}", f"value {number}")
        for number in range(6000)
    )
    order = a_detailed_order(line_items=(a_line_item(),) * 300, fields=fields)
    checked(a_card(order))
    text = "\n".join(details(order)).splitlines()
    assert text == [f"{field.path}: {field.value}" for field in fields]


@pytest.mark.parametrize("character", ["a", "订", "😀", "\\", "&"])
def test_pitfall_38_a_value_of_any_length_and_script_goes_on_in_the_next_block(
    character: str,
) -> None:
    order = an_order(fields=(Field("note", character * 100_000), Field("last", "x")))
    assert "".join(details(order)).replace("\n", "") == f"note: {character * 100_000}last: x"


def test_a_value_stands_as_it_was_sent_with_its_meaning_beside_it() -> None:
    order = an_order(fields=(Field("amount", "12480.0"), Field("status", "6", "pending payment")))
    assert details(order) == ["amount: 12480.0\nstatus: 6 (pending payment)"]
    spaced = an_order(fields=(Field("note", "two  blanks\nand a line"),))
    assert details(spaced) == ["note: two  blanks\nand a line"]


def test_the_fields_of_resources_stand_behind_those_of_the_order() -> None:
    resource = Resource(resource_id="i-abc", fields=(Field("status", "2", "in use"),))
    order = a_detailed_order(resources=(resource,))
    assert details(order)[0].endswith("\nresources.0.status: 2 (in use)")


def test_an_order_without_fields_says_so() -> None:
    assert details(an_order()) == ["The provider gave no fields."]


def test_a_details_page_names_its_order_place_and_moment() -> None:
    order = an_order(fields=tuple(Field(str(number), "x" * 2000) for number in range(60)))
    view = checked_modal(details_view(shown(order), 1, "p0", "n0", zone="Asia/Shanghai"))
    assert "Order CS2611171200ABCDE in huawei-main, as of Wed 18 Nov 2026 20:00 CST" in read(view)
    assert "page 2 of 3" in read(view)
    assert "Seen only as a row of a list so far" in read(view)
    assert [each["text"]["text"] for each in buttons_of(view)] == ["Previous", "Next"]
    beyond = checked_modal(details_view(shown(order), 99, "p0", "", zone="UTC"))
    assert "page 3 of 3" in read(beyond)


@pytest.mark.parametrize("count", [2, 40, 41, 50, 200])
def test_a_choice_has_a_row_for_each_account_and_counts_those_left_over(count: int) -> None:
    accounts = tuple(an_account(name=f"account-{number}") for number in range(count))
    card = checked(choice_card(Choice("500491030350914", accounts), tuple("c0" for _ in accounts)))
    assert len(buttons_of(card)) == min(count, 40)
    assert ("more accounts" in read(card)) == (count > 40)
    assert "/order show 500491030350914 ACCOUNT" in card.text


def test_a_line_says_how_many_of_what_for_how_long() -> None:
    line = LineItem(
        product_code="ecs",
        description="2 vCPU",
        quantity=Decimal("4.0"),
        amount=money("10 CNY"),
        period="3 month",
        starts_at=NOON,
        ends_at=NOON + timedelta(days=90),
    )
    card = checked(a_card(an_order(line_items=(line,))))
    assert "4 x ecs · 2 vCPU · 3 month · 10.00 CNY · until Tue 16 Feb 2027 12:00 UTC" in read(card)
