"""What a proof is: a promise, tried at a size, with what was counted, and bugs it must find."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
COPIED = ("bot", "handlers", "storage", "tests", "docs", "manifest.yml", "pyproject.toml")

Size = Mapping[str, int]
Figures = Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Bug:
    """One edit of the product that breaks the promise: *old* stands once in *path*."""

    name: str
    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """*run* raises AssertionError where the promise does not hold, and else counts what it saw.

    *commit* is the size for every commit, *full* the size of `make proofs`, *bug* the smallest
    that finds each of *bugs*. Nothing else runs beside one that is *alone*, but for its bugs: it
    takes times.
    """

    name: str
    promise: str
    commit: Size
    full: Size
    bug: Size
    run: Callable[[Size], Figures]
    bugs: tuple[Bug, ...]
    alone: bool = False


@contextmanager
def patched_copy(bug: Bug) -> Iterator[Path]:
    """A copy of the project with *bug* in it; the product itself has no switch for one. What was
    compiled is copied too, or each copy would compile everything anew."""
    with TemporaryDirectory(prefix="countersign-bug-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("*.png"))
            else:
                shutil.copy2(source, copy / name)
        target = copy / bug.path
        text = target.read_text(encoding="utf-8")
        if text.count(bug.old) != 1:
            raise LookupError(
                f"{bug.name}: {bug.path} holds {bug.old!r} {text.count(bug.old)} times"
            )
        target.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
        for compiled in (target.parent / "__pycache__").glob(f"{target.stem}.*"):
            compiled.unlink()
        yield copy
