"""Orders as last seen. The order itself is JSON in a table of its own, so that filtering and
counting read only narrow rows. `created_ms` 0: not known; `lapse_ms` 2^63-1: no deadline."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m002_snapshots(db: Database) -> None:
    run_script(
        db,
        """
        create table snapshot(
          account text not null,
          order_id text not null,
          order_number text,
          provider text not null,
          payment_status text not null,
          order_type text not null,
          product text not null,
          payable_micros integer,
          created_ms integer not null,
          lapse_ms integer not null,
          seen_ms integer not null,
          row_digest text,
          detailed integer not null check(detailed in (0, 1)),
          stale integer not null check(stale in (0, 1)),
          primary key(account, order_id)
        ) strict;
        create index snapshot_newest on snapshot(created_ms desc, account, order_id);
        create index snapshot_lapsing on snapshot(lapse_ms, created_ms, account, order_id);
        create index snapshot_open on snapshot(account, payment_status, created_ms desc);
        create index snapshot_order_id on snapshot(order_id);
        create index snapshot_order_number on snapshot(order_number);

        create table snapshot_order(
          account text not null,
          order_id text not null,
          body text not null,
          primary key(account, order_id),
          foreign key(account, order_id) references snapshot(account, order_id)
        ) strict;

        create table coverage(
          account text primary key not null,
          since_ms integer not null,
          until_ms integer not null,
          unpaid_since_ms integer,
          unpaid_at_ms integer
        ) strict;

        create table account_answer(
          account text primary key not null,
          good_ms integer,
          failed_ms integer,
          error text not null
        ) strict;
        """,
    )
