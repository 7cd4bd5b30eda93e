"""The page in a real browser: until it is interactive, and from a click to the updated card."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.async_api import async_playwright

from bot.demo.page import paged
from tests.browser.conftest import FOUND, OPTIONS
from tests.browser.seat import Seat
from tests.browser.theatre import Theatre
from tests.stage import ALICE


async def measure(rounds: int) -> Mapping[str, Sequence[float]]:
    """Seconds of each round. The clouds answer at once; the demo's own hold plays no part."""
    clicked, loaded = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with (
            paged(Path(folder), seed=1, port=0) as (stage, page),
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=FOUND, args=OPTIONS)
            alice = Seat(await browser.new_page(), page.url, ALICE)
            order = Theatre(stage, page.url).order()
            await alice.open("C0GENERAL", 1280)
            await alice.type(f"/order show {order.order_id} {order.account}")
            card = await alice.sees(order.order_id)
            for _round in range(rounds):
                told = await alice.page.evaluate(_REFRESHED, await card.element_handle())
                clicked.append(told / 1000)
            for _round in range(rounds):
                await alice.page.reload()
                await alice.sees(order.order_id)
                loaded.append(await alice.page.evaluate("performance.now()") / 1000)
            await browser.close()
    return {"click to the updated card": clicked, "page interactive": loaded}


_REFRESHED = """
async (card) => {
  const find = () => document.querySelector(`[data-ts="${card.dataset.ts}"]`);
  const changed = new Promise((resolve) => {
    new MutationObserver(resolve).observe(document.getElementById("messages"), {
      childList: true, subtree: true, characterData: true,
    });
  });
  const buttons = [...find().querySelectorAll("button")];
  const button = buttons.find((each) => each.textContent === "Refresh");
  const start = performance.now();
  button.click();
  await changed;
  return performance.now() - start;
}
"""
