"""Which changes no test notices, and why that is right: survivors.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.library import Mutant

FILE = Path(__file__).with_name("survivors.toml")

Name = tuple[str, str, str]  # path, where, text


@dataclass(frozen=True, slots=True)
class Listed:
    """*changes* of one function or class that survive for one *reason*."""

    path: str
    where: str
    reason: str
    changes: tuple[str, ...]

    def names(self) -> list[Name]:
        return [(self.path, self.where, change) for change in self.changes]


def listed() -> tuple[Listed, ...]:
    """Raises ValueError for one without a reason."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = tuple(
        Listed(each["path"], each["where"], each["reason"].strip(), tuple(each["changes"]))
        for each in told["survivors"]
    )
    for each in found:
        if not each.reason:
            raise ValueError(f"{FILE.name}: {each.path} {each.where} has no reason")
    return found


def judged(
    mutants: Iterable[Mutant], known: Iterable[Listed], paths: Iterable[str]
) -> tuple[list[Name], list[Name]]:
    """The survivors that are not listed, and what is listed of *paths* but did not survive."""
    alive = {(each.path, each.where, each.text) for each in mutants if not each.killed}
    tried = set(paths)
    told = {name for each in known if each.path in tried for name in each.names()}
    return sorted(alive - told), sorted(told - alive)
