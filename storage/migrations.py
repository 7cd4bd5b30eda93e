"""The schema, step by step. A step that has shipped is never edited; a new one is appended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from sqlite_utils import Database, Migrations

from bot.errors import StorageError
from bot.i18n import _

SCHEMA = Migrations("countersign")


@SCHEMA()
def m001_audit(db: Database) -> None:
    """The record, append-only. Columns beside `body` are copies for searching. Free text stands
    in a table of its own so that it can be erased while its commitment stays."""
    db.executescript(
        """
        create table audit(
          seq integer primary key,
          at_ms integer not null,
          actor text not null,
          kind text not null,
          subject text not null,
          body blob not null,
          prev blob not null check(length(prev) = 32),
          hash blob not null unique check(length(hash) = 32)
        ) strict;
        create index audit_subject on audit(subject, seq);
        create trigger audit_append before insert on audit
          when new.seq <> (select coalesce(max(seq), 0) + 1 from audit)
            or new.prev <> coalesce(
              (select hash from audit order by seq desc limit 1), zeroblob(32))
          begin select raise(abort, 'audit: chain broken'); end;
        create trigger audit_no_update before update on audit
          begin select raise(abort, 'audit: append only'); end;
        create trigger audit_no_delete before delete on audit
          begin select raise(abort, 'audit: append only'); end;

        create table audit_text(
          seq integer not null references audit(seq),
          name text not null,
          salt blob not null check(length(salt) = 16),
          text text not null,
          primary key(seq, name)
        ) strict;
        create trigger audit_text_no_update before update on audit_text
          begin select raise(abort, 'audit_text: may be erased, not edited'); end;

        create table audit_tag(
          seq integer primary key references audit(seq),
          key_id text not null,
          tag blob not null check(length(tag) = 32)
        ) strict;
        create trigger audit_tag_no_update before update on audit_tag
          begin select raise(abort, 'audit_tag: append only'); end;
        create trigger audit_tag_no_delete before delete on audit_tag
          begin select raise(abort, 'audit_tag: append only'); end;

        create table probe(id integer primary key check(id = 1), writes integer not null) strict;
        insert into probe(id, writes) values(1, 0);
        """
    )


@SCHEMA()
def m002_snapshots(db: Database) -> None:
    """Orders as last seen. The order itself is JSON in a table of its own, so that filtering and
    counting read only narrow rows. `created_ms` 0: not known; `lapse_ms` 2^63-1: no deadline."""
    db.executescript(
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
        """
    )


@SCHEMA()
def m003_conversations(db: Database) -> None:
    """What buttons and forms refer to; every row may go after 24 hours."""
    db.executescript(
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
        """
    )


@SCHEMA()
def m004_requests(db: Database) -> None:
    """Inputs as they came, requests and their votes. `seq` is the order in which rows came. The
    guards hold the table of bot.domain.approvals: how a request starts, and how it moves."""
    db.executescript(
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
        """
    )


@SCHEMA()
def m005_outbox(db: Database) -> None:
    """What is owed to Slack, and where cards stand. A lease is `due_ms` moved forward; `owed_ms`
    stays. A settled row stays too, so that what it owed is never owed twice."""
    db.executescript(
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
        """
    )


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
    with closing(Database(memory=True)) as fresh:
        SCHEMA.apply(fresh)
        expected, found = _triggers(fresh), _triggers(db)
    for trigger, sql in expected.items():
        if found.get(trigger) != sql:
            raise StorageError(
                _(
                    "{name} has lost its guard {trigger}; restore a backup and find out who"
                    " changed the file.",
                    name=name,
                    trigger=trigger,
                )
            )


def _triggers(db: Database) -> dict[str, str]:
    return dict(db.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall())
