"""A no at the worst moment: it is stored, and Slack is slow to say whose it is, while the bot takes
a step that it speaks against."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random

from bot.sandbox.clouds.book import Fault
from tests.proofs.one_effect_people import APPROVERS, QUORUMS, Act, Asked, People, Press
from tests.stage import Stage

HOLD = 31.0  # seconds after which it is over
PATIENCE = 2.0  # seconds for the cloud to be asked: it is not, where votes are not enough


class Races:
    """Each is what to press, and when; nothing that was drawn before breaks meanwhile."""

    def __init__(self, stage: Stage, people: People, rng: Random) -> None:
        self._stage, self._people, self._rng = stage, people, rng

    def of(self, asked: Asked, status: str) -> tuple[list[Press], list[Act]]:
        """Nothing where there is none in that status, and not each time."""
        race = {"approved": self._for_the_claim, "pending": self._for_the_hold}.get(status)
        likely = 0.5 if status == "approved" else 0.06
        if race is None or self._rng.random() > likely:
            return [], []
        self._stage.slack.faults.ordered.clear()
        return race(asked)

    def _for_the_claim(self, asked: Asked) -> tuple[list[Press], list[Act]]:
        """The hold ends after an approver said no."""
        who = self._rng.choice(_others(asked))
        denies = self._rng.random() < 0.3
        press = self._people.deny(who, asked) if denies else self._people.click(who, "stop", asked)
        self._slack_is_slow(0.1)
        delay = self._rng.choice((0.01, 0.02, 0.04))
        return [press], [
            (0.0, partial(self._people.send, press)),
            (delay, self._hold_ends),
        ]

    def _for_the_hold(self, asked: Asked) -> tuple[list[Press], list[Act]]:
        """While the order is read for votes that are enough one of them is taken back."""
        voters = _others(asked)[: QUORUMS[asked.order.account]]
        votes = [self._people.click(who, "approve", asked) for who in voters]
        back = self._people.click(voters[-1], "take_back", asked)
        reading = Fault("slow", asked.order.account, "get_order", seconds=0.25)
        self._stage.clouds.book.faults[:] = [reading]
        return [*votes, back], [
            *((0.0, partial(self._people.send, vote)) for vote in votes),
            (0.0, partial(self._send_during, reading, back)),
        ]

    async def _send_during(self, reading: Fault, press: Press) -> None:
        """Once the cloud was asked, and Slack about those who voted."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while reading in self._stage.clouds.book.faults and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.15)
        self._slack_is_slow(0.3)
        await self._people.send(press)

    async def _hold_ends(self) -> None:
        self._stage.later(seconds=HOLD)

    def _slack_is_slow(self, seconds: float) -> None:
        self._stage.slack.fault("slow", "users.info", seconds=seconds)


def _others(asked: Asked) -> list[str]:
    return [each for each in APPROVERS if each != asked.asker]
