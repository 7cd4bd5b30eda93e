"""Makes a request to cancel an order, and answers what people ask about requests."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Mapping
from datetime import datetime

from bot.domain.approvals import ApprovalRequest, RequestStatus, next_look
from bot.domain.audit import about_order
from bot.domain.fingerprint import fingerprint
from bot.domain.inputs import Input
from bot.domain.orders import Order, PaymentStatus
from bot.domain.people import Person
from bot.domain.policy import Requirement, requirement_for
from bot.domain.votes import COUNTS, Company, Verdict, may_decide
from bot.errors import NotAllowed
from bot.i18n import _
from bot.ports import Clock, ProviderAdapter, RequestStore
from bot.services.access import Access, Viewer
from bot.services.inboxes import Inboxes
from bot.services.once import Once
from bot.services.people import People, named
from bot.services.reading import Found, OrderReader
from bot.services.sentences import why_not
from bot.services.steps import card, notice
from bot.services.told import HistoryView, InboxView, Told, Why, WhyLine

RECORDS = 200
EXPLAINED = 50  # people named by /order why


class _Open(NotAllowed):
    """The order has an open request already."""

    def __init__(self, request: ApprovalRequest) -> None:
        super().__init__(
            _(
                "Its cancellation is already asked for: {request_id}.",
                request_id=request.request_id,
            ),
            rule="open",
        )
        self.request = request


class Requests:
    """*access* tells who may view an account, *people* who may ask and decide. *wake* is set when
    the outbox has something to do."""

    def __init__(
        self,
        *,
        store: RequestStore,
        adapters: Mapping[str, ProviderAdapter],
        reader: OrderReader,
        access: Access,
        people: People,
        clock: Clock,
        wake: asyncio.Event,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._reader = reader
        self._access = access
        self._people = people
        self._clock = clock
        self._wake = wake
        self._inboxes = Inboxes(store, people, clock)
        self._once = Once()

    async def ask(self, given: Input, *, late: bool = False) -> Told:
        """Judge one stored wish to cancel an order. *late*: nobody waits for the answer any more,
        so a refusal goes by direct message."""
        if not self._once.take(given.input_id):
            return Told("")
        try:
            return await self._judge(given, late=late)
        except BaseException:
            self._once.give_back(given.input_id)
            raise

    async def why(self, viewer: Viewer, request_id: str) -> Why:
        """Raises NotAllowed where there is no such request, or none that *viewer* may see."""
        request = await self._store.get(request_id.strip().upper())
        if request is None or request.account not in viewer.names:
            raise NotAllowed(
                _("You may see no such request. Look at /order inbox."), rule="viewers"
            )
        today, company = self._people.today(request), await self._people.deciders(request)
        rules = (request.requirement, today)
        asked = [request.requested_by, viewer.person.user_id]
        asked += [vote.user_id for vote in request.votes]
        for rule in rules:
            asked += sorted(named(rule.approvers, company))
        asked = sorted(list(dict.fromkeys(asked))[:EXPLAINED])
        people = {each.user_id: each for each in await self._people.known(asked)}
        standing = await self._people.standing(request, company)
        lines = [_line(user_id, request, today, people.get(user_id), company) for user_id in asked]
        lines.sort(key=lambda line: not line.may)
        return Why(
            request,
            today,
            all(rule.approvers.members for rule in rules),
            standing.approvals,
            standing.needed,
            tuple(lines),
        )

    async def inbox(self, viewer: Viewer) -> InboxView:
        return await self._inboxes.inbox(viewer, await self._inboxes.opened())

    async def history(self, viewer: Viewer, account: str, order_id: str) -> HistoryView:
        """Raises NotAllowed where *viewer* may not view the account."""
        name = viewer.account(account).name
        return HistoryView(
            name,
            order_id,
            await self._store.requests_for(name, order_id),
            await self._store.history([about_order(name, order_id)], limit=RECORDS),
        )

    async def _judge(self, given: Input, *, late: bool) -> Told:
        try:
            request = await self._request(given)
            now = self._clock.now()
            if not await self._store.create(request, given=given, owed=[card(request)], at=now):
                raise await self._lost(given)
        except _Open as error:
            first = error.request
            told = Told(str(error), first.request_id, by=first.requested_by)
            return await self._refuse(given, error.rule, told, late=late)
        except NotAllowed as error:
            return await self._refuse(given, error.rule, Told(str(error)), late=late)
        self._wake.set()
        text = _("Asked. The approvers see it now, and you get a direct message.")
        return Told(text, request.request_id)

    async def _refuse(self, given: Input, rule: str, told: Told, *, late: bool) -> Told:
        owed = [notice("", given.user_id, told.text, given.input_id)] if late else []
        verdict = Verdict(counts=False, rule=rule)
        await self._store.refuse(given, verdict, owed=owed, at=self._clock.now())
        self._wake.set()
        return told

    async def _lost(self, given: Input) -> NotAllowed:
        """Somebody else's request was stored first; it may even have ended since."""
        first = await self._store.open_for(given.account, given.order_id)
        if first is not None:
            return _Open(first)
        return NotAllowed(
            _("Somebody else asked at the same moment. Look at the order again."), rule="open"
        )

    async def _request(self, given: Input) -> ApprovalRequest:
        """The request as it would be stored; raises NotAllowed with the rule that stops it."""
        viewer = await self._access.viewer(given.user_id)
        name = viewer.account(given.account).name
        if not given.reason.strip():
            raise NotAllowed(_("A reason is required."), rule="reason")
        can = self._adapters[name].capabilities
        if not can.can_cancel:
            raise NotAllowed(
                can.cancel_reason or _("{account} cannot cancel orders.", account=name),
                rule="provider",
            )
        first = await self._store.open_for(name, given.order_id)
        if first is not None:
            raise _Open(first)
        order = await self._unpaid(name, given.order_id)
        requirement = requirement_for(self._people.policy, self._adapters[name].account, order)
        await self._check_people(viewer.person, requirement)
        return self._pending(given, order, requirement)

    async def _unpaid(self, account: str, order_id: str) -> Order:
        reading = await self._reader.read(account, order_id)
        if reading.found is Found.GONE:
            raise NotAllowed(
                _("{account} knows no order {order_id}.", account=account, order_id=order_id[:64]),
                rule="order",
            )
        if reading.order is None:
            raise NotAllowed(
                _("{account} does not answer right now; ask again later.", account=account),
                rule="cloud",
            )
        if reading.order.payment_status is not PaymentStatus.UNPAID or reading.order.inferred:
            raise NotAllowed(
                _(
                    "Only an unpaid order can be cancelled; {account} says “{word}”.",
                    account=account,
                    word=reading.order.payment_word or reading.order.payment_status.value,
                ),
                rule="payment_status",
            )
        return reading.order

    async def _check_people(self, person: Person, requirement: Requirement) -> None:
        company = await self._people.company(requirement.requesters, requirement.approvers)
        if not company.holds(requirement.requesters, person):
            raise NotAllowed(
                _("You may not ask for cancellations of this kind of order."), rule="requesters"
            )
        if not await self._people.could_approve(requirement, person.user_id, company):
            raise NotAllowed(
                _(
                    "Nobody could approve this: besides you, {count} active approvers are needed."
                    " Ask whoever runs this bot to name more.",
                    count=max(1, requirement.quorum),
                ),
                rule="no_approvers",
            )

    def _pending(self, given: Input, order: Order, requirement: Requirement) -> ApprovalRequest:
        now = self._clock.now()
        expires_at = _earlier(now + requirement.expires, order.deadline)
        if expires_at <= now:
            raise NotAllowed(_("The order's own payment deadline has passed."), rule="deadline")
        return ApprovalRequest(
            request_id=_new_id(),
            version=1,
            status=RequestStatus.PENDING,
            provider=order.provider,
            account=order.account,
            order_id=order.order_id,
            order=order,
            fingerprint=fingerprint(order),
            requested_by=given.user_id,
            reason=given.reason.strip(),
            requirement=requirement,
            created_at=now,
            expires_at=expires_at,
            due_at=next_look(expires_at, now),
        )


def _line(
    user_id: str,
    request: ApprovalRequest,
    today: Requirement,
    person: Person | None,
    company: Company,
) -> WhyLine:
    verdict = Verdict(counts=False, rule="unreadable")
    if person is not None:
        verdict = may_decide(request, today, person, company)
    if verdict == COUNTS:
        return WhyLine(user_id, may=True)
    return WhyLine(user_id, may=False, rule=verdict.rule, text=why_not(verdict.rule))


def _earlier(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)


def _new_id() -> str:
    """`R-` and 8 letters or digits: short enough to type, and of no order's form."""
    return "R-" + base64.b32encode(secrets.token_bytes(5)).decode()
