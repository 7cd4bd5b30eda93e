"""Weeks of clouds and Slack that stall, drop lines, repeat, throttle, lie and answer for the wrong
order, with restarts in between. Time is moved, everything else is real: in the end the books of the
clouds, the record, the tables and the cards say the same."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
from collections import Counter
from pathlib import Path

import stamina
import structlog

from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.proofs.soak_books import balance
from tests.proofs.soak_town import Town
from tests.stage import BOB, CHEN, staged

POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "30s"\nexpires = "24h"'
HOURS = 3.0  # simulated, between two bouts of activity


def quiet() -> None:
    """Thousands of warnings about a network that fails are what is asked for."""
    structlog.configure(
        processors=[structlog.processors.JSONRenderer()],
        cache_logger_on_first_use=False,
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    logging.disable(logging.CRITICAL)
    stamina.set_testing(True, attempts=3)


def run(size: Size) -> Figures:
    quiet()
    total: Counter[str] = Counter()
    for seed in range(size["seed"], size["seed"] + size["lives"]):
        total.update(asyncio.run(_life(seed, size["days"])))
    return {"simulated days": size["days"] * size["lives"], **total}


async def _life(seed: int, days: int) -> Counter[str]:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder), "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
            town = Town(stage, chance)
            for _bout in range(int(days * 24 / HOURS)):
                await town.bout()
                stage.later(hours=HOURS)
            await town.rest()
            figures = balance(stage, f"seed {seed}")
            return figures + Counter(faults=town.faults, restarts=town.restarts)


PROOF = Proof(
    name="soak",
    promise="Weeks of a hostile network end with balanced books",
    commit={"seed": 1, "lives": 1, "days": 2},
    full={"seed": 1, "lives": 1, "days": 30},
    bug={"seed": 3, "lives": 1, "days": 8},
    run=run,
    bugs=(
        Bug(
            "an unclear call is made again",
            "bot/services/settling.py",
            "    if effect is CancelEffect.NOT_SENT:\n",
            "    if effect in (CancelEffect.NOT_SENT, CancelEffect.UNKNOWN):\n",
        ),
        Bug(
            "a yes of the cloud is taken for the effect",
            "bot/services/settling.py",
            "    if reading.found is Found.CANCELLED:\n        return ended(request, S.CANCELLED,",
            "    if reading.found is not Found.PAID:\n        return ended(request, S.CANCELLED,",
        ),
        Bug(
            "a card that Slack did not take is forgotten",
            "bot/services/outbox.py",
            "            await self._store.again(leased, due_at=result)\n",
            '            await self._store.done(leased, result="done")\n',
        ),
    ),
)
