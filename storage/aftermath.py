"""What a restore changes in the restored database; runs inside the transaction of whoever calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlite_utils import Database

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import DATABASE, AuditEntry, AuditKind
from bot.domain.digests import DigestPlan, DigestRun
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import Owed
from storage.columns import clean_text
from storage.digest_rows import insert_run, select_plans
from storage.inputs import judge_input, unjudged
from storage.losses import Facts
from storage.outbox import insert_owed
from storage.records import SYSTEM, insert_record
from storage.request_rows import IS_OPEN, select_requests, update_request

_ALL = -1  # of a limit

# What was to be sent may have arrived since: an attempt on it says so when it is made once more.
_MAY_HAVE_ARRIVED = "update outbox set attempts = 1 where state <> 'done' and attempts = 0"
_DIGESTS_SENT = (
    "update outbox set state = 'done', result = 'restored'"
    " where state <> 'done' and kind = 'digest'",
    "update digest_run set state = 'posted' where state = 'composed'",
    "update digest_run set state = 'dropped' where state = 'begun'",
)
# What stands there by now is not known, so it differs from all that could.
_HOMES_DIFFER = "update home set digest = 'restored' where digest <> ''"


class Move(Protocol):
    """The next state of a request, with its record and what it owes."""

    @property
    def after(self) -> ApprovalRequest: ...
    @property
    def entry(self) -> AuditEntry: ...
    @property
    def owed(self) -> Sequence[Owed]: ...


class Aftermath(Protocol):
    """What becomes of what the backup left open; *at* is the moment of the restore."""

    @property
    def at(self) -> datetime: ...

    def request(self, request: ApprovalRequest) -> Move: ...

    def asked(self, given: Input) -> tuple[AuditEntry, Owed]:
        """Of a stored wish for a request that was not judged."""
        ...

    def digests(self, plan: DigestPlan) -> Sequence[DigestRun]:
        """Those that are due and will not be sent."""
        ...


def settle(
    db: Database, aftermath: Aftermath, facts: Facts, key: bytes | None
) -> Counter[RequestStatus]:
    """How many open requests stand how, after it. The record of the restore comes first, so its
    number is the first that is given out anew."""
    at = aftermath.at
    restored = AuditEntry(
        kind=AuditKind.CHAIN_RESTORED, actor=SYSTEM, subject=DATABASE, facts=facts
    )
    insert_record(db, restored, at=at, key=key)
    db.execute(_MAY_HAVE_ARRIVED)
    found = Counter[RequestStatus]()
    for request in select_requests(db, f"where {IS_OPEN} order by seq", {}):
        move = aftermath.request(request)
        update_request(db, request, move.after)
        insert_owed(db, move.owed, at)
        insert_record(db, move.entry, at=at, key=key)
        found[move.after.status] += 1
    for given in unjudged(db, _ALL):
        if given.kind is InputKind.REQUEST and judge_input(db, given, at):
            entry, owed = aftermath.asked(given)
            insert_owed(db, [owed], at)
            insert_record(db, entry, at=at, key=key)
    _mark_digests(db, aftermath)
    db.execute(_HOMES_DIFFER)
    return found


def _mark_digests(db: Database, aftermath: Aftermath) -> None:
    """As sent, up to now: none of these days gets another one."""
    for statement in _DIGESTS_SENT:
        db.execute(statement)
    for plan in select_plans(db, "where is_on = 1 order by channel", {}):
        for run in aftermath.digests(plan):
            if insert_run(db, run):
                values = {"id": clean_text(run.run_id)}
                db.execute("update digest_run set state = 'dropped' where id = :id", values)
