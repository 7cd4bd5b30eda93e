"""A RequestStore with the outbox and the record it writes to, and how tests speak to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.inputs import InputKind
from bot.ports import AuditLog, OutboxStore, RequestStore
from tests.builders import NOON
from tests.request_builders import (
    a_request,
    an_input,
    moved,
)

S = RequestStatus
DAY = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)
LATER = NOON + timedelta(minutes=5)
SUBJECT = "order:huawei-main/CS2611171200ABCDE"
VOTED = AuditEntry(
    kind=AuditKind.REQUEST_VOTED, actor="U0BOB", subject=SUBJECT, facts={"request_id": "R1"}
)
WISH = an_input(
    input_id="wish",
    kind=InputKind.REQUEST,
    user_id="U0ALICE",
    request_id="",
    account="huawei-main",
    order_id="CS2611171200ABCDE",
    reason="bought twice",
)
# From pending to each status, by the shortest way that the table allows.
WAYS = {
    S.PENDING: (),
    S.APPROVED: (S.APPROVED,),
    S.EXECUTING: (S.APPROVED, S.EXECUTING),
    S.UNKNOWN: (S.APPROVED, S.EXECUTING, S.UNKNOWN),
    S.WITHDRAWN: (S.WITHDRAWN,),
    S.DENIED: (S.DENIED,),
    S.EXPIRED: (S.EXPIRED,),
    S.OUTDATED: (S.OUTDATED,),
    S.STOPPED: (S.APPROVED, S.STOPPED),
    S.CANCELLED: (S.APPROVED, S.EXECUTING, S.CANCELLED),
    S.FAILED: (S.APPROVED, S.EXECUTING, S.FAILED),
}


@dataclass(frozen=True, slots=True)
class House:
    store: RequestStore
    outbox: OutboxStore
    audit: AuditLog

    async def create(self, request: ApprovalRequest | None = None) -> ApprovalRequest:
        request = request or a_request()
        assert await self.store.create(request, given=WISH, owed=(), at=NOON)
        return await self.get(request.request_id)

    async def get(self, request_id: str = "R1") -> ApprovalRequest:
        found = await self.store.get(request_id)
        assert found is not None
        return found

    async def change(
        self, before: ApprovalRequest, after: ApprovalRequest, **parts: Any
    ) -> ApprovalRequest:
        usual: dict[str, Any] = {"entry": VOTED, "at": NOON}
        assert await self.store.change(before, after, **(usual | parts))
        return await self.get(before.request_id)

    async def lead(self, status: RequestStatus, request_id: str = "R1") -> ApprovalRequest:
        """A new request, led to *status*."""
        named = {} if request_id == "R1" else {"order_id": request_id}
        request = await self.create(a_request(request_id=request_id, **named))
        for step in WAYS[status]:
            request = await self.change(request, moved(request, step))
        return request

    async def told(self, *subjects: str) -> list[dict[str, Any]]:
        """What the record says, oldest first."""
        records = await self.store.history(subjects or (SUBJECT,), limit=100)
        return [json.loads(record.body) for record in records]

    async def kinds(self) -> list[str]:
        return [each["kind"] for each in await self.told()]

    async def owed(self) -> list[str]:
        leased = await self.outbox.lease(now=LATER, until=LATER, limit=100)
        return [each.owed.dedup for each in leased]

    async def waiting(self) -> list[str]:
        return [each.input_id for each in await self.store.waiting_inputs(limit=100)]
