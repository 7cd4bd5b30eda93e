"""Which listener hears what. One line per name on the wire."""

from __future__ import annotations

import re
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.buttons import Buttons
from handlers.commands import OrderCommand
from handlers.desk import Desk
from handlers.directory import SlackDirectory
from handlers.find import FindForm
from handlers.gate import Gate
from handlers.ids import COMMAND, ActionId, CallbackId
from handlers.lifecycle import Lifecycle

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
    app: AsyncApp, desk: Desk, gate: Gate, directory: SlackDirectory, lifecycle: Lifecycle
) -> None:
    command = OrderCommand(desk)
    buttons = Buttons(desk, command)
    form = FindForm(desk, command)
    app.use(gate.check)
    app.command(COMMAND)(command.command)
    for action in _PRESSED:
        app.action(action.value)(buttons.listener(action))
    app.action(ActionId.FIND.value)(form.open)
    app.action(ActionId.DRAFT.value)(form.changed)
    app.view(CallbackId.FIND_FORM.value)(form.submitted)
    app.view_closed(CallbackId.FIND_FORM.value)(form.closed)
    for event, listener in lifecycle.listeners(directory).items():
        app.event(event)(listener)
    _catch_all(app)


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
