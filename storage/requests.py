"""The RequestStore port on SQLite: what people asked and decided, each step with its record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from bot import crash
from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditEntry, AuditKind, AuditRecord, about_order
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import Owed
from bot.domain.votes import Verdict
from storage.columns import clean_text, from_ms, to_ms
from storage.database import Storage
from storage.inputs import insert_input, is_waiting, judge_input, unjudged
from storage.outbox import insert_owed
from storage.records import insert_record
from storage.request_rows import IS_OPEN, insert_request, select_requests, update_request


class _Lost(Exception):
    """Somebody was faster: rolls back what the transaction did so far."""


class SqliteRequestStore:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def accept(self, given: Input) -> bool:
        def work(db: Database) -> bool:
            is_new = insert_input(db, given)
            entry = _stored(db, given) if is_new else _refused(db, given, "duplicate")
            self._record(db, entry, given.at)
            return is_new

        crash.point("before_accept")
        is_new = await self._storage.run_together(work)
        crash.point("after_accept")
        return is_new

    async def waiting_inputs(self, *, limit: int) -> tuple[Input, ...]:
        return await self._storage.run(lambda db: unjudged(db, limit))

    async def refuse(
        self, given: Input, verdict: Verdict, *, owed: Sequence[Owed] = (), at: datetime
    ) -> None:
        def work(db: Database) -> None:
            if judge_input(db, given, at):
                insert_owed(db, owed, at)
                self._record(db, _refused(db, given, verdict.rule), at)

        await self._storage.run(work)

    async def create(
        self, request: ApprovalRequest, *, given: Input, owed: Sequence[Owed], at: datetime
    ) -> bool:
        def work(db: Database) -> None:
            if not insert_request(db, request) or not judge_input(db, given, at):
                raise _Lost
            insert_owed(db, owed, at)
            self._record(db, _made(request), at)

        return await self._unless_lost(work)

    async def change(
        self,
        before: ApprovalRequest,
        after: ApprovalRequest,
        *,
        entry: AuditEntry,
        owed: Sequence[Owed] = (),
        given: Input | None = None,
        heed: Collection[InputKind] = (),
        at: datetime,
    ) -> bool:
        def work(db: Database) -> None:
            moved = update_request(db, before, after)
            if not moved or (given is not None and not judge_input(db, given, at)):
                raise _Lost
            if heed and is_waiting(db, before.request_id, heed):
                raise _Lost
            insert_owed(db, owed, at)
            self._record(db, entry, at)

        return await self._unless_lost(work)

    async def look_again(self, request: ApprovalRequest, *, due_at: datetime) -> bool:
        values = {
            "id": clean_text(request.request_id),
            "version": request.version,
            "due": to_ms(due_at),
        }
        moved: int = await self._storage.run(
            lambda db: (
                db.execute(
                    "update request set due_ms = :due"
                    " where id = :id and status = 'pending' and version = :version",
                    values,
                ).rowcount
            )
        )
        return moved == 1

    async def get(self, request_id: str) -> ApprovalRequest | None:
        found = await self._select("where id = :id", {"id": clean_text(request_id)})
        return found[0] if found else None

    async def open_for(self, account: str, order_id: str) -> ApprovalRequest | None:
        found = await self._select(
            f"where account = :account and order_id = :order_id and {IS_OPEN}",
            {"account": clean_text(account), "order_id": clean_text(order_id)},
        )
        return found[0] if found else None

    async def due(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        rows = await self._storage.run(
            lambda db: db.execute(
                "select id from request where due_ms <= :now order by due_ms, seq limit :limit",
                {"now": to_ms(now), "limit": limit},
            ).fetchall()
        )
        return tuple(request_id for (request_id,) in rows)

    async def claimed(self) -> tuple[ApprovalRequest, ...]:
        return await self._select(f"where {IS_OPEN} and status = 'executing' order by seq", {})

    async def open_requests(self, *, limit: int) -> tuple[ApprovalRequest, ...]:
        return await self._select(f"where {IS_OPEN} order by seq limit :limit", {"limit": limit})

    async def requests_of(
        self, user_ids: frozenset[str], *, limit: int
    ) -> tuple[ApprovalRequest, ...]:
        if not user_ids:
            return ()
        named = _named("user", user_ids)
        newest = " union ".join(_NEWEST_OF.format(user=name) for name in named)
        return await self._select(
            f"where seq in ({newest}) order by seq desc limit :limit", {**named, "limit": limit}
        )

    async def requests_for(self, account: str, order_id: str) -> tuple[ApprovalRequest, ...]:
        return await self._select(
            "where account = :account and order_id = :order_id order by seq desc",
            {"account": clean_text(account), "order_id": clean_text(order_id)},
        )

    async def cancelled_since(
        self, since: datetime, accounts: Collection[str]
    ) -> tuple[ApprovalRequest, ...]:
        named = _named("account", sorted(accounts))
        among = ", ".join(f":{name}" for name in named)
        return await self._select(
            f"where status = 'cancelled' and ended_ms >= :since and account in ({among})"
            " order by seq",
            {**named, "since": to_ms(since)},
        )

    async def history(self, subjects: Sequence[str], *, limit: int) -> tuple[AuditRecord, ...]:
        if not subjects:
            return ()
        named = _named("subject", subjects)
        newest = " union ".join(_NEWEST_ABOUT.format(subject=name) for name in named)
        rows = await self._storage.run(
            lambda db: db.execute(
                "select seq, at_ms, body, prev, hash from audit"  # noqa: S608 - no input in the text
                f" where seq in ({newest}) order by seq desc limit :limit",
                {**named, "limit": limit},
            ).fetchall()
        )
        return tuple(
            AuditRecord(seq, from_ms(at_ms), body, prev, record_hash)
            for seq, at_ms, body, prev, record_hash in reversed(rows)
        )

    async def _select(
        self, rest: str, values: Mapping[str, str | int]
    ) -> tuple[ApprovalRequest, ...]:
        return await self._storage.run(lambda db: select_requests(db, rest, values))

    async def _unless_lost(self, work: Callable[[Database], None]) -> bool:
        try:
            await self._storage.run(work)
        except _Lost:
            return False
        return True

    def _record(self, db: Database, entry: AuditEntry, at: datetime) -> None:
        insert_record(db, entry, at=at, key=self._storage.audit_key)


# Each part is read from the end of an index and no further, however much a person did.
_NEWEST_OF = (
    "select seq from (select seq from request where requested_by = :{user}"
    " order by seq desc limit :limit) as made union"
    " select request_seq from (select request_seq from request_vote where user_id = :{user}"
    " order by request_seq desc limit :limit) as voted"
)
_NEWEST_ABOUT = (
    "select seq from (select seq from audit where subject = :{subject}"
    " order by seq desc limit :limit) as about"
)


def _named(name: str, values: Sequence[str] | frozenset[str]) -> dict[str, str]:
    return {f"{name}{at}": clean_text(value) for at, value in enumerate(values)}


def _stored(db: Database, given: Input) -> AuditEntry:
    return AuditEntry(
        kind=AuditKind.INPUT_STORED,
        actor=given.user_id,
        subject=_subject_of(db, given),
        facts={"kind": given.kind.value, "request_id": given.request_id},
        texts={"reason": given.reason} if given.reason else {},
    )


def _refused(db: Database, given: Input, rule: str) -> AuditEntry:
    return AuditEntry(
        kind=AuditKind.INPUT_REFUSED,
        actor=given.user_id,
        subject=_subject_of(db, given),
        facts={"kind": given.kind.value, "request_id": given.request_id, "rule": rule},
    )


def _made(request: ApprovalRequest) -> AuditEntry:
    return AuditEntry(
        kind=AuditKind.REQUEST_MADE,
        actor=request.requested_by,
        subject=_subject(request.account, request.order_id),
        facts={
            "request_id": request.request_id,
            "rule": request.requirement.rule,
            "quorum": request.requirement.quorum,
            "fingerprint": request.fingerprint,
            "expires_at": request.expires_at.isoformat(timespec="milliseconds"),
        },
    )


def _subject_of(db: Database, given: Input) -> str:
    """The order that the input is about: that of its request, else the one it names."""
    row = db.execute(
        "select account, order_id from request where id = :id",
        {"id": clean_text(given.request_id)},
    ).fetchone()
    return _subject(*(row or (given.account, given.order_id)))


def _subject(account: str, order_id: str) -> str:
    return about_order(account, order_id) if account and order_id else ""
