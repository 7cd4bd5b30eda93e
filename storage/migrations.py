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
          until_ms integer not null
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
