"""After a restore nothing acts on what the backup left open, and what may have been sent since is
not sent as if it were new."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.audit import AuditEntry, AuditHead, AuditKind
from bot.domain.digests import RunState
from bot.domain.inputs import InputKind
from bot.domain.outbox import CardCopy, CopyRole, Lane, Leased, OwedKind
from bot.errors import StorageError
from bot.services.restoring import Aftermath
from storage.backup import back_up
from storage.database import Storage
from storage.digests import SqliteDigestStore
from storage.export import exported_lines
from storage.homes import SqliteHomeStore
from storage.losses import losses_in
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from storage.restore import Restored, restore_file
from storage.verify import verify_file
from tests.builders import NOON, an_entry
from tests.request_builders import a_request, a_vote, an_input, an_owed_card, moved
from tests.stored_digests import a_plan, a_run, an_owed_digest, some_contents
from tests.stored_record import append, rewrite_from

S = RequestStatus
WISH = {"kind": InputKind.REQUEST, "request_id": "", "account": "huawei-main", "order_id": "CS9"}
AT = NOON + timedelta(days=2)  # 13:00 in Berlin, where the digest is for 08:30
COPY = CardCopy("R-pending", CopyRole.APPROVALS, "C0APPROVALS", "1.1")
NOTICE = an_owed_card(
    dedup="notice:1", lane=Lane.NOTICES, kind=OwedKind.NOTICE, user_id="U0ALICE", text="told"
)


async def a_day(storage: Storage) -> None:
    """A request in each open status and an ended one, a form that was not judged, messages and
    digests at every stage."""
    store, outbox = SqliteRequestStore(storage), SqliteOutboxStore(storage)
    for status in (S.PENDING, S.APPROVED, S.EXECUTING, S.UNKNOWN, S.DENIED):
        await brought_to(store, status)
    await store.accept(an_input(input_id="wish", user_id="U0ALICE", reason="twice", **WISH))
    await store.accept(an_input(input_id="click", request_id="R-pending"))
    await outbox.keep_copy(COPY)
    await outbox.owe([NOTICE, an_owed_digest()], at=NOON)
    digests, entry = SqliteDigestStore(storage), an_entry()
    await digests.put_plan(a_plan(), entry=entry, at=NOON)
    await digests.put_plan(a_plan(channel="C0LOST", zone="No/Where"), entry=entry, at=NOON)
    for key in ("now:own:1", "now:own:2"):
        await digests.begin(a_run(run_id=key, key=key), at=NOON)
    await digests.compose(a_run(run_id="now:own:2"), some_contents(), entry=entry, owed=[], at=NOON)
    homes = SqliteHomeStore(storage)
    await homes.opened("U0ALICE", at=NOON)
    await homes.drawn("U0ALICE", "what stood there")


async def brought_to(store: SqliteRequestStore, status: RequestStatus) -> None:
    name = f"R-{status.value}"
    request = a_request(request_id=name, order_id=f"CS-{status.value}")
    given = an_input(input_id=f"asked-{name}", kind=InputKind.REQUEST, request_id="")
    await store.accept(given)
    await store.create(request, given=given, owed=[], at=NOON)
    for each in (S.APPROVED, S.EXECUTING, S.UNKNOWN):
        if status in (S.PENDING, S.DENIED) or request.status is status:
            break
        request = await changed(store, request, each)
    if status is S.DENIED:
        await changed(store, request, S.DENIED, ended_at=NOON)


async def changed(
    store: SqliteRequestStore, request: ApprovalRequest, status: RequestStatus, **parts: Any
) -> ApprovalRequest:
    claim = {"fence": 1, "claimed_at": NOON} if status is S.EXECUTING else {}
    after = moved(request, status, votes=(a_vote(),), **claim, **parts)
    entry = AuditEntry(kind=AuditKind.REQUEST_READ, actor="countersign")
    assert await store.change(request, after, entry=entry, at=NOON)
    return after


@pytest.fixture
def saved(path: Path) -> Path:
    asyncio.run(_lived(path))
    target = path.with_name("saved.db")
    back_up(path, target)
    return target


async def _lived(path: Path) -> None:
    storage = await Storage.open(path, now=NOON)
    await a_day(storage)
    await storage.aclose()


def restored_from(saved: Path, path: Path, **parts: Any) -> Restored:
    usual: dict[str, Any] = {"anchor": None, "newest": [], "heads": [], "key": None}
    return restore_file(saved, path, aftermath=Aftermath(AT), **(usual | parts))


async def reopened(path: Path) -> Storage:
    return await Storage.open(path, now=AT)


async def owed(storage: Storage) -> dict[str, Leased]:
    outbox = SqliteOutboxStore(storage)
    return {each.owed.dedup: each for each in await outbox.lease(now=AT, until=AT, limit=99)}


async def test_open_requests_end_and_what_may_have_had_an_effect_is_read(
    path: Path, saved: Path
) -> None:
    restored = restored_from(saved, path)
    assert restored.requests == {S.EXPIRED: 2, S.UNKNOWN: 2}
    storage = await reopened(path)
    store = SqliteRequestStore(storage)
    found = {name: await store.get(f"R-{name}") for name in (*S, "never")}
    stand = {name: (each.status, each.outcome) for name, each in found.items() if each is not None}
    assert stand == {
        S.PENDING: (S.EXPIRED, Outcome.RESTORED),
        S.APPROVED: (S.EXPIRED, Outcome.RESTORED),
        S.EXECUTING: (S.UNKNOWN, Outcome.NO_RECEIPT),
        S.UNKNOWN: (S.UNKNOWN, Outcome.NO_RECEIPT),
        S.DENIED: (S.DENIED, ""),
    }
    assert await store.due(now=AT + timedelta(seconds=2), limit=9) == ("R-executing", "R-unknown")
    await storage.aclose()


async def test_cards_are_drawn_anew_and_whoever_asked_is_told(path: Path, saved: Path) -> None:
    restored_from(saved, path)
    storage = await reopened(path)
    rows = await owed(storage)
    cards = [name for name in rows if name.startswith("card:")]
    assert cards == [
        "card:R-pending:2",
        "card:R-approved:3",
        "card:R-executing:4",
        "card:R-unknown:5",
    ]
    told = [each.owed.text for name, each in rows.items() if name.startswith("notice:R-pending:")]
    assert len(told) == 1
    assert "restored from a backup" in told[0]
    assert "ask again" in told[0]
    assert await SqliteOutboxStore(storage).copies("R-pending") == (COPY,)
    await storage.aclose()


async def test_what_was_owed_at_the_backup_may_have_been_sent_since(
    path: Path, saved: Path
) -> None:
    """A second attempt is what makes the outbox say so."""
    restored_from(saved, path)
    storage = await reopened(path)
    rows = await owed(storage)
    assert rows["notice:1"].attempts == 2
    assert rows["card:R-pending:2"].attempts == 1
    await storage.aclose()


async def test_a_form_that_was_not_judged_makes_no_request(path: Path, saved: Path) -> None:
    restored_from(saved, path)
    storage = await reopened(path)
    store = SqliteRequestStore(storage)
    waiting = [each.input_id for each in await store.waiting_inputs(limit=9)]
    assert waiting == ["click"], "it is refused for the status that its request has now"
    rows = await owed(storage)
    assert "ask again" in rows["notice::wish:U0ALICE"].owed.text
    [refused] = [each for each in bodies(path) if each["kind"] == "input:refused"]
    assert (refused["facts"]["rule"], refused["subject"]) == ("restored", "order:huawei-main/CS9")
    await storage.aclose()


async def test_digests_up_to_now_count_as_sent(path: Path, saved: Path) -> None:
    restored_from(saved, path)
    storage = await reopened(path)
    digests = SqliteDigestStore(storage)
    assert await digests.waiting(limit=9) == ()
    assert not any(row.owed.kind is OwedKind.DIGEST for row in (await owed(storage)).values())
    begun, composed = await digests.run("now:own:1"), await digests.run("now:own:2")
    assert begun is not None
    assert composed is not None
    assert (begun.state, composed.state) == (RunState.DROPPED, RunState.POSTED)
    today = a_run(run_id="D-today", key=AT.date().isoformat(), begun_at=AT)
    assert not await digests.begin(today, at=AT), "the day is taken"
    assert await digests.begin(a_run(run_id="D-next", key="2026-11-21"), at=AT)
    await storage.aclose()


async def test_every_home_is_drawn_again(path: Path, saved: Path) -> None:
    restored_from(saved, path)
    storage = await reopened(path)
    [(user, digest)] = await SqliteHomeStore(storage).openers(since=NOON, limit=9)
    assert user == "U0ALICE"
    assert digest not in ("", "what stood there"), "it is told where it is not drawn any more"
    await storage.aclose()


def test_the_restore_is_the_first_record_after_the_backup(path: Path, saved: Path) -> None:
    before = verify_file(saved)
    outside = AuditHead(before.head_seq + 5, "ab" * 32)
    path.unlink()
    restored = restored_from(saved, path, newest=[AuditHead(2, hash_of(saved, 2)), outside])
    told = bodies(path)[before.records]
    assert (told["kind"], told["subject"]) == ("chain:restored", "database")
    assert told["facts"] == {
        "lost": f"{before.head_seq + 1}..{before.head_seq + 5}",
        "exact": False,
        "head_seq": outside.seq,
        "head_hash": outside.hash,
        "replaced_seq": None,
        "replaced_hash": None,
    }
    assert losses_in(path) == (restored.loss,)
    assert restored.kept is None


def test_a_head_that_a_restore_explains_is_told_from_one_that_it_does_not(
    path: Path, saved: Path
) -> None:
    end = verify_file(saved).head_seq
    outside = AuditHead(end + 5, "ab" * 32)
    path.unlink()
    restored_from(saved, path, newest=[outside])
    explained = verify_file(path, anchor=(end + 3, "cd" * 8))
    assert (explained.ok, explained.anchor_lost) == (True, True)
    assert explained.losses == losses_in(path)
    named = verify_file(path, anchor=(outside.seq, "cd" * 32))
    assert (named.ok, named.anchor_lost, named.bad_seq) == (False, False, outside.seq)
    in_place = verify_file(path, anchor=(end + 1, hash_of(path, end + 1)))
    assert (in_place.ok, in_place.anchor_lost) == (True, False)
    before = verify_file(path, anchor=(end, "cd" * 32))
    assert (before.ok, before.anchor_lost, before.bad_seq) == (False, False, end)
    assert not verify_file(path).anchor_lost


def bodies(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(json.loads(line)["body"]) for line in exported_lines(path)]


def hash_of(path: Path, seq: int) -> str:
    return str(json.loads(list(exported_lines(path))[seq - 1])["hash"])


class Broken(Aftermath):
    def digests(self, plan: object) -> Any:
        raise LookupError(plan)


def test_it_is_one_transaction_and_a_failure_leaves_the_database_as_it_was(
    path: Path, saved: Path
) -> None:
    before = path.read_bytes()
    with pytest.raises(LookupError):
        restore_file(saved, path, aftermath=Broken(AT), anchor=None, newest=[], heads=[], key=None)
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} <= {
        *("countersign.db", "countersign.db.lock", "saved.db"),
        *("countersign.db-wal", "countersign.db-shm"),
    }
    restored_from(saved, path)


async def test_a_backup_of_an_older_countersign_is_brought_up_to_date(path: Path) -> None:
    older = path.with_name("older.db")
    sql = Path(__file__).parents[2] / "data" / "storage" / "m005.sql"
    with closing(sqlite3.connect(older)) as db:
        db.executescript(sql.read_text())
    restored_from(older, path, key=b"key")
    assert verify_file(path, key=b"key").ok
    storage = await Storage.open(path, now=AT, audit_key=b"key")
    found = await SqliteRequestStore(storage).get("R1")
    assert found is not None
    assert (found.status, found.outcome) == (S.EXPIRED, Outcome.RESTORED)
    await storage.aclose()


def test_a_backup_that_was_changed_is_known_by_the_heads_kept_outside(
    path: Path, saved: Path
) -> None:
    end = verify_file(saved).head_seq
    heads = [AuditHead(seq, hash_of(saved, seq)) for seq in (2, end)]
    rewrite_from(saved, 3)
    path.unlink()
    with pytest.raises(StorageError, match=f"Record {end} of .* is not the one that a file"):
        restored_from(saved, path, newest=heads[-1:], heads=heads)
    assert not path.exists()


def test_heads_that_an_earlier_restore_explains_are_no_reason_to_refuse(
    path: Path, saved: Path
) -> None:
    end = verify_file(saved).head_seq
    before = AuditHead(end + 1, "ab" * 32)  # of a record that the first restore loses
    path.unlink()
    first = restored_from(saved, path, newest=[before], heads=[before])
    later = path.with_name("later.db")
    back_up(path, later)
    path.unlink()
    again = restored_from(later, path, newest=[first.head], heads=[before, first.head])
    assert again.backup == first.head


def test_the_right_backup_after_the_wrong_one(path: Path, saved: Path) -> None:
    """The head noted by the first restore is of a record that the database holds."""
    first = restored_from(saved, path)
    longer = path.with_name("longer.db")
    longer.write_bytes(saved.read_bytes())
    for _record in range(9):
        asyncio.run(append(longer, an_entry(), key=None))
    restored = restored_from(longer, path, newest=[first.head], heads=[first.head])
    assert restored.backup.seq >= first.head.seq
