"""Sends what is owed to Slack. The only caller of the Messenger.

Rows come lane by lane, decisions first. When Slack asks to wait, everything waits that long. A post
whose outcome is unclear is sent once more, saying so; the card of an open request is tried a few
times more, minutes and hours later, for a lost card could be a lost decision. A card that can no
longer be redrawn is posted anew while its request is open; afterwards its result goes into the
thread. Where the approvals channel is out of reach, requester and approvers are told directly.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot import crash
from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.outbox import CardCopy, CopyRole, Leased, OwedKind
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure, NotAllowed
from bot.i18n import _
from bot.ports import AuditLog, Clock, Messenger, OutboxStore, RequestStore
from bot.services.attempts import Attempts
from bot.services.people import People, named
from bot.services.steps import BOT, notice

logger = structlog.get_logger(__name__)

BATCH = 10
LEASE = timedelta(minutes=2)
UNSURE = tuple(timedelta(seconds=each) for each in (2, 300, 3600))  # until an unclear call is made
POSTS = len(UNSURE)  # again, of the card of an open request; any other post: once
UPDATES = 24  # again: an update may be repeated without harm
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
        approvals_channel: str,
    ) -> None:
        self._store = store
        self._requests = requests
        self._messenger = messenger
        self._people = people
        self._audit = audit
        self._clock = clock
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

    async def _deliver(self, leased: Leased) -> str | datetime:
        """How the row is settled, or when it is due again."""
        if leased.owed.kind is OwedKind.NOTICE:
            again_at = await self._notify(leased)
        else:
            request = await self._requests.get(leased.owed.request_id)
            if request is None:
                return "no such request"
            again_at = await self._card(leased, request)
        return again_at or "done"

    async def _notify(self, leased: Leased) -> datetime | None:
        owed, text = leased.owed, leased.owed.text
        if self._attempts.may_have_arrived(leased, owed.user_id):
            text = _("{text} (Sent again: an earlier attempt may have arrived.)", text=text)
        try:
            await self._messenger.notify(owed.user_id, text)
        except MessageRefused as error:
            await self._give_up(leased, owed.user_id, error.code)
        except MessageUnsure as error:
            return await self._once_more(leased, owed.user_id, error.code, most=1)
        return None

    async def _card(self, leased: Leased, request: ApprovalRequest) -> datetime | None:
        """Every copy is redrawn; a place without one gets one. The earliest moment at which
        something has to be tried again, None if nothing has."""
        again: list[datetime | None] = []
        placed: set[CopyRole] = set()
        for copy in await self._store.copies(request.request_id):
            try:
                if await self._redraw(leased, request, copy):
                    placed.add(copy.role)
            except MessageUnsure as error:
                placed.add(copy.role)
                place = f"{copy.channel}:{copy.ts}"
                again.append(await self._once_more(leased, place, error.code, most=UPDATES))
        channel = request.requirement.approvals_channel or self._approvals_channel
        if CopyRole.APPROVALS not in placed:
            again.append(await self._post(leased, request, CopyRole.APPROVALS, channel))
        if CopyRole.REQUESTER not in placed:
            to = request.requested_by
            again.append(await self._post(leased, request, CopyRole.REQUESTER, to))
        return min((at for at in again if at is not None), default=None)

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

    async def _reply(self, leased: Leased, request: ApprovalRequest, copy: CardCopy) -> bool:
        """The result in the thread, once per row."""
        place = f"thread:{copy.channel}:{copy.ts}"
        if self._attempts.noted(leased, place):
            return True
        try:
            await self._messenger.reply_result(request, copy)
        except MessageRefused:
            return False
        self._attempts.note(leased, place)
        return True

    async def _post(
        self, leased: Leased, request: ApprovalRequest, role: CopyRole, to: str
    ) -> datetime | None:
        again = self._attempts.may_have_arrived(leased, role)
        try:
            copy = await self._messenger.post_card(request, role, to, again=again)
        except MessageRefused as error:
            await self._give_up(leased, to, error.code)
            if role is CopyRole.APPROVALS and request.is_open:
                await self._tell_directly(request)
            return None
        except MessageUnsure as error:
            most = POSTS if request.is_open else 1
            return await self._once_more(leased, role, error.code, most=most)
        crash.point("after_post")
        await self._store.keep_copy(copy)
        return None

    async def _tell_directly(self, request: ApprovalRequest) -> None:
        """Each person once per request: the rows are unique."""
        approvers = await self._approvers(request)
        told = _(
            "The approvals channel is out of reach. Request {request_id} waits for your decision:"
            " look at /order inbox.",
            request_id=request.request_id,
        )
        asker = (
            _("The approvals channel is out of reach; the approvers were told directly.")
            if approvers
            else _(
                "The approvals channel is out of reach, and no approver is known by name. Ask one"
                " to look at /order inbox."
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

    async def _once_more(
        self, leased: Leased, place: str, code: str, *, most: int
    ) -> datetime | None:
        """When to try again what may or may not have arrived; None when that was tried *most*
        times."""
        count = self._attempts.note(leased, place)
        if count > most:
            await self._give_up(leased, place, code or "unsure")
            return None
        return self._clock.now() + UNSURE[min(count, len(UNSURE)) - 1]

    async def _give_up(self, leased: Leased, to: str, code: str) -> None:
        logger.warning("message_given_up", to=to, code=code, dedup=leased.owed.dedup)
        entry = AuditEntry(
            kind=AuditKind.MESSAGE_GIVEN_UP,
            actor=BOT,
            facts={"request_id": leased.owed.request_id, "to": to, "code": code},
        )
        await self._audit.append(entry, at=self._clock.now())
