"""`/order …`: ack at once, then look up and answer the person privately."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import about_order
from bot.domain.filters import OrderFilter, Sort
from bot.domain.ids import providers_of
from bot.domain.orders import PaymentStatus
from bot.errors import UserError
from bot.services.access import Viewer, choose
from bot.services.told import HistoryView
from handlers.answers import Answer, Drawn, Place, PrivateReply, errors_shown
from handlers.cancel import CancelForm
from handlers.desk import Desk
from handlers.digest_typed import Digest
from handlers.digests import DigestCommand
from handlers.export_typed import Export
from handlers.exporting import ExportCommand
from handlers.filters import List, Wanted, read_filters
from handlers.parsing import (
    Accounts,
    Answered,
    Cancel,
    Help,
    History,
    Inbox,
    Panel,
    Products,
    Show,
    WhyNot,
    parse_command,
)
from handlers.turns import Turns
from handlers.views.history import history_card, inbox_card, why_card
from handlers.views.panel import accounts_card, help_card, panel
from handlers.views.text import zone_of


class OrderCommand:
    def __init__(self, desk: Desk, cancel: CancelForm) -> None:
        self._desk = desk
        self._cancel = cancel
        self.turns = Turns()
        self._digest = DigestCommand(desk)
        self._export = ExportCommand(desk)

    async def command(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        self._desk.tasks.spawn(self._answer(body, client))

    async def _answer(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        user, channel = body["user_id"], body.get("channel_id", "")
        reply = PrivateReply(client, body.get("response_url") or "", user, replace=False)
        answer = Place(reply)
        typed = body.get("text") or ""

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(user, "command", error)

        async with errors_shown(answer, refused):
            if not await self._desk.inputs.first_time(body.get("trigger_id") or ""):
                return
            viewer = await self._desk.access.viewer(user)
            command = parse_command(typed)
            self._desk.metrics.command(type(command).__name__.lower())
            if isinstance(command, Cancel):
                await self._cancel.typed(command, viewer, body, client, answer)
            else:
                await self.run(command, viewer, channel, answer)

    async def run(self, command: Answered, viewer: Viewer, channel: str, answer: Drawn) -> None:
        """Answer one command; also called for what a form or a button stands for."""
        desk, zone = self._desk, viewer.person.time_zone
        match command:
            case Panel():
                await desk.inputs.answered(viewer.person.user_id, "panel")
                await self._panel(viewer, channel, answer)
            case Help():
                await desk.inputs.answered(viewer.person.user_id, "help")
                await answer.show(help_card(viewer.accounts))
            case Accounts():
                await answer.show(accounts_card(await desk.lookups.accounts(viewer), zone=zone))
            case Show():
                shown = await desk.lookups.show(
                    viewer, command.order_id, command.account, channel=channel
                )
                await answer.show(await desk.cards.order(viewer, shown, channel))
            case Products():
                lists = await desk.lookups.products(viewer, command.words)
                await answer.show(await desk.cards.products(viewer, lists, command.words, 0))
            case List() | Export():
                await self._many(command, viewer, channel, answer)
            case Digest() | Inbox() | History() | WhyNot():
                await self._together(command, viewer, channel, answer)

    async def _together(
        self,
        command: Digest | Inbox | History | WhyNot,
        viewer: Viewer,
        channel: str,
        answer: Answer,
    ) -> None:
        """What concerns more people than the one who asks."""
        desk, user = self._desk, viewer.person.user_id
        match command:
            case Digest():
                await self._digest.answer(command, viewer, channel, answer)
            case Inbox():
                await desk.inputs.answered(user, "inbox")
                await answer.show(inbox_card(await desk.requests.inbox(viewer)))
            case History():
                await answer.show(history_card(await self._history(viewer, command)))
            case WhyNot():
                await desk.inputs.answered(user, "why")
                await answer.show(why_card(await desk.requests.why(viewer, command.request_id)))

    async def _history(self, viewer: Viewer, command: History) -> HistoryView:
        """Without an account: of the accounts that hold it, then of those whose ids look like this
        one, the first where something happened to it. An order stands on record under its id,
        whichever number of it was typed."""
        typed, forms = command.order_id, providers_of(command.order_id)
        accounts = (viewer.account(command.account),) if command.account else viewer.accounts
        ids = await self._desk.lookups.ids(viewer, typed)
        fitting = [each for each in accounts if each.name in ids or each.provider in forms]
        asked = sorted(fitting or accounts, key=lambda each: each.name not in ids)
        found = [
            await self._desk.requests.history(viewer, each.name, ids.get(each.name, typed))
            for each in asked
        ]
        history = next((each for each in found if each.requests or each.records), found[0])
        subject = about_order(history.account, history.order_id)
        await self._desk.inputs.answered(viewer.person.user_id, "history", subject)
        return history

    async def _many(
        self, command: List | Export, viewer: Viewer, channel: str, answer: Drawn
    ) -> None:
        if isinstance(command, Export):
            wanted = self._filter(command.listed, viewer)
            await self._export.answer(command, wanted, viewer, answer)
        else:
            await self._follow(command, viewer, channel, answer)

    async def _follow(self, command: List, viewer: Viewer, channel: str, answer: Drawn) -> None:
        """Show the list, and again whenever there is more to it, until its page is turned or it is
        asked for anew in the same place."""
        turn = self.turns.take(answer.spot)
        async for listed in self._desk.lists.follow(viewer, self._filter(command, viewer)):
            card = await self._desk.cards.orders(viewer, listed, command, channel)
            if not await self.turns.show(turn, answer, card):
                return

    def _filter(self, command: List, viewer: Viewer) -> OrderFilter:
        zone = zone_of(viewer.person.time_zone)
        wanted = read_filters(command, now=self._desk.clock.now(), zone=zone)
        return order_filter(wanted, viewer)

    async def _panel(self, viewer: Viewer, channel: str, answer: Answer) -> None:
        desk = self._desk
        wanted = self._filter(List(unpaid=True), viewer)
        count, as_of = await desk.lists.counted(wanted)
        recent = await desk.lookups.recent(viewer, channel)
        pairs = [(each.order.account, each.order.order_id) for each in recent]
        row_ids = await desk.cards.rows(viewer, pairs, channel)
        panel_id = await desk.cards.form(viewer, channel)
        zone = viewer.person.time_zone
        rows = list(zip(recent, row_ids, strict=True))
        waiting = len((await desk.requests.inbox(viewer)).waiting)
        await answer.show(panel(count, as_of, rows, panel_id, zone=zone, waiting=waiting))


def order_filter(wanted: Wanted, viewer: Viewer) -> OrderFilter:
    """The filter over the viewable accounts; unpaid lists show first what lapses first."""
    unpaid = wanted.payment_status is PaymentStatus.UNPAID
    return OrderFilter(
        accounts=choose(viewer, wanted.account, wanted.provider),
        since=wanted.since,
        until=wanted.until,
        provider=wanted.provider,
        payment_status=wanted.payment_status,
        order_type=wanted.order_type,
        product=wanted.product,
        over=wanted.over,
        sort=Sort.LAPSES_FIRST if unpaid else Sort.NEWEST,
    )
