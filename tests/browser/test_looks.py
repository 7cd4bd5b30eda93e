"""The main views, on a desk and on a phone: nothing runs over the edge, and axe-core finds nothing
serious. axe sets styles of its own, which the page's policy would forbid: it is off here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Enter
from tests.browser.seat import DIGEST, Seat
from tests.browser.theatre import Theatre
from tests.stage import ALICE, BOB

pytestmark = pytest.mark.slow

APPROVALS, GENERAL = "C0APPROVALS", "C0GENERAL"
DESK, PHONE = 960, 375
Look = Callable[[Seat, str], Awaitable[None]]


@pytest.fixture(params=[DESK, PHONE])
def width(request: pytest.FixtureRequest) -> int:
    wide: int = request.param
    return wide


@pytest.fixture
def look(width: int) -> Look:
    """What fits is looked at everywhere; what axe looks at is the same in both, but for what a
    phone alone has."""

    async def look(seat: Seat, part: str) -> None:
        await seat.fits()
        if width == DESK or part == "#sidebar":
            assert await violations(seat.page, part) == []

    return look


async def test_cards_and_a_form_with_an_error(
    enter: Enter, theatre: Theatre, width: int, look: Look
) -> None:
    alice = await enter(ALICE, GENERAL, width=width, bypass_csp=True)
    order = theatre.order("huawei-main")
    await alice.type(f"/order show {order.order_id} {order.account}")
    await alice.sees(order.order_id)
    await look(alice, "html")
    await alice.press("Request cancel", order.order_id)
    await alice.dialog.get_by_role("button", name="Ask for it").click()
    await expect(alice.dialog).to_contain_text("Please complete this required field.")
    await look(alice, "dialog")
    await alice.submit("Why should it be cancelled?", f"looked at {width}", "Ask for it")
    bob = await enter(BOB, APPROVALS, width=width, bypass_csp=True)
    await bob.press("Approve", f"looked at {width}")
    await bob.sees(f"looked at {width}", "Stop keeps the order")
    await look(bob, "main")


async def test_a_list_the_digest_home_and_the_clouds(enter: Enter, width: int, look: Look) -> None:
    alice = await enter(ALICE, GENERAL, width=width, bypass_csp=True)
    await alice.page.get_by_role("button", name="Clouds").click()
    await expect(alice.page.get_by_role("button", name="New order")).to_be_visible()
    await look(alice, "#clouds")
    await alice.page.get_by_role("button", name="Close the clouds").click()
    await alice.type("/order unpaid")
    await alice.sees("Unpaid orders")
    await alice.type("/order digest on 09:00 account:huawei-main")
    await alice.sees("The digest is on")
    await alice.type("/order digest now")
    await alice.sees(DIGEST)
    await alice.fits()
    if width == PHONE:
        await alice.page.get_by_role("button", name="Channels").click()
    await look(alice, "#sidebar")
    await alice.go("Home")
    await expect(alice.page.get_by_role("heading", name="Cloud orders")).to_be_visible()
    await look(alice, "#home")
