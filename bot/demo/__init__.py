"""The whole bot against the embedded clouds and workspace: no account, no configuration needed."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from rich.console import Console

from bot.demo.stage import staged
from bot.demo.story import play
from bot.demo.transcript import StoryFailed, Transcript


async def run(*, port: int, story: bool, open_browser: bool, seed: int) -> int:
    """Play the scripted day and return the exit code. Everything it writes is in a temporary
    folder that it removes."""
    del port, story, open_browser  # the page that they are about is not part of this version
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        del os.environ[name]  # all traffic stays on this machine
    logging.getLogger().setLevel(logging.ERROR)  # the transcript is what a person reads
    transcript = Transcript(Console(highlight=False, soft_wrap=True))
    with tempfile.TemporaryDirectory(prefix="countersign-demo-") as folder:
        async with staged(Path(folder), seed=seed) as stage:
            try:
                await play(stage, transcript)
            except StoryFailed as failed:
                transcript.failed(str(failed))
                return 1
    transcript.ended()
    return 0
