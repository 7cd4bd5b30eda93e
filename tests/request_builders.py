"""Requests, inputs and owed messages for tests: name what matters, the rest is plausible."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.approvals import ApprovalRequest, RequestStatus, Vote, VoteKind
from bot.domain.fingerprint import fingerprint
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.policy import Principals, Requirement
from tests.builders import NOON, a_detailed_order


def a_requirement(**parts: Any) -> Requirement:
    """Any full member asks, Bob or Carol approves."""
    usual: dict[str, Any] = {
        "requesters": Principals(members=True),
        "approvers": Principals(people=frozenset({"U0BOB", "U0CAROL"})),
        "quorum": 1,
        "hold": timedelta(seconds=30),
        "expires": timedelta(hours=24),
    }
    return Requirement(**(usual | parts))


def a_request(**parts: Any) -> ApprovalRequest:
    """Alice's pending request; the order follows *account* and *order_id*."""
    order = a_detailed_order(**{k: parts[k] for k in ("account", "order_id") if k in parts})
    usual: dict[str, Any] = {
        "request_id": "R1",
        "version": 1,
        "status": RequestStatus.PENDING,
        "provider": order.provider,
        "account": order.account,
        "order_id": order.order_id,
        "order": order,
        "fingerprint": fingerprint(order),
        "requested_by": "U0ALICE",
        "reason": "bought twice",
        "requirement": a_requirement(),
        "created_at": NOON,
        "expires_at": NOON + timedelta(hours=24),
    }
    return ApprovalRequest(**(usual | parts))


def moved(request: ApprovalRequest, status: RequestStatus, **parts: Any) -> ApprovalRequest:
    """The next version of *request*, in *status*."""
    return replace(request, version=request.version + 1, status=status, **parts)


def an_input(**parts: Any) -> Input:
    """Bob's click on Approve."""
    usual: dict[str, Any] = {
        "input_id": "trigger-1",
        "kind": InputKind.APPROVE,
        "user_id": "U0BOB",
        "at": NOON,
        "request_id": "R1",
        "channel": "C0APPROVALS",
        "message_ts": "1795003200.000001",
    }
    return Input(**(usual | parts))


def an_owed_card(version: int = 1, **parts: Any) -> Owed:
    usual: dict[str, Any] = {
        "dedup": f"card:R1:{version}",
        "lane": Lane.DECISIONS,
        "kind": OwedKind.CARD,
        "request_id": "R1",
    }
    return Owed(**(usual | parts))


def a_vote(user_id: str = "U0BOB", **parts: Any) -> Vote:
    usual: dict[str, Any] = {"user_id": user_id, "kind": VoteKind.APPROVE, "at": NOON}
    return Vote(**(usual | parts))
