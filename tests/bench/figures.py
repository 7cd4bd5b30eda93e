"""Figures of repeated rounds: medians with their spread, ratios, and whether a goal is met."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "countersign", "beside", "ratio", "goal", "met")
_PLACES = ((100, 0), (10, 1), (1, 2), (0, 3))  # from this size on, so many places
_SMALLER = {"s": ("ms", 1000.0)}


@dataclass(frozen=True, slots=True)
class Series:
    """One number a round. *unit* is "s", "MB", "/s" …, "x" for a ratio, "" for a count."""

    values: tuple[float, ...]
    unit: str = "s"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def by(self, other: Series) -> Series:
        """Round by round, so that a machine that was slow for a while was slow for both."""
        pairs = zip(self.values, other.values, strict=True)
        return Series(tuple(one / another for one, another in pairs), "x")

    def minus(self, other: Series) -> Series:
        pairs = zip(self.values, other.values, strict=True)
        return Series(tuple(one - another for one, another in pairs), self.unit)

    def __str__(self) -> str:
        """The median, and behind it the lowest and the highest round."""
        unit, times = self.unit, 1.0
        if unit in _SMALLER and abs(self.median) < 1:
            unit, times = _SMALLER[unit]
        low, high = (_number(value * times) for value in (min(self.values), max(self.values)))
        spread = f" ({low}–{high})" if len(self.values) > 1 else ""
        return f"{_number(self.median * times)}{_glued(unit)}{spread}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. *met* is None where there is no goal, only something to know."""

    what: str
    ours: Series
    beside: str = ""
    ratio: Series | None = None
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        ratio = str(self.ratio) if self.ratio else ""
        return (self.what, str(self.ours), self.beside, ratio, self.goal, met)


def told(what: str, ours: Series) -> Row:
    """A figure without a goal."""
    return Row(what=what, ours=ours)


def under(what: str, ours: Series, most: float, goal: str) -> Row:
    """*most* in the unit of *ours*; *goal* is how a reader is told."""
    return Row(what=what, ours=ours, goal=goal, met=ours.median <= most)


def at_most(what: str, ours: Series, theirs: Series, name: str, times: float | None = None) -> Row:
    """Ours may be up to *times* theirs; without a goal the two only stand side by side."""
    ratio = ours.by(theirs)
    goal, met = "", None
    if times is not None:
        goal, met = f"at most {times:g}x", ratio.median <= times
    return Row(what=what, ours=ours, beside=f"{name}: {theirs}", ratio=ratio, goal=goal, met=met)


def faster(what: str, ours: Series, theirs: Series, name: str, times: float) -> Row:
    """Theirs takes at least *times* as long as ours."""
    ratio = theirs.by(ours)
    return Row(
        what=what,
        ours=ours,
        beside=f"{name}: {theirs}",
        ratio=ratio,
        goal=f"at least {times:g}x faster",
        met=ratio.median >= times,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of *values* that at least *percent* of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def table(rows: Sequence[Row]) -> str:
    """In Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float) -> str:
    places = next(places for size, places in _PLACES if abs(value) >= size)
    return f"{value:,.{places}f}"


def _glued(unit: str) -> str:
    return unit if unit in ("x", "/s", "") else f" {unit}"
