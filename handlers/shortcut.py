"""The message shortcut *Look up order*: the orders whose numbers stand in a message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.ids import order_ids_in
from bot.errors import ProviderError, UserError
from bot.i18n import _
from bot.services.access import Viewer
from bot.services.together import together
from handlers.answers import NewWindow, errors_shown
from handlers.desk import Desk
from handlers.ids import CallbackId
from handlers.views.forms import loading
from handlers.views.panel import SAMPLE_IDS, sentence
from handlers.views.surface import Rendered, plain
from handlers.views.words import problem

MOST = 5  # orders of one message
BLOCKS = 95  # of all cards; a modal takes 100
READ = 40_000  # characters of a message; Slack cuts there, too

_TEXTS = frozenset({"text", "fallback", "pretext", "title", "title_link", "value", "url"})


class LookUpShortcut:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def used(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        self._desk.tasks.spawn(self._answer(body, client))

    async def _answer(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        desk, user = self._desk, body["user"]["id"]
        answer = NewWindow(client, str(body.get("trigger_id") or ""), user)

        async def refused(error: UserError) -> None:
            await desk.inputs.refuse(user, CallbackId.LOOK_UP_ORDER, error)

        async with errors_shown(answer, refused):
            if not await desk.inputs.first_time(str(body.get("trigger_id") or "")):
                return
            await answer.show(loading())
            viewer = await desk.access.viewer(user)
            order_ids = order_ids_in(" ".join(texts_of(body.get("message") or {}))[:READ])
            desk.metrics.command(CallbackId.LOOK_UP_ORDER)
            if not order_ids:
                await desk.inputs.answered(user, CallbackId.LOOK_UP_ORDER)
                await answer.show(sentence(_nothing()))
                return
            channel = str((body.get("channel") or {}).get("id") or "")
            await answer.show(await self._cards(viewer, order_ids, channel))

    async def _cards(self, viewer: Viewer, order_ids: tuple[str, ...], channel: str) -> Rendered:
        asked, left = order_ids[:MOST], len(order_ids) - MOST
        if len(asked) == 1:
            shown = await self._desk.lookups.show(viewer, asked[0], "", channel=channel)
            return await self._desk.cards.order(viewer, shown, channel)
        found = await together(self._one(viewer, each, channel) for each in asked)
        blocks: list[Block] = [block for each in found for block in each.blocks]
        if left > 0:
            more = _(
                "Only the first {count} numbers are looked up; {left} more.", count=MOST, left=left
            )
            blocks.append(plain(more))
        return Rendered(". ".join(each.text for each in found), tuple(blocks))

    async def _one(self, viewer: Viewer, order_id: str, channel: str) -> Rendered:
        """One of several: what goes wrong with it does not take the others from the window."""
        try:
            shown = await self._desk.lookups.show(viewer, order_id, "", channel=channel)
        except UserError as error:
            await self._desk.inputs.refuse(viewer.person.user_id, CallbackId.LOOK_UP_ORDER, error)
            return sentence(str(error))
        except ProviderError as error:
            return sentence(problem(error))
        card = await self._desk.cards.order(viewer, shown, channel, alone=False)
        return card if len(card.blocks) <= BLOCKS // MOST else sentence(_which(order_id))


def texts_of(message: Any) -> Iterator[str]:
    """Every text that people read in a message, its blocks and attachments."""
    if isinstance(message, list):
        for each in message:
            yield from texts_of(each)
    elif isinstance(message, dict):
        for name, value in message.items():
            if name in _TEXTS and isinstance(value, str):
                yield value
            else:
                yield from texts_of(value)


def _nothing() -> str:
    return _("I see no order number in this message. They look like {samples}.", samples=_samples())


def _samples() -> str:
    return ", ".join(f"{sample} ({provider})" for provider, sample in SAMPLE_IDS.items())


def _which(order_id: str) -> str:
    return _("Many accounts could hold it: type /order show {order_id} ACCOUNT", order_id=order_id)
