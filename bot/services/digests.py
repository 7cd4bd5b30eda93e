"""What people do with a channel's digest: switch it, change it, ask for one now, note its lines.

Whoever switches it on lends it the right to view: it shows what this person may view, and nobody
changes it who may not view all of that.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.digest_contents import DigestLine
from bot.domain.digests import (
    EVERY_DAY,
    DigestPlan,
    DigestRun,
    NoteKind,
    next_slot,
)
from bot.domain.people import Channel
from bot.domain.zones import zone_named
from bot.errors import NotAllowed, UsageError
from bot.i18n import _
from bot.ports import Channels, Clock, DigestStore
from bot.services.access import Access, Viewer
from bot.services.composing import FilterReader
from bot.services.digest_ends import Ending, end_plan
from bot.services.digest_notes import note_entry, note_on
from bot.services.digest_terms import (
    NOW,
    NOW_OWN,
    UNREADABLE,
    changed_meanwhile,
    check_filters,
    chosen,
    new_run,
    not_yours,
)

USUAL_AT = time(9)
SNOOZE = timedelta(days=90)  # at most
DAY = timedelta(days=1)
_DIGITS = 9  # of a line's number


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestChanges:
    """What was asked to be different; None leaves it. *zone* as typed, *filters* by name."""

    at: time | None = None
    weekdays: frozenset[int] | None = None
    zone: str | None = None
    filters: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Switched:
    """*accounts* are the names of those that it shows now; everybody in *channel* reads them."""

    plan: DigestPlan
    channel: Channel
    next_at: datetime
    accounts: tuple[str, ...]


class Digests:
    """*reads* turns filters as typed into values. *wake* is set when a digest is to be composed or
    a message is owed. Refusals are UserErrors."""

    def __init__(
        self,
        *,
        store: DigestStore,
        access: Access,
        channels: Channels,
        reads: FilterReader,
        clock: Clock,
        wake: asyncio.Event,
    ) -> None:
        self._store = store
        self._access = access
        self._channels = channels
        self._reads = reads
        self._clock = clock
        self._wake = wake

    async def status(self, viewer: Viewer, channel: str) -> DigestPlan | None:
        """The channel's plan, also one that is switched off. One of accounts that *viewer* may not
        view reads like none."""
        plan = await self._store.plan(channel)
        named = plan.filters.get("account", "").casefold() if plan else ""
        hidden = named and named not in {name.casefold() for name in viewer.names}
        return None if hidden else plan

    async def switch_on(self, viewer: Viewer, channel: str, changes: DigestChanges) -> Switched:
        """Where it is on already, the rest of it stays and the asker takes it over."""
        where = await self._open_channel(channel)
        before = await self._on(channel)
        if before is not None:
            await self._check_right(viewer, before)
        now, owner = self._clock.now(), viewer.person
        fresh = DigestPlan(
            channel=channel,
            owner=owner.user_id,
            at=USUAL_AT,
            weekdays=EVERY_DAY,
            zone=zone_named(owner.time_zone) or "UTC",
            since=now,
        )
        plan = _changed(replace(before or fresh, owner=owner.user_id), changes, now)
        return await self._put(viewer, plan, where, over=before)

    async def change(self, viewer: Viewer, channel: str, changes: DigestChanges) -> Switched:
        """Time, days, zone or filters of one that is on; its owner stays."""
        before = await self._needed(channel)
        await self._check_right(viewer, before)
        where = await self._open_channel(channel)
        after = _changed(before, changes, self._clock.now())
        return await self._put(viewer, after, where, over=before)

    async def switch_off(self, viewer: Viewer, channel: str) -> DigestPlan:
        plan = await self._needed(channel)
        await self._check_right(viewer, plan)
        now, actor = self._clock.now(), viewer.person.user_id
        after = await end_plan(self._store, plan, Ending.ASKED, actor=actor, at=now)
        if after is None:
            raise changed_meanwhile()
        return after

    async def next_at(self, plan: DigestPlan) -> datetime:
        """When the next daily one comes of a plan that is on. A day that had its digest has no
        second one, whatever was changed since."""
        now = self._clock.now()
        return next_slot(plan, now, await self._store.taken(plan.channel, since=(now - DAY).date()))

    async def post_now(self, viewer: Viewer, channel: str) -> tuple[DigestRun, Channel]:
        """Begin one beside the daily ones: with the channel's plan where it has one, else over all
        accounts of the asker. Everybody in the channel reads it."""
        where = await self._open_channel(channel)
        plan = await self._on(channel)
        if plan is not None:
            await self._check_right(viewer, plan)
        key = (NOW_OWN if plan is None else NOW) + secrets.token_hex(6)
        owner, now = plan.owner if plan else viewer.person.user_id, self._clock.now()
        run = new_run(channel, key, owner, now)
        await self._store.begin(run, at=now)
        self._wake.set()
        return run, where

    async def line(self, viewer: Viewer, ref: str) -> tuple[DigestRun, DigestLine]:
        """The line that a button stands for; *ref* is `RUN_ID.INDEX`."""
        run_id, _dot, index = ref.partition(".")
        run = await self._store.run(run_id)
        if run is None or run.contents is None or not index.isdecimal():
            raise UsageError(_("This digest is too old for its buttons. Look at /order unpaid"))
        if len(index) > _DIGITS or int(index) >= len(run.contents.lines):
            raise UsageError(_("This digest has no such line. Look at /order unpaid"))
        line = run.contents.lines[int(index)]
        if line.account not in viewer.names:
            raise NotAllowed(_("You may not view the account of this order."), rule="viewers")
        return run, line

    async def claim(self, viewer: Viewer, ref: str) -> DigestLine:
        """*This is mine*: tells the others, and gives no right."""
        run, line = await self.line(viewer, ref)
        note = note_on(line, run, NoteKind.CLAIMED, viewer.person.user_id, self._clock.now())
        entry = note_entry(AuditKind.ORDER_CLAIMED, run, note)
        await self._store.note(note, entry=entry, at=note.at)
        return replace(line, claimed_by=note.user_id)

    async def snooze(self, viewer: Viewer, ref: str, *, until: datetime, reason: str) -> DigestLine:
        """Out of sight in this channel's digests until then; totals still count it."""
        run, line = await self.line(viewer, ref)
        reason, now = reason.strip(), self._clock.now()
        if not reason:
            raise UsageError(_("A snooze needs a reason: tell the others why it can wait."))
        if not now < until <= now + SNOOZE:
            raise UsageError(
                _("A snooze ends in the future, in {days} days at most.", days=SNOOZE.days)
            )
        note = note_on(line, run, NoteKind.SNOOZED, viewer.person.user_id, now)
        note = replace(note, until=until, reason=reason)
        entry = note_entry(AuditKind.ORDER_SNOOZED, run, note)
        await self._store.note(note, entry=entry, at=now)
        return replace(line, snoozed_until=until, snoozed_by=note.user_id, snooze_reason=reason)

    async def _on(self, channel: str) -> DigestPlan | None:
        plan = await self._store.plan(channel)
        return plan if plan is not None and plan.on else None

    async def _needed(self, channel: str) -> DigestPlan:
        plan = await self._on(channel)
        if plan is None:
            raise UsageError(_("No digest is on in this channel. Write /order digest on"))
        return plan

    async def _open_channel(self, channel: str) -> Channel:
        where = await self._channels.channel(channel)
        if where.external:
            raise NotAllowed(
                _(
                    "This channel is shared with another company, so no digest is posted here."
                    " Use a channel of your own."
                ),
                rule="external",
            )
        if where.archived:
            raise NotAllowed(_("This channel is archived; use another one."), rule="archived")
        return where

    async def _put(
        self, viewer: Viewer, plan: DigestPlan, where: Channel, *, over: DigestPlan | None
    ) -> Switched:
        """Raises UserError for what cannot be read, may not be shown by both, or is no longer a
        change of *over*."""
        owner = viewer
        if viewer.person.user_id != plan.owner:
            owner = await self._access.viewer(plan.owner)
        accounts = chosen(owner, plan.filters)
        if not accounts <= viewer.names:
            raise not_yours()
        now = self._clock.now()
        check_filters(plan.filters)
        self._reads(plan.filters, accounts, now, plan.zone)
        entry = AuditEntry(
            kind=AuditKind.DIGEST_SET,
            actor=viewer.person.user_id,
            subject=f"digest:{plan.channel}",
            facts={
                "owner": plan.owner,
                "at": plan.at.isoformat("minutes"),
                "weekdays": "".join(str(day) for day in sorted(plan.weekdays)),
                "zone": plan.zone,
                "accounts": ",".join(sorted(accounts)),
            },
            texts={f"filter_{name}": value for name, value in plan.filters.items()},
        )
        if not await self._store.put_plan(plan, over=over, entry=entry, at=now):
            raise changed_meanwhile()
        self._wake.set()
        shown = tuple(each.name for each in owner.accounts if each.name in accounts)
        return Switched(plan, where, await self.next_at(plan), shown)

    async def _check_right(self, viewer: Viewer, plan: DigestPlan) -> None:
        """The owner, or who may view every account that it shows now."""
        if viewer.person.user_id == plan.owner:
            return
        try:
            shown = chosen(await self._access.viewer(plan.owner), plan.filters)
        except NotAllowed as error:
            if error.rule == UNREADABLE:
                raise
            return  # it shows nothing any more
        if not shown <= viewer.names:
            raise not_yours()


def _changed(plan: DigestPlan, changes: DigestChanges, now: datetime) -> DigestPlan:
    """*plan* with what was asked for. A time of day that differs begins now: what is past today
    was not promised."""
    zone = plan.zone if changes.zone is None else zone_named(changes.zone)
    if not zone:
        raise UsageError(
            _(
                "I know no time zone “{zone}”; write it like Europe/Berlin or Asia/Shanghai.",
                zone=(changes.zone or "")[:40],
            )
        )
    weekdays = plan.weekdays if changes.weekdays is None else changes.weekdays
    if not weekdays or not weekdays <= EVERY_DAY:
        raise UsageError(_("Name at least one day of the week, for example mon-fri."))
    at = plan.at if changes.at is None else changes.at
    filters = plan.filters if changes.filters is None else changes.filters
    after = replace(
        plan, at=at.replace(second=0, microsecond=0), weekdays=weekdays, zone=zone, filters=filters
    )
    moved = (after.at, after.weekdays, after.zone) != (plan.at, plan.weekdays, plan.zone)
    return replace(after, since=now) if moved else after
