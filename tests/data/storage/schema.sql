CREATE TRIGGER audit_append before insert on audit
          when new.seq <> (select coalesce(max(seq), 0) + 1 from audit)
            or new.prev <> coalesce(
              (select hash from audit order by seq desc limit 1), zeroblob(32))
          begin select raise(abort, 'audit: chain broken'); end;
CREATE TRIGGER audit_no_delete before delete on audit
          begin select raise(abort, 'audit: append only'); end;
CREATE TRIGGER audit_no_update before update on audit
          begin select raise(abort, 'audit: append only'); end;
CREATE TRIGGER audit_tag_no_delete before delete on audit_tag
          begin select raise(abort, 'audit_tag: append only'); end;
CREATE TRIGGER audit_tag_no_update before update on audit_tag
          begin select raise(abort, 'audit_tag: append only'); end;
CREATE TRIGGER audit_text_no_update before update on audit_text
          begin select raise(abort, 'audit_text: may be erased, not edited'); end;
CREATE TABLE account_answer(
          account text primary key not null,
          good_ms integer,
          failed_ms integer,
          error text not null
        ) strict;
CREATE TABLE audit(
          seq integer primary key,
          at_ms integer not null,
          actor text not null,
          kind text not null,
          subject text not null,
          body blob not null,
          prev blob not null check(length(prev) = 32),
          hash blob not null unique check(length(hash) = 32)
        ) strict;
CREATE TABLE audit_tag(
          seq integer primary key references audit(seq),
          key_id text not null,
          tag blob not null check(length(tag) = 32)
        ) strict;
CREATE TABLE audit_text(
          seq integer not null references audit(seq),
          name text not null,
          salt blob not null check(length(salt) = 16),
          text text not null,
          primary key(seq, name)
        ) strict;
CREATE TABLE card(
          id text primary key not null,
          kind text not null,
          user_id text not null,
          state text not null,
          at_ms integer not null
        ) strict;
CREATE TABLE coverage(
          account text primary key not null,
          since_ms integer not null,
          until_ms integer not null
        ) strict;
CREATE TABLE draft(
          user_id text not null,
          form text not null,
          entries text not null,
          at_ms integer not null,
          primary key(user_id, form)
        ) strict;
CREATE TABLE probe(id integer primary key check(id = 1), writes integer not null) strict;
CREATE TABLE recent_order(
          user_id text not null,
          channel text not null,
          account text not null,
          order_id text not null,
          at_ms integer not null,
          primary key(user_id, channel, account, order_id)
        ) strict;
CREATE TABLE seen_input(input_id text primary key not null, at_ms integer not null) strict;
CREATE TABLE snapshot(
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
CREATE TABLE snapshot_order(
          account text not null,
          order_id text not null,
          body text not null,
          primary key(account, order_id),
          foreign key(account, order_id) references snapshot(account, order_id)
        ) strict;
CREATE INDEX audit_subject on audit(subject, seq);
CREATE INDEX card_age on card(at_ms);
CREATE INDEX draft_age on draft(at_ms);
CREATE INDEX recent_order_age on recent_order(at_ms);
CREATE INDEX seen_input_age on seen_input(at_ms);
CREATE INDEX snapshot_lapsing on snapshot(lapse_ms, created_ms, account, order_id);
CREATE INDEX snapshot_newest on snapshot(created_ms desc, account, order_id);
CREATE INDEX snapshot_open on snapshot(account, payment_status, created_ms desc);
CREATE INDEX snapshot_order_id on snapshot(order_id);
CREATE INDEX snapshot_order_number on snapshot(order_number);
