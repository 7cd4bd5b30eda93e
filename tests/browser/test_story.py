"""What two people do with one order, by clicks alone, each at a browser of their own."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from bot.sandbox.clouds.book import CloudOrder
from tests.browser.conftest import Enter
from tests.browser.seat import Seat
from tests.browser.theatre import Theatre
from tests.stage import ALICE, BOB, CHEN, GUEST

pytestmark = pytest.mark.slow

APPROVALS, GENERAL = "C0APPROVALS", "C0GENERAL"
DONE = "The order is cancelled at the cloud"


async def ask(seat: Seat, theatre: Theatre, reason: str) -> CloudOrder:
    """Ask for the cancellation of a fresh order, in words that only this request has."""
    order = theatre.order()
    await seat.type(f"/order cancel {order.order_id} {order.account}")
    await seat.submit("Why should it be cancelled?", reason, "Ask for it")
    await expect(seat.dialog).to_contain_text("Asked. The approvers see it now")
    await seat.page.keyboard.press("Escape")
    await expect(seat.dialog).to_have_count(0)
    return order


async def test_a_newcomer_cancels_an_order_with_six_clicks_and_both_see_it(
    enter: Enter, theatre: Theatre
) -> None:
    alice, bob = await asyncio.gather(enter(ALICE, GENERAL), enter(BOB, APPROVALS))
    suggested = alice.page.get_by_role("button", name="Request a cancel")
    order_id = str(await suggested.get_attribute("data-command")).split()[2]
    order = theatre.stage.clouds.book.order(order_id)
    assert order is not None
    await suggested.click()
    await alice.submit("Why should it be cancelled?", "six clicks", "Ask for it")
    await expect(alice.dialog).to_contain_text("Asked. The approvers see it now")
    await alice.dialog.get_by_role("button", name="Dismiss").click()
    await alice.page.get_by_label("Act as").select_option(BOB)
    await alice.go("approvals")
    await alice.press("Approve", "six clicks")
    for seat in (alice, bob):
        await seat.sees("six clicks", "Stop keeps the order")
    theatre.after_the_hold()
    for seat in (alice, bob):
        card = await seat.sees("six clicks", DONE)
        await expect(card.get_by_role("button").filter(has_text="Approve")).to_have_count(0)
    assert (order.payment_status, theatre.cancels(order)) == ("cancelled", 1)


async def test_stop_within_the_hold_keeps_the_order(enter: Enter, theatre: Theatre) -> None:
    alice, bob = await asyncio.gather(enter(ALICE, GENERAL), enter(BOB, APPROVALS))
    order = await ask(alice, theatre, "stop me")
    await bob.press("Approve", "stop me")
    await alice.go("countersign")
    await alice.press("Stop", "stop me")
    for seat in (alice, bob):
        await seat.sees("stop me", "Stopped before anything was done")
    theatre.after_the_hold()
    assert (order.payment_status, theatre.cancels(order)) == ("unpaid", 0)


async def test_two_who_approve_in_the_same_instant_make_one_call(
    enter: Enter, theatre: Theatre
) -> None:
    alice, bob, chen = await asyncio.gather(
        enter(ALICE, GENERAL), enter(BOB, APPROVALS), enter(CHEN, APPROVALS)
    )
    order = await ask(alice, theatre, "same instant")
    buttons = [seat.button(await seat.sees("same instant"), "Approve") for seat in (bob, chen)]
    await asyncio.gather(*(button.click() for button in buttons))
    for seat, name in ((bob, "Bob Approver"), (chen, "陈财务")):
        await seat.sees("same instant", "Stop keeps the order")
        counted, too_late = seat.card("same instant", name), seat.card("Only visible to you")
        gone = seat.page.get_by_role("alert").filter(has_text="approve")
        await expect(counted.or_(too_late).or_(gone).first).to_be_visible()
        assert all("409 (Conflict)" in problem for problem in await seat.told())
    theatre.after_the_hold()
    for seat in (bob, chen):
        await seat.sees("same instant", DONE)
    assert theatre.cancels(order) == 1


async def test_whose_click_does_not_count_is_told_alone(enter: Enter, theatre: Theatre) -> None:
    alice, guest = await asyncio.gather(enter(ALICE, GENERAL), enter(GUEST, APPROVALS))
    order = await ask(alice, theatre, "the guest tries")
    await alice.go("approvals")
    own, members = "You asked for this cancellation", "Only active full members"
    for seat, why in ((alice, own), (guest, members)):
        await seat.press("Approve", "the guest tries")
        await seat.sees("Only visible to you", why)
    await expect(alice.card(members)).to_have_count(0)
    await expect(guest.card(own)).to_have_count(0)
    assert theatre.cancels(order) == 0


async def test_the_buttons_of_old_cards_work_after_the_bot_was_restarted(
    enter: Enter, theatre: Theatre
) -> None:
    alice, bob = await asyncio.gather(enter(ALICE, GENERAL), enter(BOB, APPROVALS))
    order = await ask(alice, theatre, "before the restart")
    await bob.sees("before the restart")
    await alice.page.get_by_role("button", name="Clouds").click()
    await alice.page.get_by_role("button", name="Restart the bot").click()
    await expect(alice.page.get_by_text("The bot is back")).to_be_visible()
    await bob.press("Deny…", "before the restart")
    await bob.submit("Why not?", "we need it", "Deny")
    await bob.sees("before the restart", "we need it")
    await alice.go("countersign")
    await alice.sees("before the restart", "we need it")
    assert theatre.cancels(order) == 0


async def test_a_dropped_line_ordered_in_the_panel_is_settled_by_reading(
    enter: Enter, theatre: Theatre
) -> None:
    alice, bob = await asyncio.gather(enter(ALICE, GENERAL), enter(BOB, APPROVALS))
    order = await ask(alice, theatre, "line dropped")
    await alice.page.get_by_role("button", name="Clouds").click()
    await alice.page.get_by_role("button", name="Switch on").click()
    await expect(alice.page.get_by_text("Any account drops the line after acting")).to_be_visible()
    await bob.press("Approve", "line dropped")
    await bob.sees("line dropped", "Stop keeps the order")
    theatre.after_the_hold()
    await bob.sees("line dropped", DONE)
    calls = alice.page.get_by_role("region", name="Calls").get_by_text(order.order_id)
    await expect(calls.first).to_be_visible()
    assert theatre.cancels(order) == 1
