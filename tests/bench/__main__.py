"""Measures countersign beside what there is to compare it with, prints the tables, and writes them
into docs/performance.md."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.logs import configure_logging
from tests.bench.figures import Row, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: make bench -->", "<!-- end of figures -->"
NAMES = (
    "acks",
    "clicks",
    "trips",
    "calls",
    "listing",
    "unpaid",
    "growth",
    "starting",
    "browser",
)
ROUNDS = 5
QUICK = 0.1  # of the requests of a round


@dataclass(frozen=True, slots=True)
class Measured:
    """One module's part: a table and what of it missed its goal."""

    title: str
    table: str
    goals: int
    missed: tuple[str, ...]


def here(name: str, rounds: int, share: float) -> Measured:
    configure_logging(debug=False)
    module = importlib.import_module(f"tests.bench.{name}")
    rows: list[Row] = asyncio.run(module.measure(rounds, share=share))
    judged = [row for row in rows if row.met is not None]
    missed = tuple(f"{row.what} ({row.goal})" for row in judged if not row.met)
    return Measured(module.TITLE, table(rows), len(judged), missed)


def alone(name: str, rounds: int, share: float) -> Measured:
    """In a process of its own: none is slower for what another left behind."""
    command = [sys.executable, "-m", "tests.bench", "--here", name]
    ended = subprocess.run(
        [*command, "--rounds", str(rounds), "--share", str(share)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(ended.stdout.splitlines()[-1])
    return Measured(told["title"], told["table"], told["goals"], tuple(told["missed"]))


def machine(rounds: int) -> str:
    """What the figures belong to."""
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} x {names[0] if names else 'processor'},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {rounds} rounds."
    )


def written(parts: Sequence[Measured], rounds: int) -> str:
    sections = [f"### {part.title}\n\n{part.table}" for part in parts]
    return "\n\n".join([machine(rounds), *sections])


def write(text: str) -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"{ROUNDS} unless given")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument(
        "--quick",
        dest="share",
        action="store_const",
        const=QUICK,
        default=1.0,
        help="a tenth of the requests, to try the measurement itself",
    )
    parser.add_argument("--share", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser


def main() -> None:
    parser = _parser()
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]}; choose from {', '.join(NAMES)}")
    if options.write and (options.names or options.share < 1):
        parser.error("--write takes whole measurements, and all of them")
    if options.here:
        told = asdict(here(options.names[0], options.rounds, options.share))
        sys.stdout.write(f"{json.dumps(told)}\n")
        return
    parts = []
    for name in options.names or NAMES:
        began = time.monotonic()
        parts.append(alone(name, options.rounds, options.share))
        took = f"{name}, {time.monotonic() - began:.0f} s"
        sys.stdout.write(f"\n{parts[-1].title} ({took})\n\n{parts[-1].table}\n")
        sys.stdout.flush()
    missed = [f"{part.title}: {each}" for part in parts for each in part.missed]
    goals = sum(part.goals for part in parts)
    sys.stdout.write("\n".join([f"\n{goals - len(missed)} of {goals} goals met", *missed, ""]))
    if options.write:
        write(written(parts, options.rounds))


if __name__ == "__main__":
    main()
