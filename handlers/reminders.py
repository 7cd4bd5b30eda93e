"""*Remind me at 08:30* on the direct message that reminds somebody of a request."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import about_order
from bot.errors import UserError
from bot.services.reminders import Reminders
from handlers.answers import errors_shown
from handlers.desk import Desk
from handlers.ids import ActionId
from handlers.press import answer_to
from handlers.views.panel import sentence
from handlers.views.requests import read_ref


class RemindMe:
    def __init__(self, desk: Desk, reminders: Reminders) -> None:
        self._desk = desk
        self._reminders = reminders

    async def pressed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The Bolt listener. An approver need not be a viewer, as with the card itself."""
        await ack()
        self._desk.tasks.spawn(self._postpone(body, client))

    async def _postpone(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        user = body["user"]["id"]
        request_id, _version = read_ref(str(body["actions"][0].get("value") or ""))
        reply = answer_to(body, client, replace=False)

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(user, ActionId.REMIND_ME, error)

        told = ""
        async with errors_shown(reply, refused, stored=lambda: told):
            if not await self._desk.inputs.first_time(str(body.get("trigger_id") or "")):
                return
            told = await self._reminders.postpone(user, request_id)
            request = await self._desk.request_store.get(request_id)
            subject = about_order(request.account, request.order_id) if request else ""
            await self._desk.inputs.answered(user, ActionId.REMIND_ME, subject)
            await reply.show(sentence(told))
