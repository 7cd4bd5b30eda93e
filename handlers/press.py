"""One click on a button: who, where, on which card, and where the answer to it goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed, UserError
from bot.services.access import Viewer
from handlers.answers import (
    Drawn,
    ModalAnswer,
    NewWindow,
    Place,
    PrivateReply,
    errors_shown,
    message_spot,
)
from handlers.desk import Desk
from handlers.ids import ActionId
from handlers.views.forms import loading_modal

Pressed = Callable[["Press"], Awaitable[None]]


class Press:
    """One click: who, where, on which card."""

    def __init__(
        self, body: dict[str, Any], client: AsyncWebClient, viewer: Viewer, place: Place
    ) -> None:
        self.body = body
        self.client = client
        self.viewer = viewer
        self._place = place
        self.card_id: str = body["actions"][0].get("value", "")
        self.in_modal = _in_view(body) and not _at_home(body)
        self.at_home = _at_home(body)

    @property
    def response_url(self) -> str:
        return str(self.body.get("response_url") or "")

    def answer(self, *, replace: bool) -> Drawn:
        """Where the card itself is redrawn (*replace*), or a new private answer beside it."""
        return answer_to(self.body, self.client, replace=replace)

    async def window(self, view: dict[str, Any] | None = None) -> Drawn:
        """A modal of its own with *view* in it, or a word that the clouds are asked: opened before
        anything slow is done, for Slack allows 3 seconds. Errors are told there from now on."""
        opening = self.client.views_push if self.in_modal else self.client.views_open
        opened = await opening(trigger_id=self.body["trigger_id"], view=view or loading_modal())
        self._place.answer = ModalAnswer(self.client, opened["view"]["id"])
        return self._place


async def run(
    desk: Desk,
    action: ActionId,
    work: Pressed,
    body: dict[str, Any],
    client: AsyncWebClient,
    *,
    unseen: str = "",
) -> None:
    """Do *work* for a click once, for somebody who may view at least one account. *unseen* is what
    others are told instead of the usual sentence."""
    user = body["user"]["id"]
    place = Place(answer_to(body, client, replace=False))

    async def refused(error: UserError) -> None:
        await desk.inputs.refuse(user, action, error)

    async with errors_shown(place, refused):
        if not await desk.inputs.first_time(body.get("trigger_id") or ""):
            return
        try:
            viewer = await desk.access.viewer(user)
        except NotAllowed as error:
            if unseen and error.rule == "viewers":
                raise NotAllowed(unseen, rule=error.rule) from error
            raise
        await work(Press(body, client, viewer, place))


def answer_to(body: dict[str, Any], client: AsyncWebClient, *, replace: bool) -> Drawn:
    """The window that was clicked in, a new one above the Home tab, which nothing but a whole
    Home replaces, or a private reply to the click."""
    if _at_home(body):
        return NewWindow(client, str(body.get("trigger_id") or ""), body["user"]["id"])
    if _in_view(body):
        return ModalAnswer(client, body["view"]["id"])
    url = str(body.get("response_url") or "")
    spot = _clicked_message(body) if replace else ""
    return PrivateReply(client, url, body["user"]["id"], replace=replace, spot=spot)


def _clicked_message(body: dict[str, Any]) -> str:
    clicked = body.get("container") or {}
    return message_spot(str(clicked.get("channel_id") or ""), str(clicked.get("message_ts") or ""))


def _in_view(body: dict[str, Any]) -> bool:
    return bool((body.get("container") or {}).get("type") == "view")


def _at_home(body: dict[str, Any]) -> bool:
    return _in_view(body) and bool((body.get("view") or {}).get("type") == "home")
