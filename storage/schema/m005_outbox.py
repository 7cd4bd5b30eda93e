"""What is owed to Slack, and where cards stand. A lease is `due_ms` moved forward; `owed_ms`
stays. A settled row stays too, so that what it owed is never owed twice."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m005_outbox(db: Database) -> None:
    run_script(
        db,
        """
        create table outbox(
          id integer primary key,
          dedup text not null unique,
          lane text not null,
          kind text not null,
          request_id text not null,
          user_id text not null,
          text text not null,
          owed_ms integer not null,
          due_ms integer not null,
          state text not null check(state in ('ready', 'leased', 'done')),
          fence integer not null,
          attempts integer not null,
          result text not null
        ) strict;
        create index outbox_due on outbox(lane, due_ms, id) where state in ('ready', 'leased');

        create table card_copy(
          channel text not null,
          ts text not null,
          request_id text not null,
          role text not null,
          unsure integer not null check(unsure in (0, 1)),
          primary key(channel, ts)
        ) strict;
        create index card_copy_request on card_copy(request_id);
        """,
    )
