"""Whether all books say the same: the clouds' own, the record, the tables, the cards."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from storage.verify import verify_file
from tests.cancelling import APPROVALS, cards, records
from tests.stage import BOB, Stage, labels, said

S = RequestStatus
AFTER_A_CLAIM = frozenset(
    {"request:cancelled", "request:failed", "request:unknown", "request:released"}
)
DECIDING = {"Approve", "Deny…", "Stop"}


def balance(stage: Stage, where: str) -> Counter[str]:
    """Raises AssertionError, with *where* to repeat it, when two books differ."""
    counted: Counter[str] = Counter()
    for request in records(stage):
        _one(stage, request, f"{where}, request {request.request_id}")
        counted["requests"] += 1
        counted[str(request.status)] += 1
    counted["cancel calls at the clouds"] = sum(
        call.operation == "cancel_order" for call in stage.clouds.book.calls
    )
    counted["messages owed and settled"] = _outbox(stage, where)
    verdict = verify_file(stage.database)
    assert verdict.ok, f"{where}: record {verdict.bad_seq}: {verdict.reason}"
    return counted


def _one(stage: Stage, request: ApprovalRequest, where: str) -> None:
    assert not request.is_open, f"{where} is still {request.status}"
    told = [
        record
        for record in stage.records()
        if record["facts"].get("request_id") == request.request_id
    ]
    claims = [record for record in told if record["kind"] == "request:claimed"]
    settled = [record for record in told if record["kind"] in AFTER_A_CLAIM]
    assert len(claims) == request.fence, f"{where}: {len(claims)} claims, fence {request.fence}"
    assert not claims or settled, f"{where}: a claim without an end"
    calls = [
        call
        for call in stage.clouds.book.calls
        if call.operation == "cancel_order" and call.order_id == request.order_id
    ]
    others = [each for each in records(stage) if each.order_id == request.order_id]
    assert len(calls) <= sum(each.fence for each in others), f"{where}: {len(calls)} calls"
    acted = sum(call.effect for call in calls)
    assert acted <= 1, f"{where}: {acted} effects"
    order = stage.clouds.book.orders[request.account][request.order_id]
    if request.status is S.CANCELLED:
        assert order.payment_status == "cancelled", f"{where} says cancelled; it is not"
        assert claims, f"{where}: cancelled without a claim"
    if request.fence == 0:
        assert not any(record["kind"] == "request:cancelled" for record in told), where
    if acted and len(others) == 1:
        ended = request.status is S.CANCELLED or request.outcome == Outcome.LATE_EFFECT
        told_as = f"{request.status} {request.outcome}"
        assert ended, f"{where}: the cloud cancelled it for us, the bot says {told_as}"
    approving = {vote.user_id for vote in request.approvals()} - {request.requested_by}
    assert not claims or approving, f"{where}: claimed without a second person"
    for channel, reader in (
        (APPROVALS, BOB),
        (f"D{request.requested_by[1:]}", request.requested_by),
    ):
        _card_is_true(stage, request, told, (channel, reader), where)


def _card_is_true(
    stage: Stage,
    request: ApprovalRequest,
    told: list[dict[str, Any]],
    place: tuple[str, str],
    where: str,
) -> None:
    """A place's newest card tells the end, unless the record says that Slack did not take it."""
    channel, reader = place
    shown = cards(stage, request, *place)[-1:]
    words = f"{str(request.status).capitalize()}: "
    if shown and said(shown[0]).startswith(words) and not DECIDING & set(labels(shown[0])):
        return
    given_up = {r["facts"]["to"] for r in told if r["kind"] == "message:given_up"}
    explained = any(to in (channel, reader) or to.startswith(f"{channel}:") for to in given_up)
    says = said(shown[0])[:60] if shown else "nothing"
    assert explained, f"{where} is {request.status}; in {channel} its card says {says!r}"


def _outbox(stage: Stage, where: str) -> int:
    """Every row delivered, or with a word why not."""
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as db:
        rows = db.execute("select state, result, dedup from outbox").fetchall()
    for state, result, dedup in rows:
        assert state == "done", f"{where}: {dedup} is still owed"
        assert result, f"{where}: {dedup} ended without a word"
    return len(rows)
