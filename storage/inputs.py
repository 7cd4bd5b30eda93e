"""Rows of inputs as they came; each function runs inside the transaction of whoever calls."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from bot.domain.inputs import Input, InputKind
from storage.columns import clean_text, from_ms, to_ms

_KEPT_MS = 24 * 60 * 60 * 1000
_PURGED_AT_ONCE = 200  # so that no person waits for a long clean-up

_COLUMNS = "id, kind, user_id, at_ms, request_id, account, order_id, reason, channel, message_ts"
_INSERT = f"""
    insert into input({_COLUMNS})
    values(:id, :kind, :user_id, :at_ms, :request_id, :account, :order_id, :reason, :channel,
      :message_ts)
    on conflict(id) do nothing
"""
_FORGET = "delete from input where id = :id and judged_ms is not null and at_ms < :oldest"
_PURGE = """
    delete from input where judged_ms is not null and at_ms < :oldest and at_ms <=
      (select max(at_ms) from (select at_ms from input where judged_ms is not null
        and at_ms < :oldest order by at_ms limit :limit) as first)
"""


def insert_input(db: Database, given: Input) -> bool:
    """False when its id was stored within 24 hours before it, or still waits to be judged. Judged
    inputs that are older are removed, reason and all."""
    oldest = to_ms(given.at) - _KEPT_MS
    db.execute(_FORGET, {"id": clean_text(given.input_id), "oldest": oldest})
    db.execute(_PURGE, {"oldest": oldest, "limit": _PURGED_AT_ONCE})
    return db.execute(_INSERT, _to_row(given)).rowcount == 1


def judge_input(db: Database, given: Input, at: datetime) -> bool:
    """Mark an input as judged; False when it was judged before, so that it counts only once."""
    values = {"id": clean_text(given.input_id), "at_ms": to_ms(at)}
    marked = db.execute(
        "update input set judged_ms = :at_ms where id = :id and judged_ms is null", values
    )
    if marked.rowcount == 1:
        return True
    return db.execute("select 1 from input where id = :id", values).fetchone() is None


def is_waiting(db: Database, request_id: str, kinds: Collection[InputKind]) -> bool:
    """Whether an input of these kinds for this request was stored and is not judged yet. Waiting
    inputs are few: the partial index on them is walked."""
    rows = db.execute(
        "select kind from input where judged_ms is null and request_id = :request_id",
        {"request_id": clean_text(request_id)},
    ).fetchall()
    return any(InputKind(kind) in kinds for (kind,) in rows)


def unjudged(db: Database, limit: int) -> tuple[Input, ...]:
    rows = db.execute(
        f"select {_COLUMNS} from input where judged_ms is null order by seq limit :limit",  # noqa: S608 - our own names
        {"limit": limit},
    ).fetchall()
    return tuple(
        Input(
            input_id=input_id,
            kind=InputKind(kind),
            user_id=user_id,
            at=from_ms(at_ms),
            request_id=request_id,
            account=account,
            order_id=order_id,
            reason=reason,
            channel=channel,
            message_ts=message_ts,
        )
        for (
            input_id,
            kind,
            user_id,
            at_ms,
            request_id,
            account,
            order_id,
            reason,
            channel,
            message_ts,
        ) in rows
    )


def _to_row(given: Input) -> dict[str, str | int]:
    return {
        "id": clean_text(given.input_id),
        "kind": given.kind.value,
        "user_id": clean_text(given.user_id),
        "at_ms": to_ms(given.at),
        "request_id": clean_text(given.request_id),
        "account": clean_text(given.account),
        "order_id": clean_text(given.order_id),
        "reason": clean_text(given.reason),
        "channel": clean_text(given.channel),
        "message_ts": clean_text(given.message_ts),
    }
