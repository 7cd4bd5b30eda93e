"""Lists: rows that are taken in at a glance, what they cover, and who did not answer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.orders import OrderType, PaymentStatus
from bot.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.services.lists import AccountState
from handlers.views.surface import Rendered
from tests.builders import NOON, a_detailed_order, an_account, an_order
from tests.surfaces import (
    a_failure_saying,
    a_list,
    an_order_saying,
    buttons_of,
    checked,
    markup_of,
    plain_of,
    read,
)


def no_answer(account: str) -> ProviderError:
    return ProviderUnavailable("no answer yet", account=account)


def a_state(name: str = "huawei-main", **parts: Any) -> AccountState:
    usual = {"good_at": NOON, "covered_since": None}
    return AccountState(an_account(name=name), **(usual | parts))


def labels(rendered: Rendered) -> list[str]:
    return [each["text"]["text"] for each in buttons_of(rendered)]


def test_a_row_says_amount_type_deadline_and_age_then_the_clouds_words() -> None:
    card = checked(a_list(a_detailed_order()))
    row = markup_of(card)[0]
    assert row.startswith("*12,480.00 CNY* · New · pay by <!date^")
    assert row.endswith("(in 3 d) · 24 h old")
    assert "Elastic Cloud Server x 4 · huawei-main · CS2611171200ABCDE" in plain_of(card)


@pytest.mark.parametrize(
    ("detailed", "said"), [(True, "no deadline given"), (False, "deadline not read yet")]
)
def test_a_deadline_that_was_not_read_is_not_called_none(detailed: bool, said: str) -> None:
    order = an_order(deadline=None, detailed=detailed)
    assert said in markup_of(checked(a_list(order)))[0]


def test_a_row_shows_the_number_that_people_know() -> None:
    assert "P21784954245923" in read(checked(a_list(an_order(order_number="P21784954245923"))))


@pytest.mark.parametrize(("status", "inferred"), list(product(PaymentStatus, (True, False))))
def test_a_row_of_any_status_is_valid_and_doubt_comes_with_the_providers_word(
    status: PaymentStatus, inferred: bool
) -> None:
    order = an_order(payment_status=status, inferred=inferred, payment_word="WAITING")
    card = checked(a_list(order, payment_status=None))
    doubt = inferred or status is PaymentStatus.UNKNOWN
    assert ("the provider says: WAITING" in read(card)) == doubt


@pytest.mark.parametrize("rows", [0, 1, 8])
def test_the_total_the_window_and_the_moment_are_always_said(rows: int) -> None:
    card = checked(a_list(*[a_detailed_order()] * rows))
    assert f"Unpaid orders: {rows}" in read(card)
    assert f"Unpaid orders: {rows}" in card.text
    assert "placed <!date^" in read(card)
    assert "as of <!date^" in read(card)
    assert labels(card) == ["Show"] * rows + ["Refresh"]


def test_pages_can_be_turned_where_there_are_more() -> None:
    first = a_list(*[an_order()] * 8, total=17)
    middle = a_list(*[an_order()] * 8, total=17, offset=8)
    last = a_list(an_order(), total=17, offset=16)
    assert labels(checked(first))[8:] == ["Next", "Refresh"]
    assert labels(checked(middle))[8:] == ["Previous", "Next", "Refresh"]
    assert labels(checked(last))[1:] == ["Previous", "Refresh"]
    assert "9 to 16 of 17" in read(middle)


def test_a_page_that_is_past_the_end_by_now_does_not_claim_that_nothing_is_unpaid() -> None:
    card = checked(a_list(total=9, offset=16))
    assert "past the end" in read(card)
    assert "Nothing" not in read(card)
    assert "Previous" in labels(card)


def test_an_empty_list_says_in_which_accounts_nothing_is_unpaid() -> None:
    states = (a_state("a"), a_state("b"))
    assert "Nothing is unpaid in a, b." in read(checked(a_list(states=states)))
    said = read(checked(a_list(states=states, unknown=2)))
    assert "Nothing is known to be unpaid in a, b; of 2 orders the status is not known." in said


@pytest.mark.parametrize(
    "narrowed",
    [
        {"over": Decimal(5000)},
        {"product": "ecs"},
        {"order_type": OrderType.NEW},
        {"provider": Provider.HUAWEI},
        {"since": NOON - timedelta(days=30)},
        {"until": NOON - timedelta(days=60)},
    ],
    ids=lambda narrowed: next(iter(narrowed)),
)
def test_an_empty_narrowed_list_does_not_claim_that_nothing_is_unpaid(
    narrowed: dict[str, Any],
) -> None:
    text = read(checked(a_list(**narrowed)))
    assert "No unpaid order fits" in text
    assert "Nothing is unpaid" not in text


def test_an_empty_list_of_all_orders_tells_how_to_look_further_back() -> None:
    assert "since:90d" in read(checked(a_list(payment_status=None)))


def test_an_answer_that_cannot_be_used_is_not_told_as_a_refusal() -> None:
    problem = ProviderMalformed("odd", account="ali", remedy=Remedy.TRY_AGAIN)
    card = checked(a_list(states=(a_state("ali", problem=problem),)))
    assert "ali gave an answer that cannot be used. Try again in a minute." in read(card)


@pytest.mark.parametrize("state", [{"problem": no_answer("huawei-main")}, {"asking": True}])
def test_an_empty_list_never_says_nothing_while_a_cloud_has_not_answered(
    state: dict[str, Any],
) -> None:
    text = read(checked(a_list(states=(a_state(**state),))))
    assert "not every cloud has answered" in text
    assert "Nothing is unpaid" not in text


def test_a_cloud_that_did_not_answer_is_named_with_the_moment_of_its_orders() -> None:
    state = a_state("ali", problem=no_answer("ali"))
    never = a_state("uni", good_at=None, problem=no_answer("uni"))
    card = checked(a_list(an_order(), states=(a_state(), state, never)))
    said = "No answer from ali. Try again in a minute. Shown as of Wed 18 Nov 2026 12:00 UTC."
    assert said in read(card)
    assert said in card.text
    assert "No answer from uni. Try again in a minute. Its orders are not read yet." in read(card)


def test_a_cloud_that_throttles_is_named_too() -> None:
    error = ProviderThrottled("slow down", account="ali", code="Throttling.User")
    text = read(checked(a_list(states=(a_state("ali", problem=error),))))
    assert "ali asks us to slow down." in text
    assert "Throttling.User" in text


def test_of_200_accounts_that_all_fail_each_is_named() -> None:
    names = [f"account-{number}" for number in range(200)]
    states = tuple(
        a_state(name, problem=no_answer(name), covered_since=NOON - timedelta(days=3))
        for name in names
    )
    card = checked(a_list(*[a_detailed_order()] * 8, total=99, states=states))
    text = read(card)
    assert "No good answer from 190 more accounts:" in text
    assert all(name in text for name in names)
    assert "and 191 more accounts" in text


def test_pitfall_38_the_longest_list_is_one_message() -> None:
    """Under Slack's 13,200 characters, though every part is as long as it gets."""
    names = [f"{number:03}-{'x' * 60}" for number in range(200)]
    states = tuple(
        a_state(name, problem=a_failure_saying("订单 " * 100, name), covered_since=NOON)
        for name in names
    )
    orders = [an_order_saying("订单 " * 1000, account=names[0])] * 8
    wanted = {"until": NOON + timedelta(days=1)}
    card = checked(a_list(*orders, total=99, offset=8, unknown=3, states=states, **wanted))
    assert len(card.blocks) <= 50


def test_names_that_do_not_fit_are_cut_visibly() -> None:
    names = [f"{number:03}-{'x' * 60}" for number in range(200)]
    states = tuple(a_state(name, problem=no_answer(name)) for name in names)
    assert "(cut)" in read(checked(a_list(*[an_order()] * 8, states=states)))


def test_what_is_not_read_yet_is_said() -> None:
    state = a_state("ali", covered_since=NOON - timedelta(days=3))
    card = checked(a_list(an_order(), payment_status=None, states=(state,)))
    assert "ali: orders before Sun 15 Nov 2026 12:00 UTC are not read yet." in read(card)


def test_orders_whose_status_is_not_known_are_counted_under_what_is_unpaid() -> None:
    assert "3 more whose status is not known" in read(checked(a_list(an_order(), unknown=3)))
    listed = checked(a_list(an_order(), unknown=3, payment_status=None))
    assert "not known" not in read(listed)


def test_a_list_in_waiting_says_that_the_clouds_are_asked() -> None:
    assert "asking the clouds" in read(checked(a_list(states=(a_state(asking=True),))))


def test_a_list_of_accounts_never_heard_claims_no_moment() -> None:
    assert "as of" not in read(checked(a_list(states=(a_state(good_at=None),))))


def test_the_buttons_of_rows_are_told_apart_by_a_screen_reader() -> None:
    card = checked(a_list(an_order(order_id="CS1"), an_order(order_id="CS2")))
    spoken = [each.get("accessibility_label") for each in buttons_of(card)]
    assert spoken == ["Show CS1", "Show CS2", None]
    assert [each["value"] for each in buttons_of(card)] == ["c0", "c1", "t0"]
