"""A no at the worst moment: it is stored, and Slack is slow to say whose it is, while the hold
ends."""

from __future__ import annotations

from functools import partial
from random import Random

from tests.proofs.one_effect_people import APPROVERS, Act, Asked, People, Press
from tests.stage import Stage

HOLD = 31.0  # seconds after which it is over
LIKELY = 0.2


class Races:
    def __init__(self, stage: Stage, people: People, rng: Random) -> None:
        self._stage, self._people, self._rng = stage, people, rng

    def of(self, asked: Asked, status: str) -> tuple[list[Press], list[Act]]:
        """What to press on an approved request, and when; nothing on others, and not each time."""
        if status != "approved" or self._rng.random() > LIKELY:
            return [], []
        who = self._rng.choice([each for each in APPROVERS if each != asked.asker])
        denies = self._rng.random() < 0.3
        press = self._people.deny(who, asked) if denies else self._people.click(who, "stop", asked)
        self._stage.slack.faults.ordered.clear()
        self._stage.slack.fault("slow", "users.info", seconds=0.4)
        delay = self._rng.choice((0.01, 0.02, 0.04))
        return [press], [(0.0, partial(self._people.send, press)), (delay, self._hold_ends)]

    async def _hold_ends(self) -> None:
        self._stage.later(seconds=HOLD)
