"""One person at a browser of their own, and what a person can do there."""

from __future__ import annotations

import re

from playwright.async_api import ConsoleMessage, Locator, Page, expect

PATIENCE = 15_000  # milliseconds for anything to appear; all of it is on this machine

STEPS = 60  # of the Tab key
Text = str | re.Pattern[str]
DIGEST = re.compile("Unpaid (this morning|today)")  # by the clock of who runs this
_WIDE = """
() => ["html", "#messages", "#home", "#thread", "#clouds", "dialog"]
  .flatMap((name) => [...document.querySelectorAll(name)])
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
  .map((each) => `${each.id || each.tagName}: ${each.scrollWidth} > ${each.clientWidth}`)
"""


class Seat:
    def __init__(self, page: Page, url: str, who: str) -> None:
        self.page = page
        self._url = url
        self._who = who
        self._problems: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._problems.append(str(error)))
        expect.set_options(timeout=PATIENCE)

    async def open(self, where: str, width: int) -> None:
        """*where* is a channel's id, or "home"; *width* the window's, in pixels."""
        await self.page.set_viewport_size({"width": width, "height": 600})
        await self.page.goto(f"{self._url}#/{self._who}/{where}")
        await expect(self.page.get_by_label("Act as")).to_have_value(self._who)
        await expect(self.dialog).to_have_count(0)
        if await self.page.locator("#clouds").is_visible():
            await self.page.get_by_role("button", name="Close the clouds").click()

    async def go(self, where: str) -> None:
        """To a channel, by its name in the sidebar."""
        await (
            self.page.get_by_role("navigation")
            .get_by_role("button", name=re.compile(rf"^{where}( ?,|$)"))
            .click()
        )

    async def type(self, text: str) -> None:
        """Send a message or a command."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog").last

    def card(self, *texts: Text) -> Locator:
        """The newest message that says all *texts*."""
        found = self.page.locator("#messages").get_by_role("article")
        for text in texts:
            found = found.filter(has_text=text)
        return found.last

    async def sees(self, *texts: Text) -> Locator:
        card = self.card(*texts)
        await expect(card).to_be_visible()
        return card

    async def press(self, name: str, *texts: str) -> None:
        """A button of the newest message that says all *texts*."""
        card = await self.sees(*texts)
        await self.button(card, name).click()

    def button(self, within: Locator, words: str) -> Locator:
        """By the words on it: its name for screen readers also says what it is about."""
        exactly = re.compile(rf"^{re.escape(words)}$")
        return within.get_by_role("button").filter(has_text=exactly).first

    async def choose(self, button: Locator, words: str) -> None:
        """From the menu behind *button*, which scrolling closes."""
        await button.scroll_into_view_if_needed()
        await self.page.evaluate("() => new Promise(requestAnimationFrame)")
        await button.click()
        await self.page.get_by_role("menuitem", name=words).click()

    async def submit(self, label: str, text: str, button: str) -> None:
        """Fill in one line of the open form, and send it."""
        await self.dialog.get_by_label(label).fill(text)
        await self.dialog.get_by_role("button", name=button, exact=True).click()

    async def fits(self) -> None:
        """Nothing makes the page, or a list on it, scroll sideways."""
        wide = await self.page.evaluate(_WIDE)
        assert wide == []

    async def reach(self, wanted: Locator, key: str = "Tab") -> None:
        """By the keyboard, from where the focus is."""
        for _ in range(STEPS):
            await self.page.keyboard.press(key)
            if await wanted.evaluate("(each) => each === document.activeElement"):
                return
        raise AssertionError(f"{key} never reaches {wanted}")

    async def told(self) -> list[str]:
        """What was said on the console since the last time, and what the page could not draw."""
        said, self._problems = self._problems, []
        return said + await self.page.locator(".unknown-block").all_inner_texts()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._problems.append(message.text)
