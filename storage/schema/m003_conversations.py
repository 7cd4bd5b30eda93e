"""What buttons and forms refer to; every row may go after 24 hours."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m003_conversations(db: Database) -> None:
    run_script(
        db,
        """
        create table card(
          id text primary key not null,
          kind text not null,
          user_id text not null,
          state text not null,
          at_ms integer not null
        ) strict;
        create index card_age on card(at_ms);

        create table recent_order(
          user_id text not null,
          channel text not null,
          account text not null,
          order_id text not null,
          at_ms integer not null,
          primary key(user_id, channel, account, order_id)
        ) strict;
        create index recent_order_age on recent_order(at_ms);

        create table draft(
          user_id text not null,
          form text not null,
          entries text not null,
          at_ms integer not null,
          primary key(user_id, form)
        ) strict;
        create index draft_age on draft(at_ms);

        create table seen_input(input_id text primary key not null, at_ms integer not null) strict;
        create index seen_input_age on seen_input(at_ms);
        """,
    )
