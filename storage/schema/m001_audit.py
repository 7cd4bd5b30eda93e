"""The record, append-only. Columns beside `body` are copies for searching. Free text stands
in a table of its own so that it can be erased while its commitment stays."""

from __future__ import annotations

from sqlite_utils import Database

from storage.schema.script import run_script


def m001_audit(db: Database) -> None:
    run_script(
        db,
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
        """,
    )
