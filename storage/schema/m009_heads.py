"""The record's head of each UTC day, as it was published. Like the record, append-only."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m009_heads(db: Database) -> None:
    run_script(
        db,
        """
        create table head_day(
          day text primary key not null,
          seq integer not null,
          hash blob not null check(length(hash) = 32),
          at_ms integer not null
        ) strict;
        create trigger head_day_no_update before update on head_day
          begin select raise(abort, 'head_day: append only'); end;
        create trigger head_day_no_delete before delete on head_day
          begin select raise(abort, 'head_day: append only'); end;
        """,
    )
