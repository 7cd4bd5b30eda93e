"""mutmut, as `[tool.mutmut]` of pyproject.toml sets it up: it changes the bodies of plain functions
in a copy of the project, `mutants/`, and runs those tests that call the function."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "mutants"
LOG = "mutmut.log"

_KILLED = {"killed", "timeout", "segfault"}
_ALIVE = {"survived", "no tests"}
_LINE = re.compile(r"\s+(?P<name>\S+): (?P<status>.+)")
_NAME = re.compile(r"(?P<module>.+)\.(?P<function>x[_ǁ].+)__mutmut_\d+")


@dataclass(frozen=True, slots=True)
class Mutant:
    """*path* is the module's file from the project's root, *where* the function or class, *text*
    what became what, "" where that was not asked for."""

    path: str
    where: str
    text: str
    killed: bool


def settings(name: str) -> list[str]:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    setting: list[str] = found["tool"]["mutmut"][name]
    return setting


def run(paths: Sequence[str], *, at_once: int) -> list[Mutant]:
    """Changes all functions of *paths* anew. Raises RuntimeError when that could not be done."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    patterns = [f"{module_of(path)}.x*" for path in paths]
    with (FOLDER / LOG).open("wb") as log:
        ended = subprocess.run(
            [*_MUTMUT, "run", "--max-children", str(at_once), *patterns],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        raise RuntimeError(f"mutmut failed; {FOLDER / LOG} tells why")
    names = {module_of(path): path for path in paths}
    found = [each.groupdict() for each in map(_LINE.match, _said("results", "--all", "1")) if each]
    return _mutants([(each["name"], each["status"]) for each in found], names, at_once)


_MUTMUT = (sys.executable, "-m", "mutmut")


def _mutants(found: Sequence[tuple[str, str]], names: dict[str, str], at_once: int) -> list[Mutant]:
    wanted = []
    for name, status in found:
        parts = _NAME.fullmatch(name)
        if parts and parts["module"] in names:
            if status not in _KILLED | _ALIVE:
                raise RuntimeError(f"mutmut says of {name}: {status}")
            where = parts["function"].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
            wanted.append((name, names[parts["module"]], where, status in _KILLED))
    with ThreadPoolExecutor(at_once) as pool:
        texts = pool.map(lambda each: "" if each[3] else _text(each[0]), wanted)
        return [
            Mutant(path, where, text, killed)
            for (_name, path, where, killed), text in zip(wanted, texts, strict=True)
        ]


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _text(name: str) -> str:
    """The lines that differ, before and after."""
    lines = [line for line in _said("show", name) if not line.startswith(("---", "+++"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return f"{before} | -> {after}"


def _said(*arguments: str) -> list[str]:
    ended = subprocess.run(
        [*_MUTMUT, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ended.stdout.splitlines()
