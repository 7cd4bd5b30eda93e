"""Sends what is owed to Slack. The only caller of the Messenger.

Rows come lane by lane, decisions first. When Slack asks to wait, everything waits that long. A post
whose outcome is unclear is sent once more, saying so. A card that can no longer be redrawn is
posted anew while its request is open; afterwards its result goes into the thread. Where the card of
an open request did not surely reach the approvals channel, requester and approvers are told
directly, so that no decision is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from structlog.contextvars import bound_contextvars

from bot import crash
from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditEntry, AuditKind, about_order
from bot.domain.outbox import CardCopy, CopyRole, Leased, OwedKind
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure, NotAllowed
from bot.i18n import _
from bot.ports import AuditLog, Clock, Messenger, OutboxStore, RequestStore
from bot.services.attempts import Attempts
from bot.services.digest_delivery import DigestDelivery
from bot.services.mentions import NOBODY, asked_by_name, told_over
from bot.services.people import People, named
from bot.services.reminder_delivery import ReminderDelivery
from bot.services.steps import BOT, notice

logger = structlog.get_logger(__name__)

BATCH = 10
LEASE = timedelta(minutes=2)
CARD_AGAIN = timedelta(seconds=2)  # until a card is posted once more: approvers wait for it
NOTICE_AGAIN = timedelta(minutes=5)  # it may be the last resort, so it outlasts a short outage
UPDATE_AGAIN = tuple(timedelta(seconds=each) for each in (2, 300, 3600))
UPDATES = 24  # repetitions of an unclear update, which do no harm
BROKEN = timedelta(minutes=5)  # until a row is tried again that broke on our side
SHORTEST = 1.0  # seconds to wait at least when Slack asks to wait
DIRECTLY = 20  # approvers told by direct message


class Outbox:
    """*approvals_channel* takes the cards of rules that name no channel of their own."""

    def __init__(
        self,
        *,
        store: OutboxStore,
        requests: RequestStore,
        messenger: Messenger,
        people: People,
        audit: AuditLog,
        clock: Clock,
        digests: DigestDelivery,
        reminders: ReminderDelivery,
        approvals_channel: str,
    ) -> None:
        self._store = store
        self._requests = requests
        self._messenger = messenger
        self._people = people
        self._audit = audit
        self._clock = clock
        self._digests = digests
        self._reminders = reminders
        self._approvals_channel = approvals_channel
        self._sending = False
        self._rest_until: datetime | None = None
        self._attempts = Attempts()

    async def recover(self) -> None:
        """At start-up every lease is of a process that no longer runs."""
        await self._store.release_all(now=self._clock.now())

    async def step(self) -> None:
        """Send all that is due. Does nothing while an earlier step still sends."""
        if self._sending:
            return
        self._sending = True
        try:
            while self._rest() is None and (batch := await self._lease()):
                for leased in batch:
                    with bound_contextvars(request=leased.owed.request_id):
                        await self._send(leased)
        finally:
            self._sending = False

    async def _lease(self) -> tuple[Leased, ...]:
        now = self._clock.now()
        return await self._store.lease(now=now, until=now + LEASE, limit=BATCH)

    def _rest(self) -> datetime | None:
        """Until when Slack wants no calls; None when it takes them."""
        until = self._rest_until
        return until if until is not None and self._clock.now() < until else None

    async def _send(self, leased: Leased) -> None:
        self._attempts.begin(leased)
        result: str | datetime | None = self._rest()
        if result is None:
            try:
                result = await self._deliver(leased)
            except MessageDelayed as error:
                wait = timedelta(seconds=max(SHORTEST, error.retry_after_s))
                result = self._rest_until = self._clock.now() + wait
            except Exception:
                logger.exception("message_broke", dedup=leased.owed.dedup)
                result = self._clock.now() + BROKEN
        if isinstance(result, datetime):
            await self._store.again(leased, due_at=result)
        else:
            self._attempts.end(leased)
            await self._store.done(leased, result=result)
            logger.info("message_settled", kind=leased.owed.kind.value, result=result)

    async def _deliver(self, leased: Leased) -> str | datetime:
        """How the row is settled, or when it is due again."""
        if leased.owed.kind is OwedKind.NOTICE:
            return await self._notify(leased) or "done"
        if leased.owed.kind is OwedKind.DIGEST:
            return await self._digests.deliver(leased)
        request = await self._requests.get(leased.owed.request_id)
        if request is None:
            return "no such request"
        if leased.owed.kind in (OwedKind.REMINDER, OwedKind.ESCALATION):
            return await self._remind(leased, request) or "done"
        return await self._card(leased, request) or "done"

    async def _notify(self, leased: Leased) -> datetime | None:
        return await self._tell(leased, partial(self._messenger.notify, leased.owed.user_id))

    async def _remind(self, leased: Leased, request: ApprovalRequest) -> str | datetime | None:
        owed = leased.owed
        if kept_back := await self._reminders.kept_back(request, owed):
            return kept_back
        send = partial(self._messenger.notify, owed.user_id)
        if owed.kind is OwedKind.REMINDER:
            send = partial(self._messenger.remind, request, owed.user_id)
        return await self._tell(leased, send)

    async def _tell(
        self, leased: Leased, send: Callable[[str], Awaitable[None]]
    ) -> datetime | None:
        owed, text = leased.owed, leased.owed.text
        again = self._attempts.may_have_arrived(leased, owed.dedup)
        if again:
            text = _("{text} (Sent again: an earlier attempt may have arrived.)", text=text)
        try:
            await send(text)
        except MessageRefused as error:
            await self._give_up(leased, owed.user_id, error.code)
        except MessageUnsure as error:
            if not again:
                self._attempts.unclear(owed.dedup)
                return self._clock.now() + NOTICE_AGAIN
            await self._give_up(leased, owed.user_id, error.code)
        return None

    async def _card(self, leased: Leased, request: ApprovalRequest) -> datetime | None:
        """Every copy is redrawn; a place without one gets one. The earliest moment at which
        something has to be tried again, None if nothing has."""
        channel = request.requirement.approvals_channel or self._approvals_channel
        again: list[datetime | None] = []
        placed: set[CopyRole] = set()
        copies = await self._store.copies(request.request_id)
        redrawn = await asyncio.gather(
            *(self._stands(leased, request, copy) for copy in copies), return_exceptions=True
        )
        for copy, told in zip(copies, redrawn, strict=True):
            if isinstance(told, BaseException):
                raise told
            stands, at = told
            again.append(at)
            if stands:
                adopted = copy.role is CopyRole.ADOPTED and copy.channel == channel
                placed.add(CopyRole.APPROVALS if adopted else copy.role)
        for role, to in ((CopyRole.APPROVALS, channel), (CopyRole.REQUESTER, request.requested_by)):
            if role not in placed:
                again.append(await self._post(leased, request, role, to))
        return min((at for at in again if at is not None), default=None)

    async def _stands(
        self, leased: Leased, request: ApprovalRequest, copy: CardCopy
    ) -> tuple[bool, datetime | None]:
        """Whether the copy still stands for its place, and when to draw it once more."""
        if owed := told_over(request, copy):
            await self._store.owe(owed, at=self._clock.now())
        try:
            return await self._redraw(leased, request, copy), None
        except MessageUnsure as error:
            return True, await self._redraw_later(leased, copy, error.code)

    async def _redraw(self, leased: Leased, request: ApprovalRequest, copy: CardCopy) -> bool:
        """Whether the copy still stands for its place."""
        try:
            await self._messenger.update_card(request, copy)
        except MessageRefused:
            if not request.is_open and await self._reply(leased, request, copy):
                return True
            await self._store.drop_copy(copy)
            return False
        return True

    async def _redraw_later(self, leased: Leased, copy: CardCopy, code: str) -> datetime | None:
        place = f"{copy.channel}:{copy.ts}"
        count = self._attempts.note(leased, place)
        if count > UPDATES:
            await self._give_up(leased, place, code)
            return None
        return self._clock.now() + UPDATE_AGAIN[min(count, len(UPDATE_AGAIN)) - 1]

    async def _reply(self, leased: Leased, request: ApprovalRequest, copy: CardCopy) -> bool:
        """The result in the thread, once per row; False where it did not surely get there, so that
        a card of its own takes its place."""
        place = f"thread:{copy.channel}:{copy.ts}"
        if self._attempts.noted(leased, place):
            return True
        try:
            await self._messenger.reply_result(request, copy)
        except MessageRefused:
            return False
        except MessageUnsure:
            self._attempts.unclear(_place(request, copy.role))
            return False
        self._attempts.note(leased, place)
        return True

    async def _post(
        self, leased: Leased, request: ApprovalRequest, role: CopyRole, to: str
    ) -> datetime | None:
        place = _place(request, role)
        if self._attempts.is_spent(leased, place):
            return None
        again = self._attempts.may_have_arrived(leased, place)
        asked = NOBODY
        if role is CopyRole.APPROVALS:
            asked = await asked_by_name(self._people, request, self._clock.now())
        try:
            copy = await self._messenger.post_card(
                request, role, to, again=again, mentioned=asked.user_ids, urgent=asked.urgent
            )
        except MessageRefused as error:
            code = error.code
        except MessageUnsure as error:
            if not again:
                self._attempts.unclear(place)
                return self._clock.now() + CARD_AGAIN
            self._attempts.spend(leased, place)
            code = error.code
        else:
            crash.point("after_post")
            await self._keep(copy, place)
            return None
        await self._give_up(leased, to, code)
        if role is CopyRole.APPROVALS and request.is_open:
            await self._tell_directly(request)
        return None

    async def _keep(self, copy: CardCopy, place: str) -> None:
        """A card that cannot be noted is posted again, saying so."""
        try:
            await self._store.keep_copy(copy)
        except Exception:
            self._attempts.unclear(place)
            raise

    async def _tell_directly(self, request: ApprovalRequest) -> None:
        """Each person once per request: the rows are unique."""
        approvers = await self._approvers(request)
        told = _(
            "The card of request {request_id} may not have reached the approvals channel. It waits"
            " for your decision: look at /order inbox.",
            request_id=request.request_id,
        )
        asker = (
            _(
                "The card of request {request_id} may not have reached the approvals channel; the"
                " approvers were told directly.",
                request_id=request.request_id,
            )
            if approvers
            else _(
                "The card of request {request_id} may not have reached the approvals channel, and"
                " no approver is known by name. Ask one to look at /order inbox.",
                request_id=request.request_id,
            )
        )
        texts = dict.fromkeys(approvers, told) | {request.requested_by: asker}
        owed = [
            notice(request.request_id, user_id, text, "unreachable")
            for user_id, text in texts.items()
        ]
        await self._store.owe(owed, at=self._clock.now())

    async def _approvers(self, request: ApprovalRequest) -> list[str]:
        """By id, or through a group where Slack tells who is in it."""
        approvers = request.requirement.approvers
        try:
            company = await self._people.company(approvers)
        except NotAllowed:
            found = approvers.people
        else:
            found = named(approvers, company)
        return sorted(found - {request.requested_by})[:DIRECTLY]

    async def _give_up(self, leased: Leased, to: str, code: str) -> None:
        logger.warning("message_given_up", to=to, code=code, dedup=leased.owed.dedup)
        about = leased.owed.request_id
        request = await self._requests.get(about) if about else None
        entry = AuditEntry(
            kind=AuditKind.MESSAGE_GIVEN_UP,
            actor=BOT,
            subject=about_order(request.account, request.order_id) if request else "",
            facts={"request_id": about, "to": to, "code": code or "unsure"},
        )
        await self._audit.append(entry, at=self._clock.now())


def _place(request: ApprovalRequest, role: CopyRole) -> str:
    """All rows of a request post to the same places."""
    return f"{request.request_id}:{role}"
