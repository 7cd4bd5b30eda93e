"""The Home tab: what stands there, its buttons, and that it is drawn anew when that changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.approvals import RequestStatus
from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.state import OpenView
from tests.cancelling import (
    MINUTE,
    POLICY,
    asked,
    cancels,
    cards,
    form_of,
    reached,
    records,
    unpaid_order,
)
from tests.stage import (
    ALICE,
    BOB,
    CHEN,
    GUEST,
    Stage,
    acked,
    labels,
    said,
    staged,
)

pytestmark = pytest.mark.slow

MODES = ("http",)

APPROVALS = "C0APPROVALS"


@pytest.fixture(scope="module")
async def stage(mode: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp(f"home-{mode}")
    async with staged(folder, mode, policy=POLICY, approvers=(BOB, CHEN)) as stage:
        yield stage


async def home(stage: Stage, who: str, text: str = "") -> OpenView:
    """A person's Home once it says *text*."""

    def find() -> OpenView | None:
        view = stage.slack.home(who)
        return view if view is not None and text in said(view) else None

    try:
        return await stage.appears(find, f"on Home: {text}")
    except AssertionError:
        view = stage.slack.home(who)
        raise AssertionError(f"no {text!r} in {said(view) if view else None}") from None


async def opened(stage: Stage, who: str, text: str = "Unpaid: ") -> OpenView:
    stage.later(seconds=MINUTE)  # Slack's rate limits count from nothing
    acked(await stage.slack.open_home(who))
    return await home(stage, who, text)


async def press(stage: Stage, who: str, action: str, **which: Any) -> Delivery:
    return acked(await stage.slack.click_home(who, action, **which))


async def test_home_says_what_is_unpaid_and_what_lapses_next(stage: Stage) -> None:
    shown = await opened(stage, ALICE, "Next deadlines")
    dated = [
        order
        for name in ("alibaba-main", "alibaba-intl", "huawei-main")
        for order in stage.clouds.book.orders[name].values()
        if order.payment_status == "unpaid" and order.deadline
    ]
    first = min(dated, key=lambda each: each.deadline or stage.clock.now())
    shown = await home(stage, ALICE, first.order_id)
    lines = said(shown).splitlines()
    for name in stage.accounts:
        (line,) = [each for each in lines if each.startswith(f"{name}: ")]
        assert "as of" in line
    assert "CET" in said(shown)  # her own zone
    assert labels(shown)[0].startswith("Unpaid (")
    assert labels(shown)[1] == "Find…"
    assert stage.recorded("input:answered", actor=ALICE, input="home")


async def test_the_messages_tab_draws_no_home(stage: Stage) -> None:
    stage.later(seconds=MINUTE)
    acked(await stage.slack.open_home("U0OWNER", tab="messages"))
    await stage.idle()
    assert stage.slack.home("U0OWNER") is None
    assert not stage.recorded("input:answered", actor="U0OWNER", input="home")


async def test_a_guest_reads_one_sentence(stage: Stage) -> None:
    shown = await opened(stage, GUEST, "You may not view any account here")
    assert labels(shown) == []
    assert len(shown.blocks) == 1
    assert stage.recorded("lookup:refused", actor=GUEST, input="home", rule="viewers")


async def test_an_opening_that_slack_tells_twice_is_recorded_once(stage: Stage) -> None:
    stage.later(seconds=MINUTE)
    delivery = acked(await stage.slack.open_home(CHEN))
    await home(stage, CHEN, "Unpaid: ")
    before = len(stage.recorded("input:answered", actor=CHEN, input="home"))
    await stage.slack.redeliver(delivery)
    await stage.idle()
    assert len(stage.recorded("input:answered", actor=CHEN, input="home")) == before == 1


async def test_a_cloud_that_does_not_answer_is_named_with_its_last_good_answer(
    stage: Stage,
) -> None:
    await opened(stage, BOB, "huawei-main: ")
    stage.clouds.book.faults.append(Fault("error_500", account="huawei-main", times=0))
    shown = await opened(stage, BOB, "No answer from huawei-main; as of")
    assert "alibaba-main: " in said(shown)
    stage.clouds.book.faults.clear()
    await opened(stage, BOB, "huawei-main: ")


async def test_an_approval_on_home_counts_as_on_the_card(stage: Stage) -> None:
    order = unpaid_order(stage)
    await opened(stage, BOB)
    await opened(stage, ALICE)
    request = await asked(stage, order, "twice bought")
    waiting = await home(stage, BOB, "“twice bought”")
    mine = await home(stage, ALICE, "“twice bought”")
    assert {"Approve", "Deny…", "Details"} <= set(labels(waiting))
    assert "Withdraw" in labels(mine)
    assert "silence cancels nothing" in said(waiting)
    await press(stage, BOB, "approve", value=f"{request.request_id}.1")
    await reached(stage, order, RequestStatus.APPROVED)
    await stage.appears(lambda: "Waiting for me: 0" in said(waiting), "nothing waits for Bob")
    await stage.appears(lambda: "Stop" in labels(mine), "Stop on Alice's Home")
    (card,) = cards(stage, request, APPROVALS, BOB)
    await stage.redrawn(card, "Approved: cancel")
    assert len(stage.recorded("input:stored", actor=BOB, request_id=request.request_id)) == 1
    await press(stage, ALICE, "stop")
    await reached(stage, order, RequestStatus.STOPPED)
    await home(stage, ALICE, "Stopped: ")
    await home(stage, BOB, "Stopped: ")
    assert cancels(stage, order) == []


async def test_nobody_approves_their_own_request_on_home(stage: Stage) -> None:
    """The button is not there; a forged one is refused, told in a window, and recorded."""
    order = unpaid_order(stage)
    await opened(stage, ALICE)
    request = await asked(stage, order, "my own")
    mine = await home(stage, ALICE, "“my own”")
    assert "Approve" not in labels(mine)
    (withdraw,) = [
        element
        for block in mine.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == "withdraw"
    ]
    withdraw["action_id"] = "approve"
    await press(stage, ALICE, "approve")
    await stage.window(ALICE, "You asked for this cancellation")
    assert stage.recorded("input:refused", actor=ALICE, rule="requester")
    assert records(stage, order)[-1].status is RequestStatus.PENDING
    withdraw["action_id"] = "withdraw"
    await press(stage, ALICE, "withdraw")
    await reached(stage, order, RequestStatus.WITHDRAWN)
    shown = await home(stage, ALICE, "Withdrawn: ")
    assert request.request_id not in str([each for each in records(stage) if each.is_open])
    assert "Mine: 0" in said(shown)


async def test_a_denial_from_home_asks_for_its_reason(stage: Stage) -> None:
    order = unpaid_order(stage)
    await opened(stage, BOB)
    await asked(stage, order, "for a denial")
    await home(stage, BOB, "“for a denial”")
    await press(stage, BOB, "deny")
    await form_of(stage, BOB, "deny_form")
    acked(await stage.slack.submit(BOB, {"reason": "still needed"}))
    request = await reached(stage, order, RequestStatus.DENIED)
    assert request.ended_by == BOB
    shown = await home(stage, BOB, "Denied: ")
    await press(stage, BOB, "show_request", value=f"{request.request_id}.{request.version}")
    assert "still needed" in said(await stage.window(BOB, "Denied: "))
    assert "Waiting for me: 0" in said(shown)


async def test_asking_again_from_home_makes_a_new_request_and_leaves_the_old_one(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    await opened(stage, BOB)
    await opened(stage, ALICE)
    await asked(stage, order, "by mistake")
    mine = await home(stage, ALICE, "“by mistake”")
    await press(stage, ALICE, "withdraw")
    ended = await reached(stage, order, RequestStatus.WITHDRAWN)
    ref = f"{ended.request_id}.{ended.version}"
    await stage.appears(lambda: ref in str(mine.blocks), "it is done on Alice's Home")
    await press(stage, ALICE, "show_request", value=ref)
    shown = await stage.window(ALICE, "Withdrawn: ")
    assert labels(shown) == ["Ask again"]
    await stage.press_in_window(ALICE, "ask_again")
    form = await form_of(stage, ALICE, "cancel_form")
    assert form.blocks[-1]["element"]["initial_value"] == "by mistake"
    acked(await stage.slack.submit(ALICE, {"reason": "on purpose"}))
    await stage.window(ALICE, "Asked. The approvers see it now")
    await home(stage, ALICE, "“on purpose”")
    request = await reached(stage, order, RequestStatus.PENDING)
    assert request.request_id != ended.request_id
    assert (request.reason, request.votes) == ("on purpose", ())
    (old,) = [each for each in records(stage, order) if each.request_id == ended.request_id]
    assert old == ended
    assert "Approve" in labels(await home(stage, BOB, "“on purpose”"))
    await press(stage, ALICE, "withdraw", value=f"{request.request_id}.{request.version}")
    await reached(stage, order, RequestStatus.WITHDRAWN)


async def test_the_details_of_a_request_open_above_home(stage: Stage) -> None:
    order = unpaid_order(stage)
    await opened(stage, CHEN)
    request = await asked(stage, order, "look closely")
    await home(stage, CHEN, "“look closely”")
    await press(stage, CHEN, "details", value=f"{request.request_id}.1")
    assert order.order_id in said(await stage.window(CHEN, "OrderId"))
    await opened(stage, ALICE, "“look closely”")
    await press(stage, ALICE, "withdraw")
    await reached(stage, order, RequestStatus.WITHDRAWN)


async def test_an_order_that_lapses_next_opens_above_home_and_can_be_cancelled(
    stage: Stage,
) -> None:
    shown = await opened(stage, CHEN, "Next deadlines")
    await press(stage, CHEN, "show_order", index=1)  # the first is one of Unicloud's
    order = await stage.window(CHEN, "As of")
    assert "All details" in labels(order)
    assert "Share" not in labels(order)  # there is no channel to share it to
    await stage.press_in_window(CHEN, "request_cancel")
    await form_of(stage, CHEN, "cancel_form")
    assert stage.slack.home(CHEN) is shown


async def test_the_list_of_what_is_unpaid_opens_above_home(stage: Stage) -> None:
    await opened(stage, ALICE)
    await press(stage, ALICE, "show_unpaid")
    listed = await stage.listed(ALICE, "Unpaid orders: ")
    await stage.press_in_window(ALICE, "next_page")
    await stage.appears(lambda: "9 to 16" in said(listed), "the second page in the same window")


async def test_the_find_form_opens_above_home(stage: Stage) -> None:
    await opened(stage, ALICE)
    order = stage.an_order("huawei-main")
    await press(stage, ALICE, "find")
    await form_of(stage, ALICE, "find_form")
    acked(await stage.slack.submit(ALICE, {"order_id": order.order_id}))
    await stage.window(ALICE, "As of")


async def test_an_order_paid_behind_the_back_leaves_home_once_a_list_shows_it(
    stage: Stage,
) -> None:
    order = unpaid_order(stage, "huawei-main")
    before = await opened(stage, ALICE, "Next deadlines")
    count = int(labels(before)[0].removeprefix("Unpaid (").removesuffix(")"))
    order.payment_status = "paid"
    try:
        stage.later(seconds=MINUTE)
        await stage.type(BOB, "unpaid", until="Unpaid orders: ")
        await stage.appears(
            lambda: labels(before)[0] == f"Unpaid ({count - 1})", "one less on Alice's Home"
        )
    finally:
        order.payment_status = "unpaid"


async def test_whoever_may_view_nothing_any_more_loses_home_at_the_next_look(
    stage: Stage,
) -> None:
    shown = await opened(stage, CHEN, "Next deadlines")
    await stage.slack.change_person(CHEN, is_restricted=True)
    try:
        stage.later(minutes=4)
        await stage.appears(
            lambda: said(shown).startswith("You may not view any account"), "the sentence alone"
        )
    finally:
        await stage.slack.change_person(CHEN, is_restricted=False)
