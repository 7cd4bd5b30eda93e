"""The page in a real browser, as rows."""

from __future__ import annotations

import sys

from tests.bench.figures import Row, Series, under
from tests.bench.page import measure as measured
from tests.browser.conftest import FOUND, MISSING

TITLE = "The page in a browser"
_GOALS = {
    "page interactive": (1.0, "under 1 s"),
    "click to the updated card": (0.3, "under 0.3 s"),
}


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:  # noqa: ARG001 - each is short
    """Nothing where there is no browser, and a sentence about that on stderr."""
    if FOUND is None:
        sys.stderr.write(f"{MISSING}\n")
        return []
    taken = await measured(rounds)
    return [
        under(what, Series(tuple(taken[what])), most, goal) for what, (most, goal) in _GOALS.items()
    ]
