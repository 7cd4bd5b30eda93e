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
CREATE TRIGGER head_day_no_delete before delete on head_day
          begin select raise(abort, 'head_day: append only'); end;
CREATE TRIGGER head_day_no_update before update on head_day
          begin select raise(abort, 'head_day: append only'); end;
CREATE TRIGGER request_moves before update on request
          when new.status <> old.status and not (
            (old.status = 'pending' and new.status in
              ('withdrawn', 'denied', 'expired', 'outdated', 'approved'))
            or (old.status = 'approved' and new.status in
              ('stopped', 'expired', 'outdated', 'executing'))
            or (old.status = 'executing' and new.status in
              ('cancelled', 'failed', 'unknown', 'approved'))
            or (old.status = 'unknown' and new.status in ('cancelled', 'failed')))
          begin select raise(abort, 'request: no such transition'); end;
CREATE TRIGGER request_starts before insert on request
          when new.status <> 'pending' or new.version <> 1 or new.fence <> 0
          begin select raise(abort, 'request: starts as pending'); end;
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
CREATE TABLE card_copy(
          channel text not null,
          ts text not null,
          request_id text not null,
          role text not null,
          unsure integer not null check(unsure in (0, 1)), mentioned text not null default '[]', urgent integer not null default 0
          check(urgent in (0, 1)),
          primary key(channel, ts)
        ) strict;
CREATE TABLE coverage(
          account text primary key not null,
          since_ms integer not null,
          until_ms integer not null,
          unpaid_since_ms integer,
          unpaid_at_ms integer
        ) strict;
CREATE TABLE digest_plan(
          channel text primary key not null,
          owner text not null,
          wall_time text not null,
          weekdays text not null,
          zone text not null,
          since_ms integer not null,
          filters text not null,
          is_on integer not null check(is_on in (0, 1))
        ) strict;
CREATE TABLE digest_run(
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
CREATE TABLE draft(
          user_id text not null,
          form text not null,
          entries text not null,
          at_ms integer not null,
          primary key(user_id, form)
        ) strict;
CREATE TABLE head_day(
          day text primary key not null,
          seq integer not null,
          hash blob not null check(length(hash) = 32),
          at_ms integer not null
        ) strict;
CREATE TABLE home(
          user_id text primary key not null,
          opened_ms integer not null,
          digest text not null
        ) strict;
CREATE TABLE input(
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
CREATE TABLE order_note(
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
CREATE TABLE outbox(
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
        , run_id text not null default '') strict;
CREATE TABLE probe(id integer primary key check(id = 1), writes integer not null) strict;
CREATE TABLE recent_order(
          user_id text not null,
          channel text not null,
          account text not null,
          order_id text not null,
          at_ms integer not null,
          primary key(user_id, channel, account, order_id)
        ) strict;
CREATE TABLE reminder(
          request_id text not null,
          user_id text not null,
          due_ms integer not null,
          count integer not null check(count >= 0),
          escalation integer not null check(escalation in (0, 1)),
          primary key(request_id, user_id)
        ) strict;
CREATE TABLE request(
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
CREATE TABLE request_vote(
          request_seq integer not null references request(seq),
          user_id text not null,
          place integer not null,
          kind text not null check(kind in ('approve', 'deny')),
          at_ms integer not null,
          primary key(request_seq, user_id)
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
CREATE INDEX card_copy_request on card_copy(request_id);
CREATE INDEX digest_run_age on digest_run(begun_ms, seq);
CREATE INDEX digest_run_told on digest_run(channel, begun_ms, seq)
          where daily = 1 and state in ('composed', 'posted');
CREATE INDEX digest_run_waiting on digest_run(begun_ms, seq) where state = 'begun';
CREATE INDEX draft_age on draft(at_ms);
CREATE INDEX home_opened on home(opened_ms desc, user_id);
CREATE INDEX input_judged on input(at_ms) where judged_ms is not null;
CREATE INDEX input_waiting on input(seq) where judged_ms is null;
CREATE INDEX order_note_age on order_note(at_ms);
CREATE INDEX outbox_due on outbox(lane, due_ms, id) where state in ('ready', 'leased');
CREATE INDEX recent_order_age on recent_order(at_ms);
CREATE INDEX reminder_due on reminder(due_ms, request_id, user_id);
CREATE INDEX request_due on request(due_ms, seq) where due_ms is not null;
CREATE UNIQUE INDEX request_one_open on request(account, order_id)
          where status in ('pending', 'approved', 'executing', 'unknown');
CREATE INDEX request_open on request(seq)
          where status in ('pending', 'approved', 'executing', 'unknown');
CREATE INDEX request_order on request(account, order_id, seq);
CREATE INDEX request_requester on request(requested_by, seq);
CREATE INDEX request_vote_user on request_vote(user_id, request_seq);
CREATE INDEX seen_input_age on seen_input(at_ms);
CREATE INDEX snapshot_lapsing on snapshot(lapse_ms, created_ms, account, order_id);
CREATE INDEX snapshot_newest on snapshot(created_ms desc, account, order_id);
CREATE INDEX snapshot_open on snapshot(account, payment_status, created_ms desc);
CREATE INDEX snapshot_order_id on snapshot(order_id);
CREATE INDEX snapshot_order_number on snapshot(order_number);
