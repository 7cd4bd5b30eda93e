"""Other programs of this machine that have the database open for writing, as far as /proc shows
them: those of the same user, outside of other containers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from storage.files import beside

_PROC = Path("/proc")
_WRITING = os.O_WRONLY | os.O_RDWR


def other_writers(path: Path) -> list[int]:
    """Process ids. The bot is not among them: it holds the lock's file open too."""
    database, lock = str(path.resolve()), str(beside(path.resolve(), ".lock"))
    found = []
    for process in _processes():
        opened = _opened(process)
        if lock not in opened.values() and any(
            target == database and _writes(process, number) for number, target in opened.items()
        ):
            found.append(int(process.name))
    return sorted(found)


def _processes() -> Iterator[Path]:
    own = str(os.getpid())
    try:
        names = [each.name for each in _PROC.iterdir()]
    except OSError:
        return
    yield from (_PROC / name for name in names if name.isdigit() and name != own)


def _opened(process: Path) -> dict[str, str]:
    """What each descriptor of the process stands for; of a process that has ended, nothing."""
    opened = {}
    try:
        for link in (process / "fd").iterdir():
            opened[link.name] = str(link.readlink())
    except OSError:
        return opened
    return opened


def _writes(process: Path, number: str) -> bool:
    """From `flags:` of /proc/PID/fdinfo, octal."""
    try:
        text = (process / "fdinfo" / number).read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    flags = [line.split()[1] for line in text.splitlines() if line.startswith("flags:")]
    return bool(flags) and bool(int(flags[0], 8) & _WRITING)
