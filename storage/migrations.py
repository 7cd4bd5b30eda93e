"""Bring a file to the schema of this version; refuse one that is not ours or lost its guards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import cache

from sqlite_utils import Database

from bot.errors import StorageError
from bot.i18n import _
from storage.schema import SCHEMA


def migrate(db: Database, then: Callable[[Database], None] | None = None) -> None:
    """Bring the file to the newest schema, in one transaction with *then*.

    The outer BEGIN IMMEDIATE makes a second process wait; without it one of two that start
    together dies of "database is locked" in spite of the busy timeout.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        SCHEMA.apply(db)
        if then is not None:
            then(db)
    except BaseException:
        db.rollback()
        raise
    db.commit()


def refuse_foreign(db: Database, name: str) -> None:
    """Raise StorageError for a file of another program or of a newer countersign."""
    applied = [step.name for step in SCHEMA.applied(db)]
    with closing(Database(memory=True)) as fresh:
        known = {step.name for step in SCHEMA.pending(fresh)}
    newer = [step for step in applied if step not in known]
    if newer:
        raise StorageError(
            _(
                "{name} was written by a newer countersign ({step}); start that version.",
                name=name,
                step=newer[0],
            )
        )
    if not applied and db.table_names():
        raise StorageError(
            _("{name} belongs to another program; name another file as database.", name=name)
        )


def refuse_missing_guards(db: Database, name: str) -> None:
    """Raise StorageError where a trigger is absent or differs from what the steps created."""
    found = _triggers(db)
    for trigger, sql in _expected_triggers().items():
        if found.get(trigger) != sql:
            raise StorageError(
                _(
                    "{name} has lost its guard {trigger}; restore a backup and find out who"
                    " changed the file.",
                    name=name,
                    trigger=trigger,
                )
            )


@cache
def _expected_triggers() -> dict[str, str]:
    with closing(Database(memory=True)) as fresh:
        SCHEMA.apply(fresh)
        return _triggers(fresh)


def _triggers(db: Database) -> dict[str, str]:
    return dict(db.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall())
