"""Who is reminded of a request, and whom its card was posted to ask."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m007_reminders(db: Database) -> None:
    run_script(
        db,
        """
        create table reminder(
          request_id text not null,
          user_id text not null,
          due_ms integer not null,
          count integer not null check(count >= 0),
          escalation integer not null check(escalation in (0, 1)),
          primary key(request_id, user_id)
        ) strict;
        create index reminder_due on reminder(due_ms, request_id, user_id);

        alter table card_copy add column mentioned text not null default '[]';
        alter table card_copy add column urgent integer not null default 0
          check(urgent in (0, 1));
        """,
    )
