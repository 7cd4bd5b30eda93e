"""Who has opened the Home tab, and what stands there."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m008_home(db: Database) -> None:
    run_script(
        db,
        """
        create table home(
          user_id text primary key not null,
          opened_ms integer not null,
          digest text not null
        ) strict;
        create index home_opened on home(opened_ms desc, user_id);
        """,
    )
