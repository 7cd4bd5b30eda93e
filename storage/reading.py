"""The record opened by somebody who only reads: no lock, no write, on a copy or beside the bot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import StorageError
from bot.i18n import _
from storage.files import beside


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One snapshot of the file: a single transaction of a connection that cannot write. Columns
    of text come as UTF-8 bytes. Raises StorageError when there is no record to read."""
    try:
        found = path.is_file()
    except PermissionError:
        found = False
    if not found:
        raise StorageError(
            _(
                "There is no database at {path} that you may read; check the path and whose file"
                " it is.",
                path=path,
            )
        )
    try:
        with closing(_connect(path.resolve())) as connection:
            connection.text_factory = bytes  # damaged text must reach the comparison
            connection.execute("begin")
            tables = connection.execute("select name from sqlite_master where type = 'table'")
            if (b"audit",) not in tables.fetchall():
                raise StorageError(_("{path} holds no audit record.", path=path))
            yield connection
    except (sqlite3.Error, UnicodeDecodeError) as error:  # what SQLite quotes need not be text
        raise StorageError(
            _("{path} cannot be read as a database ({reason}).", path=path, reason=error)
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    """In a folder that cannot be written, SQLite reads a file in WAL mode only when told that
    nobody changes it; true where no write-ahead log stands beside it."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("select 1 from sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if beside(path, "-wal").exists():
            raise
        uri = f"{path.as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, isolation_level=None)
    except BaseException:
        connection.close()
        raise
    return connection
