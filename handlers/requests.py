"""Buttons on a request's card, and the deny form.

What decides is stored before Slack is answered; whether it counts is judged afterwards, and the
person hears of it in private where the card does not say it all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from structlog.contextvars import bound_contextvars

from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import about_order
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import CopyRole
from bot.errors import NotAllowed, StorageError, UsageError, UserError
from bot.i18n import _
from bot.services.restoring import rule_of_unknown
from bot.services.sentences import refusal
from bot.services.told import Told
from handlers.answers import Answer, PrivateReply, errors_shown
from handlers.cancel import not_recorded
from handlers.desk import Desk
from handlers.ids import REASON_BLOCK, ActionId
from handlers.press import Press, Pressed, answer_to, run
from handlers.views.history import inbox_card
from handlers.views.panel import sentence
from handlers.views.request_forms import deny_form, typed_reason
from handlers.views.requests import read_ref, request_card, told_card

logger = structlog.get_logger(__name__)

DECIDING = {
    ActionId.APPROVE: InputKind.APPROVE,
    ActionId.TAKE_BACK: InputKind.TAKE_BACK,
    ActionId.WITHDRAW: InputKind.WITHDRAW,
    ActionId.STOP: InputKind.STOP,
}


class RequestButtons:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def listener(self, action: ActionId) -> Callable[..., Awaitable[None]]:
        """The Bolt listener of a button that decides."""
        kind = DECIDING[action]

        async def pressed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            given = self._clicked(kind, body)
            reply = answer_to(body, client, replace=False)
            with bound_contextvars(request=given.request_id):
                try:
                    is_new = await self._desk.request_store.accept(given)
                except StorageError:
                    logger.exception("not_recorded")
                    await ack()
                    self._desk.tasks.spawn(reply.show(sentence(not_recorded())))
                    return
                await ack()
                if is_new:
                    self._desk.tasks.spawn(self._judge(given, reply, body, client))

        return pressed

    async def denied(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The deny form was sent."""
        view, reason = body["view"], typed_reason(body["view"])
        if not reason:
            await ack(
                response_action="errors", errors={REASON_BLOCK: _("A denial needs a reason.")}
            )
            return
        given = Input(
            input_id=str(body["trigger_id"]),
            kind=InputKind.DENY,
            user_id=body["user"]["id"],
            at=self._desk.clock.now(),
            request_id=read_ref(str(view["private_metadata"]))[0],
            reason=reason,
        )
        with bound_contextvars(request=given.request_id):
            try:
                is_new = await self._desk.request_store.accept(given)
            except StorageError:
                logger.exception("not_recorded")
                await ack(response_action="errors", errors={REASON_BLOCK: not_recorded()})
                return
            await ack()
            if is_new:
                reply = PrivateReply(client, "", given.user_id, replace=False)
                self._desk.tasks.spawn(self._judge(given, reply, body, client))

    async def deny(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """*Deny…* opens the form; an approver need not be a viewer, for the card tells it all."""
        await ack()
        self._desk.tasks.spawn(self._open_form(body, client))

    async def details(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Every field of the order that a request is about."""
        await self._answer(ActionId.DETAILS, self._details, ack, body, client)

    async def show(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A row of the inbox, or a reminder: the request's card, for this person alone."""
        await self._answer(ActionId.SHOW_REQUEST, self._show, ack, body, client, unseen=_unseen())

    async def inbox(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """*Waiting for you* on the panel."""
        await self._answer(ActionId.SHOW_INBOX, self._inbox, ack, body, client)

    async def _answer(
        self,
        action: ActionId,
        work: Pressed,
        ack: AsyncAck,
        body: dict[str, Any],
        client: AsyncWebClient,
        *,
        unseen: str = "",
    ) -> None:
        await ack()
        self._desk.tasks.spawn(run(self._desk, action, work, body, client, unseen=unseen))

    async def _judge(
        self, given: Input, reply: Answer, body: dict[str, Any], client: AsyncWebClient
    ) -> None:
        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(given.user_id, given.kind, error)

        told = Told(_to_be_judged())
        async with errors_shown(reply, refused, stored=lambda: told.text or _look()):
            told = await self._desk.decisions.handle(given)
            if told.text:
                await reply.show(told_card(told))
            await self._redraw(given, body, client)

    async def _redraw(self, given: Input, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A card that only this person sees is nobody's copy: it is drawn anew where it stands,
        while they may view it."""
        if not _is_private(body):
            return
        request = await self._desk.request_store.get(given.request_id)
        if request is not None and await self._may_view(given.user_id, request):
            role = _role(request, given.user_id)
            await answer_to(body, client, replace=True).show(request_card(request, role))

    async def _may_view(self, user: str, request: ApprovalRequest) -> bool:
        try:
            return request.account in (await self._desk.access.viewer(user)).names
        except NotAllowed:
            return False

    async def _open_form(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        user, value = body["user"]["id"], str(body["actions"][0].get("value") or "")

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(user, ActionId.DENY, error)

        async with errors_shown(answer_to(body, client, replace=False), refused):
            if not await self._desk.inputs.first_time(str(body["trigger_id"])):
                return
            request = await self._known(value)
            await self._note(user, request, ActionId.DENY)
            await client.views_open(trigger_id=body["trigger_id"], view=deny_form(request, value))

    async def _details(self, press: Press) -> None:
        request, viewer = await self._request(press, ActionId.DETAILS), press.viewer
        shown = await self._desk.lookups.last_seen(viewer, request.account, request.order_id)
        answer = await press.window()
        await answer.show(await self._desk.cards.details(viewer, shown, 0, ""))

    async def _show(self, press: Press) -> None:
        request = await self._request(press, ActionId.SHOW_REQUEST)
        role = _role(request, press.viewer.person.user_id)
        await press.answer(replace=False).show(request_card(request, role))

    async def _inbox(self, press: Press) -> None:
        await self._desk.inputs.answered(press.viewer.person.user_id, ActionId.SHOW_INBOX)
        inbox = await self._desk.requests.inbox(press.viewer)
        await press.answer(replace=True).show(inbox_card(inbox))

    async def _request(self, press: Press, doing: ActionId) -> ApprovalRequest:
        """The request behind a button; raises NotAllowed where the account may not be viewed."""
        request = await self._known(press.card_id)
        if request.account not in press.viewer.names:
            raise NotAllowed(_unseen(), rule="viewers")
        await self._note(press.viewer.person.user_id, request, doing)
        return request

    async def _known(self, value: str) -> ApprovalRequest:
        store = self._desk.request_store
        request = await store.get(read_ref(value)[0])
        if request is None:
            raise UsageError(refusal(await rule_of_unknown(store), None))
        return request

    async def _note(self, user: str, request: ApprovalRequest, doing: ActionId) -> None:
        subject = about_order(request.account, request.order_id)
        await self._desk.inputs.answered(user, doing, subject)

    def _clicked(self, kind: InputKind, body: dict[str, Any]) -> Input:
        container = {} if _is_private(body) else body.get("container") or {}
        return Input(
            input_id=str(body["trigger_id"]),
            kind=kind,
            user_id=body["user"]["id"],
            at=self._desk.clock.now(),
            request_id=read_ref(str(body["actions"][0].get("value") or ""))[0],
            channel=str(container.get("channel_id") or ""),
            message_ts=str(container.get("message_ts") or ""),
        )


def _is_private(body: dict[str, Any]) -> bool:
    """Clicked on a private reply, which nobody else sees and no call of ours can change."""
    container = body.get("container") or {}
    return container.get("type") == "message" and bool(container.get("is_ephemeral"))


def _to_be_judged() -> str:
    return _(
        "What you pressed is stored and will be judged as soon as I can; look at the card of the"
        " request."
    )


def _look() -> str:
    return _("What you pressed is stored; look at the card of the request.")


def _unseen() -> str:
    """An approver who is reminded need not be a viewer."""
    return _(
        "You may not view the account of this order. Whoever may decide the request decides on its"
        " card in the approvals channel."
    )


def _role(request: ApprovalRequest, user_id: str) -> CopyRole:
    return CopyRole.REQUESTER if user_id == request.requested_by else CopyRole.APPROVALS
