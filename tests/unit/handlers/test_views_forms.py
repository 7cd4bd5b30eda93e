"""The *Find…* form and the windows that show answers."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.orders import OrderType, PaymentStatus
from handlers.views.forms import answer_modal, find_form, loading_modal, typed_values
from handlers.views.panel import sentence
from tests.builders import an_account
from tests.surfaces import checked_view

DRAFT = {
    "order_id": "500491030350914",
    "account": "huawei-main",
    "status": "unpaid",
    "type": "renewal",
    "since": "90d",
    "product": "ecs",
    "over": "5000",
}


def initial_values(view: dict[str, Any]) -> dict[str, str]:
    found = {}
    for block in view["blocks"]:
        element = block["element"]
        option = element.get("initial_option", {}).get("value")
        found[block["block_id"]] = option or element.get("initial_value", "")
    return found


def submitted(view: dict[str, Any]) -> dict[str, Any]:
    """The view as Slack sends it when nothing was changed."""
    values = {}
    for block in view["blocks"]:
        element = block["element"]
        value: dict[str, Any] = {"type": element["type"], "value": element.get("initial_value")}
        if "options" in element:
            value = {"type": element["type"], "selected_option": element.get("initial_option")}
        values[block["block_id"]] = {element["action_id"]: value}
    return {"state": {"values": values}}


def test_an_empty_form_asks_for_anything() -> None:
    view = checked_view(find_form([an_account()], {}, "f0"))
    assert initial_values(view) == {
        name: "" if name in ("order_id", "product", "over") else "any" for name in DRAFT
    }
    assert typed_values(submitted(view)) == {}
    assert view["private_metadata"] == "f0"


def test_a_half_filled_form_comes_back_as_it_was_left() -> None:
    view = checked_view(find_form([an_account()], DRAFT, "f0"))
    assert initial_values(view) == DRAFT
    assert typed_values(submitted(view)) == DRAFT


def test_a_choice_that_is_no_longer_offered_falls_back_to_any() -> None:
    view = checked_view(find_form([an_account(name="other")], DRAFT, "f0"))
    assert initial_values(view)["account"] == "any"


@pytest.mark.parametrize("count", [1, 99, 100, 200])
def test_no_more_accounts_are_offered_than_a_menu_holds(count: int) -> None:
    accounts = [an_account(name=f"{number:03}-{'x' * 60}") for number in range(count)]
    view = checked_view(find_form(accounts, {}, "f0"))
    (account,) = [block for block in view["blocks"] if block["block_id"] == "account"]
    assert len(account["element"]["options"]) == 1 + min(count, 99)


def test_every_status_and_type_can_be_chosen() -> None:
    view = find_form([an_account()], {}, "f0")
    offered = {
        block["block_id"]: {option["value"] for option in block["element"].get("options", [])}
        for block in view["blocks"]
    }
    assert offered["status"] == {"any", *PaymentStatus}
    assert offered["type"] == {"any", *OrderType}


def test_a_view_without_state_holds_nothing() -> None:
    assert typed_values({}) == {}
    assert typed_values({"state": {"values": {"over": {"draft": {"value": None}}}}}) == {}


def test_windows_that_show_answers_are_valid_and_have_nothing_to_submit() -> None:
    for view in (loading_modal(), answer_modal(sentence("x" * 5000), "t" * 100)):
        assert "submit" not in checked_view(view)
