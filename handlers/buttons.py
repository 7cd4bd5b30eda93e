"""Buttons on cards. A button carries one opaque id; what it means is read from the database and
checked against what the person may view now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import about_order
from bot.services.access import Viewer
from bot.services.lists import PAGE
from handlers.answers import Answer
from handlers.cards import command_of, filter_of
from handlers.commands import OrderCommand
from handlers.desk import Desk
from handlers.filters import List
from handlers.ids import ActionId, CardKind
from handlers.press import Press, Pressed, run
from handlers.sharing import share
from handlers.views.forms import answer_modal
from handlers.views.panel import PRODUCTS_PAGE
from handlers.views.surface import Rendered


class Buttons:
    def __init__(self, desk: Desk, command: OrderCommand) -> None:
        self._desk = desk
        self._command = command

    def listener(self, action: ActionId) -> Callable[..., Awaitable[None]]:
        """The Bolt listener of one action id."""
        work: dict[ActionId, Pressed] = {
            ActionId.SHOW_ORDER: self._show,
            ActionId.REFRESH: self._refresh,
            ActionId.DETAILS: self._details,
            ActionId.SHARE: self._share,
            ActionId.NEXT_PAGE: self._next,
            ActionId.PREVIOUS_PAGE: self._previous,
            ActionId.SHOW_UNPAID: self._unpaid,
        }

        async def pressed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            self._desk.tasks.spawn(run(self._desk, action, work[action], body, client))

        return pressed

    async def _show(self, press: Press) -> None:
        state = await self._desk.cards.state(CardKind.ORDER, press.card_id)
        in_view = press.in_modal or press.at_home
        answer = await press.window() if in_view else press.answer(replace=False)
        await self._read(press.viewer, state, answer)

    async def _refresh(self, press: Press) -> None:
        """An order's card or a list: whichever this id belongs to."""
        cards = self._desk.cards
        order = await cards.find(CardKind.ORDER, press.card_id)
        answer = press.answer(replace=True)
        if order is not None:
            await self._read(press.viewer, order, answer)
            return
        state = await cards.state(CardKind.ORDERS, press.card_id)
        await self._command.run(command_of(state), press.viewer, state["channel"], answer)

    async def _read(self, viewer: Viewer, state: dict[str, Any], answer: Answer) -> None:
        channel = state["channel"]
        shown = await self._desk.lookups.show(
            viewer, state["order_id"], state["account"], channel=channel
        )
        await answer.show(await self._desk.cards.order(viewer, shown, channel))

    async def _details(self, press: Press) -> None:
        state = await self._desk.cards.state(CardKind.ORDER, press.card_id)
        rendered = await self._detail_page(press.viewer, state, 0)
        await press.window(answer_modal(rendered))

    async def _detail_page(self, viewer: Viewer, state: dict[str, Any], page: int) -> Rendered:
        shown = await self._desk.lookups.last_seen(viewer, state["account"], state["order_id"])
        subject = about_order(state["account"], state["order_id"])
        await self._desk.inputs.answered(viewer.person.user_id, ActionId.DETAILS, subject)
        return await self._desk.cards.details(viewer, shown, page, state["channel"])

    async def _share(self, press: Press) -> None:
        state = await self._desk.cards.state(CardKind.ORDER, press.card_id)
        await share(self._desk, press.viewer, state, press.client, press.response_url)

    async def _next(self, press: Press) -> None:
        await self._turn(press, forward=True)

    async def _previous(self, press: Press) -> None:
        await self._turn(press, forward=False)

    async def _turn(self, press: Press, *, forward: bool) -> None:
        """Turn whatever this id belongs to: a list, the products, or an order's fields."""
        cards, viewer = self._desk.cards, press.viewer
        answer = press.answer(replace=True)
        if state := await cards.find(CardKind.ORDERS, press.card_id):
            turn = self._command.turns.take(answer.spot)
            wanted = filter_of(state, viewer)
            offset = _turned(state["offset"], PAGE, forward=forward)
            listed = await self._desk.lists.stored(viewer, wanted, offset=offset)
            card = await cards.orders(viewer, listed, command_of(state), state["channel"])
            await self._command.turns.show(turn, answer, card)
        elif state := await cards.find(CardKind.DETAILS, press.card_id):
            await answer.show(await self._detail_page(viewer, state, state["page"]))
        else:
            state = await cards.state(CardKind.PRODUCTS, press.card_id)
            words = tuple(state["words"])
            offset = _turned(state["offset"], PRODUCTS_PAGE, forward=forward)
            lists = await self._desk.lookups.products(viewer, words)
            await answer.show(await cards.products(viewer, lists, words, offset))

    async def _unpaid(self, press: Press) -> None:
        """The list takes the panel's place, so that it can be redrawn when the clouds answered."""
        state = await self._desk.cards.state(CardKind.FORM, press.card_id)
        answer = await press.window() if press.at_home else press.answer(replace=True)
        await self._command.run(List(unpaid=True), press.viewer, state["channel"], answer)


def _turned(offset: int, size: int, *, forward: bool) -> int:
    return offset + size if forward else max(0, offset - size)
