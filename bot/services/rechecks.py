"""What must still hold before a request moves on. Where it does not, the request is ended or put
off right here, and whoever asked does nothing more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.fingerprint import fingerprint
from bot.domain.votes import Company, could_be_complete
from bot.errors import NotAllowed
from bot.ports import Clock
from bot.services.people import People
from bot.services.reading import Found, OrderReader, Reading
from bot.services.steps import Step, ended, step

AGAIN = tuple(timedelta(seconds=each) for each in (2, 5, 15, 60, 300))

S = RequestStatus
_CHANGED = {
    Found.PAID: Outcome.PAID,
    Found.CANCELLED: Outcome.GONE,
    Found.GONE: Outcome.GONE,
    Found.UNPAID: Outcome.CHANGED,
    Found.UNKNOWN: Outcome.CHANGED,
}
_NOT_READ = Reading(Found.NO_ANSWER)


class Rechecks:
    """*change* stores a step; False when somebody was faster."""

    def __init__(
        self,
        *,
        change: Callable[[Step], Awaitable[bool]],
        reader: OrderReader,
        people: People,
        clock: Clock,
    ) -> None:
        self._change = change
        self._reader = reader
        self._people = people
        self._clock = clock

    async def expired(self, request: ApprovalRequest) -> bool:
        """Whether it is too late; then it ends. Where the order's own deadline has passed, its
        cloud is asked what became of it."""
        now = self._clock.now()
        if now < request.expires_at:
            return False
        outcome, reading = self._unfinished(request), _NOT_READ
        if request.order.deadline is not None and request.order.deadline <= now:
            reading = await self._reader.read(request.account, request.order_id)
            is_over = reading.found in (Found.PAID, Found.CANCELLED, Found.GONE)
            outcome = _CHANGED[reading.found] if is_over else Outcome.DEADLINE
        text = request.outcome_text if outcome is Outcome.NO_ANSWER else ""
        current = reading.order
        await self._change(
            ended(request, S.EXPIRED, at=now, outcome=outcome, outcome_text=text, current=current)
        )
        return True

    def _unfinished(self, request: ApprovalRequest) -> Outcome | None:
        """Why nothing came of approvals that were complete; None where people let it lapse."""
        if request.status is S.PENDING:
            today, humans = self._people.today(request), self._people.humans
            if request.outcome == Outcome.VOTES or not could_be_complete(request, today, humans):
                return None
        is_silent = request.outcome == Outcome.NO_ANSWER
        return Outcome.NO_ANSWER if is_silent else Outcome.NOT_DONE

    async def deciders(self, request: ApprovalRequest) -> Company | None:
        """None, and another try later, while Slack does not say who is in a group."""
        try:
            return await self._people.deciders(request)
        except NotAllowed:
            await self.later(request, "Slack")
            return None

    async def still_wanted(self, request: ApprovalRequest, company: Company) -> bool:
        """Whether the requester is still active and enough votes still count."""
        try:
            requester = await self._people.person(request.requested_by)
        except NotAllowed:
            return await self.later(request, "Slack")
        if not requester.full_member_of(company.team_id):
            return await self._outdated(request, Outcome.IDENTITY)
        standing = await self._people.standing(request, company)
        if standing.complete:
            return True
        if standing.unreadable:
            return await self.later(request, "Slack")
        return await self._outdated(request, Outcome.VOTES)

    async def read(self, request: ApprovalRequest) -> Reading:
        """The order as it is now."""
        return await self._reader.read(request.account, request.order_id)

    async def is_the_same(self, request: ApprovalRequest, reading: Reading) -> bool:
        """An order that differs ends the request; no answer is asked for again."""
        if reading.found is Found.NO_ANSWER:
            return await self.later(request, request.account, reading.problem)
        return await self._unchanged(request, reading)

    async def may_wait(self, request: ApprovalRequest) -> bool:
        """The same while people decide: nothing hangs on an answer yet, so that none is no news."""
        reading = await self.read(request)
        return reading.found is Found.NO_ANSWER or await self._unchanged(request, reading)

    async def later(self, request: ApprovalRequest, who: str, problem: str = "") -> bool:
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

    async def _unchanged(self, request: ApprovalRequest, reading: Reading) -> bool:
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
