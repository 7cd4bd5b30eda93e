"""The RequestStore and OutboxStore ports in memory. Nothing waits, so each method is one step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.approvals import TRANSITIONS, ApprovalRequest, RequestStatus
from bot.domain.audit import AuditEntry, AuditKind, AuditRecord
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import CardCopy, Leased, Owed
from bot.domain.votes import Verdict
from bot.errors import StorageError
from tests.fake_audit import FakeAuditLog, whole_ms

_DAY = timedelta(hours=24)


@dataclass(slots=True)
class OwedRow:
    """One row of the outbox; *state* is ready, leased or done."""

    outbox_id: int
    owed: Owed
    owed_at: datetime
    due_at: datetime
    state: str = "ready"
    fence: int = 0
    attempts: int = 0
    result: str = ""


class FakeOutboxStore:
    """`rows` by dedup, settled ones too; `kept` by channel and ts."""

    def __init__(self) -> None:
        self.rows: dict[str, OwedRow] = {}
        self.kept: dict[tuple[str, str], CardCopy] = {}

    async def owe(self, owed: Sequence[Owed], *, at: datetime) -> None:
        self.add(owed, at)

    def add(self, owed: Sequence[Owed], at: datetime) -> None:
        """What the request store owes in the same step as its own change."""
        at = whole_ms(at)
        for each in owed:
            self.rows.setdefault(each.dedup, OwedRow(len(self.rows) + 1, each, at, at))

    async def lease(self, *, now: datetime, until: datetime, limit: int) -> tuple[Leased, ...]:
        due = [row for row in self.unsettled() if row.due_at <= now]
        due.sort(key=lambda row: (row.owed.lane.value, row.due_at, row.outbox_id))
        for row in due[:limit]:
            row.state, row.due_at = "leased", whole_ms(until)
            row.fence += 1
            row.attempts += 1
        return tuple(
            Leased(row.outbox_id, row.owed, row.fence, row.attempts) for row in due[:limit]
        )

    def unsettled(self) -> list[OwedRow]:
        return [row for row in self.rows.values() if row.state != "done"]

    async def done(self, leased: Leased, *, result: str) -> None:
        row = self._held(leased)
        if row is not None:
            row.state, row.result = "done", result

    async def again(self, leased: Leased, *, due_at: datetime) -> None:
        row = self._held(leased)
        if row is not None:
            row.state, row.due_at = "ready", whole_ms(due_at)

    def _held(self, leased: Leased) -> OwedRow | None:
        row = self.rows[leased.owed.dedup]
        return row if row.state == "leased" and row.fence == leased.fence else None

    async def release_all(self, *, now: datetime) -> None:
        for row in self.rows.values():
            if row.state == "leased":
                row.state, row.due_at = "ready", whole_ms(min(row.owed_at, now))

    async def copies(self, request_id: str) -> tuple[CardCopy, ...]:
        found = [copy for copy in self.kept.values() if copy.request_id == request_id]
        return tuple(sorted(found, key=lambda copy: (copy.ts, copy.channel)))

    async def copy_at(self, channel: str, ts: str) -> CardCopy | None:
        return self.kept.get((channel, ts))

    async def keep_copy(self, copy: CardCopy) -> None:
        self.kept[copy.channel, copy.ts] = copy

    async def drop_copy(self, copy: CardCopy) -> None:
        self.kept.pop((copy.channel, copy.ts), None)

    async def oldest(self, *, now: datetime) -> timedelta:
        since = min((row.owed_at for row in self.unsettled()), default=now)
        return max(timedelta(0), now - since)


class FakeRequestStore:
    """`requests` in the order in which they were made, `inputs` with those in `judged`. While
    `audit.full` is set nothing can be written."""

    def __init__(
        self, outbox: FakeOutboxStore | None = None, audit: FakeAuditLog | None = None
    ) -> None:
        self.outbox = outbox or FakeOutboxStore()
        self.audit = audit or FakeAuditLog()
        self.requests: dict[str, ApprovalRequest] = {}
        self.inputs: dict[str, Input] = {}
        self.judged: set[str] = set()

    async def accept(self, given: Input) -> bool:
        self._purge(given.at)
        if given.input_id in self.inputs:
            self.audit.add(self._refused(given, "duplicate"), given.at)
            return False
        stored = AuditEntry(
            kind=AuditKind.INPUT_STORED,
            actor=given.user_id,
            subject=self._subject(given),
            facts={"kind": given.kind.value, "request_id": given.request_id},
            texts={"reason": given.reason} if given.reason else {},
        )
        self.audit.add(stored, given.at)
        self.inputs[given.input_id] = replace(given, at=whole_ms(given.at))
        return True

    def _purge(self, now: datetime) -> None:
        old = [key for key in self.judged if now - self.inputs[key].at > _DAY]
        for key in old:
            self.judged.remove(key)
            del self.inputs[key]

    async def waiting_inputs(self, *, limit: int) -> tuple[Input, ...]:
        waiting = [each for key, each in self.inputs.items() if key not in self.judged]
        return tuple(waiting[:limit])

    async def refuse(
        self, given: Input, verdict: Verdict, *, owed: Sequence[Owed] = (), at: datetime
    ) -> None:
        if given.input_id not in self.judged:
            self.audit.add(self._refused(given, verdict.rule), at)
            self._settle(given, owed, at)

    async def create(
        self, request: ApprovalRequest, *, given: Input, owed: Sequence[Owed], at: datetime
    ) -> bool:
        if request.votes:
            raise ValueError("a new request has no votes")
        if (request.status, request.version, request.fence) != (RequestStatus.PENDING, 1, 0):
            raise StorageError("request: starts as pending")
        if await self.open_for(request.account, request.order_id) or given.input_id in self.judged:
            return False
        if request.request_id in self.requests:
            raise StorageError("request: id exists")
        made = AuditEntry(
            kind=AuditKind.REQUEST_MADE,
            actor=request.requested_by,
            subject=f"order:{request.account}/{request.order_id}",
            facts={
                "request_id": request.request_id,
                "rule": request.requirement.rule,
                "quorum": request.requirement.quorum,
                "fingerprint": request.fingerprint,
                "expires_at": request.expires_at.isoformat(timespec="milliseconds"),
            },
        )
        self.audit.add(made, at)
        self.requests[request.request_id] = _in_ms(request)
        self._settle(given, owed, at)
        return True

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
        if _identity(before) != _identity(after):
            raise ValueError("a request keeps its order, rule, requester and reason")
        stored = self.requests.get(before.request_id)
        if stored is None or (stored.status, stored.version) != (before.status, before.version):
            return False
        if after.status not in {before.status, *TRANSITIONS[before.status]}:
            raise StorageError("request: no such transition")
        if len({vote.user_id for vote in after.votes}) < len(after.votes):
            raise StorageError("request_vote: one person, one vote")
        if given is not None and given.input_id in self.judged:
            return False
        if any(
            each.request_id == before.request_id and each.kind in heed
            for each in await self.waiting_inputs(limit=len(self.inputs))
        ):
            return False
        self.audit.add(entry, at)
        self.requests[before.request_id] = _in_ms(replace(after, version=before.version + 1))
        self._settle(given, owed, at)
        return True

    async def look_again(self, request: ApprovalRequest, *, due_at: datetime) -> bool:
        stored = self.requests.get(request.request_id)
        if stored is None or (stored.status, stored.version) != (
            RequestStatus.PENDING,
            request.version,
        ):
            return False
        self.requests[request.request_id] = _in_ms(replace(stored, due_at=due_at))
        return True

    async def get(self, request_id: str) -> ApprovalRequest | None:
        return self.requests.get(request_id)

    async def open_for(self, account: str, order_id: str) -> ApprovalRequest | None:
        found = (each for each in await self.requests_for(account, order_id) if each.is_open)
        return next(found, None)

    async def due(self, *, now: datetime, limit: int) -> tuple[str, ...]:
        due = [
            (each.due_at, each.request_id)
            for each in self.requests.values()
            if each.due_at is not None and each.due_at <= now
        ]
        due.sort(key=lambda each: each[0])
        return tuple(request_id for _due_at, request_id in due[:limit])

    async def claimed(self) -> tuple[ApprovalRequest, ...]:
        return tuple(
            each for each in self.requests.values() if each.status is RequestStatus.EXECUTING
        )

    async def open_requests(self, *, limit: int) -> tuple[ApprovalRequest, ...]:
        return tuple([each for each in self.requests.values() if each.is_open][:limit])

    async def requests_of(
        self, user_ids: frozenset[str], *, limit: int
    ) -> tuple[ApprovalRequest, ...]:
        found = [
            each
            for each in reversed(self.requests.values())
            if each.requested_by in user_ids or any(vote.user_id in user_ids for vote in each.votes)
        ]
        return tuple(found[:limit])

    async def requests_for(self, account: str, order_id: str) -> tuple[ApprovalRequest, ...]:
        return tuple(
            each
            for each in reversed(self.requests.values())
            if (each.account, each.order_id) == (account, order_id)
        )

    async def cancelled_since(
        self, since: datetime, accounts: Collection[str]
    ) -> tuple[ApprovalRequest, ...]:
        return tuple(
            each
            for each in self.requests.values()
            if each.status is RequestStatus.CANCELLED
            and each.account in accounts
            and each.ended_at is not None
            and each.ended_at >= whole_ms(since)
        )

    async def history(self, subjects: Sequence[str], *, limit: int) -> tuple[AuditRecord, ...]:
        return tuple(self.audit.about(subjects)[-limit:])

    def _settle(self, given: Input | None, owed: Sequence[Owed], at: datetime) -> None:
        if given is not None and given.input_id in self.inputs:
            self.judged.add(given.input_id)
        self.outbox.add(owed, at)

    def _refused(self, given: Input, rule: str) -> AuditEntry:
        return AuditEntry(
            kind=AuditKind.INPUT_REFUSED,
            actor=given.user_id,
            subject=self._subject(given),
            facts={"kind": given.kind.value, "request_id": given.request_id, "rule": rule},
        )

    def _subject(self, given: Input) -> str:
        about = self.requests.get(given.request_id, given)
        known = about.account and about.order_id
        return f"order:{about.account}/{about.order_id}" if known else ""


def _identity(request: ApprovalRequest) -> tuple[object, ...]:
    return (
        *(request.request_id, request.provider, request.account, request.order_id),
        *(request.order, request.fingerprint, request.requirement),
        *(request.requested_by, request.reason, request.created_at),
    )


def _in_ms(request: ApprovalRequest) -> ApprovalRequest:
    return replace(
        request,
        created_at=whole_ms(request.created_at),
        expires_at=whole_ms(request.expires_at),
        votes=tuple(replace(vote, at=whole_ms(vote.at)) for vote in request.votes),
        due_at=request.due_at and whole_ms(request.due_at),
        approved_at=request.approved_at and whole_ms(request.approved_at),
        hold_until=request.hold_until and whole_ms(request.hold_until),
        claimed_at=request.claimed_at and whole_ms(request.claimed_at),
        ended_at=request.ended_at and whole_ms(request.ended_at),
    )
