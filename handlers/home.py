"""The Home tab: drawn when somebody opens it, and again when something in it changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.filters import OrderFilter
from bot.errors import NotAllowed, StorageError, UserError
from bot.i18n import _
from bot.services.access import Viewer
from bot.services.homes import Book, Homes, HomeView
from bot.services.lists import AccountState
from handlers.answers import errors_shown
from handlers.commands import order_filter
from handlers.desk import Desk
from handlers.failures import FAILURES, asked_to_wait, slack_word
from handlers.filters import List, read_filters
from handlers.views.home import home_view, told_home
from handlers.views.panel import sentence
from handlers.views.surface import Rendered
from handlers.views.text import zone_of

logger = structlog.get_logger(__name__)

INPUT = "home"  # its word on the record
FRESH = timedelta(hours=12)  # its buttons work for 24: after this long they are drawn anew

REST = 30.0  # seconds after Slack did not take one

# Nothing but another content, or another app, changes these: not tried again with the same.
_LASTING = frozenset({"not_enabled", "user_not_found", "invalid_arguments", "view_too_large"})
_SOME_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class _NotDrawn(Exception):
    """Slack did not take a Home; a step will try again. *alone* where that tells nothing of the
    others'."""

    def __init__(self, *, alone: bool) -> None:
        super().__init__()
        self.alone = alone


class HomeTab:
    """*client* gives token, address and session; rate limits are waited out between steps here."""

    def __init__(self, desk: Desk, homes: Homes, client: AsyncWebClient) -> None:
        self._desk = desk
        self._homes = homes
        self._client = AsyncWebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=client.timeout,
            proxy=client.proxy,
            session=client.session,
            retry_handlers=[],
        )
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._left = False  # something could not be drawn, or the last step was cut short
        self._rests_until = _SOME_TIME

    async def opened(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """The Bolt listener of `app_home_opened`, which also comes for the messages tab."""
        await ack()
        event = body["event"]
        if event.get("tab") == "home":
            self._desk.tasks.spawn(self._opened(str(event["user"]), str(body["event_id"])))

    async def step(self) -> None:
        """Redraw the Homes that show something else by now; nothing while nothing changed."""
        if self._desk.clock.now() < self._rests_until:
            return
        if not await self._homes.changed() and not self._left:
            return
        self._left = False
        try:
            openers = await self._homes.openers()
            book = await self._homes.book() if openers else Book((), {})
            for user, shown in openers:
                if not await self._redrawn(user, shown, book):
                    return
            await self._emptied()
        except StorageError:
            self._left = True
            raise

    async def tell(self, user: str, rendered: Rendered, *, unless: str = "") -> None:
        """Draw a Home that only says why there is none."""
        view = told_home(rendered)
        async with self._turn(user):
            digest = self._digest(view)
            if digest != unless:
                await self._publish(user, view, digest)

    async def _opened(self, user: str, event_id: str) -> None:
        """From what is stored at once, then as the clouds tell it."""
        desk = self._desk

        async def refused(error: UserError) -> None:
            await desk.inputs.refuse(user, INPUT, error)

        viewer: Viewer | None = None
        async with errors_shown(_Told(self, user), refused):
            if not await desk.inputs.first_time(event_id):
                return
            await self._homes.opened(user)
            viewer = await desk.access.viewer(user)
            await desk.inputs.answered(user, INPUT)
            with suppress(_NotDrawn):
                await self._draw(viewer)
        if viewer is not None:
            await self._follow(viewer)

    async def _follow(self, viewer: Viewer) -> None:
        """Each time when more of the clouds have answered. What cannot be drawn is left to a
        step."""
        async for listed in self._desk.lists.follow(viewer, self._unpaid(viewer)):
            if not all(each.asking for each in listed.states):
                with suppress(_NotDrawn, NotAllowed):
                    await self._draw(viewer, states=listed.states)

    def _unpaid(self, viewer: Viewer) -> OrderFilter:
        zone = zone_of(viewer.person.time_zone)
        wanted = read_filters(List(unpaid=True), now=self._desk.clock.now(), zone=zone)
        return order_filter(wanted, viewer)

    async def _redrawn(self, user: str, shown: str, book: Book) -> bool:
        """False when Slack must be left alone for a while."""
        try:
            await self._redraw(user, shown, book)
        except NotAllowed as error:  # Slack does not say who somebody is; asked at the next look
            logger.info("home_not_read", rule=error.rule)
        except _NotDrawn as error:
            return error.alone
        return True

    async def _emptied(self) -> None:
        """What is not kept current says nothing of orders: Slack shows it while the tab opens,
        whatever its reader may view by then."""
        text = _("Open this tab once more: what stood here is from some time ago.")
        for user in await self._homes.left():
            try:
                await self.tell(user, sentence(text))
            except _NotDrawn as error:
                if not error.alone:
                    return
            else:
                await self._homes.drawn(user, "")

    async def _redraw(self, user: str, shown: str, book: Book) -> None:
        try:
            viewer = await self._desk.access.viewer(user)
        except NotAllowed as error:
            if error.rule != "viewers":
                raise
            await self.tell(user, sentence(str(error)), unless=shown)
            return
        await self._draw(viewer, book, unless=shown)

    async def _draw(
        self,
        viewer: Viewer,
        book: Book | None = None,
        *,
        states: tuple[AccountState, ...] = (),
        unless: str = "",
    ) -> None:
        """*unless* is the digest of what stands there: the same is not drawn twice."""
        user, zone = viewer.person.user_id, viewer.person.time_zone
        async with self._turn(user):
            home = await self._homes.view(viewer, book or await self._homes.book(), states)
            digest = self._digest(_like(home, zone))
            if digest == unless:
                return
            orders = [(each.order.account, each.order.order_id) for each in home.lapsing]
            row_ids = await self._desk.cards.rows(viewer, orders, "")
            panel_id = await self._desk.cards.form(viewer, "")
            view = home_view(home, panel_id=panel_id, row_ids=row_ids, zone=zone)
            await self._publish(user, view, digest)

    async def _publish(self, user: str, view: dict[str, Any], digest: str) -> None:
        try:
            await self._client.views_publish(user_id=user, view=view)
        except FAILURES as error:
            word = slack_word(error)
            logger.warning("home_not_drawn", error=word or type(error).__name__)
            if word not in _LASTING:
                asked = asked_to_wait(error)
                self._rests_until = self._desk.clock.now() + timedelta(seconds=asked or REST)
                self._left = True
                raise _NotDrawn(alone=bool(word) and asked is None) from error
        await self._homes.drawn(user, digest)

    def _digest(self, view: dict[str, Any]) -> str:
        """Of what a view says, and of the half day in which its buttons were made."""
        since = (self._desk.clock.now() - _SOME_TIME) // FRESH
        told = json.dumps([since, view], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def _turn(self, user: str) -> asyncio.Lock:
        """One drawing at a time for each person, so that the last one is the newest."""
        return self._turns.setdefault(user, asyncio.Lock())


class _Told:
    """An answer that takes the place of the whole Home."""

    def __init__(self, home: HomeTab, user: str) -> None:
        self._home = home
        self._user = user

    async def show(self, rendered: Rendered) -> None:
        with suppress(_NotDrawn):
            await self._home.tell(self._user, rendered)


def _like(home: HomeView, zone: str) -> dict[str, Any]:
    """The view without what changes at each drawing: the buttons' ids, and the moment at which a
    cloud that answers was asked last."""
    accounts = []
    for each in home.accounts:
        state = each.state
        if state.problem is None and state.good_at is not None:
            state = replace(state, good_at=_SOME_TIME)
        accounts.append(replace(each, state=state))
    ids = [""] * len(home.lapsing)
    return home_view(replace(home, accounts=tuple(accounts)), panel_id="", row_ids=ids, zone=zone)
