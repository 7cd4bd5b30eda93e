"""The page in one person's hands: forms, the digest, Home, text of every kind, phone, keyboard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Enter
from tests.browser.theatre import Theatre
from tests.stage import ALICE, BOB, CHEN

pytestmark = pytest.mark.slow

APPROVALS, GENERAL, FINANCE = "C0APPROVALS", "C0GENERAL", "C0FINANCE"
HOSTILE = (
    "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    " <!channel> <https://evil.example|Approve> *bold*"
)


async def test_what_is_missing_in_a_form_is_said_under_its_field_by_page_and_bot(
    enter: Enter, theatre: Theatre
) -> None:
    alice = await enter(ALICE)
    order = theatre.order()
    await alice.type(f"/order cancel {order.order_id} {order.account}")
    field = alice.dialog.get_by_label("Why should it be cancelled?")
    for typed, complaint in (("", "Please complete this required field."), ("  ", "reason")):
        await field.fill(typed)
        await alice.dialog.get_by_role("button", name="Ask for it").click()
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile(complaint))
        await expect(field).to_be_focused()
    await field.fill("now with one")
    await alice.dialog.get_by_role("button", name="Ask for it").click()
    await expect(alice.dialog).to_contain_text("Asked.")


async def test_the_digest_comes_when_the_clock_is_moved_and_a_line_can_be_snoozed(
    enter: Enter, theatre: Theatre
) -> None:
    alice = await enter(ALICE)
    await alice.type("/order digest on 09:00 account:huawei-main")
    await alice.sees("The digest is on")
    await alice.page.get_by_role("button", name="Clouds").click()
    await alice.page.get_by_role("button", name="Tomorrow 09:00").click()
    digest = await alice.sees("Unpaid this morning")
    await alice.page.get_by_role("button", name="Close the clouds").click()
    await alice.choose(digest.locator(".kit-block [aria-haspopup=menu]").first, "Snooze until…")
    day = (theatre.stage.clock.now() + timedelta(days=3)).date().isoformat()
    await alice.dialog.get_by_label("Until which day?").fill(day)
    await alice.submit("Why can it wait?", "the budget comes on Monday", "Snooze")
    await expect(alice.dialog).to_contain_text("is out of this channel's digests until")


async def test_home_leads_to_an_order(enter: Enter, theatre: Theatre) -> None:
    order = theatre.order("huawei-main")
    alice = await enter(ALICE, "home")
    home = alice.page.locator("#home")
    await expect(home.get_by_role("heading", name="Cloud orders")).to_be_visible()
    await theatre.quiet()
    await alice.button(home, "Find…").click()
    await alice.dialog.get_by_label("Order").first.fill(order.order_id)
    await alice.dialog.locator("[data-part=submit]").click()
    await expect(alice.dialog).to_contain_text(order.order_id)


async def test_a_reload_shows_the_same_place_the_same_cards_and_the_open_form(
    enter: Enter, theatre: Theatre
) -> None:
    order = theatre.order()
    alice = await enter(ALICE)
    await alice.type(f"/order show {order.order_id} {order.account}")
    await alice.press("Request cancel", order.order_id)
    await expect(alice.dialog).to_contain_text(order.order_id)
    await alice.page.reload()
    await expect(alice.dialog).to_contain_text(order.order_id)
    await expect(alice.page.get_by_label("Act as")).to_have_value(ALICE)
    await alice.submit("Why should it be cancelled?", "after the reload", "Ask for it")
    await expect(alice.dialog).to_contain_text("Asked.")


async def test_chinese_text_stands_as_it_was_typed(enter: Enter, theatre: Theatre) -> None:
    reason = "重复下单，请取消这个订单"
    alice = await enter(ALICE)
    order = theatre.order()
    await alice.type(f"/order cancel {order.order_id} {order.account}")
    await alice.submit("Why should it be cancelled?", reason, "Ask for it")
    chen = await enter(CHEN, APPROVALS)
    await chen.press("Approve", f"“{reason}”")
    card = await chen.sees(reason, "Stop keeps the order")
    await expect(card).to_contain_text("陈财务")


@pytest.mark.parametrize("text", ["x" * 5000, "word " * 1000, "订单" * 2500])
async def test_five_thousand_characters_are_shown_whole_and_scroll_nothing_sideways(
    enter: Enter, text: str
) -> None:
    alice = await enter(ALICE, FINANCE, width=375)
    await alice.type(text)
    card = await alice.sees(text[:200].strip())
    assert text.strip() in await card.inner_text()
    await alice.fits()


async def test_hostile_text_is_read_and_never_run(enter: Enter, theatre: Theatre) -> None:
    alice = await enter(ALICE)
    order = theatre.order()
    await alice.type(HOSTILE)
    await alice.sees("<img src=x", "<script>", "<!channel>")
    await alice.type(f"/order {HOSTILE}")
    await alice.sees("Only visible to you", "<img src=x onerror=")
    await alice.type(f"/order cancel {order.order_id} {order.account}")
    await alice.submit("Why should it be cancelled?", HOSTILE, "Ask for it")
    await theatre.stage.workspace.change_person(CHEN, real_name=HOSTILE)
    bob = await enter(BOB, APPROVALS)
    card = await bob.sees("<script>", "<!channel>", "<https://evil.example|Approve>")
    await expect(card.locator("img, script, a[href*=evil]")).to_have_count(0)
    await expect(bob.page.get_by_label("Act as")).to_contain_text("<script>")
    for seat in (alice, bob):
        assert await seat.page.title() != "run"
    await theatre.stage.workspace.change_person(CHEN, real_name="陈财务")


async def test_what_is_new_is_marked_and_spoken(enter: Enter, theatre: Theatre) -> None:
    bob = await enter(BOB)
    await theatre.stage.workspace.say(ALICE, FINANCE, "read me")
    unread = bob.page.get_by_role("button", name=re.compile("^finance.*unread"))
    await expect(unread).to_be_visible()
    await unread.click()
    await expect(unread).to_have_count(0)
    await theatre.stage.workspace.say(ALICE, FINANCE, "hear me")
    await expect(bob.page.locator("[aria-live=polite]")).to_contain_text("Alice Requester: hear me")
    await bob.page.reload()
    await bob.sees("hear me")
    await expect(unread).to_have_count(0)


async def test_replies_stand_in_a_thread_beside_the_channel(enter: Enter) -> None:
    alice = await enter(ALICE, FINANCE)
    await alice.type("who ordered this?")
    card = await alice.sees("who ordered this?")
    await card.hover()
    await card.get_by_role("button", name="Reply in thread").click()
    await alice.page.get_by_label("Reply", exact=True).fill("not me")
    await alice.page.keyboard.press("Enter")
    await expect(card.get_by_role("button", name="1 reply")).to_be_visible()
    thread = alice.page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article").filter(has_text="not me")).to_be_visible()
    await expect(alice.card("not me")).to_have_count(0)


async def test_the_shortcut_of_a_message_looks_up_the_order_in_it(
    enter: Enter, theatre: Theatre
) -> None:
    order = theatre.order("huawei-main")
    alice = await enter(ALICE)
    await alice.type(f"what is {order.order_id}?")
    card = await alice.sees(f"what is {order.order_id}?")
    await card.hover()
    await alice.choose(card.get_by_role("button", name="More actions"), "Look up order")
    await expect(alice.dialog).to_contain_text(f"Which account holds order {order.order_id}?")


async def test_everything_can_be_done_by_keys_alone(enter: Enter, theatre: Theatre) -> None:
    order = theatre.order()
    alice = await enter(ALICE)
    keys = alice.page.keyboard
    await alice.composer.focus()
    await keys.type("/or")
    await keys.press("Tab")
    await expect(alice.composer).to_have_value("/order ")
    await keys.type(f"show {order.order_id} {order.account}")
    await keys.press("Enter")
    card = await alice.sees(order.order_id)
    await alice.reach(alice.button(card, "Request cancel"), "Shift+Tab")
    await keys.press("Enter")
    await expect(alice.dialog.get_by_label("Why should it be cancelled?")).to_be_focused()
    await keys.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    await expect(alice.button(card, "Request cancel")).to_be_focused()
    await keys.press("Space")
    await expect(alice.dialog.get_by_label("Why should it be cancelled?")).to_be_focused()
    await keys.type("by keys")
    await keys.press("Control+Enter")
    await expect(alice.dialog).to_contain_text("Asked.")
    await keys.press("Escape")
    await expect(alice.dialog).to_have_count(0)
    await alice.page.get_by_label("Act as").focus()
    await keys.press("ArrowDown")
    await expect(alice.page.get_by_label("Act as")).to_have_value(BOB)
    await alice.reach(alice.page.get_by_role("button", name=re.compile("^approvals")))
    await keys.press("Enter")
    card = await alice.sees("by keys", "0 of 1 approvals")
    await alice.reach(alice.button(card, "Approve"))
    await keys.press("Enter")
    await alice.sees("by keys", "Stop keeps the order")
