"""Which listener hears what. One line per name on the wire."""

from __future__ import annotations

import re
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.buttons import Buttons
from handlers.cancel import CancelForm
from handlers.commands import OrderCommand
from handlers.desk import Desk
from handlers.digests import DigestButtons
from handlers.direct import DirectMessages
from handlers.directory import SlackDirectory
from handlers.drafts import Drafts
from handlers.find import FindForm
from handlers.gate import Gate
from handlers.home import HomeTab
from handlers.ids import COMMAND, REQUEST_BLOCK, ActionId, CallbackId
from handlers.lifecycle import Lifecycle
from handlers.reminders import RemindMe
from handlers.requests import DECIDING, RequestButtons
from handlers.shortcut import LookUpShortcut

logger = structlog.get_logger(__name__)

_PRESSED = (
    ActionId.SHOW_ORDER,
    ActionId.REFRESH,
    ActionId.DETAILS,
    ActionId.SHARE,
    ActionId.NEXT_PAGE,
    ActionId.PREVIOUS_PAGE,
    ActionId.SHOW_UNPAID,
)


def register(
    app: AsyncApp,
    desk: Desk,
    gate: Gate,
    directory: SlackDirectory,
    lifecycle: Lifecycle,
    *,
    home: HomeTab,
) -> None:
    drafts = Drafts(desk)
    cancel = CancelForm(desk, drafts)
    command = OrderCommand(desk, cancel)
    buttons = Buttons(desk, command)
    form = FindForm(desk, command, drafts)
    app.use(gate.check)
    app.command(COMMAND)(command.command)
    _register_requests(app, desk, cancel)
    _register_digest(app, DigestButtons(desk, drafts), drafts)
    for action in _PRESSED:
        app.action(action.value)(buttons.listener(action))
    app.action(ActionId.FIND.value)(form.open)
    app.action(ActionId.DRAFT.value)(drafts.changed)
    app.view(CallbackId.FIND_FORM.value)(form.submitted)
    app.view_closed(CallbackId.FIND_FORM.value)(drafts.closed)
    app.view_closed(CallbackId.CANCEL_FORM.value)(drafts.closed)
    app.event("app_home_opened")(home.opened)
    app.event("message")(DirectMessages(desk, command).received)
    app.message_shortcut(CallbackId.LOOK_UP_ORDER.value)(LookUpShortcut(desk).used)
    for event, listener in lifecycle.listeners(directory).items():
        app.event(event)(listener)
    _catch_all(app)


def _register_requests(app: AsyncApp, desk: Desk, cancel: CancelForm) -> None:
    """Before the rest: *Details* on a request's card is told from an order's by its block."""
    requests = RequestButtons(desk)
    of_request = re.compile(rf"^{REQUEST_BLOCK}(:.*)?$")
    for action in DECIDING:
        app.action(action.value)(requests.listener(action))
    app.action({"block_id": of_request, "action_id": ActionId.DETAILS.value})(requests.details)
    app.action(ActionId.DENY.value)(requests.deny)
    app.action(ActionId.SHOW_REQUEST.value)(requests.show)
    app.action(ActionId.SHOW_INBOX.value)(requests.inbox)
    app.action(ActionId.REMIND_ME.value)(RemindMe(desk, desk.reminders).pressed)
    app.action(ActionId.REQUEST_CANCEL.value)(cancel.open)
    app.action(ActionId.ASK_AGAIN.value)(cancel.ask_again)
    app.view(CallbackId.CANCEL_FORM.value)(cancel.submitted)
    app.view(CallbackId.DENY_FORM.value)(requests.denied)


def _register_digest(app: AsyncApp, digest: DigestButtons, drafts: Drafts) -> None:
    app.action(ActionId.DIGEST_LINE.value)(digest.chosen)
    app.view(CallbackId.SNOOZE_FORM.value)(digest.submitted)
    app.view_closed(CallbackId.SNOOZE_FORM.value)(drafts.closed)


def _catch_all(app: AsyncApp) -> None:
    """Link buttons, names of other versions: acknowledged, or Slack shows an error."""

    async def ignored(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        names = [action.get("action_id") for action in body.get("actions", [])]
        logger.info("input_without_listener", type=body.get("type"), actions=names)

    anything = re.compile("")
    app.action(anything)(ignored)
    app.view(anything)(ignored)
    app.view_closed(anything)(ignored)
    app.shortcut(anything)(ignored)
    app.event(anything)(ignored)
    app.command(anything)(ignored)
