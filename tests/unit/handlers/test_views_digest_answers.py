"""What is answered to `/order digest …`, and the form behind *Snooze until…*."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from bot.domain.digests import next_slot
from bot.domain.people import Channel
from bot.services.digests import Switched
from handlers.views.digest_answers import coming_card, status_card, switched_card
from handlers.views.forms import typed_values
from handlers.views.request_forms import snooze_form
from tests.builders import NOON
from tests.digest_builders import CHANNEL, a_plan
from tests.surfaces import checked, checked_view, read

TOMORROW = date(2026, 11, 19)


@pytest.mark.parametrize("plan", [None, a_plan(on=False)])
def test_without_a_digest_the_answer_is_how_to_have_one(plan: Any) -> None:
    assert "To have one: /order digest on 09:00" in read(checked(status_card(plan, None)))


def test_the_status_says_when_it_comes_what_it_shows_and_how_to_change_it() -> None:
    plan = a_plan(
        at=time(8, 30), weekdays=frozenset(range(5)), zone="Asia/Shanghai", filters={"over": "5"}
    )
    card = checked(status_card(plan, next_slot(plan, NOON)))
    said = read(card)
    assert "It comes Mon to Fri at 08:30 (Asia/Shanghai), next Thu 19 Nov 2026 08:30 CST." in said
    assert "Only over:5" in said
    assert "It shows what <@U0ALICE> may view." in said
    for word in ("time", "days", "zone", "now", "off"):
        assert f"/order digest {word}" in said
    assert "08:30 (Asia/Shanghai)" in card.text


@pytest.mark.parametrize(
    ("weekdays", "said"),
    [
        (set(range(7)), "every day"),
        ({0, 1, 2, 3, 4}, "Mon to Fri"),
        ({0, 2}, "Mon, Wed"),
        ({5, 6}, "Sat, Sun"),
        ({4, 5, 6}, "Fri to Sun"),
        ({6}, "Sun"),
    ],
)
def test_days_are_said_shortly(weekdays: set[int], said: str) -> None:
    card = status_card(a_plan(weekdays=frozenset(weekdays)), NOON)
    assert f"It comes {said} at 09:00" in card.text


def switched(*, public: bool, accounts: tuple[str, ...] = ("huawei-main",)) -> str:
    channel = Channel(channel_id=CHANNEL, public=public)
    return read(checked(switched_card(Switched(a_plan(), channel, NOON, accounts))))


def test_switching_on_names_the_accounts_and_warns_in_a_public_channel() -> None:
    private, public = switched(public=False), switched(public=True)
    assert "It shows: huawei-main" in private
    assert "everybody in the workspace can read" not in private
    assert "everybody in the workspace can read what is unpaid" in public
    assert "/order digest off" in public


def test_any_number_of_accounts_is_said_within_the_limits() -> None:
    names = tuple(f"{n} <!channel> " + "云" * 5000 for n in range(100))
    assert "(cut)" in switched(public=True, accounts=names)


def test_the_snooze_form_asks_for_a_day_and_a_reason() -> None:
    view = checked_view(snooze_form("12.00 CNY · ECS", {}, TOMORROW, "c0"))
    day, reason = [block for block in view["blocks"] if block["type"] == "input"]
    assert (day["block_id"], reason["block_id"]) == ("until", "reason")
    assert day["element"]["initial_date"] == "2026-11-19"
    assert "optional" not in reason
    assert view["notify_on_close"]


@pytest.mark.parametrize(
    ("kept", "shown"), [("2026-12-24", "2026-12-24"), ("2026-11-01", "2026-11-19")]
)
def test_what_was_typed_before_is_there_again_unless_the_day_is_over(kept: str, shown: str) -> None:
    draft = {"until": kept, "reason": "<!channel> wait"}
    view = checked_view(snooze_form("12.00 CNY", draft, TOMORROW, "c0"))
    day, reason = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    assert day["initial_date"] == shown
    assert reason["initial_value"] == "<!channel> wait"


def test_a_picked_day_is_among_what_a_form_holds() -> None:
    values = {"until": {"draft": {"type": "datepicker", "selected_date": "2026-12-24"}}}
    assert typed_values({"state": {"values": values}}) == {"until": "2026-12-24"}


@pytest.mark.parametrize("public", [True, False])
def test_one_asked_for_now_warns_where_everybody_reads(public: bool) -> None:
    said = read(checked(coming_card(Channel(channel_id=CHANNEL, public=public))))
    assert "on its way" in said
    assert ("everybody in the workspace can read" in said) is public
