"""What digests say came and went, against the clouds' own books, in months of failing clouds."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.unit.services.test_digest_books import DAYS, EVERYTHING, LARGE, ninety_days


def run(size: Size) -> Figures:
    total: Counter[str] = Counter()
    for seed in range(size["seeds"]):
        filters = LARGE if seed % 2 else EVERYTHING
        try:
            total.update(asyncio.run(ninety_days(seed, filters)))
        except AssertionError as differs:
            raise AssertionError(f"seed {seed}: {differs}") from differs
    return {
        "days": DAYS * size["seeds"],
        "orders": total["orders"],
        "digest lines of what was gone": total["gone"],
        "lists that failed": total["silent"] + total["in the middle"],
        "orders missing": 0,
        "orders invented": 0,
    }


PROOF = Proof(
    name="digest-books",
    promise="New and gone of the digests add up to the clouds' own books",
    commit={"seeds": 2},
    full={"seeds": 8},
    bug={"seeds": 2},
    run=run,
    bugs=(
        Bug(
            "an order without an amount counts twice",
            "bot/domain/digest_book.py",
            "        counts[key] += 1\n",
            "        counts[key] += 1 + (line.amount is None)\n",
        ),
        Bug(
            "what is gone without a reason is left out",
            "bot/domain/digest_book.py",
            "        if line.account in accounts and (line.account, line.order_id) not in now\n",
            "        if line.account in accounts and line.deadline and"
            " (line.account, line.order_id) not in now\n",
        ),
        Bug(
            "who cancelled is not asked",
            "bot/domain/digest_book.py",
            '    here = _cancelled_by(requests) if ended else ""\n',
            '    here = ""\n',
        ),
    ),
)
