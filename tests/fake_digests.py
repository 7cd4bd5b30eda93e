"""The DigestStore, ReminderStore, HeadStore and Channels ports in memory. Nothing waits, so each
method is one step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.audit import AuditEntry, AuditHead, AuditKind
from bot.domain.digest_contents import DigestContents
from bot.domain.digests import DigestPlan, DigestRun, NoteKind, OrderNote, RunState
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.people import Channel
from bot.domain.reminders import Reminder
from bot.errors import NotAllowed, StorageError
from tests.fake_audit import FakeAuditLog, whole_ms
from tests.fake_requests import FakeOutboxStore

_KEPT = timedelta(days=400)
_TOLD = {RunState.COMPOSED, RunState.POSTED}


class _Desk:
    """What a store writes to beside its own rows: hand in those of the other fakes to share them.
    While `audit.full` is set nothing can be written."""

    def __init__(
        self, outbox: FakeOutboxStore | None = None, audit: FakeAuditLog | None = None
    ) -> None:
        self.outbox = outbox or FakeOutboxStore()
        self.audit = audit or FakeAuditLog()

    def _write(
        self, entry: AuditEntry | None = None, owed: Sequence[Owed] = (), at: datetime | None = None
    ) -> None:
        """Comes before any change: it raises where nothing can be written."""
        if self.audit.full:
            raise StorageError("the disk is full")
        if entry is not None and at is not None:
            self.audit.add(entry, at)
        if at is not None:
            self.outbox.add(owed, at)


class FakeChannels:
    """Every channel is a private one of this workspace unless `known` says otherwise; `refusal` is
    the rule by which Slack refuses to tell, "" while it answers."""

    def __init__(self) -> None:
        self.known: dict[str, Channel] = {}
        self.refusal = ""

    async def channel(self, channel_id: str) -> Channel:
        if self.refusal:
            raise NotAllowed("Slack does not tell.", rule=self.refusal)
        return self.known.get(channel_id, Channel(channel_id=channel_id))


class FakeDigestStore(_Desk):
    """`by_channel` holds plans, `by_id` runs in the order in which they began, `noted` notes by
    channel, account, order id and kind."""

    def __init__(
        self, outbox: FakeOutboxStore | None = None, audit: FakeAuditLog | None = None
    ) -> None:
        super().__init__(outbox, audit)
        self.by_channel: dict[str, DigestPlan] = {}
        self.by_id: dict[str, DigestRun] = {}
        self.noted: dict[tuple[str, str, str, NoteKind], OrderNote] = {}

    async def plan(self, channel: str) -> DigestPlan | None:
        return self.by_channel.get(channel)

    async def plans(self) -> tuple[DigestPlan, ...]:
        return tuple(plan for _channel, plan in sorted(self.by_channel.items()) if plan.on)

    async def put_plan(
        self,
        plan: DigestPlan,
        *,
        over: DigestPlan | None = None,
        entry: AuditEntry,
        owed: Sequence[Owed] = (),
        at: datetime,
    ) -> bool:
        if over is not None and self.by_channel.get(plan.channel) != over:
            return False
        self._write(entry, owed, at)
        self.by_channel[plan.channel] = replace(plan, since=whole_ms(plan.since))
        return True

    async def begin(self, run: DigestRun, *, at: datetime) -> bool:
        self._write()
        self._purge(at)
        if any((each.channel, each.key) == (run.channel, run.key) for each in self.by_id.values()):
            return False
        if run.run_id in self.by_id:
            raise StorageError("digest_run: id exists")
        self.by_id[run.run_id] = DigestRun(
            run_id=run.run_id,
            channel=run.channel,
            key=run.key,
            owner=run.owner,
            begun_at=whole_ms(run.begun_at),
        )
        return True

    def _purge(self, now: datetime) -> None:
        for run in [each for each in self.by_id.values() if now - each.begun_at > _KEPT]:
            del self.by_id[run.run_id]
        for key in [key for key, note in self.noted.items() if now - note.at > _KEPT]:
            del self.noted[key]

    async def waiting(self, *, limit: int) -> tuple[DigestRun, ...]:
        begun = [each for each in self.by_id.values() if each.state is RunState.BEGUN]
        begun.sort(key=lambda each: each.begun_at)
        return tuple(begun[:limit])

    async def compose(
        self,
        run: DigestRun,
        contents: DigestContents,
        *,
        entry: AuditEntry,
        owed: Sequence[Owed],
        at: datetime,
    ) -> bool:
        stored = self.by_id.get(run.run_id)
        if stored is None or stored.state is not RunState.BEGUN:
            return False
        self._write(entry, owed, at)
        composed = replace(stored, state=RunState.COMPOSED, contents=contents)
        self.by_id[run.run_id] = composed
        return True

    async def drop(self, run: DigestRun, *, at: datetime) -> None:
        self._write(at=at)
        stored = self.by_id.get(run.run_id)
        if stored is not None and stored.state is not RunState.POSTED:
            self.by_id[run.run_id] = replace(stored, state=RunState.DROPPED)

    async def keep_posted(self, run: DigestRun) -> None:
        self._write()
        stored = self.by_id.get(run.run_id)
        if stored is not None and stored.contents is not None:
            stands = replace(stored, ts=run.ts, unsure=run.unsure, parts=run.parts)
            self.by_id[run.run_id] = replace(stands, state=RunState.POSTED)

    async def run(self, run_id: str) -> DigestRun | None:
        return self.by_id.get(run_id)

    async def previous(self, run: DigestRun, *, since: datetime) -> DigestRun | None:
        came = list(self.by_id)
        earlier = came[: came.index(run.run_id)] if run.run_id in came else []
        told = [
            each
            for each in (self.by_id[run_id] for run_id in earlier)
            if each.channel == run.channel
            and each.daily
            and each.state in _TOLD
            and whole_ms(since) <= each.begun_at
        ]
        return told[-1] if told else None

    async def taken(self, channel: str, *, since: date) -> frozenset[str]:
        return frozenset(
            each.key
            for each in self.by_id.values()
            if each.channel == channel and each.daily and each.key >= since.isoformat()
        )

    async def note(self, note: OrderNote, *, entry: AuditEntry, at: datetime) -> None:
        self._write(entry, (), at)
        self.noted[note.channel, note.account, note.order_id, note.kind] = replace(
            note, at=whole_ms(note.at), until=note.until and whole_ms(note.until)
        )

    async def notes(self, channel: str, *, at: datetime) -> tuple[OrderNote, ...]:
        return tuple(
            note
            for key, note in sorted(self.noted.items())
            if key[0] == channel and (note.until is None or note.until > whole_ms(at))
        )


class FakeReminderStore(_Desk):
    """`rows` by request id and user id."""

    def __init__(
        self, outbox: FakeOutboxStore | None = None, audit: FakeAuditLog | None = None
    ) -> None:
        super().__init__(outbox, audit)
        self.rows: dict[tuple[str, str], Reminder] = {}

    async def start(self, reminders: Sequence[Reminder]) -> None:
        self._write()
        for each in reminders:
            self.rows.setdefault((each.request_id, each.user_id), _in_ms(each))

    async def planned(self, request_ids: Collection[str]) -> dict[str, tuple[Reminder, ...]]:
        found: dict[str, tuple[Reminder, ...]] = {}
        for (request_id, _user_id), each in sorted(self.rows.items()):
            if request_id in request_ids:
                found[request_id] = (*found.get(request_id, ()), each)
        return found

    async def due(self, *, now: datetime, limit: int) -> tuple[Reminder, ...]:
        due = [each for each in self.rows.values() if each.due_at <= now]
        due.sort(key=lambda each: (each.due_at, each.request_id, each.user_id))
        return tuple(due[:limit])

    async def move(
        self,
        before: Reminder,
        after: Reminder | None,
        *,
        entry: AuditEntry | None = None,
        owed: Sequence[Owed] = (),
        at: datetime,
    ) -> bool:
        key = (before.request_id, before.user_id)
        if after is not None and (after.request_id, after.user_id) != key:
            raise ValueError("a reminder keeps its request and its person")
        if self.rows.get(key) != _in_ms(before):
            return False
        self._write(entry, owed, at)
        if after is None:
            del self.rows[key]
        else:
            self.rows[key] = _in_ms(after)
        return True


class FakeHeadStore(_Desk):
    """`heads` by day."""

    def __init__(
        self, outbox: FakeOutboxStore | None = None, audit: FakeAuditLog | None = None
    ) -> None:
        super().__init__(outbox, audit)
        self.heads: dict[date, AuditHead] = {}

    async def publish(self, day: date, *, owed_to: str, at: datetime) -> AuditHead | None:
        if day in self.heads:
            return None
        head = await self.audit.head()
        entry = AuditEntry(
            kind=AuditKind.HEAD_PUBLISHED,
            actor="countersign",
            facts={"day": day.isoformat(), "seq": head.seq, "hash": head.hash},
        )
        notice = Owed(
            dedup=f"head:{day.isoformat()}",
            lane=Lane.NOTICES,
            kind=OwedKind.NOTICE,
            user_id=owed_to,
            text=f"The record's head: {head.seq}:{head.hash}",
        )
        self._write(entry, [notice] if owed_to else [], at)
        self.heads[day] = head
        return head

    async def published(self, *, limit: int) -> tuple[tuple[date, AuditHead], ...]:
        return tuple(sorted(self.heads.items(), reverse=True, key=lambda each: each[0])[:limit])

    async def holds(self, head: AuditHead) -> bool:
        return any(
            (record.seq, record.hash.hex()) == (head.seq, head.hash)
            for record in self.audit.records
        )


def _in_ms(reminder: Reminder) -> Reminder:
    return replace(reminder, due_at=whole_ms(reminder.due_at))
