"""Digests through years of clocks, restarts and copies, and through months of failing clouds."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.unit.services.test_digest_days import ZONES, lived


def run(size: Size) -> Figures:
    total: Counter[str] = Counter()
    for seed in range(47, 47 + size["seeds"]):
        (days, missing, twice, astray), restarts = asyncio.run(lived(size["years"], seed))
        assert (missing, twice, astray) == (0, 0, 0), (
            f"seed {seed}: {missing} missing, {twice} twice, {astray} at a wrong time"
        )
        total.update(days=days, restarts=restarts)
    return {
        "local days": total["days"],
        "time zones": len(ZONES),
        "restarts": total["restarts"],
        "digests missing": 0,
        "digests sent twice": 0,
    }


PROOF = Proof(
    name="digest-days",
    promise="One digest per channel and local day, whatever clocks, restarts and copies do",
    commit={"years": 3, "seeds": 1},
    full={"years": 3, "seeds": 3},
    bug={"years": 2, "seeds": 1},
    run=run,
    bugs=(
        Bug(
            "times are UTC",
            "bot/domain/digests.py",
            "    return datetime.combine(day, at, tzinfo=zone_rules(zone)).astimezone(UTC)",
            "    return datetime.combine(day, at, tzinfo=UTC)",
        ),
        Bug(
            "only today is looked at",
            "bot/domain/digests.py",
            "        for day in (today - timedelta(days=1), today)\n",
            "        for day in (today,)\n",
        ),
        Bug(
            "a day that the calendar leaves out has one",
            "bot/domain/digests.py",
            "    return is_real and day.weekday() in plan.weekdays",
            "    return day.weekday() in plan.weekdays",
        ),
    ),
)
