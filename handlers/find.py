"""The *Find…* form: opened from the panel, kept half-filled, answered in its own window."""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ids import order_id_in
from bot.errors import UsageError, UserError
from bot.i18n import _
from handlers.answers import ModalAnswer, errors_shown
from handlers.commands import OrderCommand
from handlers.desk import Desk
from handlers.drafts import Drafts
from handlers.filters import List, read_filters
from handlers.ids import ActionId, CallbackId, CardKind
from handlers.parsing import Show
from handlers.press import answer_to
from handlers.typed import typed_words
from handlers.views.forms import find_form, loading_modal, typed_values

FORM = CallbackId.FIND_FORM
# Slack puts "Asking the clouds …" into the window when it gets the ack; an answer that came before
# would be overwritten by it.
SETTLED = 0.3  # seconds


class FindForm:
    def __init__(self, desk: Desk, command: OrderCommand, drafts: Drafts) -> None:
        self._desk = desk
        self._command = command
        self._drafts = drafts

    async def open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        self._desk.tasks.spawn(self._open(body, client))

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        values = _as_typed(typed_values(body["view"]))
        try:
            command = self._read(values)
        except UserError as error:
            await ack(response_action="errors", errors={_field_of(values): str(error)})
            return
        await ack(response_action="update", view=loading_modal())
        self._desk.tasks.spawn(self._find(command, values, body, client))

    async def _open(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        user = body["user"]["id"]
        answer = answer_to(body, client, replace=False)

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(user, ActionId.FIND, error)

        async with errors_shown(answer, refused):
            if not await self._desk.inputs.first_time(body["trigger_id"]):
                return
            viewer = await self._desk.access.viewer(user)
            state = await self._desk.cards.state(CardKind.FORM, body["actions"][0]["value"])
            form_id = await self._desk.cards.form(viewer, state["channel"])
            draft = await self._drafts.load(user, FORM)
            await self._desk.inputs.answered(user, ActionId.FIND)
            view = find_form(viewer.accounts, draft, form_id)
            await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def _find(
        self,
        command: Show | List,
        values: dict[str, str],
        body: dict[str, Any],
        client: AsyncWebClient,
    ) -> None:
        user = body["user"]["id"]
        answer = ModalAnswer(client, body["view"]["id"])

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(user, FORM, error)

        async with errors_shown(answer, refused):
            if not await self._desk.inputs.first_time(body.get("trigger_id") or ""):
                return
            await self._drafts.save(user, FORM, values)
            await asyncio.sleep(SETTLED)
            viewer = await self._desk.access.viewer(user)
            state = await self._desk.cards.state(CardKind.FORM, body["view"]["private_metadata"])
            await self._command.run(command, viewer, state["channel"], answer)
            await self._drafts.drop(user, FORM)

    def _read(self, values: dict[str, str]) -> Show | List:
        """The form as the command that says the same; raises UserError."""
        if values.get("order_id"):
            order_id = order_id_in(values["order_id"])
            if not order_id:
                raise UsageError(_("This holds no order number."))
            return Show(order_id, values.get("account", ""))
        if not values:
            raise UsageError(_("Fill in at least one field."))
        command = List(unpaid=False, filters=values)
        read_filters(command, now=self._desk.clock.now(), zone=UTC)
        return command


def _as_typed(values: dict[str, str]) -> dict[str, str]:
    """Each value as the command reads it; those that hold nothing then are left out."""
    read = {name: " ".join(typed_words(value)) for name, value in values.items()}
    return {name: value for name, value in read.items() if value}


def _field_of(values: dict[str, str]) -> str:
    """The block that an error is shown at: the one that was typed into, else the first."""
    return next((name for name in ("order_id", "over", "product") if values.get(name)), "order_id")
