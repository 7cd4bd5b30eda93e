BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'countersign','m001_audit','2026-11-22 04:16:13.822214+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'countersign','m002_snapshots','2026-11-22 04:16:13.831290+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'countersign','m003_conversations','2026-11-22 04:16:13.835818+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'countersign','m004_requests','2026-11-22 04:16:13.864623+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'countersign','m005_outbox','2026-11-22 04:16:13.869889+00:00');
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
INSERT INTO "audit" VALUES(1,1795003200000,'countersign','chain:created','',X'7B226163746F72223A22636F756E7465727369676E222C2261745F6D73223A313739353030333230303030302C226661637473223A7B22636861696E223A223739666361373562363666306162656266646630636331626263626230343234222C22666F726D6174223A317D2C226B696E64223A22636861696E3A63726561746564222C22736571223A312C227375626A656374223A22222C227465787473223A7B7D2C2276223A317D',X'0000000000000000000000000000000000000000000000000000000000000000',X'471541F5A9A387F5672505B3AF5E4DA8723A6A2B70E9A00017ED89DAD83F40EB');
INSERT INTO "audit" VALUES(2,1795003200000,'U0ALICE','input:stored','order:huawei-main/CS2611171200ABCDE',X'7B226163746F72223A225530414C494345222C2261745F6D73223A313739353030333230303030302C226661637473223A7B226B696E64223A2272657175657374222C22726571756573745F6964223A22227D2C226B696E64223A22696E7075743A73746F726564222C22736571223A322C227375626A656374223A226F726465723A6875617765692D6D61696E2F4353323631313137313230304142434445222C227465787473223A7B22726561736F6E223A2235636265633035373334653462626137323738303038386534383032303931323462626230333363313862363233636163376166346462333031613163656662227D2C2276223A317D',X'471541F5A9A387F5672505B3AF5E4DA8723A6A2B70E9A00017ED89DAD83F40EB',X'EEAEADBC89E4B90E4066807A1CEE09A2C600ECD4D34FF144AE0027CDFA2E0332');
INSERT INTO "audit" VALUES(3,1795003200000,'U0ALICE','request:made','order:huawei-main/CS2611171200ABCDE',X'7B226163746F72223A225530414C494345222C2261745F6D73223A313739353030333230303030302C226661637473223A7B22657870697265735F6174223A22323032362D31312D31395431323A30303A30302E3030302B30303A3030222C2266696E6765727072696E74223A2231633466313637366235363631383561353361653739653466643038613561656435346431666434313539353335353163646233396662376234656536383464222C2271756F72756D223A312C22726571756573745F6964223A225231222C2272756C65223A307D2C226B696E64223A22726571756573743A6D616465222C22736571223A332C227375626A656374223A226F726465723A6875617765692D6D61696E2F4353323631313137313230304142434445222C227465787473223A7B7D2C2276223A317D',X'EEAEADBC89E4B90E4066807A1CEE09A2C600ECD4D34FF144AE0027CDFA2E0332',X'496E1A8A0B39B614B41F40A8BCB312EC3373B9BDEABC278E02A3ECCB4333529D');
CREATE TABLE audit_tag(
          seq integer primary key references audit(seq),
          key_id text not null,
          tag blob not null check(length(tag) = 32)
        ) strict;
INSERT INTO "audit_tag" VALUES(1,'3b9ab61a0addf294',X'4C3DB3F6CF5BC8F6DA453DE20807F2D1C764299B7A1235183AD960F427F77265');
INSERT INTO "audit_tag" VALUES(2,'3b9ab61a0addf294',X'EDA7C7393B9055962736DB1D1DDE9B9BDFA66EBA3FF3C13193BA382D8EF4FA9D');
INSERT INTO "audit_tag" VALUES(3,'3b9ab61a0addf294',X'E2FB1C1E819E371B1C2E5B3653D2B97E018377CE8A4394D4B0C4728FCCD9DD02');
CREATE TABLE audit_text(
          seq integer not null references audit(seq),
          name text not null,
          salt blob not null check(length(salt) = 16),
          text text not null,
          primary key(seq, name)
        ) strict;
INSERT INTO "audit_text" VALUES(2,'reason',X'3360C476DB0C1E87CBC07734B3A5DEFD','bought twice');
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
          unsure integer not null check(unsure in (0, 1)),
          primary key(channel, ts)
        ) strict;
INSERT INTO "card_copy" VALUES('C0APPROVALS','1795003200.000001','R1','approvals',0);
INSERT INTO "card_copy" VALUES('D0ALICE','1795003200.000002','R1','requester',1);
CREATE TABLE coverage(
          account text primary key not null,
          since_ms integer not null,
          until_ms integer not null,
          unpaid_since_ms integer,
          unpaid_at_ms integer
        ) strict;
CREATE TABLE draft(
          user_id text not null,
          form text not null,
          entries text not null,
          at_ms integer not null,
          primary key(user_id, form)
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
INSERT INTO "input" VALUES(1,'wish','request','U0ALICE',1795003200000,'','huawei-main','CS2611171200ABCDE','bought twice','C0APPROVALS','1795003200.000001',1795003200000);
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
        ) strict;
INSERT INTO "outbox" VALUES(1,'card:R1:1','1_decisions','card','R1','','',1795003200000,1795003200000,'done',1,1,'done');
INSERT INTO "outbox" VALUES(2,'notice:R1:U0BOB','2_notices','notice','R1','U0BOB','云 <!channel>',1795003200000,1795003200000,'ready',0,0,'');
CREATE TABLE probe(id integer primary key check(id = 1), writes integer not null) strict;
INSERT INTO "probe" VALUES(1,0);
CREATE TABLE recent_order(
          user_id text not null,
          channel text not null,
          account text not null,
          order_id text not null,
          at_ms integer not null,
          primary key(user_id, channel, account, order_id)
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
INSERT INTO "request" VALUES(1,'R1',1,'pending','huawei','huawei-main','CS2611171200ABCDE','{"provider":"huawei","account":"huawei-main","order_id":"CS2611171200ABCDE","payment_status":"unpaid","payment_word":"6","order_type":"new","order_type_word":"1","payable":{"amount":"12480.00","currency":"CNY"},"created_at":"2026-11-17T12:00:00Z","order_number":null,"owner_id":null,"paid_at":null,"deadline":"2026-11-21T12:00:00Z","product_code":"hws.service.type.ec2","product_name":"Elastic Cloud Server","region":"","placed_by":"lin","line_items":[{"line_id":"CS1-001","product_code":"hws.service.type.ec2","product_name":"Elastic Cloud Server","description":"","quantity":"4","amount":{"amount":"12480.00","currency":"CNY"},"period":"","starts_at":null,"ends_at":null,"region":"","instance_ids":["i-abc"]}],"parts":[],"resources":[],"fields":[{"path":"order_info.order_id","value":"CS2611171200ABCDE","word":""}],"detailed":true,"inferred":false}',NULL,'1c4f1676b566185a53ae79e4fd08a5aed54d1fd415953551cdb39fb7b4ee684d','{"requesters":{"members":true,"people":[],"groups":[]},"approvers":{"members":false,"people":["U0CAROL","U0BOB"],"groups":[]},"quorum":1,"hold":"PT30S","expires":"P1D","rule":0,"approvals_channel":null}','U0ALICE','bought twice',1795003200000,1795089600000,NULL,NULL,NULL,0,NULL,0,NULL,'','','','');
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
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX audit_subject on audit(subject, seq);
CREATE TRIGGER audit_append before insert on audit
          when new.seq <> (select coalesce(max(seq), 0) + 1 from audit)
            or new.prev <> coalesce(
              (select hash from audit order by seq desc limit 1), zeroblob(32))
          begin select raise(abort, 'audit: chain broken'); end;
CREATE TRIGGER audit_no_update before update on audit
          begin select raise(abort, 'audit: append only'); end;
CREATE TRIGGER audit_no_delete before delete on audit
          begin select raise(abort, 'audit: append only'); end;
CREATE TRIGGER audit_text_no_update before update on audit_text
          begin select raise(abort, 'audit_text: may be erased, not edited'); end;
CREATE TRIGGER audit_tag_no_update before update on audit_tag
          begin select raise(abort, 'audit_tag: append only'); end;
CREATE TRIGGER audit_tag_no_delete before delete on audit_tag
          begin select raise(abort, 'audit_tag: append only'); end;
CREATE INDEX snapshot_newest on snapshot(created_ms desc, account, order_id);
CREATE INDEX snapshot_lapsing on snapshot(lapse_ms, created_ms, account, order_id);
CREATE INDEX snapshot_open on snapshot(account, payment_status, created_ms desc);
CREATE INDEX snapshot_order_id on snapshot(order_id);
CREATE INDEX snapshot_order_number on snapshot(order_number);
CREATE INDEX card_age on card(at_ms);
CREATE INDEX recent_order_age on recent_order(at_ms);
CREATE INDEX draft_age on draft(at_ms);
CREATE INDEX seen_input_age on seen_input(at_ms);
CREATE INDEX input_waiting on input(seq) where judged_ms is null;
CREATE INDEX input_judged on input(at_ms) where judged_ms is not null;
CREATE UNIQUE INDEX request_one_open on request(account, order_id)
          where status in ('pending', 'approved', 'executing', 'unknown');
CREATE INDEX request_open on request(seq)
          where status in ('pending', 'approved', 'executing', 'unknown');
CREATE INDEX request_due on request(due_ms, seq) where due_ms is not null;
CREATE INDEX request_order on request(account, order_id, seq);
CREATE INDEX request_requester on request(requested_by, seq);
CREATE TRIGGER request_starts before insert on request
          when new.status <> 'pending' or new.version <> 1 or new.fence <> 0
          begin select raise(abort, 'request: starts as pending'); end;
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
CREATE INDEX request_vote_user on request_vote(user_id, request_seq);
CREATE INDEX outbox_due on outbox(lane, due_ms, id) where state in ('ready', 'leased');
CREATE INDEX card_copy_request on card_copy(request_id);
COMMIT;
