"""After the story: a fresh stage as a page, on which anybody can try the bot."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot.demo.scene import APPROVALS, GUEST
from bot.demo.stage import Stage, staged
from bot.demo.transcript import Transcript
from bot.errors import ConfigurationError
from bot.i18n import _
from bot.sandbox.clouds.server import PortInUse
from bot.sandbox.page import Page, start_page

HOLD = "15s"  # long enough to find Stop, short enough to wait for
FARTHEST = timedelta(days=400)  # that the clock moves in all


class StageHands:
    """What the page can do to its stage. One thing at a time: two tabs may restart it at once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._busy = asyncio.Lock()

    def now(self) -> datetime:
        return self._stage.clock.now()

    def shift_seconds(self) -> float:
        return self._stage.clock.ahead.total_seconds()

    async def move_clock(self, seconds: float) -> None:
        """Raises ValueError where it would be too far."""
        async with self._busy:
            if self.shift_seconds() + seconds > FARTHEST.total_seconds():
                raise ValueError(f"the clock moves {FARTHEST.days} days in all")
            self._stage.move(timedelta(seconds=seconds))

    async def restart(self) -> None:
        async with self._busy:
            await self._stage.stop()
            await self._stage.start()


@asynccontextmanager
async def paged(
    folder: Path, *, seed: int, port: int, hold: str = HOLD
) -> AsyncIterator[tuple[Stage, Page]]:
    """A fresh stage, and the page on it. The guest is in the approvers' channel too, to try whose
    click counts. Raises PortInUse."""
    async with staged(folder, seed=seed, hold=hold) as stage:
        stage.workspace.state.channel(APPROVALS).members.append(GUEST)
        hands = StageHands(stage)
        async with start_page(stage.workspace, stage.clouds, hands, port=port) as page:
            yield stage, page


async def serve(
    folder: Path, transcript: Transcript, *, seed: int, port: int, open_browser: bool
) -> None:
    """Until cancelled. Raises ConfigurationError where no port is free."""
    try:
        async with paged(folder, seed=seed, port=port) as (_stage, page):
            if port and urlsplit(page.url).port != port:
                transcript.says(_("Port {port} is taken; the next free one serves.", port=port))
            for line in _invitation(page.url):
                transcript.says(line)
            if open_browser and not await asyncio.to_thread(_opened, page.url):
                transcript.says(_("No browser could be opened: open the address yourself."))
            await asyncio.Event().wait()
    except PortInUse as error:
        raise ConfigurationError(str(error)) from error


def _invitation(url: str) -> list[str]:
    return [
        "",
        _("Your turn: the same bot in a workspace of its own, as a web page. Nothing is real."),
        "",
        f"  {url}",
        "",
        _("1. As Alice, in #general: /order unpaid, Show, Request cancel, and a reason."),
        _("2. Act as Bob, in #approvals: Approve. Until 15 seconds later both can still Stop it."),
        _("3. The clouds' panel shows that the order is cancelled, by one call."),
        "",
        _("Ctrl-C ends it and leaves nothing behind."),
    ]


def _opened(url: str) -> bool:
    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
