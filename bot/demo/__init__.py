"""The whole bot against the embedded clouds and workspace: no account, no configuration needed."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bot.demo.page import serve
from bot.demo.stage import staged
from bot.demo.story import play
from bot.demo.transcript import StoryFailed, Transcript
from bot.i18n import _

STORY_HOLD = "2s"


async def run(*, port: int, story: bool, open_browser: bool, seed: int) -> int:
    """Play the scripted days; then, on a terminal and without *story*, serve the page until
    cancelled. Returns the exit code. Everything it writes is in a temporary folder that it removes.
    """
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        del os.environ[name]  # all traffic stays on this machine
    logging.getLogger().setLevel(logging.ERROR)  # the transcript is what a person reads
    transcript = Transcript(Console(highlight=False, soft_wrap=True))
    serves = sys.stdout.isatty() and not story
    if serves:
        transcript.says(_("First two scripted days, in half a minute; then a page to try it on."))
    with _temporary_folder() as folder:
        if not await _holds(_made(folder / "story"), transcript, seed=seed):
            return 1
        if serves:
            place = _made(folder / "page")
            await serve(place, transcript, seed=seed, port=port, open_browser=open_browser)
    return 0


async def _holds(folder: Path, transcript: Transcript, *, seed: int) -> bool:
    """Whether the story does."""
    async with staged(folder, seed=seed, hold=STORY_HOLD) as stage:
        try:
            await play(stage, transcript)
        except StoryFailed as failed:
            transcript.failed(str(failed))
            return False
    transcript.ended()
    return True


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """In which all that asks for a temporary file gets one, too."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="countersign-demo-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
