"""Which channels have a digest, what each said, and what people noted about its lines. The unique
key of a run decides how often a day's digest is sent. `seq` is the order in which runs came."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m006_digests(db: Database) -> None:
    run_script(
        db,
        """
        create table digest_plan(
          channel text primary key not null,
          owner text not null,
          wall_time text not null,
          weekdays text not null,
          zone text not null,
          since_ms integer not null,
          filters text not null,
          is_on integer not null check(is_on in (0, 1))
        ) strict;

        create table digest_run(
          seq integer primary key,
          id text not null unique,
          channel text not null,
          key text not null,
          daily integer not null check(daily in (0, 1)),
          owner text not null,
          begun_ms integer not null,
          state text not null check(state in ('begun', 'composed', 'posted', 'dropped')),
          contents text,
          ts text not null,
          unsure integer not null check(unsure in (0, 1)),
          parts integer not null check(parts >= 0),
          unique(channel, key),
          check(contents is not null or state in ('begun', 'dropped'))
        ) strict;
        create index digest_run_waiting on digest_run(begun_ms, seq) where state = 'begun';
        create index digest_run_told on digest_run(channel, begun_ms, seq)
          where daily = 1 and state in ('composed', 'posted');
        create index digest_run_age on digest_run(begun_ms, seq);

        create table order_note(
          channel text not null,
          account text not null,
          order_id text not null,
          kind text not null check(kind in ('claimed', 'snoozed')),
          user_id text not null,
          at_ms integer not null,
          until_ms integer,
          reason text not null,
          primary key(channel, account, order_id, kind)
        ) strict;
        create index order_note_age on order_note(at_ms);

        alter table outbox add column run_id text not null default '';
        """,
    )
