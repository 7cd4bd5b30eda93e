"""The SQL of a step, run statement by statement."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database


def run_script(db: Database, sql: str) -> None:
    """Run *sql*, each statement of which ends where a line ends.

    `Database.executescript` asks after every single character whether a statement is complete;
    that was most of the time of a start.
    """
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
