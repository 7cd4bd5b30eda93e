"""The scripted days: each step is done by a person in the workspace and checked."""

from __future__ import annotations

from bot.demo.cancelling import Cancelling
from bot.demo.lookups import Lookups
from bot.demo.onrecord import OnRecord
from bot.demo.secondday import SecondDay
from bot.demo.stage import Stage
from bot.demo.transcript import Transcript


async def play(stage: Stage, told: Transcript) -> None:
    """Raises StoryFailed at the first step that does not hold. The clock moves last: the process
    that is killed on the first day knows only the real time."""
    lookups, record = Lookups(stage, told), OnRecord(stage, told)
    await lookups.play()
    await record.verifies(inputs=lookups.inputs)
    await Cancelling(stage, told).play()
    await record.agrees_with_the_clouds()
    await SecondDay(stage, told).play()
    await record.agrees_with_the_clouds()
    await record.verifies()
