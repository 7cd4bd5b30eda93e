"""Block Kit in the page: all that the bot draws, within a phone's width, and nothing run by it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.axe import violations
from tests.browser.surfaces import Blocks, everything_drawn
from tests.browser.theatre import Theatre

pytestmark = pytest.mark.slow

RUNS = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
TEXTS = {
    "hostile": f"{RUNS} <!channel> <@U0BOB> <https://evil.example|Approve> *x* `y` & {{z}}",
    "chinese": "云服务器 ECS 包年包月 · 重复下单",
    "long": f"{'x' * 300} {'a word and another ' * 200}",
}
# axe takes a tenth of a second for each
LOOKED_AT = (
    *("card as last seen", "details", "list", "products", "help", "inbox", "home", "find form"),
    *("card, pending", "card, approved", "card, outdated", "snooze form", "cancel form"),
    *("digest, charts", "digest's thread 0, charts"),
)


@asynccontextmanager
async def a_sheet(browser: Browser, theatre: Theatre, **options: Any) -> AsyncIterator[Page]:
    """The page's own styles and renderer, on a phone."""
    context = await browser.new_context(viewport={"width": 375, "height": 800}, **options)
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(theatre.url)
    await page.locator("#composer").wait_for()
    yield page
    await context.close()
    assert problems == []


@pytest.fixture(scope="module")
async def sheet(browser: Browser, theatre: Theatre) -> AsyncIterator[Page]:
    async with a_sheet(browser, theatre) as page:
        yield page


async def drawn(sheet: Page, surfaces: dict[str, Blocks]) -> dict[str, Any]:
    """`unknown`: what stands for blocks and elements that the page does not know; `texts` by
    surface; `loaded`: what a text could run or fetch with; `wide`: surfaces wider than a phone."""
    found: dict[str, Any] = await sheet.evaluate(_DRAW, surfaces)
    return found


@pytest.mark.parametrize("name", TEXTS)
async def test_everything_that_the_bot_draws_is_known_fits_a_phone_and_runs_nothing(
    sheet: Page, name: str
) -> None:
    surfaces = everything_drawn(TEXTS[name])
    found = await drawn(sheet, surfaces)
    assert found["unknown"] == []
    assert found["loaded"] == []
    assert found["wide"] == []
    assert await sheet.title() != "run"
    for surface, blocks in surfaces.items():
        shown = " ".join(found["texts"][surface].split())
        missing = [text for text in plain_texts(blocks) if " ".join(text.split()) not in shown]
        assert missing == [], surface


async def test_axe_finds_nothing_serious_in_what_the_bot_draws(
    browser: Browser, theatre: Theatre
) -> None:
    surfaces = everything_drawn("云服务器 ECS x 4")
    async with a_sheet(browser, theatre, bypass_csp=True) as sheet:
        await drawn(sheet, {name: surfaces[name] for name in LOOKED_AT})
        assert await violations(sheet, "#sheet") == []


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"type": "hologram", "text": "?"}, "Unknown block: hologram"),
        ({"type": "__proto__"}, "Unknown block: __proto__"),
        ({}, "Unknown block"),
        (
            {"type": "actions", "elements": [{"type": "lever", "action_id": "pull"}]},
            "Unknown element: lever",
        ),
        (
            {"type": "section", "text": {"type": "plain_text", "text": "x"}, "accessory": {}},
            "Unknown element",
        ),
    ],
)
async def test_what_the_page_does_not_know_is_seen(
    sheet: Page, block: dict[str, Any], words: str
) -> None:
    (unknown,) = (await drawn(sheet, {"made up": [block]}))["unknown"]
    assert unknown.startswith(words)
    assert await sheet.locator(".unknown-block").is_visible()


def plain_texts(blocks: Blocks) -> Iterator[str]:
    """What headers, sections and contexts say without markup."""
    for block in blocks:
        if block["type"] in ("header", "section", "context"):
            for each in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
                if each and each["type"] == "plain_text":
                    yield each["text"]


_DRAW = """
async (surfaces) => {
  const { renderBlocks } = await import("/page/js/kit/render.js");
  const { h } = await import("/page/js/dom.js");
  const people = [{ user_id: "U0BOB", name: "bob", real_name: "Bob Approver" }];
  const drawn = Object.entries(surfaces).map(([name, blocks]) => {
    const surface = name.endsWith("form") ? "modal" : name === "home" ? "home" : "message";
    const context = { surface, people, groups: [], channels: [], zone: "UTC", act: async () => {} };
    return h("div", { class: "message-body", dataset: { name } }, renderBlocks(blocks, context));
  });
  const all = h("div", { id: "sheet", class: "message-main" }, drawn);
  document.getElementById("page").hidden = true; // it lives on
  document.getElementById("sheet")?.remove();
  document.body.append(all);
  await new Promise(requestAnimationFrame);
  const loading = 'img, script, iframe, object, embed, form, [onerror], a[href^="https://evil"]';
  return {
    unknown: [...all.querySelectorAll(".unknown-block")].map((each) => each.textContent),
    texts: Object.fromEntries(drawn.map((each) => [each.dataset.name, each.textContent])),
    loaded: [...all.querySelectorAll(loading)].map((each) => each.outerHTML),
    wide: drawn.filter((each) => each.scrollWidth > innerWidth).map((each) => each.dataset.name),
  };
}
"""
