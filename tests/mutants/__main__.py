"""Changes the code, one thing at a time, and counts what tests notice; writes docs/mutants.md."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from itertools import groupby

from tests.mutants import library
from tests.mutants.library import ROOT, Mutant
from tests.mutants.survivors import Listed, Name, judged, listed

LEAST = 90  # of a hundred
PAGE = ROOT / "docs" / "mutants.md"
BEGIN, END = "<!-- figures: make mutants -->", "<!-- end of figures -->"


def scope(asked: Sequence[str]) -> list[str]:
    """The modules that are changed: all of `[tool.mutmut]`, or those *asked* for."""
    paths = [
        str(path.relative_to(ROOT))
        for pattern in library.settings("only_mutate")
        for path in sorted(ROOT.glob(pattern))
    ]
    unknown = set(asked) - set(paths)
    if unknown:
        raise SystemExit(f"{unknown.pop()} is not changed; these are: {', '.join(paths)}")
    return [path for path in paths if not asked or path in asked]


def percent(mutants: Sequence[Mutant]) -> float:
    return 100 * sum(each.killed for each in mutants) / len(mutants)


def row(name: str, mutants: Sequence[Mutant]) -> str:
    killed = sum(each.killed for each in mutants)
    return (
        f"| {name} | {len(mutants):,} | {killed:,} | {percent(mutants):.1f} %"
        f" | {len(mutants) - killed:,} |"
    )


def table(paths: Sequence[str], mutants: Sequence[Mutant]) -> str:
    lines = ["| module | changes | noticed | | survivors |", "|---|--:|--:|--:|--:|"]
    for path in paths:
        of_path = [each for each in mutants if each.path == path]
        if of_path:
            lines.append(row(f"`{path}`", of_path))
    return "\n".join([*lines, row("all", mutants)])


def reasons(known: Sequence[Listed]) -> str:
    lines = []
    for path, of_path in groupby(sorted(known, key=lambda each: each.path), lambda each: each.path):
        lines += ["", f"### `{path}`", ""]
        for each in of_path:
            where = f"`{each.where}`: " if each.where else ""
            lines.append(f"- {where}{each.reason}")
            lines += [f"    - `` {change} ``" for change in each.changes]
    return "\n".join(lines)


def write(figures: str) -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    text = f"{before}{BEGIN}\n{figures}\n{END}{rest.split(END)[1]}"
    PAGE.write_text(text, encoding="utf-8")


def said(title: str, names: Sequence[Name]) -> None:
    if names:
        print(f"\n{title}:")
    for path, where, text in names:
        print(f"  {path} {where or 'outside functions'}\n    {text}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="only these modules")
    parser.add_argument("--write", action="store_true", help="write the figures to docs/mutants.md")
    options = parser.parse_args()
    paths, known, at_once = scope(options.paths), listed(), os.cpu_count() or 1
    began = time.monotonic()
    print(f"Changing {len(paths)} modules; mutants/{library.LOG} grows meanwhile", flush=True)
    mutants = library.run(paths, at_once=at_once)
    new, stale = judged(mutants, known, paths)
    minutes = (time.monotonic() - began) / 60
    print(f"\n{table(paths, mutants)}\n\ntook {minutes:.0f} minutes on {at_once} processors")
    said("Survivors without a reason in tests/mutants/survivors.toml", new)
    said("Listed there, but noticed or gone", stale)
    holds = percent(mutants) >= LEAST and not new and not stale
    if options.write and holds and not options.paths:
        write(f"{table(paths, mutants)}\n\n## Why these survive\n{reasons(known)}")
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
