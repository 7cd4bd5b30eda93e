"""An approval request as a row and its votes; runs inside the transaction of whoever calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from bot.domain.accounts import Provider
from bot.domain.approvals import ApprovalRequest, RequestStatus, Vote, VoteKind
from bot.domain.policy import Requirement
from storage.columns import clean_text, from_ms, to_ms
from storage.sightings import order_from_json, order_json

_Value = str | int | None
_REQUIREMENT: TypeAdapter[Requirement] = TypeAdapter(Requirement)

# Word for word that of the indexes request_one_open and request_open.
IS_OPEN = "status in ('pending', 'approved', 'executing', 'unknown')"

_FIXED = (
    *("id", "provider", "account", "order_id", "order_body", "fingerprint", "requirement"),
    *("requested_by", "reason", "created_ms"),
)
_MOVING = (
    *("version", "status", "current_body", "expires_ms", "due_ms", "approved_ms"),
    *("hold_until_ms", "fence", "claimed_ms", "reads", "ended_ms", "ended_by", "end_reason"),
    *("outcome", "outcome_text"),
)
_COLUMNS = ("seq", *_FIXED, *_MOVING)

_INSERT = (
    f"insert into request({', '.join(_COLUMNS[1:])})"
    f" values({', '.join(f':{name}' for name in _COLUMNS[1:])})"
    f" on conflict(account, order_id) where {IS_OPEN} do nothing"
)
_UPDATE = (
    f"update request set {', '.join(f'{name} = :{name}' for name in _MOVING)}"  # noqa: S608
    " where id = :id and status = :old_status and version = :old_version returning seq"
)


def insert_request(db: Database, request: ApprovalRequest) -> bool:
    """False when the order has an open request. A new one starts as pending, version 1, without
    votes. Raises ValueError for votes that nobody cast."""
    if request.votes:
        raise ValueError("a new request has no votes")
    row = {**_fixed(request), **_moving(request)}
    return db.execute(_INSERT, row).rowcount == 1


def update_request(db: Database, before: ApprovalRequest, after: ApprovalRequest) -> bool:
    """Move the row on and then its votes; False when it has moved on since *before* was read.

    Raises ValueError when *after* is another request, or the same about something else.
    """
    if _identity(before) != _identity(after):
        raise ValueError("a request keeps its order, rule, requester and reason")
    row = {
        **_moving(after),
        "version": before.version + 1,
        "id": clean_text(before.request_id),
        "old_status": before.status.value,
        "old_version": before.version,
    }
    moved = db.execute(_UPDATE, row).fetchall()
    if not moved:
        return False
    if before.votes != after.votes:
        [(seq,)] = moved
        db.execute("delete from request_vote where request_seq = :seq", {"seq": seq})
        _insert_votes(db, seq, after.votes)
    return True


def select_requests(
    db: Database, rest: str, values: Mapping[str, _Value]
) -> tuple[ApprovalRequest, ...]:
    """*rest* is what follows `from request`."""
    cursor = db.execute(f"select {', '.join(_COLUMNS)} from request {rest}", dict(values))  # noqa: S608
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    votes = _votes(db, [row["seq"] for row in rows])
    return tuple(_from_row(row, votes.get(row["seq"], ())) for row in rows)


def _insert_votes(db: Database, seq: int, votes: Sequence[Vote]) -> None:
    db.conn.executemany(
        "insert into request_vote(request_seq, user_id, place, kind, at_ms)"
        " values(:seq, :user_id, :place, :kind, :at_ms)",
        [
            {
                "seq": seq,
                "user_id": clean_text(vote.user_id),
                "place": place,
                "kind": vote.kind.value,
                "at_ms": to_ms(vote.at),
            }
            for place, vote in enumerate(votes)
        ],
    )


def _votes(db: Database, seqs: Sequence[int]) -> dict[int, tuple[Vote, ...]]:
    values = {f"seq{at}": seq for at, seq in enumerate(seqs)}
    rows = db.execute(
        "select request_seq, user_id, kind, at_ms from request_vote"  # noqa: S608 - no input
        f" where request_seq in ({', '.join(f':{name}' for name in values)})"
        " order by request_seq, place",
        values,
    ).fetchall()
    votes: dict[int, tuple[Vote, ...]] = {}
    for seq, user_id, kind, at_ms in rows:
        votes[seq] = (*votes.get(seq, ()), Vote(user_id, VoteKind(kind), from_ms(at_ms)))
    return votes


def _identity(request: ApprovalRequest) -> tuple[object, ...]:
    return (
        *(request.request_id, request.provider, request.account, request.order_id),
        *(request.order, request.fingerprint, request.requirement),
        *(request.requested_by, request.reason, request.created_at),
    )


def _fixed(request: ApprovalRequest) -> dict[str, _Value]:
    return {
        "id": clean_text(request.request_id),
        "provider": request.provider.value,
        "account": clean_text(request.account),
        "order_id": clean_text(request.order_id),
        "order_body": order_json(request.order),
        "fingerprint": clean_text(request.fingerprint),
        "requirement": _REQUIREMENT.dump_json(request.requirement).decode(),
        "requested_by": clean_text(request.requested_by),
        "reason": clean_text(request.reason),
        "created_ms": to_ms(request.created_at),
    }


def _moving(request: ApprovalRequest) -> dict[str, _Value]:
    return {
        "version": request.version,
        "status": request.status.value,
        "current_body": order_json(request.current) if request.current else None,
        "expires_ms": to_ms(request.expires_at),
        "due_ms": _ms(request.due_at),
        "approved_ms": _ms(request.approved_at),
        "hold_until_ms": _ms(request.hold_until),
        "fence": request.fence,
        "claimed_ms": _ms(request.claimed_at),
        "reads": request.reads,
        "ended_ms": _ms(request.ended_at),
        "ended_by": clean_text(request.ended_by),
        "end_reason": clean_text(request.end_reason),
        "outcome": clean_text(request.outcome),
        "outcome_text": clean_text(request.outcome_text),
    }


def _from_row(row: Mapping[str, Any], votes: tuple[Vote, ...]) -> ApprovalRequest:
    current = row["current_body"]
    return ApprovalRequest(
        request_id=row["id"],
        version=row["version"],
        status=RequestStatus(row["status"]),
        provider=Provider(row["provider"]),
        account=row["account"],
        order_id=row["order_id"],
        order=order_from_json(row["order_body"]),
        fingerprint=row["fingerprint"],
        requested_by=row["requested_by"],
        reason=row["reason"],
        requirement=_REQUIREMENT.validate_json(row["requirement"]),
        created_at=from_ms(row["created_ms"]),
        expires_at=from_ms(row["expires_ms"]),
        votes=votes,
        due_at=_moment(row["due_ms"]),
        approved_at=_moment(row["approved_ms"]),
        hold_until=_moment(row["hold_until_ms"]),
        fence=row["fence"],
        claimed_at=_moment(row["claimed_ms"]),
        reads=row["reads"],
        ended_at=_moment(row["ended_ms"]),
        ended_by=row["ended_by"],
        end_reason=row["end_reason"],
        outcome=row["outcome"],
        outcome_text=row["outcome_text"],
        current=order_from_json(current) if current else None,
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
