"""The scripted day: each step is done by a person in the workspace and checked."""

from __future__ import annotations

import asyncio

from bot.demo.cancelling import Cancelling
from bot.demo.lookups import Lookups
from bot.demo.stage import Stage
from bot.demo.transcript import Transcript
from storage.verify import verify_file


async def play(stage: Stage, told: Transcript) -> None:
    """Raises StoryFailed at the first step that does not hold."""
    lookups = Lookups(stage, told)
    await lookups.play()
    await _verify(stage, told, inputs=lookups.inputs)
    await Cancelling(stage, told).play()
    await _verify(stage, told)


async def _verify(stage: Stage, told: Transcript, *, inputs: int | None = None) -> None:
    """The record so far; with *inputs*, one record each beside the chain's first."""
    told.scene("Everything is on record.")
    result = await asyncio.to_thread(verify_file, stage.database, anchor=None)
    told.does("An auditor", "runs countersign audit verify")
    told.sees([f"ok {result.records} records, head {result.head_seq} {result.head_hash}"])
    told.check("the chain verifies", holds=result.ok)
    if inputs is not None:
        told.check(f"all {inputs} inputs left one record each", holds=result.records == 1 + inputs)
