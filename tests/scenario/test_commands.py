"""Every command of `/order`, in both modes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.sandbox.clouds.book import Fault
from bot.sandbox.clouds.world import list_row_ids
from tests.stage import ALICE, BOB, FINANCE, GENERAL, Stage, labels, said

LABELS = ["All details", "Share", "Refresh", "Open in console"]


async def test_the_panel_offers_unpaid_find_and_what_was_looked_at_last(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    await stage.type(BOB, f"show {order.order_id}", until=order.order_id)
    panel = await stage.type(BOB, "", until="Cloud orders")
    assert labels(panel)[1:] == ["Waiting for you (0)", "Find…", "Show"]
    assert labels(panel)[0].startswith("Unpaid (")
    assert order.order_id in said(panel)
    elsewhere = await stage.type(BOB, "", until="Cloud orders", where=FINANCE)
    assert order.order_id not in said(elsewhere)


async def test_help_shows_examples_that_work_here(stage: Stage) -> None:
    card = said(await stage.type(ALICE, "help"))
    for example in ("account:alibaba-main", "/order unpaid", "/order list", "/order accounts"):
        assert example in card


@pytest.mark.parametrize("account", ["alibaba-main", "huawei-main", "unicloud-main"])
async def test_show_reads_one_order_from_its_cloud_now(stage: Stage, account: str) -> None:
    order = stage.an_order(account)
    asked = stage.cloud_calls()
    card = await stage.type(ALICE, f"show {order.order_id} {account}", until=order.order_id)
    assert f"{order.payable:,.2f}" in said(card)
    assert stage.cloud_calls() > asked
    can_cancel = account != "unicloud-main"
    assert labels(card) == ["Request cancel"] * can_cancel + LABELS
    subject = f"order:{account}/{order.order_id}"
    assert stage.recorded("order:shown", actor=ALICE, subject=subject)


async def test_a_bare_id_is_shown_however_it_was_pasted(stage: Stage) -> None:
    order = stage.an_order("huawei-main", index=1)
    for pasted in (order.order_id.lower(), f"“{order.order_id}”", f"`{order.order_id}`"):
        card = await stage.type(ALICE, pasted, until=order.order_id)
        assert f"{order.payable:,.2f}" in said(card)


async def test_history_by_the_order_number_tells_what_happened_to_the_order(stage: Stage) -> None:
    listed = await stage.type(ALICE, "list account:unicloud-main since:60d", until="1 to 8")
    (number, *_rest) = re.findall(r"P[0-9]{14}", said(listed))
    await stage.type(ALICE, number, until="As of")
    shown = stage.recorded("order:shown", actor=ALICE)[-1]
    for typed in (number, f"{number} unicloud-main"):
        history = await stage.type(ALICE, f"history {typed}", until="looked at")
        assert shown["subject"].rpartition("/")[2] in said(history)
        answered = stage.recorded("input:answered", actor=ALICE, input="history")[-1]
        assert answered["subject"] == shown["subject"]


async def test_history_names_the_account_that_holds_the_order(stage: Stage) -> None:
    """Although the number could be of another one, too."""
    order = stage.an_order("alibaba-intl", "paid", index=1)
    await stage.type(ALICE, f"{order.order_id} alibaba-intl", until=order.order_id)
    await stage.type(ALICE, f"history {order.order_id} alibaba-main", until="Nothing has happened")
    await stage.type(ALICE, f"history {order.order_id}", until=f"{order.order_id} in alibaba-intl")


async def test_an_id_that_fits_two_accounts_is_asked_about_and_then_shown(stage: Stage) -> None:
    order = stage.an_order("alibaba-intl", "paid")
    question = await stage.type(ALICE, order.order_id, until="Which account")
    assert labels(question) == ["Show", "Show"]
    before = stage.seen(ALICE)
    await stage.press(ALICE, "show_order", ts=question.ts, index=1)
    card = await stage.private(ALICE, order.order_id, besides=before)
    assert "alibaba-intl" in said(card)


async def test_an_order_that_no_cloud_knows_is_said_so(stage: Stage) -> None:
    await stage.type(ALICE, "show CS00000000000000ZZ", until="knows no order CS00000000000000ZZ")
    (failed,) = stage.recorded("lookup:failed", actor=ALICE, subject="account:huawei-main")
    assert failed["facts"]["code"] == "CBC.30000010"


async def test_a_list_holds_what_the_clouds_hold_in_its_window(stage: Stage) -> None:
    now = stage.clock.now()
    rows = stage.clouds.book.orders["huawei-main"].values()
    listed = set(list_row_ids(stage.clouds.book, "huawei-main"))
    fitting = [
        order
        for order in rows
        if order.order_id in listed and order.created_at >= now - timedelta(days=300)
    ]
    card = await stage.type(
        ALICE, "list account:huawei-main since:300d", until=f"Orders: {len(fitting)}"
    )
    newest = max(fitting, key=lambda order: order.created_at)
    assert newest.order_id in said(card).partition("[Show]")[0]
    assert f"1 to 8 of {len(fitting)}" in said(card)
    assert "placed" in said(card)
    assert "as of" in said(card)
    assert labels(card) == ["Show"] * 8 + ["Next", "Refresh"]


async def test_filters_narrow_a_list(stage: Stage) -> None:
    card = await stage.type(
        ALICE, "list provider:huawei status:unpaid since:300d over:1000", until="Unpaid orders"
    )
    over = [
        order
        for order in stage.clouds.book.orders["huawei-main"].values()
        if order.payment_status == "unpaid" and order.payable > 1000
    ]
    assert f"Unpaid orders: {len(over)}" in said(card)


async def test_unpaid_lists_what_lapses_first_on_top(stage: Stage) -> None:
    card = await stage.type(ALICE, "unpaid account:huawei-main", until="Unpaid orders")
    unpaid = [
        order
        for order in stage.clouds.book.orders["huawei-main"].values()
        if order.payment_status == "unpaid"
    ]
    first = min(unpaid, key=lambda order: (order.deadline is None, order.deadline))
    assert f"Unpaid orders: {len(unpaid)}" in said(card)
    assert first.order_id in said(card).partition("[Show]")[0]


async def test_products_are_listed_and_searched(stage: Stage) -> None:
    card = await stage.type(ALICE, "products huawei-main", until="Products:")
    assert "huawei-main:" in said(card)
    found = await stage.type(ALICE, "products alibaba-main ecs", until="Products:")
    assert "ecs" in said(found).lower()
    await stage.type(ALICE, "products alibaba-main no-such-thing", until="No product fits")


async def test_accounts_are_listed_with_their_last_good_answer(stage: Stage) -> None:
    await stage.type(ALICE, "products unicloud-main", until="Products:")
    card = said(await stage.type(ALICE, "accounts", until="Your accounts: 4"))
    for name in stage.accounts:
        assert f"{name} (" in card
    (line,) = [line for line in card.splitlines() if line.startswith("unicloud-main")]
    assert "last good answer" in line


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("unpiad", "/order unpaid"),
        ("list acount:x", "account:alibaba-main"),
        ("list since:soon", "7d"),
        ("list over:much", "over:5000"),
        ("unpaid account:nowhere", "No account “nowhere” that you may view"),
        ("show", "Which order?"),
        ("list since:2d older:3d", "No order lies between"),
        ("list since:2d until:2020-01-01", "five years"),
    ],
)
async def test_a_slip_gets_the_nearest_word_or_an_example(
    stage: Stage, typed: str, hint: str
) -> None:
    await stage.type(ALICE, typed, until=hint)


async def test_commands_work_in_the_bots_own_conversation(stage: Stage) -> None:
    order = stage.an_order("unicloud-main")
    card = await stage.type(BOB, order.order_id, until=order.order_id, where="D0BOB")
    assert card.ephemeral_to == BOB
    await stage.press(BOB, "share", where="D0BOB", ts=card.ts)
    await stage.posted(BOB, order.order_id, where="D0BOB")


async def test_nothing_that_is_typed_is_seen_by_others(stage: Stage) -> None:
    order = stage.an_order("huawei-main", index=2)
    before = stage.seen(BOB)
    await stage.type(ALICE, order.order_id, until=order.order_id)
    assert stage.seen(BOB) == before


async def test_a_cloud_that_does_not_answer_is_named_and_the_others_are_shown(
    stage: Stage,
) -> None:
    stage.later(seconds=6)
    stage.clouds.book.faults.append(Fault("error_500", account="huawei-main", times=0))
    card = said(await stage.type(ALICE, "list since:29d", until="No answer from huawei-main"))
    assert "alibaba-main" in card
    stage.clouds.book.faults.clear()


async def test_pitfall_30_and_35_a_year_is_asked_in_stated_windows_and_all_pages(
    stage: Stage,
) -> None:
    """Alibaba answers the last hour when no time is sent, and twenty rows when no page is named:
    the count is the cloud's own all the same."""
    now = stage.clock.now()
    book = stage.clouds.book
    listed = [
        book.orders["alibaba-main"][order_id] for order_id in list_row_ids(book, "alibaba-main")
    ]
    fitting = [each for each in listed if each.created_at >= now - timedelta(days=365)]
    assert len(fitting) > 100
    await stage.type(ALICE, "list account:alibaba-main since:365d", until=f"Orders: {len(fitting)}")


async def test_another_command_of_the_app_is_acknowledged(stage: Stage) -> None:
    delivery = await stage.slack.command(ALICE, GENERAL, "", command="/something")
    assert delivery.ok
