"""The forms that ask for a reason."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders import OrderType, Resource
from handlers.views.request_forms import cancel_form, deny_form, typed_reason
from tests.builders import NOON, a_detailed_order
from tests.request_builders import a_request
from tests.surfaces import an_order_saying, checked_view, texts_in

anything = st.text(st.characters(codec=None), max_size=2000)


def read(view: dict[str, Any]) -> str:
    return "\n".join(each.text for each in texts_in(view))


def typed(text: str | None) -> dict[str, Any]:
    """A view as Slack sends it back."""
    return {"state": {"values": {"reason": {"draft": {"type": "plain_text_input", "value": text}}}}}


def test_the_cancel_form_says_what_is_asked_and_wants_a_reason() -> None:
    view = checked_view(cancel_form(a_detailed_order(parts=("CS2",)), "", "c0"))
    assert (view["callback_id"], view["private_metadata"]) == ("cancel_form", "c0")
    said = read(view)
    assert "Cancel 12,480.00 CNY · Elastic Cloud Server x 4 · huawei-main?" in said
    assert "Combined transaction: CS2 go with it." in said
    assert "pay by Sat 21 Nov 2026 12:00 UTC" in said
    reason = view["blocks"][-1]
    assert reason["block_id"] == "reason"
    assert not reason.get("optional")


def test_the_cancel_form_warns_of_a_renewal() -> None:
    live = Resource(resource_id="i-abc", ends_at=NOON + timedelta(days=15))
    order = a_detailed_order(order_type=OrderType.RENEWAL, resources=(live,))
    assert "Renewal of i-abc, live until 3 Dec 2026" in read(cancel_form(order, "", "c0"))


def test_a_form_that_was_closed_half_filled_is_told_and_taken_up_again() -> None:
    view = cancel_form(a_detailed_order(), "half a rea", "c0")
    assert view["notify_on_close"] is True
    assert view["blocks"][-1]["dispatch_action"] is True
    assert view["blocks"][-1]["element"]["initial_value"] == "half a rea"


def test_the_deny_form_shows_the_wish_and_wants_a_reason() -> None:
    view = checked_view(deny_form(a_request(), "R1.1"))
    assert (view["callback_id"], view["private_metadata"]) == ("deny_form", "R1.1")
    assert "“bought twice”" in read(view)
    assert "Asked for by <@U0ALICE>" in read(view)
    assert view["blocks"][-1]["block_id"] == "reason"
    assert not view["blocks"][-1].get("optional")


@pytest.mark.parametrize("text", [None, "", "   ", "\n\t", "\u200b\u202e"])
def test_a_reason_that_says_nothing_is_none(text: str | None) -> None:
    assert typed_reason(typed(text)) == ""
    assert typed_reason({"state": {"values": {}}}) == ""
    assert typed_reason({}) == ""


def test_a_reason_is_taken_as_it_was_typed_and_no_longer_than_the_form_allows() -> None:
    assert typed_reason(typed("bought <twice> & *late*")) == "bought <twice> & *late*"
    assert len(typed_reason(typed("x" * 3000))) == 1000


@given(anything, anything)
def test_slack_takes_both_forms_whatever_people_and_clouds_say(text: str, reason: str) -> None:
    forms = (
        cancel_form(an_order_saying(text), reason, "c0"),
        deny_form(a_request(reason=reason, order=an_order_saying(text)), "R1.1"),
    )
    for view in forms:
        checked_view(view)
        for each in texts_in(view):
            assert each.kind == "plain_text" or "Asked for by <@U0ALICE>" in each.text
        assert "\u202e" not in json.dumps(view, ensure_ascii=False)
