"""What the storage layer says to SQLite, word for word, and what comes of saying it again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import apsw

from tests.proofs.power_cut_disk import Acknowledged, Note, Shadow

CHANGES_NOTHING = ("select", "--")


@contextmanager
def overheard(path: Path) -> Iterator[list[str]]:
    """Every statement of every connection to *path* that is opened meanwhile, with its values."""
    said: list[str] = []
    connect = sqlite3.connect

    def connected(database: Any, *args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(database, *args, **options)
        if str(database) == str(path):
            connection.set_trace_callback(said.append)
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]
    try:
        yield said
    finally:
        sqlite3.connect = connect


def without_echoes(said: Iterable[str]) -> list[str]:
    """Python's sqlite3 tells of a statement once more for each trigger that it sets off. The
    storage layer itself says nothing that changes anything twice in a row."""
    spoken = (each for each in said if not each.lower().startswith(CHANGES_NOTHING))
    return [each for each, _echoes in groupby(spoken)]


class State:
    """All rows of all tables as one hash; tables that nobody changed are not read again."""

    def __init__(self, select: Callable[[str], Iterable[Iterable[Any]]]) -> None:
        self._select = select
        self._hashes: dict[str, str] = {}

    def forget(self, tables: Iterable[str] | None = None) -> None:
        """They may have changed; None: all of them."""
        for table in list(self._hashes) if tables is None else tables:
            self._hashes.pop(table, None)

    def hash(self) -> str:
        schema = self._select("select name, sql, type from sqlite_master order by name, sql")
        kept = [tuple(row) for row in schema if not str(row).startswith("('sqlite_")]
        whole = hashlib.sha256(repr([row[:2] for row in kept]).encode())
        for name, _sql, kind in kept:
            if kind == "table":
                whole.update(self._hash_of(name).encode())
        return whole.hexdigest()

    def _hash_of(self, table: str) -> str:
        if table not in self._hashes:
            everything = f'select * from "{table}"'  # noqa: S608 - a name of the schema
            rows = sorted(repr(tuple(row)) for row in self._select(everything))
            self._hashes[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return self._hashes[table]


def said_again(said: Iterable[str], path: Path) -> tuple[list[Note], list[str]]:
    """Say it to a SQLite on a disk that notes what is done to it: the notes, and the state after
    each transaction, that of the empty file first."""
    name = f"shadow of {path}"
    disk = Shadow(name)
    connection = apsw.Connection(str(path), vfs=name)
    # The one thing added: this disk has no shared memory, and nobody to share it with.
    connection.execute("pragma locking_mode=exclusive")
    changed: set[str] = set()
    connection.set_update_hook(lambda _kind, _database, table, _row: changed.add(table))
    state = State(connection.execute)
    states = [state.hash()]
    for statement in said:
        before = len(disk.notes)
        connection.execute(statement).fetchall()
        if not _tells_its_rows(statement):
            state.forget()
        if connection.in_transaction or len(disk.notes) == before:
            continue
        state.forget(changed)
        changed.clear()
        states.append(state.hash())
        disk.notes.append(Acknowledged(len(states) - 1))
    disk.unregister()
    return disk.notes, states


def _tells_its_rows(statement: str) -> bool:
    """Whether SQLite tells of each row that it changes, if it changes any."""
    word = statement.split(maxsplit=1)[0].lower()
    if word == "delete":
        return " where " in statement.lower()
    return word in ("insert", "update", "begin", "commit", "savepoint", "release", "pragma")
