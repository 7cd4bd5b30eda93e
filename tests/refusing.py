"""A database that takes everything but one kind of change, for what fails between two writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def refusing(database: Path, change: str, when: str = "true") -> Iterator[None]:
    """*change* as SQL has it after `before`, for rows that are so."""
    refused = "begin select raise(abort, 'refused by the test'); end"
    with closing(sqlite3.connect(database)) as db:
        db.execute(f"create trigger refused before {change} when {when} {refused}")
        try:
            yield
        finally:
            db.execute("drop trigger refused")
