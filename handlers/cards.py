"""From what a service answers to a rendered card: each button's state is stored, then drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.domain.digest_contents import DigestLine
from bot.domain.filters import OrderFilter
from bot.domain.orders import Order
from bot.errors import NotAllowed, UsageError
from bot.i18n import _
from bot.ports import Clock, ConversationStore, RequestStore
from bot.services.access import Viewer
from bot.services.lists import OrderList
from bot.services.orders import Choice, ProductList, Shown
from handlers.filters import List
from handlers.ids import CardKind
from handlers.views.details import details_pages, details_view
from handlers.views.lists import list_card
from handlers.views.orders import choice_card, order_card
from handlers.views.panel import products_card
from handlers.views.surface import Rendered

_FILTER = TypeAdapter(OrderFilter)


class Cards:
    """Draws for one *viewer* in one *channel* ("" in a modal opened from nowhere)."""

    def __init__(
        self, conversations: ConversationStore, requests: RequestStore, clock: Clock
    ) -> None:
        self._conversations = conversations
        self._requests = requests
        self._clock = clock

    async def find(self, kind: CardKind, card_id: str) -> dict[str, Any] | None:
        """What a button refers to, None when it is of another kind or older than a day."""
        return await self._conversations.get(card_id, kind, at=self._clock.now())

    async def state(self, kind: CardKind, card_id: str) -> dict[str, Any]:
        """The same, for a button that can only be of this kind; raises UsageError."""
        state = await self.find(kind, card_id)
        if state is None:
            raise UsageError(
                _("This card is older than a day. Type the command again for a fresh one.")
            )
        return state

    async def order(
        self, viewer: Viewer, shown: Shown | Choice, channel: str, *, alone: bool = True
    ) -> Rendered:
        """*alone* is False where other cards stand on the same surface."""
        if isinstance(shown, Choice):
            states = [_order_state(each.name, shown.order_id, channel) for each in shown.accounts]
            return choice_card(shown, await self._put(CardKind.ORDER, states, viewer))
        (card_id,) = await self._put(CardKind.ORDER, [_state_of(shown, channel)], viewer)
        asked = await self._requests.open_for(shown.account.name, shown.order.order_id)
        zone = viewer.person.time_zone
        now, can_share = self._clock.now(), bool(channel)
        return order_card(
            shown, card_id, zone=zone, now=now, asked=asked, can_share=can_share, alone=alone
        )

    async def shared(self, viewer: Viewer, shown: Shown, channel: str) -> Rendered:
        """For a channel: dates in the fallback text are UTC, buttons those that anyone may try."""
        (card_id,) = await self._put(CardKind.ORDER, [_state_of(shown, channel)], viewer)
        by = viewer.person.user_id
        return order_card(shown, card_id, zone="UTC", now=self._clock.now(), shared_by=by)

    async def orders(
        self, viewer: Viewer, listed: OrderList, command: List, channel: str
    ) -> Rendered:
        """*command* is what was typed: Refresh asks it again, the other buttons keep its window."""
        states = [
            _order_state(each.order.account, each.order.order_id, channel)
            for each in listed.page.snapshots
        ]
        row_ids = await self._put(CardKind.ORDER, states, viewer)
        turn = {
            "typed": dict(command.filters),
            "unpaid": command.unpaid,
            "filter": _FILTER.dump_python(listed.wanted, mode="json"),
            "offset": listed.offset,
            "channel": channel,
        }
        (turn_id,) = await self._put(CardKind.ORDERS, [turn], viewer)
        zone = viewer.person.time_zone
        now = self._clock.now()
        return list_card(listed, row_ids=row_ids, turn_id=turn_id, zone=zone, now=now)

    async def products(
        self, viewer: Viewer, lists: Sequence[ProductList], words: tuple[str, ...], offset: int
    ) -> Rendered:
        state = {"words": list(words), "offset": offset}
        (turn_id,) = await self._put(CardKind.PRODUCTS, [state], viewer)
        return products_card(lists, offset=offset, turn_id=turn_id)

    async def details(self, viewer: Viewer, shown: Shown, page: int, channel: str) -> Rendered:
        pages = len(details_pages(shown.order))
        page = min(page, pages - 1)
        states = [{**_state_of(shown, channel), "page": other} for other in (page - 1, page + 1)]
        previous_id, next_id = await self._put(CardKind.DETAILS, states, viewer)
        return details_view(
            shown,
            page,
            previous_id if page > 0 else "",
            next_id if page + 1 < pages else "",
            zone=viewer.person.time_zone,
        )

    async def form(self, viewer: Viewer, channel: str) -> str:
        """The opaque id that the form carries as private metadata."""
        (form_id,) = await self._put(CardKind.FORM, [{"channel": channel}], viewer)
        return form_id

    async def cancel(self, viewer: Viewer, order: Order, channel: str) -> str:
        """The opaque id that the cancel form carries as private metadata."""
        state = _order_state(order.account, order.order_id, channel)
        (form_id,) = await self._put(CardKind.CANCEL, [state], viewer)
        return form_id

    async def snooze(self, viewer: Viewer, line: DigestLine, ref: str, zone: str) -> str:
        """The opaque id that the snooze form carries; *ref* is the line's, *zone* its digest's."""
        state = {**_order_state(line.account, line.order_id, ""), "ref": ref, "zone": zone}
        (form_id,) = await self._put(CardKind.SNOOZE, [state], viewer)
        return form_id

    async def rows(
        self, viewer: Viewer, orders: Sequence[tuple[str, str]], channel: str
    ) -> tuple[str, ...]:
        """Ids for buttons that show one order each."""
        states = [_order_state(account, order_id, channel) for account, order_id in orders]
        return await self._put(CardKind.ORDER, states, viewer)

    async def _put(
        self, kind: CardKind, states: Sequence[dict[str, Any]], viewer: Viewer
    ) -> tuple[str, ...]:
        if not states:
            return ()
        return await self._conversations.put(
            kind, states, user=viewer.person.user_id, at=self._clock.now()
        )


def filter_of(state: dict[str, Any], viewer: Viewer) -> OrderFilter:
    """The stored filter, narrowed to what the viewer may see now; raises UsageError when nothing
    is left."""
    try:
        wanted = _FILTER.validate_python(state["filter"])
    except (ValidationError, KeyError) as error:
        raise UsageError(_("This list can no longer be read. Type the command again.")) from error
    accounts = wanted.accounts & viewer.names
    if not accounts:
        raise NotAllowed(_("You may no longer view the accounts of this list."), rule="viewers")
    return replace(wanted, accounts=accounts)


def command_of(state: dict[str, Any]) -> List:
    """What was typed for a list."""
    return List(unpaid=bool(state["unpaid"]), filters=state["typed"])


def _state_of(shown: Shown, channel: str) -> dict[str, Any]:
    return _order_state(shown.account.name, shown.order.order_id, channel)


def _order_state(account: str, order_id: str, channel: str) -> dict[str, Any]:
    return {"account": account, "order_id": order_id, "channel": channel}
