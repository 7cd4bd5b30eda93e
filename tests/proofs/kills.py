"""Kills: bots die by SIGKILL at the worst places and at any; what they acknowledged is done, and
done once, by those that come after them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import TemporaryDirectory

import structlog

from tests.proofs.kills_forks import Forks, forks
from tests.proofs.kills_house import PLACES, POINTS, housed
from tests.proofs.kills_served import killed_as_served
from tests.proofs.proof import Bug, Figures, Proof, Size

SEED = 6
IN_ONE_HOUSE = 60  # kills
STREETS = 2  # of houses, one after another


def run(size: Size) -> Figures:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    total = asyncio.run(_all(size))
    places = tuple(dict.fromkeys(PLACES))
    hits = ", ".join(f"{total[place]:,} {place}" for place in places)
    missed = [point for point in POINTS if not total[point]]
    assert not missed, f"no bot died {missed}"
    return {
        f"kills (seed {SEED}: {hits})": sum(total[place] for place in places),
        "of the real countersign serve": total["real"],
        "acknowledged inputs lost": 0,
        "requests": total["requests"],
        "cancel calls": total["cancel calls"],
        "requests with two": 0,
        "claims cut short, each unknown and settled by reads": total["claims cut short"],
        "cards lost in a post, each true once pressed": total["cards lost and found"],
    }


async def _all(size: Size) -> Counter[str]:
    """Beside each other, and beside the processes as in life: all of them wait more than work."""
    with TemporaryDirectory(prefix="countersign-kills-") as name:
        folder, houses = Path(name), _houses(size["kills"])
        living = [_forked(folder, number, houses) for number in range(STREETS)]
        living.append(killed_as_served(folder, size["real"], SEED))
        beside = [asyncio.create_task(each) for each in living]
        try:
            return sum(await asyncio.gather(*beside), Counter())
        finally:  # none may still write in the folder when it goes
            for each in beside:
                each.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


def _houses(kills: int) -> Iterator[tuple[int, int]]:
    """The number of each, and how many bots are killed in it."""
    yield from enumerate(min(IN_ONE_HOUSE, kills - at) for at in range(0, kills, IN_ONE_HOUSE))


async def _forked(folder: Path, street: int, houses: Iterator[tuple[int, int]]) -> Counter[str]:
    """Goes from house to house while there are some."""
    total: Counter[str] = Counter()
    async with forks(folder / f"stderr{street}.log") as forking:
        for number, kills in houses:
            home = folder / f"house{number}"
            home.mkdir()
            total.update(await _lived(home, forking, number, kills))
            rmtree(home)
    return total


async def _lived(folder: Path, forking: Forks, number: int, kills: int) -> Counter[str]:
    """Every place in turn, in another order in every house."""
    rng = Random(f"{SEED} {number}")
    turns = range(kills // len(PLACES) + 1)
    places = [place for _turn in turns for place in rng.sample(PLACES, len(PLACES))]
    async with housed(folder, forking, rng) as house:
        lives = 0
        try:
            for place in places[:kills]:
                lives += 1
                await house.life(place)
            await house.calm()
        except AssertionError as error:
            where = f"seed {SEED}, house {number}, life {lives}"
            raise AssertionError(f"{where}: {error}") from error
        house.total["kills"] += kills
        return house.total


EXECUTOR, OUTBOX = "bot/services/executor.py", "bot/services/outbox.py"
PROOF = Proof(
    name="kills",
    promise="Nothing acknowledged is lost, and nothing done twice, wherever a bot is killed",
    commit={"kills": 60, "real": 2},
    full={"kills": 5_000, "real": 20},
    bug={"kills": 240, "real": 0},
    run=run,
    bugs=(
        Bug(
            "answered before it is stored",
            "handlers/requests.py",
            """                try:
                    is_new = await self._desk.request_store.accept(given)
                except StorageError:
                    logger.exception("not_recorded")
                    await ack()
                    self._desk.tasks.spawn(reply""",
            """                try:
                    is_new = True
                    self._desk.tasks.spawn(self._desk.request_store.accept(given))
                except StorageError:
                    logger.exception("not_recorded")
                    await ack()
                    self._desk.tasks.spawn(reply""",
        ),
        Bug(
            "inputs that were left are left",
            "bot/services/decisions.py",
            "for given in await self._store.waiting_inputs(limit=SWEPT):",
            "for given in ():",
        ),
        Bug(
            "claims that were left are left",
            EXECUTOR,
            "for request in await self._store.claimed():",
            "for request in ():",
        ),
        Bug(
            "a claim that was left is called again",
            EXECUTOR,
            "            await self._without_receipt(request)\n",
            """            await self._call(request)
            await self._without_receipt(request)
""",
        ),
        Bug(
            "leases that were left are kept",
            OUTBOX,
            "await self._store.release_all(now=self._clock.now())",
            "return",
        ),
        Bug(
            "a second post does not say so",
            OUTBOX,
            "again = self._attempts.may_have_arrived(leased, place)",
            "again = False",
        ),
        Bug(
            "a step and its record are two transactions",
            "storage/requests.py",
            "            self._record(db, entry, at)\n",
            "            db.commit()\n            self._record(db, entry, at)\n",
        ),
    ),
)
