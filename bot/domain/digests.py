"""A channel's daily digest: when it is due, and what people noted about its lines. Pure.

A digest is due at a wall-clock time in the channel's zone. A time that the clocks skip is the
moment an hour later, one that they repeat is the first of the two; which day it was for is a key
in the database, so that no timer decides how often it is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.digest_contents import DigestContents
from bot.domain.zones import zone_rules

GRACE = timedelta(hours=12)  # a digest later than this is left out: the next one is near
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """*owner* switched it on: its accounts are those that this person may view, and this person is
    told when it ends. *at* is a wall-clock time in *zone* (IANA), *weekdays* count from Monday 0,
    *filters* are as typed, by name. *since* is when it was switched on, or its time changed: a
    moment before that is not due."""

    channel: str
    owner: str
    at: time
    weekdays: frozenset[int]
    zone: str
    since: datetime
    filters: Mapping[str, str] = field(default_factory=dict)
    on: bool = True


class RunState(StrEnum):
    BEGUN = "begun"  # its day is taken; the clouds are to be asked
    COMPOSED = "composed"  # what it says is stored, the message is owed
    POSTED = "posted"
    DROPPED = "dropped"  # it will not be posted; the plan or the channel is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRun:
    """One digest. *key* is its local day (`2026-11-22`), or `now:…` for one that was asked for;
    one per channel and key. *contents* is None until it is composed, *ts* "" until it is posted;
    *parts* counts the messages of its thread that stand."""

    run_id: str
    channel: str
    key: str
    owner: str
    begun_at: datetime
    state: RunState = RunState.BEGUN
    contents: DigestContents | None = None
    ts: str = ""
    unsure: bool = False
    parts: int = 0

    @property
    def daily(self) -> bool:
        return not self.key.startswith("now:")


class NoteKind(StrEnum):
    CLAIMED = "claimed"  # "This is mine": tells the others, gives no right
    SNOOZED = "snoozed"  # out of sight until a moment; totals still count it


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNote:
    """What a person said about one order in one channel; a newer note of a kind replaces it. A
    claim has neither *until* nor *reason*."""

    channel: str
    account: str
    order_id: str
    kind: NoteKind
    user_id: str
    at: datetime
    until: datetime | None = None
    reason: str = ""


def slot(day: date, at: time, zone: str) -> datetime:
    """The moment of a local day's digest, aware UTC."""
    return datetime.combine(day, at, tzinfo=zone_rules(zone)).astimezone(UTC)


def due_days(plan: DigestPlan, now: datetime) -> tuple[date, ...]:
    """The local days whose digest is due now, oldest first: at most yesterday's and today's."""
    if not plan.on:
        return ()
    today = now.astimezone(zone_rules(plan.zone)).date()
    return tuple(
        day
        for day in (today - timedelta(days=1), today)
        if plan.since <= (moment := slot(day, plan.at, plan.zone))
        and timedelta(0) <= now - moment <= GRACE
        and _has_digest(plan, day, moment)
    )


def next_slot(plan: DigestPlan, now: datetime, taken: Collection[str] = ()) -> datetime:
    """When the next digest comes, aware UTC; one that is due now counts as past. *taken* are keys
    of days that had theirs, at another time or in another zone."""
    today = now.astimezone(zone_rules(plan.zone)).date()
    days = (today + timedelta(days=ahead) for ahead in range(16))
    moments = ((day, slot(day, plan.at, plan.zone)) for day in days)
    return next(
        moment
        for day, moment in moments
        if moment > now and day.isoformat() not in taken and _has_digest(plan, day, moment)
    )


def _has_digest(plan: DigestPlan, day: date, moment: datetime) -> bool:
    """Whether it is a day of the plan's, and not one that the calendar of the zone leaves out, as
    Samoa's did with 30 December 2011: its *moment* lies on another day."""
    is_real = moment.astimezone(zone_rules(plan.zone)).date() == day
    return is_real and day.weekday() in plan.weekdays
