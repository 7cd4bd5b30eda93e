"""Judges what people press on a request: approve, deny, take back, withdraw, stop.

Every input is judged from the stored row, with people, groups and today's policy as they are now,
and ends in exactly one of two transactions: the step it causes, or its refusal with the rule.
A denial or withdrawal that arrives only when the request is approved stops it: whoever says no
before the cloud is asked is heard.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain.approvals import ApprovalRequest, RequestStatus, Vote, VoteKind, next_look
from bot.domain.audit import AuditKind
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.people import Person
from bot.domain.votes import (
    COUNTS,
    Company,
    Verdict,
    may_decide,
    may_stop,
    may_take_back,
    may_vote,
    may_withdraw,
    with_vote,
    without_votes,
)
from bot.errors import NotAllowed
from bot.ports import Clock, OutboxStore, RequestStore
from bot.services.once import Once
from bot.services.people import People
from bot.services.requests import Requests
from bot.services.restoring import rule_of_unknown
from bot.services.sentences import faster, refusal
from bot.services.steps import Step, ended, notice, redraw, step
from bot.services.told import Told

logger = structlog.get_logger(__name__)

S = RequestStatus
K = InputKind
SWEPT = 1000  # left-over inputs judged in one go


class Decisions:
    """*wake* is set when the executor or the outbox has something to do."""

    def __init__(
        self,
        *,
        store: RequestStore,
        copies: OutboxStore,
        people: People,
        requests: Requests,
        clock: Clock,
        wake: asyncio.Event,
    ) -> None:
        self._store = store
        self._copies = copies
        self._people = people
        self._requests = requests
        self._clock = clock
        self._wake = wake
        self._once = Once()

    async def handle(self, given: Input) -> Told:
        """Judge one stored input; the sentence is for the person who acted."""
        return await self._handle(given, late=False)

    async def recover(self) -> None:
        """Judge what was stored and never judged: after a crash, or after an error. Nobody waits
        for an answer any more, so refusals go by direct message."""
        for given in await self._store.waiting_inputs(limit=SWEPT):
            try:
                if given.kind is K.REQUEST:
                    await self._requests.ask(given, late=True)
                else:
                    await self._handle(given, late=True)
            except Exception:
                logger.exception("input_not_judged", input=given.input_id)

    async def _handle(self, given: Input, *, late: bool) -> Told:
        if not self._once.take(given.input_id):
            return Told("", given.request_id)
        try:
            return await self._judge(given, late=late)
        except BaseException:
            self._once.give_back(given.input_id)
            raise

    async def _judge(self, given: Input, *, late: bool) -> Told:
        """A lost race is judged again from the row as it stands then."""
        tried = -1
        while (request := await self._store.get(given.request_id)) is not None:
            if request.version == tried:  # nobody moved it: the input was judged before
                return Told("", request.request_id)
            tried = request.version
            ruling = await self._ruling(given, request)
            if isinstance(ruling, Verdict):
                logger.info("decision", input=given.kind.value, refused=ruling.rule)
                return await self._refuse(given, ruling, request, late=late)
            changed = await self._store.change(
                ruling.before,
                ruling.after,
                entry=ruling.entry,
                owed=ruling.owed,
                given=given,
                at=self._clock.now(),
            )
            if changed:
                logger.info("decision", input=given.kind.value, status=ruling.after.status.value)
                await self._adopt(given, request)
                self._wake.set()
                return Told("", request.request_id)
        rule = await rule_of_unknown(self._store)
        return await self._refuse(given, Verdict(counts=False, rule=rule), None, late=late)

    async def _refuse(
        self, given: Input, verdict: Verdict, request: ApprovalRequest | None, *, late: bool
    ) -> Told:
        """The card is redrawn too: whoever pressed a button in vain may look at an old one."""
        told = Told(
            refusal(verdict.rule, request),
            request.request_id if request else "",
            faster(request) if request and verdict.rule == "status" else "",
        )
        owed = [redraw(request.request_id, given.input_id)] if request else []
        if late:
            owed.append(notice(given.request_id, given.user_id, told.text, given.input_id))
        await self._store.refuse(given, verdict, owed=owed, at=self._clock.now())
        if request is not None:
            await self._adopt(given, request)
        self._wake.set()
        return told

    async def _adopt(self, given: Input, request: ApprovalRequest) -> None:
        """A clicked card that is not known as a copy becomes one; in the requester's own direct
        messages it is the requester's."""
        if not given.channel or not given.message_ts:
            return
        if await self._copies.copy_at(given.channel, given.message_ts) is None:
            own = given.channel.startswith("D") and self._people.humans.same(
                given.user_id, request.requested_by
            )
            role = CopyRole.REQUESTER if own else CopyRole.ADOPTED
            copy = CardCopy(given.request_id, role, given.channel, given.message_ts)
            await self._copies.keep_copy(copy)
            cause = f"{given.channel}:{given.message_ts}"
            await self._copies.owe([redraw(given.request_id, cause)], at=self._clock.now())

    async def _ruling(self, given: Input, request: ApprovalRequest) -> Step | Verdict:
        humans = self._people.humans
        if given.kind is K.TAKE_BACK:
            verdict = may_take_back(request, given.user_id, humans)
            return self._taken_back(given, request) if verdict.counts else verdict
        if given.kind is K.WITHDRAW:
            verdict = may_withdraw(request, given.user_id, humans)
            if verdict.counts:
                return ended(request, S.WITHDRAWN, at=self._clock.now(), by=given.user_id)
            return verdict if verdict.rule == "requester_only" else self._stop_own(given, request)
        if given.kind is K.STOP and humans.same(given.user_id, request.requested_by):
            return self._stop_own(given, request)
        try:
            person = await self._people.person(given.user_id)
            company = await self._people.deciders(request)
        except NotAllowed:
            return Verdict(counts=False, rule="unreadable")
        return await self._by_person(given, request, person, company)

    async def _by_person(
        self, given: Input, request: ApprovalRequest, person: Person, company: Company
    ) -> Step | Verdict:
        today = self._people.today(request)
        if given.kind is K.DENY and not given.reason.strip():
            allowed = may_decide(request, today, person, company)
            return Verdict(counts=False, rule="reason") if allowed.counts else allowed
        if given.kind is K.STOP or (given.kind is K.DENY and request.status is S.APPROVED):
            verdict = may_stop(request, today, person, company)
            return self._stopped(given, request) if verdict.counts else verdict
        kind = VoteKind.DENY if given.kind is K.DENY else VoteKind.APPROVE
        now = self._clock.now()
        verdict = may_vote(request, kind, today, person, company, now=now)
        if not verdict.counts:
            return verdict
        votes = with_vote(request, Vote(given.user_id, kind, now), company.humans)
        voted = replace(request, votes=votes)
        if kind is VoteKind.DENY:
            return self._denied(given, request, voted)
        return await self._approved(given, request, voted, person, company)

    async def _approved(
        self,
        given: Input,
        request: ApprovalRequest,
        voted: ApprovalRequest,
        person: Person,
        company: Company,
    ) -> Step:
        """Complete votes make the request due: the executor reads the order again."""
        standing = await self._people.standing(voted, company, person)
        return step(
            request,
            AuditKind.REQUEST_VOTED,
            actor=given.user_id,
            facts={"approvals": standing.approvals, "needed": standing.needed},
            votes=voted.votes,
            due_at=self._clock.now() if standing.complete else self._next_look(request),
            reads=0,
            outcome="",
            outcome_text="",
        )

    def _denied(self, given: Input, request: ApprovalRequest, voted: ApprovalRequest) -> Step:
        denied = ended(
            voted, S.DENIED, at=self._clock.now(), by=given.user_id, end_reason=given.reason
        )
        return replace(denied, before=request)

    def _taken_back(self, given: Input, request: ApprovalRequest) -> Step:
        """What is left may still be enough: the executor counts again."""
        left = without_votes(request, given.user_id, self._people.humans)
        return step(
            request,
            AuditKind.VOTE_TAKEN_BACK,
            actor=given.user_id,
            votes=left,
            due_at=self._clock.now() if left else self._next_look(request),
            reads=0,
            outcome="",
            outcome_text="",
        )

    def _next_look(self, request: ApprovalRequest) -> datetime:
        """Votes that are not enough put off no look at the order."""
        look = next_look(request.expires_at, self._clock.now())
        return min(request.due_at or look, look)

    def _stop_own(self, given: Input, request: ApprovalRequest) -> Step | Verdict:
        """The requester's own stop asks Slack nothing: it must work while Slack does not answer."""
        nobody = Person(user_id=given.user_id, team_id="")
        company = Company("", self._people.humans, {})
        verdict = may_stop(request, request.requirement, nobody, company)
        return self._stopped(given, request) if verdict == COUNTS else verdict

    def _stopped(self, given: Input, request: ApprovalRequest) -> Step:
        return ended(
            request,
            S.STOPPED,
            at=self._clock.now(),
            by=given.user_id,
            end_reason=given.reason,
            facts={"input": given.kind.value},
        )
