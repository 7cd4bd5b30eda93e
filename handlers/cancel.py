"""The cancel form: opened from an order's card, from a request that ended, or by `/order cancel`;
kept half-filled; stored before Slack is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import about_order
from bot.domain.inputs import Input, InputKind
from bot.domain.orders import Order, PaymentStatus
from bot.errors import NotAllowed, StorageError, UsageError, UserError
from bot.i18n import _
from bot.services.access import Viewer
from bot.services.orders import Choice, Shown
from bot.services.restoring import rule_of_unknown
from bot.services.sentences import refusal
from bot.services.told import Told
from handlers.answers import Answer, ModalAnswer, Place, PrivateReply, errors_shown
from handlers.desk import Desk
from handlers.drafts import Drafts, cancel_key
from handlers.failures import FAILURES
from handlers.ids import REASON_BLOCK, ActionId, CallbackId, CardKind
from handlers.parsing import EXAMPLES, Cancel, Verb
from handlers.press import Press, run
from handlers.views import words
from handlers.views.forms import loading_modal
from handlers.views.request_forms import cancel_form, typed_reason
from handlers.views.requests import read_ref, told_card
from handlers.views.surface import Rendered

logger = structlog.get_logger(__name__)

FORM = CallbackId.CANCEL_FORM
# As in find.py: Slack puts "Asking the clouds …" into the window when it gets the ack.
SETTLED = 0.3  # seconds


class CancelForm:
    def __init__(self, desk: Desk, drafts: Drafts) -> None:
        self._desk = desk
        self._drafts = drafts

    async def open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """*Request cancel* on an order's card."""
        await ack()
        work = run(self._desk, ActionId.REQUEST_CANCEL, self._from_card, body, client)
        self._desk.tasks.spawn(work)

    async def ask_again(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        work = run(self._desk, ActionId.ASK_AGAIN, self._from_request, body, client)
        self._desk.tasks.spawn(work)

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Stored as it came, then acknowledged; whether it counts is judged afterwards."""
        view = body["view"]
        try:
            given = await self._given(body, await self._about(view), typed_reason(view))
            is_new = await self._desk.request_store.accept(given)
        except UsageError as error:
            await ack(response_action="errors", errors={REASON_BLOCK: str(error)})
            return
        except StorageError:
            logger.exception("not_recorded")
            await ack(response_action="errors", errors={REASON_BLOCK: not_recorded()})
            return
        await ack(response_action="update", view=loading_modal())
        if is_new:
            self._desk.tasks.spawn(self._ask(given, body, client))

    async def typed(
        self,
        command: Cancel,
        viewer: Viewer,
        body: dict[str, Any],
        client: AsyncWebClient,
        place: Place,
    ) -> None:
        """`/order cancel [ID]`: the window opens before a cloud is asked, for Slack waits 3 s."""
        channel, trigger_id = str(body.get("channel_id") or ""), body["trigger_id"]
        lookups = self._desk.lookups
        if not command.order_id:
            recent = await lookups.recent(viewer, channel)
            if not recent:
                raise UsageError(
                    _("Which order? For example: {example}", example=EXAMPLES[Verb.CANCEL])
                )
            order = recent[0].order
            shown = await lookups.last_seen(viewer, order.account, order.order_id)
            await client.views_open(
                trigger_id=trigger_id, view=await self._form_of(viewer, shown, channel)
            )
            return
        opened = await client.views_open(trigger_id=trigger_id, view=loading_modal())
        place.answer = ModalAnswer(client, opened["view"]["id"])
        found = await lookups.show(viewer, command.order_id, command.account, channel=channel)
        if isinstance(found, Choice):
            await place.show(await self._desk.cards.order(viewer, found, channel))
            return
        form = await self._form_of(viewer, found, channel)
        await client.views_update(view_id=opened["view"]["id"], view=form)

    async def _from_card(self, press: Press) -> None:
        """An order's card, or a line of a digest, whose button carries `RUN_ID.INDEX`."""
        if "." in press.card_id:
            digest, line = await self._desk.digests.line(press.viewer, press.card_id)
            account, order_id, channel = line.account, line.order_id, digest.channel
        else:
            state = await self._desk.cards.state(CardKind.ORDER, press.card_id)
            account, order_id, channel = state["account"], state["order_id"], state["channel"]
        shown = await self._desk.lookups.last_seen(press.viewer, account, order_id)
        await press.window(await self._form_of(press.viewer, shown, channel))

    async def _from_request(self, press: Press) -> None:
        """A new request about the same order, or about the whole that it turned out to be part
        of; the old one stays as it is."""
        request_id, _version = read_ref(press.card_id)
        request = await self._desk.request_store.get(request_id)
        if request is None:
            raise UsageError(refusal(await rule_of_unknown(self._desk.request_store), None))
        press.viewer.account(request.account)
        order = request.current or request.order
        await press.window(await self._form(press.viewer, order, "", request.reason))

    async def _form_of(self, viewer: Viewer, shown: Shown, channel: str) -> dict[str, Any]:
        if not shown.can_cancel:
            raise NotAllowed(
                _("No cancelling from here: {reason}", reason=shown.cancel_reason), rule="provider"
            )
        return await self._form(viewer, shown.order, channel)

    async def _form(
        self, viewer: Viewer, order: Order, channel: str, reason: str = ""
    ) -> dict[str, Any]:
        """The form as Slack takes it; *reason* where none was typed before. Raises UserError where
        there is nothing to ask for."""
        user = viewer.person.user_id
        if order.payment_status is not PaymentStatus.UNPAID:
            raise UsageError(
                _(
                    "Only an unpaid order can be cancelled. This one: {status}.",
                    status=words.status_word(order),
                )
            )
        first = await self._desk.request_store.open_for(order.account, order.order_id)
        if first is not None:
            raise UsageError(
                _(
                    "Its cancellation is already asked for: {request_id}. Look at /order inbox.",
                    request_id=first.request_id,
                )
            )
        draft = await self._drafts.load(user, cancel_key(order.account, order.order_id))
        private = await self._desk.cards.cancel(viewer, order, channel)
        subject = about_order(order.account, order.order_id)
        await self._desk.inputs.answered(user, FORM, subject)
        return cancel_form(order, draft.get(REASON_BLOCK, reason), private)

    async def _about(self, view: dict[str, Any]) -> dict[str, Any]:
        return await self._desk.cards.state(CardKind.CANCEL, str(view["private_metadata"]))

    async def _given(self, body: dict[str, Any], about: dict[str, Any], reason: str) -> Input:
        if not reason:
            raise UsageError(_("A reason is required."))
        return Input(
            input_id=str(body["trigger_id"]),
            kind=InputKind.REQUEST,
            user_id=body["user"]["id"],
            at=self._desk.clock.now(),
            account=about["account"],
            order_id=about["order_id"],
            reason=reason,
        )

    async def _ask(self, given: Input, body: dict[str, Any], client: AsyncWebClient) -> None:
        title = _("Request cancel")
        answer = WindowOrDirect(client, body["view"]["id"], given.user_id, title, after=SETTLED)
        key = cancel_key(given.account, given.order_id)

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(given.user_id, FORM, error)

        told = Told(_to_be_judged())
        async with errors_shown(answer, refused, stored=lambda: told.text):
            await self._drafts.save(given.user_id, key, {REASON_BLOCK: given.reason})
            told = await self._desk.requests.ask(given)
            if not told.text:  # the sweep has it, and what comes of it goes by direct message
                told = Told(_("It is being judged; you get a direct message."))
            if _is_asked(told):
                await self._drafts.drop(given.user_id, key)
            await answer.show(told_card(told))


class WindowOrDirect(Answer):
    """The window that the form was sent from, *after* some seconds, or a direct message where it
    is closed by now."""

    def __init__(
        self, client: AsyncWebClient, view_id: str, user_id: str, title: str, *, after: float = 0
    ) -> None:
        self._window = ModalAnswer(client, view_id, title)
        self._direct = PrivateReply(client, "", user_id, replace=False)
        self._after = after

    async def show(self, rendered: Rendered) -> None:
        await asyncio.sleep(self._after)
        try:
            await self._window.show(rendered)
        except FAILURES:
            await self._direct.show(rendered)


def not_recorded() -> str:
    return _("This could not be recorded, so nothing has changed. Tell whoever runs this bot.")


def _to_be_judged() -> str:
    return _(
        "What you sent is stored and will be judged as soon as I can; you get a direct message."
    )


def _is_asked(told: Told) -> bool:
    """A new request was made; where another one is open, the answer names who made that."""
    return bool(told.request_id) and not told.by
