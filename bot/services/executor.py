"""Moves requests on when nobody presses anything. The only caller of `cancel_order`.

Level-triggered: each step takes what is due by the stored row alone, so a crash, a lost wake-up or
a second step at the same time change nothing. Every move is a guarded change of the row as it was
read; whoever is slower does nothing. `Outcome` (bot.domain.approvals) lists how requests stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

import structlog
from structlog.contextvars import bound_contextvars

from bot import crash
from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus, next_look
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import CancelEffect, CancelReceipt
from bot.domain.votes import could_be_complete, hold_of
from bot.ports import Clock, ProviderAdapter, RequestStore
from bot.services import settling
from bot.services.people import People, Standing
from bot.services.reading import Found, OrderReader, Reading
from bot.services.rechecks import Rechecks
from bot.services.steps import Step, step
from bot.services.together import both

logger = structlog.get_logger(__name__)

AT_ONCE = 20  # requests worked on at the same time
CLAIM = timedelta(minutes=5)  # a claim older than this lost its receipt

S = RequestStatus
_READ_BACK = frozenset({CancelEffect.YES, CancelEffect.NO, CancelEffect.THROTTLED})
_ENDING = frozenset({InputKind.STOP, InputKind.WITHDRAW, InputKind.DENY})
_AGAINST = _ENDING | {InputKind.TAKE_BACK}  # what can be said as long as votes are not yet enough


class Executor:
    """*wake* is set when another step, or the outbox, has something to do."""

    def __init__(
        self,
        *,
        store: RequestStore,
        adapters: Mapping[str, ProviderAdapter],
        reader: OrderReader,
        people: People,
        clock: Clock,
        wake: asyncio.Event,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._reader = reader
        self._people = people
        self._clock = clock
        self.wake = wake
        self._rechecks = Rechecks(change=self._change, reader=reader, people=people, clock=clock)
        self._busy: set[str] = set()
        self._moves: Mapping[RequestStatus, Callable[[ApprovalRequest], Awaitable[None]]] = {
            S.PENDING: self._pending,
            S.APPROVED: self._approved,
            S.EXECUTING: self._without_receipt,
            S.UNKNOWN: self._unknown,
            S.FAILED: self._watched,
        }

    async def recover(self) -> None:
        """At start-up, before the first step: a claim without a receipt is an unknown outcome."""
        for request in await self._store.claimed():
            await self._without_receipt(request)

    async def step(self) -> None:
        """Do all that is due. May run while an earlier step still waits for a slow cloud."""
        limit = AT_ONCE + len(self._busy)
        due = await self._store.due(now=self._clock.now(), limit=limit)
        await asyncio.gather(*(self._work(request_id) for request_id in due))

    async def _work(self, request_id: str) -> None:
        if request_id in self._busy:
            return
        self._busy.add(request_id)
        with bound_contextvars(request=request_id):
            try:
                request = await self._store.get(request_id)
                move = self._moves.get(request.status) if request else None
                if request is not None and move is not None:
                    await move(request)
            except Exception:
                logger.exception("request_not_moved")
            finally:
                self._busy.discard(request_id)

    async def _pending(self, request: ApprovalRequest) -> None:
        """Expiry; votes that are complete: the order is read again, and the hold begins. While they
        are not, the order is watched."""
        if await self._rechecks.expired(request):
            return
        standing = None
        if could_be_complete(request, self._people.today(request), self._people.humans):
            company = await self._rechecks.deciders(request)
            if company is None:
                return
            standing, reading = await both(
                self._people.standing(request, company), self._rechecks.read(request)
            )
            if standing.complete:
                if await self._rechecks.is_the_same(request, reading):
                    await self._change(self._held(request), heed=_AGAINST)
                return
            if standing.unreadable:
                await self._rechecks.later(request, "Slack")
                return
        if request.outcome == (Outcome.VOTES if standing else ""):
            await self._watch(request)
        else:
            await self._change(self._waiting(request, standing))

    async def _watch(self, request: ApprovalRequest) -> None:
        """Leaves no record but of an order that is no longer what was asked about."""
        if await self._rechecks.may_wait(request):
            due_at = next_look(request.expires_at, self._clock.now())
            await self._store.look_again(request, due_at=due_at)

    def _waiting(self, request: ApprovalRequest, short: Standing | None) -> Step:
        """For more approvals: *short* says how many of those that would be enough still count."""
        return step(
            request,
            AuditKind.REQUEST_READ,
            facts={"approvals": short.approvals, "needed": short.needed} if short else None,
            due_at=self._clock.now(),
            reads=0,
            outcome=Outcome.VOTES if short else "",
            outcome_text="",
        )

    def _held(self, request: ApprovalRequest) -> Step:
        now = self._clock.now()
        hold_until = now + hold_of(request, self._people.today(request))
        return step(
            request,
            AuditKind.REQUEST_APPROVED,
            status=S.APPROVED,
            approved_at=now,
            hold_until=hold_until,
            due_at=min(hold_until, request.expires_at),
            reads=0,
            outcome="",
            outcome_text="",
        )

    async def _approved(self, request: ApprovalRequest) -> None:
        """The hold is over: people, votes and the order are checked again, then the claim."""
        if await self._rechecks.expired(request):
            return
        if request.hold_until is None or self._clock.now() < request.hold_until:
            return
        company = await self._rechecks.deciders(request)
        if company is None or not await self._rechecks.still_wanted(request, company):
            return
        reading = await self._rechecks.read(request)
        if not await self._rechecks.is_the_same(request, reading):
            return
        if not await self._rechecks.expired(request):
            await self._claim(request)

    async def _claim(self, request: ApprovalRequest) -> None:
        now = self._clock.now()
        claim = step(
            request,
            AuditKind.REQUEST_CLAIMED,
            status=S.EXECUTING,
            fence=request.fence + 1,
            claimed_at=now,
            due_at=now + CLAIM,
            reads=0,
            outcome="",
            outcome_text="",
        )
        crash.point("before_claim")
        if not await self._change(claim, heed=_ENDING):
            return
        crash.point("after_claim")
        receipt = await self._call(claim.after)
        crash.point("after_call")
        reading, whole = Reading(Found.NO_ANSWER), None
        if receipt.effect in _READ_BACK:
            reading = await self._reader.read(request.account, request.order_id)
        if receipt.combined:
            whole = await self._reader.whole_of(request.order)
        call = settling.Call(receipt, reading, whole, self._clock.now())
        await self._change(settling.after_call(claim.after, call))
        crash.point("after_receipt")

    async def _call(self, claimed: ApprovalRequest) -> CancelReceipt:
        """Sent once. An adapter raises nothing; should one do so, what it did is not known."""
        try:
            return await self._adapters[claimed.account].cancel_order(claimed.order_id)
        except Exception as error:
            logger.exception("cancel_raised", request=claimed.request_id)
            return CancelReceipt(effect=CancelEffect.UNKNOWN, code=type(error).__name__)

    async def _without_receipt(self, request: ApprovalRequest) -> None:
        now = self._clock.now()
        await self._change(settling.unknown(request, Outcome.NO_RECEIPT, now))

    async def _unknown(self, request: ApprovalRequest) -> None:
        reading = await self._reader.read(request.account, request.order_id)
        await self._change(settling.after_read(request, reading, self._clock.now()))

    async def _watched(self, request: ApprovalRequest) -> None:
        others = await self._store.requests_for(request.account, request.order_id)
        if any(each.fence and each.created_at > request.created_at for each in others):
            await self._change(settling.unwatched(request))
            return
        reading = await self._reader.read(request.account, request.order_id)
        await self._change(settling.after_watch(request, reading, self._clock.now()))

    async def _change(self, move: Step, *, heed: Collection[InputKind] = ()) -> bool:
        """False when somebody was faster, or said something of a kind in *heed* that is not judged
        yet: the row as it is then decides what comes next."""
        changed = await self._store.change(
            move.before,
            move.after,
            entry=move.entry,
            owed=move.owed,
            heed=heed,
            at=self._clock.now(),
        )
        if changed:
            if move.after.status is not move.before.status:
                logger.info("request_moved", status=move.after.status.value)
            self.wake.set()
        return changed
