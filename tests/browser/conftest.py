"""A real browser on the demo's page: one browser and one stage for the tests of a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from bot.demo.page import paged
from tests.browser.seat import Seat
from tests.browser.theatre import Theatre

# Chromium without windows, at half the work; the whole one does as well
FOUND = shutil.which("chromium-headless-shell") or shutil.which("chromium")
REQUIRED = os.environ.get("COUNTERSIGN_TEST_BROWSER") == "required"  # in .ci/run
MISSING = "No browser is here; to run these tests, install one: apt install chromium-headless-shell"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

Enter = Callable[..., Awaitable[Seat]]
House = dict[tuple[str, ...], Seat]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_runtest_setup() -> None:
    """Here and not in a fixture: then all that are skipped make one line of pytest's summary."""
    if FOUND is None:
        end = pytest.fail if REQUIRED else pytest.skip
        end(MISSING)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Of a file and no longer: what keeps it also keeps the event loop of all tests that follow."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=FOUND, args=OPTIONS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    async with paged(tmp_path_factory.mktemp("browser"), seed=1, port=0) as (stage, page):
        yield Theatre(stage, page.url)


@pytest.fixture(scope="module")
def house() -> House:
    return {}


@pytest.fixture
async def enter(browser: Browser, theatre: Theatre, house: House) -> AsyncIterator[Enter]:
    """Sit somebody down at a browser of their own, the same for all tests of a file: a new one
    takes a second. Nothing may be said on its console, and nothing that the page's policy forbids
    may be tried."""

    async def enter(
        who: str, where: str = "C0GENERAL", *, width: int = 960, **options: Any
    ) -> Seat:
        key = (who, *options)
        if key not in house:
            context = await browser.new_context(reduced_motion="reduce", **options)
            house[key] = Seat(await context.new_page(), theatre.url, who)
        await house[key].open(where, width)
        return house[key]

    yield enter
    theatre.clear()
    assert [problem for seat in house.values() for problem in await seat.told()] == []
