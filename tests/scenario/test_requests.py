"""A cancellation asked for, decided and done, through Slack alone."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.clouds.book import CloudOrder, Fault
from bot.sandbox.workspace.state import Message, OpenView
from tests.stage import ALICE, BOB, CHEN, GENERAL, GUEST, Stage, labels, said, staged

APPROVALS = "C0APPROVALS"
DM = "D0ALICE"
CARD = ["Approve", "Deny…", "Details"]
POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "30s"'
_taken: set[str] = set()


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("requests"), "http", policy=POLICY) as stage:
        yield stage


def buttons(shown: Message | OpenView) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for block in shown.blocks:
        places = [*block.get("elements", []), block.get("accessory") or {}]
        found += [each for each in places if each.get("type") == "button"]
    return found


async def form_of(stage: Stage, who: str, callback_id: str) -> OpenView:
    def find() -> OpenView | None:
        views = stage.slack.views(who)
        return views[-1] if views and views[-1].sent["callback_id"] == callback_id else None

    shown: OpenView = await stage.appears(find, callback_id)
    return shown


def a_fresh_order(stage: Stage) -> CloudOrder:
    """An unpaid order that no other test here uses."""
    rows = stage.clouds.book.orders["alibaba-main"].values()
    unpaid = [order for order in rows if order.payment_status == "unpaid"]
    order = next(order for order in unpaid if order.order_id not in _taken)
    _taken.add(order.order_id)
    return order


async def asked(stage: Stage, order: CloudOrder, reason: str) -> None:
    """Alice asks from the order's card; the cards are there."""
    await stage.type(ALICE, f"show {order.order_id} alibaba-main", until=order.order_id)
    await stage.press(ALICE, "request_cancel")
    await form_of(stage, ALICE, "cancel_form")
    assert (await stage.slack.submit(ALICE, {"reason": reason})).ok
    await stage.window(ALICE, "Asked. The approvers see it now")
    await stage.slack.close_view(ALICE)
    await stage.posted(BOB, reason, where=APPROVALS)
    await stage.direct(ALICE, reason)


async def card(stage: Stage, reason: str, text: str) -> Message:
    """The approvals channel's card with this reason, once it says *text*."""

    def find() -> Message | None:
        for message in reversed(stage.slack.messages(APPROVALS, BOB)):
            if reason in said(message) and text in said(message):
                return message
        return None

    return await stage.appears(find, f"{reason}: {text}")


async def press_card(stage: Stage, who: str, action: str, reason: str) -> None:
    shown = await card(stage, reason, "")
    await stage.press(who, action, where=APPROVALS, ts=shown.ts)


async def test_an_unpaid_order_is_cancelled_by_two_people(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "wrong region")
    shown = await card(stage, "wrong region", "Decide by")
    assert labels(shown) == CARD
    assert "silence cancels nothing" in said(shown)
    direct = await stage.direct(ALICE, "wrong region")
    assert labels(direct) == ["Withdraw"]
    await press_card(stage, ALICE, "approve", "wrong region")
    await stage.private(ALICE, "You asked for this cancellation", where=APPROVALS)
    await press_card(stage, BOB, "approve", "wrong region")
    shown = await card(stage, "wrong region", "Stop keeps the order")
    assert labels(shown) == ["Stop"]
    assert labels(await stage.direct(ALICE, "Stop keeps the order")) == ["Stop"]
    again = await stage.type(ALICE, f"show {order.order_id} alibaba-main", until="asked for by")
    assert "Request cancel" not in labels(again)
    stage.clock.ahead += timedelta(seconds=31)
    shown = await card(stage, "wrong region", "The order is cancelled at the cloud")
    assert labels(shown) == []
    assert labels(await stage.direct(ALICE, "The order is cancelled at the cloud")) == []
    assert stage.cloud_calls("cancel_order") == 1


async def test_a_denial_needs_a_reason_and_is_told(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "no longer needed")
    await press_card(stage, BOB, "deny", "no longer needed")
    await form_of(stage, BOB, "deny_form")
    await stage.slack.submit(BOB, {"reason": "  \u200b "})
    assert stage.slack.views(BOB)[-1].errors == {"reason": "A denial needs a reason."}
    await stage.slack.submit(BOB, {"reason": "we <!channel> need it"})
    shown = await card(stage, "no longer needed", "Denied")
    assert "we <!channel> need it" in said(shown)
    assert labels(shown) == []
    direct = await stage.direct(ALICE, "Denied; the order stays as it is.")
    assert labels(direct) == ["Ask again"]
    await stage.press(ALICE, "ask_again", where=DM, ts=direct.ts)
    form = await form_of(stage, ALICE, "cancel_form")
    element = form.blocks[-1]["element"]
    assert element["initial_value"] == "no longer needed"
    await stage.slack.submit(ALICE, {"reason": "asked again"})
    await stage.window(ALICE, "Asked. The approvers see it now")
    await card(stage, "asked again", "Decide by")
    assert labels(await card(stage, "no longer needed", "Denied")) == []


async def test_who_is_no_approver_is_refused_and_recorded(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "for the record")
    await press_card(stage, CHEN, "approve", "for the record")
    await stage.private(CHEN, "You are not an approver", where=APPROVALS)
    assert await stage.record("input:refused", actor=CHEN, rule="approvers")
    direct = await stage.direct(ALICE, "for the record")
    await stage.press(ALICE, "withdraw", where=DM, ts=direct.ts)
    shown = await card(stage, "for the record", "Withdrawn")
    assert labels(shown) == []


async def test_an_approval_is_taken_back_while_the_cloud_is_silent(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "second thoughts")
    fault = Fault(kind="error_500", account="alibaba-main", operation="get_order", times=0)
    stage.clouds.book.faults.append(fault)
    await press_card(stage, BOB, "approve", "second thoughts")
    await card(stage, "second thoughts", "does not answer")
    await press_card(stage, BOB, "take_back", "second thoughts")
    shown = await card(stage, "second thoughts", "0 of 1 approvals")
    assert labels(shown) == CARD
    direct = await stage.direct(ALICE, "second thoughts")
    await stage.press(ALICE, "withdraw", where=DM, ts=direct.ts)
    await card(stage, "second thoughts", "Withdrawn")


async def test_the_same_click_delivered_twice_counts_once(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "twice")
    shown = await card(stage, "twice", "Decide by")
    delivery = await stage.press(BOB, "approve", where=APPROVALS, ts=shown.ts)
    await card(stage, "twice", "Stop keeps the order")
    await stage.slack.redeliver(delivery)
    assert await stage.record("input:refused", actor=BOB, rule="duplicate")
    await press_card(stage, BOB, "stop", "twice")
    await card(stage, "twice", "Stopped before anything was done")


async def test_cancel_by_command_takes_the_order_looked_at_last(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await stage.type(ALICE, f"show {order.order_id} alibaba-main", until=order.order_id)
    await stage.slack.command(ALICE, GENERAL, "cancel")
    form = await form_of(stage, ALICE, "cancel_form")
    assert order.order_id in said(form)
    await stage.slack.close_view(ALICE)
    await stage.slack.command(ALICE, GENERAL, f"cancel {order.order_id} alibaba-main")
    form = await form_of(stage, ALICE, "cancel_form")
    assert order.order_id in said(form)


async def test_a_half_filled_form_is_kept_for_its_order_alone(stage: Stage) -> None:
    first, other = a_fresh_order(stage), a_fresh_order(stage)
    await stage.slack.command(ALICE, GENERAL, f"cancel {first.order_id} alibaba-main")
    await form_of(stage, ALICE, "cancel_form")
    stage.slack.fill(ALICE, {"reason": "half a rea"})
    await stage.slack.close_view(ALICE)
    await stage.slack.command(ALICE, GENERAL, f"cancel {other.order_id} alibaba-main")
    form = await form_of(stage, ALICE, "cancel_form")
    assert "initial_value" not in form.blocks[-1]["element"]
    await stage.slack.close_view(ALICE)
    await stage.slack.command(ALICE, GENERAL, f"cancel {first.order_id} alibaba-main")
    form = await form_of(stage, ALICE, "cancel_form")
    assert form.blocks[-1]["element"]["initial_value"] == "half a rea"


async def test_a_paid_order_is_not_asked_about(stage: Stage) -> None:
    order = stage.an_order("alibaba-main", "paid")
    await stage.slack.command(ALICE, GENERAL, f"cancel {order.order_id} alibaba-main")
    await stage.window(ALICE, "Only an unpaid order can be cancelled")


@contextmanager
def refusing_inputs(stage: Stage) -> Iterator[None]:
    """The disk takes no more inputs."""
    with closing(sqlite3.connect(stage.database, isolation_level=None)) as db:
        db.execute(
            "create trigger full_input before insert on input"
            " begin select raise(abort, 'the disk is full'); end"
        )
    try:
        yield
    finally:
        with closing(sqlite3.connect(stage.database, isolation_level=None)) as db:
            db.execute("drop trigger full_input")


async def test_what_cannot_be_stored_is_said_and_changes_nothing(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "full disk")
    shown = await card(stage, "full disk", "Decide by")
    await stage.press(BOB, "deny", where=APPROVALS, ts=shown.ts)
    await form_of(stage, BOB, "deny_form")
    with refusing_inputs(stage):
        before = stage.seen(BOB, APPROVALS)
        clicked = await stage.press(BOB, "approve", where=APPROVALS, ts=shown.ts)
        assert clicked.status == 200
        await stage.private(BOB, "nothing has changed", besides=before, where=APPROVALS)
        sent = await stage.slack.submit(BOB, {"reason": "no"})
        assert sent.status == 200
        errors = stage.slack.views(BOB)[-1].errors
        assert "nothing has changed" in errors["reason"]
    assert labels(await card(stage, "full disk", "0 of 1 approvals")) == CARD
    await stage.slack.submit(BOB, {"reason": "no, really"})
    await card(stage, "full disk", "no, really")


async def test_a_wish_that_is_refused_is_told_in_its_window_and_the_reason_kept(
    stage: Stage,
) -> None:
    order = a_fresh_order(stage)
    await stage.slack.command(ALICE, GENERAL, f"cancel {order.order_id} alibaba-main")
    await form_of(stage, ALICE, "cancel_form")
    await asked_by_chen(stage, order)
    await stage.slack.submit(ALICE, {"reason": "me too"})
    told = await stage.window(ALICE, "Its cancellation is already asked for: R-")
    assert "<@U0CHEN>" in said(told)
    assert await stage.record("input:refused", actor=ALICE, rule="open")
    await stage.slack.close_view(ALICE)
    await stage.slack.command(ALICE, GENERAL, f"cancel {order.order_id} alibaba-main")
    await stage.window(ALICE, "Its cancellation is already asked for")


async def asked_by_chen(stage: Stage, order: CloudOrder) -> None:
    await stage.slack.command(CHEN, GENERAL, f"cancel {order.order_id} alibaba-main")
    await form_of(stage, CHEN, "cancel_form")
    await stage.slack.submit(CHEN, {"reason": "chen was first"})
    await stage.window(CHEN, "Asked. The approvers see it now")


async def test_inbox_history_and_why(stage: Stage) -> None:
    order = a_fresh_order(stage)
    await asked(stage, order, "look me up")
    inbox = await stage.type(BOB, "inbox", until="Waiting for you")
    assert "look me up" in said(inbox)
    value = next(b["value"] for b in buttons(inbox) if b["action_id"] == "show_request")
    assert value.startswith("R-")
    row = next(each for each in buttons(inbox) if order.order_id in each["accessibility_label"])
    before = stage.seen(BOB)
    await stage.press(BOB, "show_request", ts=inbox.ts, value=row["value"])
    private = await stage.private(BOB, "look me up", besides=before)
    assert labels(private) == CARD
    await stage.press(BOB, "details", ts=private.ts)
    await stage.window(BOB, order.order_id)
    stage.slack.state.stacks.clear()
    await stage.press(BOB, "approve", ts=private.ts)
    await stage.private(BOB, "The approvals are complete")
    history = await stage.type(BOB, f"history {order.order_id} alibaba-main", until="asked for")
    assert "look me up" in said(history)
    request_id = row["value"].partition(".")[0]
    why = await stage.type(BOB, f"why {request_id}", until="May decide")
    assert "<@U0BOB>" in said(why)
    assert "asked for it" in said(why)
    before = stage.seen(BOB)
    await stage.type(BOB, "", until="Waiting for you")
    await stage.press(BOB, "show_inbox")
    await stage.private(BOB, "Yours: 0")
    await stage.type(GUEST, "inbox", until="You may not view")
