"""The Home tab as a view: within Slack's limits, nothing from outside in it as markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.filters import Snapshot
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.sandbox.workspace.blocks import view_problems
from bot.services.homes import DONE, LAPSING, AccountUnpaid, HomeView
from bot.services.lists import AccountState
from bot.services.told import InboxView
from handlers.views.home import GROUP, home_view, told_home
from handlers.views.panel import sentence
from tests.builders import NOON, a_detailed_order, an_account, money
from tests.request_builders import a_request, a_vote
from tests.surfaces import a_failure_saying, an_order_saying, texts_in

ZONE = "Asia/Shanghai"
HOSTILE = "<!channel> *x* <https://x.example|Approve> & `y` \u202e"


def requests(count: int, prefix: str = "R", **parts: Any) -> tuple[ApprovalRequest, ...]:
    return tuple(a_request(request_id=f"{prefix}-{number}", **parts) for number in range(count))


def an_account_unpaid(name: str = "huawei-main", **parts: Any) -> AccountUnpaid:
    usual: dict[str, Any] = {
        "state": AccountState(an_account(name=name), NOON, None),
        "count": 2,
        "sums": (money("12480.00 CNY"), money("300.50 USD")),
        "status_unknown": 0,
        "lapsing": (),
    }
    return AccountUnpaid(**(usual | parts))


def a_home(
    *accounts: AccountUnpaid,
    waiting: Sequence[ApprovalRequest] = (),
    mine: Sequence[ApprovalRequest] = (),
    done: Sequence[ApprovalRequest] = (),
    lapsing: Sequence[Snapshot] = (),
) -> HomeView:
    inbox = InboxView(tuple(waiting), tuple(mine), tuple(done))
    return HomeView(inbox, accounts or (an_account_unpaid(),), tuple(lapsing))


def drawn(home: HomeView, zone: str = ZONE) -> dict[str, Any]:
    """The view, if Slack takes it."""
    row_ids = [f"c{number}" for number in range(len(home.lapsing))]
    view = home_view(home, panel_id="p0", row_ids=row_ids, zone=zone)
    assert view_problems(view) == []
    return view


def read(view: dict[str, Any]) -> list[str]:
    return [each.text for each in texts_in(view["blocks"])]


def values(view: dict[str, Any], action_id: str) -> list[str]:
    elements = [
        element
        for block in view["blocks"]
        for element in (*block.get("elements", []), block.get("accessory") or {})
    ]
    return [each["value"] for each in elements if each.get("action_id") == action_id]


def test_requests_that_wait_carry_the_buttons_and_values_of_their_cards() -> None:
    view = drawn(a_home(waiting=requests(2), mine=requests(1, "M", version=3)))
    for action_id in ("approve", "deny", "details"):
        assert values(view, action_id) == ["R-0.1", "R-1.1"]
    assert values(view, "withdraw") == ["M-0.3"]
    assert "“bought twice”" in read(view)


def test_a_renewal_is_said_as_loudly_as_on_its_card() -> None:
    order = a_detailed_order(order_type=OrderType.RENEWAL)
    view = drawn(a_home(waiting=requests(1, order=order)))
    headers = [each["text"]["text"] for each in view["blocks"] if each["type"] == "header"]
    assert "Renewal of i-abc" in headers


def test_what_is_approved_can_be_stopped_by_its_requester() -> None:
    parts = {"status": RequestStatus.APPROVED, "hold_until": NOON, "votes": (a_vote(),)}
    view = drawn(a_home(mine=requests(1, **parts)))
    assert values(view, "stop") == ["R-0.1"]
    assert values(view, "withdraw") == []


def test_what_is_done_opens_its_card() -> None:
    done = requests(2, status=RequestStatus.DENIED, ended_at=NOON)
    view = drawn(a_home(done=done))
    assert values(view, "show_request") == ["R-0.1", "R-1.1"]
    assert any(text.startswith("Denied: ") for text in read(view))


def test_totals_stand_by_account_and_currency_in_the_readers_zone() -> None:
    (line,) = [text for text in read(drawn(a_home())) if text.startswith("huawei-main")]
    assert line == ("huawei-main: 2 · 12,480.00 CNY · 300.50 USD · as of Wed 18 Nov 2026 20:00 CST")


def test_a_cloud_that_does_not_answer_comes_first_with_its_last_good_answer() -> None:
    failed = a_failure_saying("boom")
    dead = AccountState(an_account(), NOON, None, problem=failed)
    never = AccountState(an_account(name="new"), None, NOON, problem=failed)
    view = drawn(
        a_home(
            an_account_unpaid("alive"),
            an_account_unpaid(state=dead),
            an_account_unpaid("new", state=never, count=0, sums=()),
        )
    )
    (text,) = [text for text in read(view) if "alive" in text]
    lines = text.splitlines()
    assert lines[0].startswith("No answer from huawei-main; as of Wed 18 Nov 2026 20:00 CST: 2")
    assert lines[1] == "No answer from new so far: its orders are not known"
    assert lines[2].startswith("alive: 2")


def test_an_account_that_is_not_read_as_far_back_as_wanted_says_so() -> None:
    state = AccountState(an_account(), NOON, NOON - timedelta(days=30))
    assert any("older than" in text for text in read(drawn(a_home(an_account_unpaid(state=state)))))
    fresh = AccountState(an_account(), None, NOON)
    unread = an_account_unpaid(state=fresh, count=0, sums=())
    assert "huawei-main: not read yet" in read(drawn(a_home(unread)))
    seen = an_account_unpaid(state=fresh, count=1, sums=(money("7 CNY"),))
    assert "huawei-main: not read yet, but for: 1 · 7.00 CNY" in read(drawn(a_home(seen)))


def test_orders_whose_status_is_not_known_are_counted() -> None:
    view = drawn(a_home(an_account_unpaid(status_unknown=3), an_account_unpaid("b")))
    assert "3 more whose status is not known" in read(view)


def test_the_next_deadlines_are_dates_and_each_opens_its_order() -> None:
    order = a_detailed_order(inferred=True)
    view = drawn(a_home(lapsing=[Snapshot(order, NOON)]))
    assert values(view, "show_order") == ["c0"]
    (line,) = [text for text in read(view) if "pay by" in text]
    assert line.startswith("*12,480.00 CNY* · New · Probably unpaid · pay by <!date^")


def test_the_fullest_home_fits_and_counts_what_it_leaves_out() -> None:
    order = an_order_saying(HOSTILE)
    many = requests(
        200, order=order, account=HOSTILE, order_id=HOSTILE, reason=HOSTILE * 30, votes=(a_vote(),)
    )
    done = tuple(replace(each, status=RequestStatus.FAILED, ended_at=NOON) for each in many[:DONE])
    accounts = [
        an_account_unpaid(
            f"{number}{HOSTILE}",
            sums=tuple(Money(money("1").amount, f"C{each}") for each in range(20)),
            status_unknown=1,
        )
        for number in range(150)
    ]
    lapsing = [Snapshot(order, NOON)] * LAPSING
    mine = [replace(each, request_id=f"M-{at}") for at, each in enumerate(many)]
    view = drawn(a_home(*accounts, waiting=many, mine=mine, done=done, lapsing=lapsing))
    text = "\n".join(read(view))
    assert f"and {200 - GROUP} more: /order inbox" in text
    assert "and 110 more accounts" in text
    assert "and 15 more currencies" in text


def test_nothing_from_outside_is_markup() -> None:
    order = an_order_saying(HOSTILE)
    parts = {"order": order, "account": HOSTILE, "order_id": HOSTILE, "reason": HOSTILE}
    state = AccountState(an_account(name=HOSTILE), NOON, NOON, problem=a_failure_saying(HOSTILE))
    view = drawn(
        a_home(
            an_account_unpaid(HOSTILE, state=state),
            waiting=requests(1, **parts),
            mine=requests(1, "M", status=RequestStatus.UNKNOWN, outcome_text=HOSTILE, **parts),
            done=requests(1, status=RequestStatus.FAILED, ended_at=NOON, **parts),
            lapsing=[Snapshot(order, NOON)],
        )
    )
    for each in texts_in(view["blocks"]):
        if each.kind == "mrkdwn":
            assert "channel" not in each.text
            assert "example" not in each.text


@pytest.mark.parametrize("text", ["You may not view any account here.", HOSTILE])
def test_a_refusal_stands_alone(text: str) -> None:
    view = told_home(sentence(text))
    assert view_problems(view) == []
    assert len(view["blocks"]) == 1
