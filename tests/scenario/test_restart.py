"""Stop and start: old cards work, running work ends first, new inputs are told to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clouds.book import Fault
from tests.stage import ALICE, BOB, GENERAL, Mode, Stage, acked, said, staged

pytestmark = pytest.mark.slow

RESTARTING = "I am restarting"


@pytest.fixture
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp(mode), mode) as stage:
        yield stage


async def test_the_buttons_of_old_cards_work_after_a_restart(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    card = await stage.type(ALICE, order.order_id, until=order.order_id)
    listed = await stage.type(ALICE, "list account:huawei-main", until="1 to 8")
    products = await stage.type(ALICE, "products", until="1 to 30 of")
    panel = await stage.type(ALICE, "", until="Cloud orders")
    await stage.press(ALICE, "details", ts=card.ts)
    await stage.window(ALICE, "page 1 of")
    await stage.stop()
    await stage.start()
    await stage.press(ALICE, "next_page", ts=listed.ts)
    await stage.redrawn(listed, "9 to ")
    await stage.press(ALICE, "next_page", ts=products.ts)
    await stage.redrawn(products, "31 to ")
    await stage.press(ALICE, "details", ts=card.ts)
    await stage.window(ALICE, "page 1 of")
    await stage.slack.close_view(ALICE)
    await stage.press(ALICE, "share", ts=card.ts)
    await stage.posted(BOB, order.order_id)
    await stage.press(ALICE, "find", ts=panel.ts)
    await stage.window(ALICE, "")
    again = await stage.type(ALICE, "", until="Cloud orders")
    assert order.order_id in said(again), "what was looked at last is known"
    assert stage.refused_calls() == []


async def test_an_input_from_before_the_restart_is_not_answered_twice(stage: Stage) -> None:
    await stage.type(ALICE, "accounts", until="Your accounts")
    delivery = stage.slack.deliveries[-1]
    await stage.stop()
    await stage.start()
    assert (await stage.slack.redeliver(delivery)).error is None
    await stage.idle()
    assert len(stage.recorded("accounts:listed", actor=ALICE)) == 1


async def test_at_the_end_running_work_is_finished_and_new_inputs_are_told_to_wait(
    stage: Stage,
) -> None:
    order, other = stage.an_order("huawei-main"), stage.an_order("huawei-main", index=1)
    card = await stage.type(BOB, other.order_id, until=other.order_id)
    panel = await stage.type(BOB, "", until="Cloud orders")
    await stage.press(BOB, "find", ts=panel.ts)
    await stage.window(BOB)
    stage.clouds.book.faults.append(Fault("slow", account="huawei-main", seconds=0.8))
    acked(await stage.slack.command(ALICE, GENERAL, order.order_id))
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)
    told = acked(await stage.slack.command(BOB, GENERAL, "accounts"))
    assert RESTARTING in str(told.answer)
    before = stage.seen(BOB)
    await stage.press(BOB, "refresh", ts=card.ts)
    await stage.private(BOB, RESTARTING, besides=before)
    await stage.slack.submit(BOB, {"product": "kept"})
    form = stage.slack.views(BOB)[-1]
    assert RESTARTING in str(form.errors), "the form stays open with what was typed"
    assert not stopping.done()
    await stage.private(ALICE, order.order_id)
    await stopping
    assert stage.recorded("lookup:refused", actor=BOB, rule="restarting")
    assert len(stage.recorded("order:shown", actor=ALICE)) == 1
    assert stage.refused_calls() == []


async def test_readiness_says_that_the_bot_is_leaving(stage: Stage) -> None:
    stage.clouds.book.faults.append(Fault("slow", account="huawei-main", seconds=2))
    order = stage.an_order("huawei-main")
    acked(await stage.slack.command(ALICE, GENERAL, order.order_id))
    stopping = asyncio.create_task(stage.stop())
    await asyncio.sleep(0)
    status, answer = await stage.ready()
    assert (status, answer["checks"]["socket"]["reason"]) == (503, "shutting down")
    await stopping
