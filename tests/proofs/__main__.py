"""Runs proofs, prints what each counted, and writes the table of docs/trust.md."""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.proofs.proof import ROOT, Proof, patched_copy

MODULES = {
    "two humans": "two_humans",
    "one effect": "one_effect",
    "kills": "kills",
    "power cut": "power_cut",
    "restart": "restart",
    "adversary": "machine",
    "soak": "soak",
    "record": "record",
    "record speed": "record_speed",
    "hostile text": "hostile_text",
    "hostile http": "hostile_http",
    "digest-days": "digests",
    "digest-books": "books",
}
LONGEST = ("one effect", "kills", "hostile text", "soak", "two humans")
COLLECTED = (50_000, 20, 50)
BEGIN, END = "<!-- figures: make proofs -->", "<!-- end of figures -->"


def proofs(names: Iterable[str] = MODULES) -> dict[str, Proof]:
    """Imports no others: a process runs one of them, and many run for a moment only."""
    found = {name: importlib.import_module(f"tests.proofs.{MODULES[name]}").PROOF for name in names}
    assert all(proof.name == name for name, proof in found.items())
    return found


def alone(name: str, size: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Each proof has a process of its own: none can lean on what another left behind."""
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, "-m", "tests.proofs", "--here", "--size", size, name],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def here(proof: Proof, size: str) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    gc.freeze()  # what is imported is never garbage, and what a proof makes seldom
    gc.set_threshold(*COLLECTED)
    sizes = {"commit": proof.commit, "full": proof.full, "bug": proof.bug}[size]
    try:
        figures = proof.run(sizes)
    except AssertionError as broken:
        print("broken:", *str(broken).split())  # one line: hypothesis tells more
        return 1
    print(
        "; ".join(
            f"{value:,} {what}" if isinstance(value, int) else f"{value} {what}"
            for what, value in figures.items()
        )
    )
    return 0


def found(proof: Proof) -> tuple[int, list[str]]:
    """How many seeded bugs the proof finds, and the names of those that it misses."""
    missed = []
    for bug in proof.bugs:
        with patched_copy(bug) as copy:
            ended = alone(proof.name, "bug", copy)
        if ended.returncode != 1 or not _last_line(ended.stdout).startswith("broken: "):
            missed.append(f"{bug.name} (exit {ended.returncode}) {ended.stderr[-600:]}")
    return len(proof.bugs) - len(missed), missed


def _last_line(said: str) -> str:
    """What a proof found; before it the bot may have logged."""
    return said.strip().rpartition("\n")[2]


@dataclass(frozen=True, slots=True)
class Tried:
    row: tuple[str, str, str, str]
    holds: bool


@dataclass(frozen=True, slots=True)
class Timed:
    ended: subprocess.CompletedProcess[str]
    took: str


def timed(proof: Proof, *, size: str) -> Timed:
    began = time.monotonic()
    ended = alone(proof.name, size, ROOT)
    return Timed(ended, f"{time.monotonic() - began:.0f} s")


def tried(proof: Proof, done: Timed | None, *, size: str, bugs: bool) -> Tried:
    """*done* is what was seen of a proof that had to be alone."""
    done = done or timed(proof, size=size)
    ended, took = done.ended, done.took
    said = _last_line(ended.stdout) or ended.stderr.strip()[-2000:]
    number, missed = found(proof) if bugs else (0, [])
    seen = f"{number} of {len(proof.bugs)}" if bugs else "-"
    lines = [f"{proof.name}: {said} ({took}; seeded bugs found: {seen})"]
    print(*lines, *missed, sep="\n  missed: ", flush=True)
    row = (f"{proof.promise} (`{proof.name}`)", said, seen, took)
    return Tried(row, holds=ended.returncode == 0 and not missed)


def write(rows: list[tuple[str, str, str, str]], known: Iterable[str]) -> None:
    """Rows of proofs that were not run this time stay as they are."""
    page = ROOT / "docs" / "trust.md"
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    now, after = rest.split(END)
    lines = [*now.splitlines(), *(f"| {' | '.join(row)} |" for row in rows)]
    newest = {name: line for name in known for line in lines if f"(`{name}`)" in line}
    head = ["| proof | what was counted | seeded bugs found | took |", "|---|---|---|---|"]
    text = "\n".join([*head, *newest.values()])
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--size", choices=("commit", "full", "bug"), default="commit")
    parser.add_argument("--bugs", action="store_true", help="also seed each bug and look for it")
    parser.add_argument("--write", action="store_true", help="write the table to docs/trust.md")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MODULES]
    if unknown:
        parser.error(f"there is no proof {unknown[0]}; choose from {', '.join(MODULES)}")
    chosen = proofs(options.names or MODULES).values()
    if options.here:
        return max(here(proof, options.size) for proof in chosen)
    holds = True
    for ended in _all_tried(chosen, size=options.size, bugs=options.bugs):
        holds &= ended.holds
        if options.write and ended.holds:
            write([ended.row], MODULES)
    return int(not holds)


def _all_tried(chosen: Collection[Proof], *, size: str, bugs: bool) -> Iterator[Tried]:
    """As they end. More at once than there are processors, for none needs one all the time; the
    longest begin first, so that none is left over."""
    done = {each.name: timed(each, size=size) for each in chosen if each.alone}
    with ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as at_once:
        begun = [
            at_once.submit(tried, each, done.get(each.name), size=size, bugs=bugs)
            for each in sorted(chosen, key=lambda proof: proof.name not in LONGEST)
        ]
        yield from (ended.result() for ended in as_completed(begun))


if __name__ == "__main__":
    sys.exit(main())
