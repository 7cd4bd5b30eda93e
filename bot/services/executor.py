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

from bot import crash
from bot.domain.approvals import (
    ApprovalRequest,
    Company,
    Outcome,
    RequestStatus,
    hold_of,
)
from bot.domain.audit import AuditKind
from bot.domain.fingerprint import fingerprint
from bot.domain.inputs import InputKind
from bot.domain.orders import CancelEffect, CancelReceipt
from bot.errors import NotAllowed
from bot.ports import Clock, ProviderAdapter, RequestStore
from bot.services import settling
from bot.services.people import People
from bot.services.reading import Found, OrderReader, Reading
from bot.services.steps import Step, ended, step

logger = structlog.get_logger(__name__)

AT_ONCE = 20  # requests worked on at the same time
CLAIM = timedelta(minutes=5)  # a claim older than this lost its receipt
AGAIN = tuple(timedelta(seconds=each) for each in (2, 5, 15, 60, 300))

S = RequestStatus
_READ_BACK = frozenset({CancelEffect.YES, CancelEffect.NO, CancelEffect.THROTTLED})
_NOT_READ = Reading(Found.NO_ANSWER)
_ENDING = frozenset({InputKind.STOP, InputKind.WITHDRAW, InputKind.DENY})
_CHANGED = {
    Found.PAID: Outcome.PAID,
    Found.CANCELLED: Outcome.GONE,
    Found.GONE: Outcome.GONE,
    Found.UNPAID: Outcome.CHANGED,
    Found.UNKNOWN: Outcome.CHANGED,
}


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
        try:
            request = await self._store.get(request_id)
            move = self._moves.get(request.status) if request else None
            if request is not None and move is not None:
                await move(request)
        except Exception:
            logger.exception("request_not_moved", request=request_id)
        finally:
            self._busy.discard(request_id)

    async def _pending(self, request: ApprovalRequest) -> None:
        """Expiry; votes that are complete: the order is read again, and the hold begins."""
        if await self._expired(request):
            return
        company = await self._deciders(request)
        if company is None:
            return
        standing = await self._people.standing(request, company)
        if not standing.complete and standing.unreadable:
            await self._later(request, "Slack")
        elif not standing.complete:
            await self._change(
                step(
                    request,
                    AuditKind.REQUEST_READ,
                    facts={"approvals": standing.approvals, "needed": standing.needed},
                    due_at=request.expires_at,
                    reads=0,
                    outcome="",
                    outcome_text="",
                )
            )
        elif await self._is_the_same(request):
            await self._change(self._held(request))

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
        if await self._expired(request):
            return
        if request.hold_until is None or self._clock.now() < request.hold_until:
            return
        company = await self._deciders(request)
        if company is None or not await self._still_wanted(request, company):
            return
        if not await self._is_the_same(request):
            return
        if not await self._expired(request):
            await self._claim(request)

    async def _still_wanted(self, request: ApprovalRequest, company: Company) -> bool:
        try:
            requester = await self._people.person(request.requested_by)
        except NotAllowed:
            return await self._later(request, "Slack")
        if not requester.full_member_of(company.team_id):
            return await self._outdated(request, Outcome.IDENTITY)
        standing = await self._people.standing(request, company)
        if standing.complete:
            return True
        if standing.unreadable:
            return await self._later(request, "Slack")
        return await self._outdated(request, Outcome.VOTES)

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
        reading, whole = _NOT_READ, None
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

    async def _expired(self, request: ApprovalRequest) -> bool:
        """Whether it is too late; then it ends. Where the order's own deadline has passed, its
        cloud is asked what became of it."""
        now = self._clock.now()
        if now < request.expires_at:
            return False
        outcome, reading = None, _NOT_READ
        if request.order.deadline is not None and request.order.deadline <= now:
            reading = await self._reader.read(request.account, request.order_id)
            is_over = reading.found in (Found.PAID, Found.CANCELLED, Found.GONE)
            outcome = _CHANGED[reading.found] if is_over else Outcome.DEADLINE
        await self._change(
            ended(request, S.EXPIRED, at=now, outcome=outcome, current=reading.order)
        )
        return True

    async def _deciders(self, request: ApprovalRequest) -> Company | None:
        """None, and another try later, while Slack does not say who is in a group."""
        try:
            return await self._people.deciders(request)
        except NotAllowed:
            await self._later(request, "Slack")
            return None

    async def _is_the_same(self, request: ApprovalRequest) -> bool:
        """Reads the order. One that differs ends the request; no answer is asked for again."""
        reading = await self._reader.read(request.account, request.order_id)
        if reading.found is Found.NO_ANSWER:
            return await self._later(request, request.account, reading.problem)
        if reading.order is not None and fingerprint(reading.order) == request.fingerprint:
            return True
        return await self._outdated(request, _CHANGED[reading.found], reading)

    async def _outdated(
        self, request: ApprovalRequest, outcome: Outcome, reading: Reading = _NOT_READ
    ) -> bool:
        now = self._clock.now()
        await self._change(
            ended(request, S.OUTDATED, at=now, outcome=outcome, current=reading.order)
        )
        return False

    async def _later(self, request: ApprovalRequest, who: str, problem: str = "") -> bool:
        """Somebody did not answer: tried again until the request expires. The card says so from
        the first time on."""
        now = self._clock.now()
        wait = AGAIN[min(request.reads, len(AGAIN) - 1)]
        await self._change(
            step(
                request,
                AuditKind.REQUEST_READ,
                facts={"no_answer_from": who},
                texts={"problem": problem},
                quiet=request.outcome == Outcome.NO_ANSWER,
                due_at=min(now + wait, request.expires_at),
                reads=request.reads + 1,
                outcome=Outcome.NO_ANSWER,
                outcome_text=problem,
            )
        )
        return False

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
            self.wake.set()
        return changed
