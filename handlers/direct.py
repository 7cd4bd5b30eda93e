"""Text in the bot's direct messages, read as what follows `/order`."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import UsageError, UserError
from bot.i18n import _
from bot.services.access import Viewer
from bot.services.orders import Choice, Shown
from handlers.answers import DirectMessage, errors_shown
from handlers.commands import OrderCommand
from handlers.desk import Desk
from handlers.parsing import EXAMPLES, Cancel, Verb, parse_command
from handlers.typed import is_typed

INPUT = "message"  # its word on the record
_COMMAND = re.compile(r"\A\s*/?order(?=\s|\Z)", re.IGNORECASE)


class DirectMessages:
    def __init__(self, desk: Desk, command: OrderCommand) -> None:
        self._desk = desk
        self._command = command

    async def received(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The Bolt listener of `message` events. All but what a person types is let pass."""
        await ack()
        if is_typed(body["event"]):
            self._desk.tasks.spawn(self._answer(body["event"], str(body["event_id"]), client))

    async def _answer(self, event: dict[str, Any], event_id: str, client: AsyncWebClient) -> None:
        desk, user, channel = self._desk, event["user"], event["channel"]
        answer = DirectMessage(client, channel)

        async def refused(error: UserError) -> None:
            await desk.inputs.refuse(user, INPUT, error)

        async with errors_shown(answer, refused):
            if not await desk.inputs.first_time(event_id):
                return
            viewer = await desk.access.viewer(user)
            command = parse_command(_COMMAND.sub("", event["text"]))
            desk.metrics.command(type(command).__name__.lower())
            if isinstance(command, Cancel):
                found = await self._to_cancel(command, viewer, channel)
                await answer.show(await desk.cards.order(viewer, found, channel))
            else:
                await self._command.run(command, viewer, channel, answer)

    async def _to_cancel(self, command: Cancel, viewer: Viewer, channel: str) -> Shown | Choice:
        """A message opens no form: the order's card does, by its button."""
        lookups = self._desk.lookups
        if command.order_id:
            return await lookups.show(viewer, command.order_id, command.account, channel=channel)
        recent = await lookups.recent(viewer, channel)
        if not recent:
            raise UsageError(
                _("Which order? For example: {example}", example=EXAMPLES[Verb.CANCEL])
            )
        order = recent[0].order
        return await lookups.show(viewer, order.order_id, order.account, channel=channel)
