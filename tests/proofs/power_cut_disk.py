"""A disk that loses power, as a VFS of SQLite: what was synced is there afterwards, of all that was
written since then any sectors may be, in any order.

Everything SQLite does to the disk is noted. From the notes the disk after a cut at any of them can
be made, without doing it all again for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    name: str


@dataclass(frozen=True, slots=True)
class Delete:
    """*synced* as the folder is synced too."""

    name: str
    synced: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """No deed of the disk: the transaction of this number was reported as stored."""

    number: int


Note = Write | Truncate | Delete | Sync | Acknowledged


class Shadow(apsw.VFS):
    """Files in memory; *notes* are all that was done to them, in order."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.files: dict[str, bytearray] = {}
        self.notes: list[Note] = []

    def xOpen(  # noqa: N802 - the names of SQLite
        self, name: apsw.URIFilename | str | None, flags: list[int]
    ) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        path = path or f"unnamed {len(self.notes)}"
        self.files.setdefault(path, bytearray())
        flags[1] = flags[0]
        file: apsw.VFSFile = ShadowFile(self, path)  # type: ignore[assignment]  # answers as one
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.files.pop(filename, None)
        self.notes.append(Delete(filename, syncdir))

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: ARG002, N802
        return pathname in self.files


class ShadowFile:
    """One open file. Locks are of no use: one connection uses the disk."""

    def __init__(self, disk: Shadow, name: str) -> None:
        self._disk, self._name = disk, name
        self._held = disk.files[name]

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self._held[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._note(Write(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._note(Truncate(self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: ARG002, N802
        self._disk.notes.append(Sync(self._name))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._held)

    def xLock(self, level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return SECTOR

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """As a usual disk: a write leaves alone what stands beside it."""
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: ARG002, N802
        return False

    def xClose(self) -> None:  # noqa: N802
        pass

    def _note(self, change: Write | Truncate) -> None:
        _apply(self._held, change)
        self._disk.notes.append(change)


class Platters:
    """What is on the disk for certain, and what is on its way there. The folder is journaled: a
    file that was deleted may come back until anything is synced."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._deleted: dict[str, _File] = {}

    def take(self, note: Note) -> None:
        if isinstance(note, Acknowledged):
            return
        if isinstance(note, Delete):
            self._deleted[note.name] = self._files.pop(note.name, _File())
        elif isinstance(note, Sync):
            self._files.setdefault(note.name, _File()).sync()
        else:
            self._files.setdefault(note.name, _File()).since.append(note)
        if isinstance(note, Sync) or (isinstance(note, Delete) and note.synced):
            self._deleted.clear()

    def after_a_cut(self, rng: Random) -> dict[str, bytes]:
        """The files as they may be found, by their paths."""
        back = {name: file for name, file in self._deleted.items() if rng.random() < 0.5}
        found = {name: file.found(rng) for name, file in (back | self._files).items()}
        return {name: held for name, held in found.items() if held is not None}


@dataclass(slots=True)
class _File:
    """*synced* is None where not even the name is on the disk for certain."""

    synced: bytearray | None = None
    since: list[Write | Truncate] = field(default_factory=list)

    def sync(self) -> None:
        self.synced = bytearray() if self.synced is None else self.synced
        for change in self.since:
            _apply(self.synced, change)
        self.since.clear()

    def found(self, rng: Random) -> bytes | None:
        held, is_there = bytearray(self.synced or b""), self.synced is not None
        for change in self.since:
            for part in _survived(change, rng):
                _apply(held, part)
                is_there = True
        return bytes(held) if is_there else None


def put(files: dict[str, bytes], folder: Path) -> None:
    """Write them to a real disk; those without a name of their own were temporary."""
    for name, content in files.items():
        if Path(name).is_absolute():
            (folder / Path(name).name).write_bytes(content)


def _survived(change: Write | Truncate, rng: Random) -> list[Write | Truncate]:
    """All of it, nothing, or some sectors of a longer write."""
    luck = rng.random()
    if luck < 0.4:
        return [change]
    if luck < 0.8 or isinstance(change, Truncate) or len(change.data) <= SECTOR:
        return []
    return [part for part in _sectors(change) if rng.random() < 0.5]


def _sectors(write: Write) -> Iterable[Write]:
    end = write.offset + len(write.data)
    start = write.offset
    while start < end:
        until = min(end, (start // SECTOR + 1) * SECTOR)
        data = write.data[start - write.offset : until - write.offset]
        yield Write(write.name, start, data)
        start = until


def _apply(held: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del held[change.size :]
        held.extend(bytes(change.size - len(held)))
        return
    if change.offset > len(held):
        held.extend(bytes(change.offset - len(held)))
    held[change.offset : change.offset + len(change.data)] = change.data
