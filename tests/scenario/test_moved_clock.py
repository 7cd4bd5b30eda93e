"""A bot whose clock runs a month ahead: signatures, on both sides, stay on the real time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.app import SystemClock
from bot.manifest import BOT_EVENTS
from bot.sandbox.clouds import world
from bot.sandbox.clouds.server import start_clouds
from bot.sandbox.workspace import start_workspace
from tests.stage import ACCOUNTS, ALICE, Mode, ShiftedClock, Stage, said

MODES = ("socket",)

AHEAD = timedelta(days=30)


@pytest.fixture(scope="module")
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with start_clouds(seed=1) as clouds, start_workspace(events=BOT_EVENTS) as slack:
        clock, folder = ShiftedClock(), tmp_path_factory.mktemp(mode)
        stage = Stage(folder, mode, clock, clouds, slack, wall=SystemClock())
        clock.ahead = AHEAD
        clouds.book.move(AHEAD)
        await stage.start()
        yield stage
        await stage.stop()


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_every_cloud_takes_its_signatures_and_an_order_of_today_is_found(
    stage: Stage, account: str
) -> None:
    order = world.place(stage.clouds.book, account)
    card = await stage.type(ALICE, f"show {order.order_id} {account}", until=order.order_id)
    status = "Probably unpaid" if account == "unicloud-main" else "Unpaid"
    assert status in said(card)
    assert all(call.outcome == "ok" for call in stage.clouds.book.calls)


async def test_the_unpaid_list_holds_what_was_placed_today_and_not_what_lapsed(
    stage: Stage,
) -> None:
    placed = world.place(stage.clouds.book, "huawei-main")
    rows = stage.clouds.book.orders["huawei-main"].values()
    unpaid = sum(order.cancellable() for order in rows)
    listed = await stage.type(ALICE, "unpaid account:huawei-main", until=f"Unpaid orders: {unpaid}")
    assert placed.order_id in said(listed)
    assert any(order.lapsed for order in rows)


async def test_an_order_number_of_unicloud_is_looked_for_until_today(stage: Stage) -> None:
    order = world.place(stage.clouds.book, "unicloud-main")
    number = order.wire["order"]["OrderNo"]
    await stage.type(ALICE, number, until=f"{order.order_id} ({number})")
