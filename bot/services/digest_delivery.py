"""Brings a composed digest to its channel, and the rest of it into its thread.

One message at a time: between two of them whatever is more urgent goes first, and where the process
ends the next one goes on. What stands is kept in the run, so that a thread that fails never repeats
the message above it. Who may read it is asked right before it is posted, for it may have waited. A
channel that takes no more messages ends its digest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot import crash
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.digests import GRACE, DigestPlan, DigestRun, RunState
from bot.domain.outbox import Leased
from bot.errors import MessageRefused, MessageUnsure, NotAllowed
from bot.i18n import _
from bot.ports import AuditLog, Channels, Clock, DigestStore, Messenger, OutboxStore
from bot.services.access import Access
from bot.services.digest_ends import Ending, because, end_plan, not_posted, too_late
from bot.services.digest_rights import Over, check_channel, may_still_view
from bot.services.digest_terms import NOW_OWN
from bot.services.steps import BOT

logger = structlog.get_logger(__name__)

PACE = timedelta(seconds=1)  # between two messages: Slack takes one a second per channel
AGAIN = timedelta(minutes=5)  # until an unclear post is made once more
SOON = timedelta(minutes=1)  # until Slack is asked again who may read it
CHANNEL_LOST = frozenset(
    {
        *("channel_not_found", "not_in_channel", "is_archived", "is_inactive"),
        *("restricted_action", "restricted_action_read_only_channel"),
        *("restricted_action_thread_only_channel",),
        *("messages_tab_disabled", "user_disabled", "cannot_dm_bot"),
    }
)
"""Slack's words for a channel that takes nothing from the bot, today or tomorrow."""


class DigestDelivery:
    """*outbox* takes what its owner is told where a digest could not be posted."""

    def __init__(
        self,
        *,
        store: DigestStore,
        messenger: Messenger,
        outbox: OutboxStore,
        audit: AuditLog,
        access: Access,
        channels: Channels,
        clock: Clock,
    ) -> None:
        self._store = store
        self._messenger = messenger
        self._outbox = outbox
        self._audit = audit
        self._access = access
        self._channels = channels
        self._clock = clock
        self._seen: set[int] = set()  # rows that this process has begun
        self._unclear: set[str] = set()  # messages whose first post may have arrived
        self._checked: dict[str, datetime] = {}  # by run: when its readers were asked about

    async def deliver(self, leased: Leased) -> str | datetime:
        """Post the next message of a digest: how its row is settled, or when it is due again.
        Raises MessageDelayed."""
        run = await self._store.run(leased.owed.run_id)
        if run is None or run.contents is None or run.state is RunState.DROPPED:
            return "no such digest"
        if leased.attempts > 1 and leased.outbox_id not in self._seen:
            self._unclear.add(_place(run))  # by an earlier process
        self._seen.add(leased.outbox_id)
        settled = await self._kept_back(leased, run)
        if settled is None:
            send = self._part if run.ts else self._post
            settled = await send(leased, run, again=_place(run) in self._unclear)
        if isinstance(settled, str):
            self._seen.discard(leased.outbox_id)
            self._unclear.discard(_place(run))
            self._checked.pop(run.run_id, None)
        return settled

    async def _kept_back(self, leased: Leased, run: DigestRun) -> str | datetime | None:
        """Why it is not posted, or when to look again; None where it may be."""
        plan = None if run.key.startswith(NOW_OWN) else await self._plan(run)
        if run.daily and plan is None and not run.ts:
            return await self._left_out(leased, run, "switched off")
        owner = plan.owner if plan else run.owner
        if self._clock.now() - run.begun_at > GRACE:
            await self._give_up(leased, run, "late")
            return await self._drop(run, "late", owner, too_late())
        try:
            if await self._may_read(run, owner):
                return None
        except NotAllowed:  # Slack does not answer about the owner or the channel
            return self._clock.now() + SOON
        except Over as error:
            return await self._end(leased, run, plan, error.why)
        hidden = _("you may not view all of its accounts any more. The next one leaves those out.")
        return await self._left_out(leased, run, "viewers", owner, hidden)

    async def _may_read(self, run: DigestRun, owner: str) -> bool:
        """A thread in one go asks about neither the channel nor the owner again. Raises Over, and
        NotAllowed where Slack does not say."""
        now, checked = self._clock.now(), self._checked.get(run.run_id)
        if run.ts and checked is not None and timedelta(0) <= now - checked < SOON:
            return True
        await check_channel(self._channels, run.channel)
        shown = run.contents.accounts if run.contents else ()
        if not await may_still_view(self._access, owner, {each.name for each in shown}):
            return False
        self._checked[run.run_id] = now
        return True

    async def _end(
        self, leased: Leased, run: DigestRun, plan: DigestPlan | None, why: Ending
    ) -> str | datetime:
        """The plan is over, and its owner is told; one that is another plan's by now is looked at
        again."""
        if plan is None:
            return await self._left_out(leased, run, why.value, run.owner, because(why))
        if await end_plan(self._store, plan, why, at=self._clock.now()) is None:
            return self._clock.now() + SOON
        return await self._left_out(leased, run, why.value)

    async def _left_out(
        self, leased: Leased, run: DigestRun, code: str, told: str = "", text: str = ""
    ) -> str:
        logger.info("digest_left_out", to=run.channel, code=code, dedup=leased.owed.dedup)
        await self._record(AuditKind.DIGEST_LEFT_OUT, run, code)
        return await self._drop(run, code, told, text)

    async def _drop(self, run: DigestRun, code: str, told: str, text: str) -> str:
        """Whoever is *told* hears that it, or the rest of it, is not posted, and why."""
        await self._store.drop(run, at=self._clock.now())
        if told:
            await self._tell(run, told, text)
        return code

    async def _post(self, leased: Leased, run: DigestRun, *, again: bool) -> str | datetime:
        try:
            ts = await self._messenger.post_digest(run, again=again)
        except MessageRefused as error:
            return await self._refused(leased, run, error.code)
        except MessageUnsure as error:
            return await self._unsure(leased, run, error.code, again=again) or "unsure"
        crash.point("after_digest")
        return await self._posted(run, replace(run, ts=ts, unsure=again, state=RunState.POSTED))

    async def _part(self, leased: Leased, run: DigestRun, *, again: bool) -> str | datetime:
        """The thread is worth less than its order: a message that surely does not get there ends
        it, one that may have arrived is passed over."""
        try:
            is_there = await self._messenger.post_digest_part(run, run.parts, again=again)
        except MessageRefused as error:
            await self._give_up(leased, run, error.code)
            return "thread refused"
        except MessageUnsure as error:
            if due_at := await self._unsure(leased, run, error.code, again=again):
                return due_at
            is_there = True
        if not is_there:
            return "done"
        crash.point("after_digest_part")
        return await self._posted(run, replace(run, parts=run.parts + 1))

    async def _posted(self, run: DigestRun, after: DigestRun) -> datetime:
        """When the next message is due. One that cannot be noted is posted again, saying so."""
        self._unclear.add(_place(run))
        await self._store.keep_posted(after)
        self._unclear.discard(_place(run))
        return self._clock.now() + PACE

    async def _unsure(
        self, leased: Leased, run: DigestRun, code: str, *, again: bool
    ) -> datetime | None:
        """When to post once more; None after the second attempt."""
        if not again:
            self._unclear.add(_place(run))
            return self._clock.now() + AGAIN
        self._unclear.discard(_place(run))
        await self._give_up(leased, run, code or "unsure")
        return None

    async def _refused(self, leased: Leased, run: DigestRun, code: str) -> str:
        """Slack takes nothing in that channel any more, or not this message."""
        await self._give_up(leased, run, code)
        await self._store.drop(run, at=self._clock.now())
        plan = await self._plan(run)
        if plan is not None and code in CHANNEL_LOST:
            await end_plan(self._store, plan, Ending.CHANNEL, at=self._clock.now())
        else:
            refused = _(
                "Slack does not take it ({code}). To try again, invite me to that channel and write"
                " /order digest now",
                code=code,
            )
            await self._tell(run, plan.owner if plan else run.owner, refused)
        return f"refused: {code}"

    async def _tell(self, run: DigestRun, reader: str, why: str) -> None:
        await self._outbox.owe([not_posted(run, reader, why)], at=self._clock.now())

    async def _plan(self, run: DigestRun) -> DigestPlan | None:
        """The channel's plan, where it is on."""
        plan = await self._store.plan(run.channel)
        return plan if plan is not None and plan.on else None

    async def _give_up(self, leased: Leased, run: DigestRun, code: str) -> None:
        logger.warning("message_given_up", to=run.channel, code=code, dedup=leased.owed.dedup)
        await self._record(AuditKind.MESSAGE_GIVEN_UP, run, code)

    async def _record(self, kind: AuditKind, run: DigestRun, code: str) -> None:
        entry = AuditEntry(
            kind=kind,
            actor=BOT,
            subject=f"digest:{run.channel}",
            facts={"run_id": run.run_id, "to": run.channel, "code": code, "part": run.parts},
        )
        await self._audit.append(entry, at=self._clock.now())


def _place(run: DigestRun) -> str:
    """Which of a digest's messages is next."""
    return f"{run.run_id}:{run.parts}" if run.ts else run.run_id
