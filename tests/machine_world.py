"""The world in which Hypothesis plays the request services: a cloud, a Slack and a directory that
fail in every way they can, and check what reaches them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, TypeVar

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.fingerprint import fingerprint
from bot.domain.inputs import InputKind
from bot.domain.orders import CancelEffect, CancelReceipt, Order, PaymentStatus
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals
from tests.builders import a_detailed_order, an_account
from tests.fake_slack import FakeDirectory, FakeMessenger
from tests.request_office import ALICE, BOB, CAROL, DAVE, HOLD, Office, a_policy, people_named
from tests.scripted_cloud import (
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    NOT_SENT,
    REFUSES,
    THROTTLES,
    Answer,
    ScriptedCloud,
)

S = RequestStatus
K = InputKind
Value = TypeVar("Value")

ALICE_TOO, BOB_TOO = "U0ALICE2", "U0BOB2"
PEOPLE = (ALICE, ALICE_TOO, BOB, BOB_TOO, CAROL, DAVE)
HUMANS = Humans((frozenset({ALICE, ALICE_TOO}), frozenset({BOB, BOB_TOO})))
IDS = ("CS2611171200AAAAA", "CS2611171200BBBBB")
POLICIES = (
    a_policy(approvers=people_named(BOB, BOB_TOO, CAROL, ALICE_TOO), hold=HOLD),
    a_policy(approvers=people_named(BOB, BOB_TOO, CAROL), quorum=2, hold=HOLD),
    a_policy(approvers=Principals(members=True), hold=HOLD * 2),
    a_policy(approvers=people_named(CAROL, DAVE), hold=timedelta(0)),
)
SPANS = tuple(timedelta(seconds=each) for each in (1, 2, 15, 30, 61, 300, 3600, 40000))
ANSWERS = (
    Answer(),
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    THROTTLES,
    Answer(CancelEffect.THROTTLED, acts=True),
    NOT_SENT,
    REFUSES,
    Answer(CancelEffect.NO, acts=False, code="CBC.99000089", combined=True),
)
MEANWHILE = (*["nothing"] * 6, ALICE, BOB, CAROL, "price", "paid", "gone", "policy")
BY_PEOPLE = frozenset(
    {
        AuditKind.INPUT_REFUSED,
        AuditKind.REQUEST_MADE,
        AuditKind.REQUEST_VOTED,
        AuditKind.VOTE_TAKEN_BACK,
        AuditKind.REQUEST_WITHDRAWN,
        AuditKind.REQUEST_DENIED,
        AuditKind.REQUEST_STOPPED,
    }
)


class Killed(BaseException):
    """The power goes out."""


class Violation(BaseException):
    """What must never be; nothing that catches errors of ours catches this."""


class Pauses:
    """Where a real call would wait, others may go first: for as many turns as `turns` says."""

    def __init__(self) -> None:
        self.turns: list[int] = []

    async def __call__(self) -> None:
        for _turn in range(self.turns.pop() if self.turns else 0):
            await asyncio.sleep(0)


class Cloud(ScriptedCloud):
    """Checks every cancel call against the world as it is; may lose power before or after it."""

    def __init__(self, pauses: Pauses) -> None:
        super().__init__(an_account(), [a_detailed_order(order_id=each) for each in IDS])
        self.pauses = pauses
        self.check: Any = None
        self.dies: str = ""
        self.made: dict[str, list[Answer]] = {}  # by request
        self.voided: set[str] = set()  # orders that were void at some time

    def change(self, order_id: str, **parts: Any) -> None:
        super().change(order_id, **parts)
        if self.orders[order_id].payment_status is PaymentStatus.CANCELLED:
            self.voided.add(order_id)

    async def get_order(self, order_id: str, *, language: str) -> Order:
        await self.pauses()
        return await super().get_order(order_id, language=language)

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        try:
            request: ApprovalRequest = self.check(order_id)
        except Exception as error:
            raise Violation from error
        answer = self.answers[0] if self.answers else Answer()
        if self.dies == "before":
            self.dies = ""
            raise Killed
        self.made.setdefault(request.request_id, []).append(answer)
        receipt = await super().cancel_order(order_id)
        if self.dies == "after":
            self.dies = ""
            raise Killed
        await self.pauses()
        return receipt


class Slack(FakeMessenger):
    """May lose our power right after a post arrived; nothing may claim what the cloud does not."""

    dies = False
    cloud: Cloud

    async def post_card(
        self, request: ApprovalRequest, role: CopyRole, to: str, **parts: Any
    ) -> CardCopy:
        self._no_lie(request)
        copy = await super().post_card(request, role, to, **parts)
        if self.dies:
            self.dies = False
            raise Killed
        return copy

    async def update_card(self, request: ApprovalRequest, copy: CardCopy) -> None:
        self._no_lie(request)
        await super().update_card(request, copy)

    def _no_lie(self, request: ApprovalRequest) -> None:
        if request.status is S.CANCELLED and request.order_id not in self.cloud.voided:
            raise Violation


class People(FakeDirectory):
    def __init__(self, pauses: Pauses) -> None:
        super().__init__()
        self.add(*PEOPLE)
        self.pauses = pauses

    async def person(self, user_id: str) -> Person:
        await self.pauses()
        return await super().person(user_id)


def check_call(office: Office, cloud: Cloud, order_id: str) -> ApprovalRequest:
    """A cancel call has reached the cloud."""
    now = office.clock.now()
    (request,) = [
        each
        for each in office.store.requests.values()
        if each.order_id == order_id and each.is_open
    ]
    assert request.status is S.EXECUTING
    earlier = cloud.made.get(request.request_id, [])
    assert all(
        each.effect in (CancelEffect.NOT_SENT, CancelEffect.THROTTLED) and not each.acts
        for each in earlier
    )
    today = office.people.today(request)
    assert humans_behind(office, request, today.approvers) >= max(
        request.requirement.quorum, today.quorum
    )
    requester = office.directory.people[request.requested_by]
    assert requester.full_member_of("T0HOME")
    assert request.approved_at is not None
    assert now >= request.approved_at + request.requirement.hold
    assert now < request.expires_at
    assert fingerprint(cloud.orders[order_id]) == request.fingerprint
    return request


def humans_behind(office: Office, request: ApprovalRequest, today: Principals) -> int:
    """Counted here by other means than the bot's: distinct people besides the requester."""
    found = set()
    for vote in request.votes:
        person = office.directory.people.get(vote.user_id)
        if vote.kind != "approve" or person is None or person.deleted or person.guest:
            continue
        for each in (request.requirement.approvers, today):
            if not each.members and vote.user_id not in each.people:
                break
        else:
            found.add(vote.user_id.removesuffix("2"))
    return len(found - {request.requested_by.removesuffix("2")})


def shown(request: ApprovalRequest) -> tuple[object, ...]:
    """What a card says of a request."""
    return request.status, request.outcome, request.votes
