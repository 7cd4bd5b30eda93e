"""Whether all books say the same: the clouds' own, the record, the tables, the cards."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from typing import Any

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.orders import CancelEffect
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
    books = Books(stage)
    for request in books.requests:
        books.check(request, f"{where}, request {request.request_id}")
        counted["requests"] += 1
        counted[str(request.status)] += 1
    counted["cancel calls at the clouds"] = len(books.calls)
    counted["messages owed and settled"] = _outbox(stage, where)
    verdict = verify_file(stage.database)
    assert verdict.ok, f"{where}: record {verdict.bad_seq}: {verdict.reason}"
    return counted


class Books:
    """All that the table, the record and the clouds say, read once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.requests = records(stage)
        self._told: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in stage.records():
            self._told[record["facts"].get("request_id")].append(record)
        self._asked: dict[str, list[ApprovalRequest]] = defaultdict(list)
        for request in self.requests:
            self._asked[request.order_id].append(request)
        self.calls = [call for call in stage.clouds.book.calls if call.operation == "cancel_order"]

    def check(self, request: ApprovalRequest, where: str) -> None:
        assert not request.is_open, f"{where} is still {request.status}"
        told = self._told[request.request_id]
        claims = [record for record in told if record["kind"] == "request:claimed"]
        settled = [record for record in told if record["kind"] in AFTER_A_CLAIM]
        assert len(claims) == request.fence, f"{where}: {len(claims)} claims, not {request.fence}"
        assert not claims or settled, f"{where}: a claim without an end"
        approving = {vote.user_id for vote in request.approvals()} - {request.requested_by}
        assert not claims or approving, f"{where}: claimed without a second person"
        if request.fence == 0:
            assert not any(record["kind"] == "request:cancelled" for record in told), where
        self._order_is(request, where)
        who = request.requested_by
        for channel, reader in ((APPROVALS, BOB), (f"D{who[1:]}", who)):
            self._card_is_true(request, channel, reader, where)

    def _order_is(self, request: ApprovalRequest, where: str) -> None:
        asked = self._asked[request.order_id]
        calls = [call for call in self.calls if call.order_id == request.order_id]
        claimed = sum(each.fence > 0 for each in asked)
        throttled = sum(map(self._throttled, asked))
        called = f"{len(calls)} calls for {claimed} claims, throttled {throttled}"
        assert len(calls) <= claimed + throttled, f"{where}: {called}"
        acted = sum(call.effect for call in calls)
        assert acted <= 1, f"{where}: {acted} effects"
        order = self._stage.clouds.book.orders[request.account][request.order_id]
        if request.status is S.CANCELLED:
            assert order.payment_status == "cancelled", f"{where} says cancelled; it is not"
            assert request.fence, f"{where}: cancelled without a claim"
        if acted and len(asked) == 1:
            ended = request.status is S.CANCELLED or request.outcome == Outcome.LATE_EFFECT
            told_as = f"{request.status} {request.outcome}"
            assert ended, f"{where}: the cloud cancelled it for us, the bot says {told_as}"

    def _throttled(self, request: ApprovalRequest) -> int:
        """How many of its calls the cloud surely did not carry out, and so may follow another."""
        return sum(
            record["facts"].get("effect") == CancelEffect.THROTTLED
            for record in self._told[request.request_id]
            if record["kind"] == "request:released"
        )

    def _card_is_true(
        self, request: ApprovalRequest, channel: str, reader: str, where: str
    ) -> None:
        """Its newest card there tells the end, unless the record says that Slack took none."""
        shown = cards(self._stage, request, channel, reader)[-1:]
        ends = f"{str(request.status).capitalize()}: "
        if shown and said(shown[0]).startswith(ends) and not DECIDING & set(labels(shown[0])):
            return
        given_up = {
            record["facts"]["to"]
            for record in self._told[request.request_id]
            if record["kind"] == "message:given_up"
        }
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
