"""Inputs as they came, requests and their votes. `seq` is the order in which rows came. The
guards hold the table of bot.domain.approvals: how a request starts, and how it moves."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m004_requests(db: Database) -> None:
    run_script(
        db,
        """
        create table input(
          seq integer primary key,
          id text not null unique,
          kind text not null,
          user_id text not null,
          at_ms integer not null,
          request_id text not null,
          account text not null,
          order_id text not null,
          reason text not null,
          channel text not null,
          message_ts text not null,
          judged_ms integer
        ) strict;
        create index input_waiting on input(seq) where judged_ms is null;
        create index input_judged on input(at_ms) where judged_ms is not null;

        create table request(
          seq integer primary key,
          id text not null unique,
          version integer not null check(version >= 1),
          status text not null check(status in (
            'pending', 'approved', 'executing', 'unknown', 'withdrawn', 'denied', 'expired',
            'outdated', 'stopped', 'cancelled', 'failed')),
          provider text not null,
          account text not null,
          order_id text not null,
          order_body text not null,
          current_body text,
          fingerprint text not null,
          requirement text not null,
          requested_by text not null,
          reason text not null,
          created_ms integer not null,
          expires_ms integer not null,
          due_ms integer,
          approved_ms integer,
          hold_until_ms integer,
          fence integer not null check(fence >= 0),
          claimed_ms integer,
          reads integer not null,
          ended_ms integer,
          ended_by text not null,
          end_reason text not null,
          outcome text not null,
          outcome_text text not null
        ) strict;
        create unique index request_one_open on request(account, order_id)
          where status in ('pending', 'approved', 'executing', 'unknown');
        create index request_open on request(seq)
          where status in ('pending', 'approved', 'executing', 'unknown');
        create index request_due on request(due_ms, seq) where due_ms is not null;
        create index request_order on request(account, order_id, seq);
        create index request_requester on request(requested_by, seq);
        create trigger request_starts before insert on request
          when new.status <> 'pending' or new.version <> 1 or new.fence <> 0
          begin select raise(abort, 'request: starts as pending'); end;
        create trigger request_moves before update on request
          when new.status <> old.status and not (
            (old.status = 'pending' and new.status in
              ('withdrawn', 'denied', 'expired', 'outdated', 'approved'))
            or (old.status = 'approved' and new.status in
              ('stopped', 'expired', 'outdated', 'executing'))
            or (old.status = 'executing' and new.status in
              ('cancelled', 'failed', 'unknown', 'approved'))
            or (old.status = 'unknown' and new.status in ('cancelled', 'failed')))
          begin select raise(abort, 'request: no such transition'); end;

        create table request_vote(
          request_seq integer not null references request(seq),
          user_id text not null,
          place integer not null,
          kind text not null check(kind in ('approve', 'deny')),
          at_ms integer not null,
          primary key(request_seq, user_id)
        ) strict;
        create index request_vote_user on request_vote(user_id, request_seq);
        """,
    )
