"""Make the README's pictures: `python -m tests.browser.screenshots`, from the project's folder.

Three cards as a phone shows them, into docs/: an order, a request that was decided, a digest.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Locator, async_playwright

from bot.demo.page import paged
from bot.sandbox.clouds import world
from tests.browser.conftest import FOUND, OPTIONS
from tests.browser.seat import DIGEST, Seat
from tests.browser.theatre import Theatre
from tests.stage import ALICE, BOB

DOCS = Path(__file__).parents[2] / "docs"
WIDTH, MARGIN = 420, 12  # CSS pixels
SCALE = 1.5
LINES = 3  # of the digest
ACCOUNT = "huawei-main"


async def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            paged(Path(folder), seed=1, port=0) as (stage, page),
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=FOUND, args=OPTIONS)
            alice, bob = [
                Seat(await browser.new_page(device_scale_factor=SCALE), page.url, who)
                for who in (ALICE, BOB)
            ]
            await the_cards(alice, bob, Theatre(stage, page.url))
            await browser.close()


async def the_cards(alice: Seat, bob: Seat, theatre: Theatre) -> None:
    lapses = theatre.stage.clock.now() + timedelta(days=3)
    order = world.place(theatre.stage.clouds.book, ACCOUNT, renewal=True, deadline=lapses)
    await alice.open("C0GENERAL", WIDTH)
    await alice.type(f"/order show {order.order_id} {ACCOUNT}")
    await _shot(await alice.sees(order.order_id), "order")
    await alice.press("Request cancel", order.order_id)
    await alice.submit("Why should it be cancelled?", "Bought twice, by two scripts", "Ask for it")
    await bob.open("C0APPROVALS", WIDTH)
    await bob.press("Approve", "Bought twice")
    await bob.sees("Bought twice", "Stop keeps the order")
    theatre.after_the_hold()
    await _shot(await bob.sees("Bought twice", "is cancelled at the cloud"), "decided")
    await bob.open("C0GENERAL", WIDTH)
    await bob.type(f"/order digest on 09:00 account:{ACCOUNT}")
    await bob.sees("The digest is on")
    await bob.type("/order digest now")
    digest = await bob.sees(DIGEST)
    await _shot(digest, "digest", down_to=digest.locator("[aria-haspopup=menu]").nth(LINES - 1))


async def _shot(card: Locator, name: str, *, down_to: Locator | None = None) -> None:
    """The whole *card*, or its top as far as *down_to*."""
    await card.page.set_viewport_size({"width": WIDTH, "height": 4000})
    await card.page.mouse.move(0, 0)
    box, end = await card.bounding_box(), await (down_to or card).bounding_box()
    assert box is not None
    assert end is not None
    bottom = end["y"] + end["height"] + (MARGIN if down_to else 0)
    clip = box | {"height": bottom - box["y"]}
    await card.page.screenshot(path=DOCS / f"{name}.png", clip=clip)


if __name__ == "__main__":
    asyncio.run(main())
