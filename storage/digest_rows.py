"""Plans, runs and notes of digests as rows; runs inside the transaction of whoever calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlite_utils import Database

from bot.domain.digest_contents import DigestContents
from bot.domain.digests import DigestPlan, DigestRun, NoteKind, OrderNote, RunState
from storage.columns import clean_text, from_ms, json_text, to_ms

_Value = str | int | None
RunRow = Mapping[str, Any]
_CONTENTS: TypeAdapter[DigestContents] = TypeAdapter(DigestContents)
_FILTERS: TypeAdapter[Mapping[str, str]] = TypeAdapter(Mapping[str, str])

KEPT = timedelta(days=400)  # a year to look back on, and a month for the trend before it
_PURGED_AT_ONCE = 200  # of each table, so that nothing waits for a long clean-up

# Word for word those of the indexes digest_run_waiting and digest_run_told.
IS_WAITING = "state = 'begun'"
IS_TOLD = "daily = 1 and state in ('composed', 'posted')"

_PLAN = ("channel", "owner", "wall_time", "weekdays", "zone", "since_ms", "filters", "is_on")
_RUN = (
    *("id", "channel", "key", "owner", "begun_ms", "state", "contents", "ts", "unsure", "parts"),
)
_NOTE = ("channel", "account", "order_id", "kind", "user_id", "at_ms", "until_ms", "reason")

_PUT_PLAN = (
    f"insert into digest_plan({', '.join(_PLAN)}) values({', '.join(f':{c}' for c in _PLAN)})"
    f" on conflict(channel) do update set {', '.join(f'{c} = excluded.{c}' for c in _PLAN[1:])}"
)
_REPLACE_PLAN = (
    f"update digest_plan set {', '.join(f'{c} = :{c}' for c in _PLAN[1:])}"  # noqa: S608 - ours
    f" where {' and '.join(f'{c} = :was_{c}' for c in _PLAN)}"
)
_BEGIN = """
    insert into digest_run(id, channel, key, daily, owner, begun_ms, state, ts, unsure, parts)
    values(:id, :channel, :key, :daily, :owner, :begun_ms, 'begun', '', 0, 0)
    on conflict(channel, key) do nothing
"""
_PUT_NOTE = (
    f"insert into order_note({', '.join(_NOTE)}) values({', '.join(f':{c}' for c in _NOTE)})"
    " on conflict(channel, account, order_id, kind)"
    f" do update set {', '.join(f'{c} = excluded.{c}' for c in _NOTE[4:])}"
)
_PURGE = tuple(
    f"delete from {table} where {age} < :oldest and {age} <="  # noqa: S608 - our own names
    f" (select max({age}) from (select {age} from {table} order by {age} limit :limit) as first)"
    for table, age in {"digest_run": "begun_ms", "order_note": "at_ms"}.items()
)


def upsert_plan(db: Database, plan: DigestPlan) -> None:
    db.execute(_PUT_PLAN, _plan_row(plan))


def replace_plan(db: Database, before: DigestPlan, plan: DigestPlan) -> bool:
    """False when the channel's plan is not *before*, of the same channel."""
    was = {f"was_{name}": value for name, value in _plan_row(before).items()}
    return db.execute(_REPLACE_PLAN, _plan_row(plan) | was).rowcount == 1


def select_plans(db: Database, rest: str, values: Mapping[str, _Value]) -> tuple[DigestPlan, ...]:
    """*rest* is what follows `from digest_plan`."""
    return tuple(_plan(row) for row in _select(db, "digest_plan", _PLAN, rest, values))


def insert_run(db: Database, run: DigestRun) -> bool:
    """As begun; False when the channel has a run of this key."""
    row = {
        "id": clean_text(run.run_id),
        "channel": clean_text(run.channel),
        "key": clean_text(run.key),
        "daily": int(run.daily),
        "owner": clean_text(run.owner),
        "begun_ms": to_ms(run.begun_at),
    }
    return db.execute(_BEGIN, row).rowcount == 1


def compose_run(db: Database, run_id: str, contents: DigestContents) -> bool:
    """False when the run is no longer begun."""
    cursor = db.execute(
        "update digest_run set state = 'composed', contents = :contents"
        " where id = :id and state = 'begun'",
        {"id": clean_text(run_id), "contents": json_text(_CONTENTS, contents)},
    )
    return cursor.rowcount == 1


def select_runs(db: Database, rest: str, values: Mapping[str, _Value]) -> list[RunRow]:
    """*rest* is what follows `from digest_run`. The rows are for `runs_from`, which may take a
    while and needs no database."""
    return _select(db, "digest_run", _RUN, rest, values)


def runs_from(rows: Sequence[RunRow]) -> tuple[DigestRun, ...]:
    return tuple(_run(row) for row in rows)


def upsert_note(db: Database, note: OrderNote) -> None:
    db.execute(
        _PUT_NOTE,
        {
            "channel": clean_text(note.channel),
            "account": clean_text(note.account),
            "order_id": clean_text(note.order_id),
            "kind": note.kind.value,
            "user_id": clean_text(note.user_id),
            "at_ms": to_ms(note.at),
            "until_ms": None if note.until is None else to_ms(note.until),
            "reason": clean_text(note.reason),
        },
    )


def select_notes(db: Database, rest: str, values: Mapping[str, _Value]) -> tuple[OrderNote, ...]:
    """*rest* is what follows `from order_note`."""
    return tuple(_note(row) for row in _select(db, "order_note", _NOTE, rest, values))


def purge(db: Database, at: datetime) -> None:
    """Let go of the oldest runs and notes beyond KEPT. A note goes by the day it was made: its
    order is older still, and no digest looks back that far."""
    for statement in _PURGE:
        db.execute(statement, {"oldest": to_ms(at - KEPT), "limit": _PURGED_AT_ONCE})


def _select(
    db: Database, table: str, columns: tuple[str, ...], rest: str, values: Mapping[str, _Value]
) -> list[Mapping[str, Any]]:
    cursor = db.execute(f"select {', '.join(columns)} from {table} {rest}", dict(values))  # noqa: S608 - our own words
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _plan_row(plan: DigestPlan) -> dict[str, str | int]:
    return {
        "channel": clean_text(plan.channel),
        "owner": clean_text(plan.owner),
        "wall_time": plan.at.isoformat(),
        "weekdays": "".join(str(day) for day in sorted(plan.weekdays)),
        "zone": clean_text(plan.zone),
        "since_ms": to_ms(plan.since),
        "filters": json_text(_FILTERS, dict(plan.filters)),
        "is_on": int(plan.on),
    }


def _plan(row: Mapping[str, Any]) -> DigestPlan:
    return DigestPlan(
        channel=row["channel"],
        owner=row["owner"],
        at=time.fromisoformat(row["wall_time"]),
        weekdays=frozenset(int(day) for day in row["weekdays"]),
        zone=row["zone"],
        since=from_ms(row["since_ms"]),
        filters=_FILTERS.validate_json(row["filters"]),
        on=bool(row["is_on"]),
    )


def _run(row: RunRow) -> DigestRun:
    contents = row["contents"]
    return DigestRun(
        run_id=row["id"],
        channel=row["channel"],
        key=row["key"],
        owner=row["owner"],
        begun_at=from_ms(row["begun_ms"]),
        state=RunState(row["state"]),
        contents=None if contents is None else _CONTENTS.validate_json(contents),
        ts=row["ts"],
        unsure=bool(row["unsure"]),
        parts=row["parts"],
    )


def _note(row: Mapping[str, Any]) -> OrderNote:
    until_ms = row["until_ms"]
    return OrderNote(
        channel=row["channel"],
        account=row["account"],
        order_id=row["order_id"],
        kind=NoteKind(row["kind"]),
        user_id=row["user_id"],
        at=from_ms(row["at_ms"]),
        until=None if until_ms is None else from_ms(until_ms),
        reason=row["reason"],
    )
