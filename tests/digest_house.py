"""The stores of digests, reminders and heads on one record and one outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.outbox import Owed
from bot.ports import DigestStore, HeadStore, HomeStore, ReminderStore, SnapshotStore
from tests.request_house import LATER, House

CHANNEL = "digest:C0FINANCE"
ORDER = "order:huawei-main/CS2611171200ABCDE"
SET = AuditEntry(kind=AuditKind.DIGEST_SET, actor="U0ALICE", subject=CHANNEL)
COMPOSED = AuditEntry(kind=AuditKind.DIGEST_COMPOSED, actor="countersign", subject=CHANNEL)
CLAIMED = AuditEntry(kind=AuditKind.ORDER_CLAIMED, actor="U0BOB", subject=ORDER)
REMINDED = AuditEntry(kind=AuditKind.REMINDED, actor="countersign", subject=ORDER)


@dataclass(frozen=True, slots=True)
class DigestHouse(House):
    digests: DigestStore
    reminders: ReminderStore
    homes: HomeStore
    heads: HeadStore
    snapshots: SnapshotStore

    async def sent(self, now: datetime = LATER) -> list[Owed]:
        """What is owed by then; it stays owed until then only once."""
        leased = await self.outbox.lease(now=now, until=now, limit=100)
        for each in leased:
            await self.outbox.done(each, result="done")
        return [each.owed for each in leased]

    async def said(self, *subjects: str) -> list[str]:
        """The kinds of what stands on the record, oldest first."""
        return [each["kind"] for each in await self.told(*subjects)]
