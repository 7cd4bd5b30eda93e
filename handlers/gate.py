"""Who gets in at all: this app, this workspace, its own people, and not while shutting down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from bot.i18n import _
from bot.services.inputs import Inputs
from handlers.answers import Answer, DirectMessage, PrivateReply
from handlers.failures import FAILURES, slack_word
from handlers.tasks import Tasks
from handlers.typed import is_typed
from handlers.views.panel import sentence

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot's own place: *app_id* is "" where Slack did not tell it."""

    team_id: str
    app_id: str
    bot_user_id: str


class Gate:
    """The first Bolt middleware. `closing` is set when the bot shuts down."""

    def __init__(self, identity: Identity, inputs: Inputs, tasks: Tasks) -> None:
        self._identity = identity
        self._inputs = inputs
        self._tasks = tasks
        self.closing = False

    async def check(
        self,
        body: dict[str, Any],
        client: AsyncWebClient,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt injects it by this name
    ) -> BoltResponse:
        if body.get("type") == "event_callback" and not is_typed(_event_of(body)):
            return await next() if self._is_ours(body) else BoltResponse(status=200)
        self._tasks.spawn(_noted(body))
        refusal = self._refusal(body)
        if refusal is None:
            return await next()
        self._tasks.spawn(self._refuse(body, client, refusal))
        return _answered(body, str(refusal))

    def _refusal(self, body: dict[str, Any]) -> NotAllowed | None:
        if not self._is_ours(body):
            logger.warning("foreign_input", team=_team_of(body), app=body.get("api_app_id"))
            return NotAllowed(_("This app serves another workspace."), rule="workspace")
        if _is_outsider(body, self._identity.team_id):
            return NotAllowed(
                _("Only members of this workspace can use countersign."), rule="workspace"
            )
        if self.closing:
            return NotAllowed(_("I am restarting. Try again in a few seconds."), rule="restarting")
        return None

    def _is_ours(self, body: dict[str, Any]) -> bool:
        app_id = self._identity.app_id
        return _team_of(body) == self._identity.team_id and (
            not app_id or body.get("api_app_id") in (None, "", app_id)
        )

    def _reply(self, body: dict[str, Any], client: AsyncWebClient, user: str) -> Answer | None:
        if event := _event_of(body):
            return DirectMessage(client, str(event["channel"])) if self._is_ours(body) else None
        if "command" in body or not body.get("response_url"):
            return None
        return PrivateReply(client, str(body["response_url"]), user, replace=False)

    async def _refuse(
        self, body: dict[str, Any], client: AsyncWebClient, refusal: NotAllowed
    ) -> None:
        """Recorded once, and said in private where the ack could not say it."""
        input_id = str(body.get("trigger_id") or body.get("event_id") or "")
        if not await self._inputs.first_time(input_id):
            return
        user = _user_of(body)
        await self._inputs.refuse(user, "gate", refusal)
        reply = self._reply(body, client, user)
        if reply is None:
            return
        try:
            await reply.show(sentence(str(refusal)))
        except FAILURES as error:
            logger.warning("refusal_not_shown", error=slack_word(error) or type(error).__name__)


def _event_of(body: dict[str, Any]) -> dict[str, Any]:
    event = body.get("event") if body.get("type") == "event_callback" else None
    return event if isinstance(event, dict) else {}


async def _noted(body: dict[str, Any]) -> None:
    """Once it is acknowledged."""
    logger.info("input", kind=_kind_of(body), user=_user_of(body))


def _kind_of(body: dict[str, Any]) -> str:
    """`/order`, `block_actions approve`, `view_submission`: what was used, never what was typed."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    named = first.get("action_id") if isinstance(first, dict) else _event_of(body).get("type")
    return f"{body.get('command') or body.get('type') or ''} {named or ''}".strip()


def _team_of(body: dict[str, Any]) -> str:
    team = body.get("team")
    return str(body.get("team_id") or (team.get("id") if isinstance(team, dict) else "") or "")


def _user_of(body: dict[str, Any]) -> str:
    user = body.get("user")
    named = user.get("id") if isinstance(user, dict) else _event_of(body).get("user")
    return str(body.get("user_id") or named or "unknown")


def _is_outsider(body: dict[str, Any], own_team: str) -> bool:
    """A click says which workspace the person belongs to; none or another one is an outsider.
    Commands carry no such word, and shortcuts and messages not always: Slack lets only members
    use them, and who somebody is is asked before anything is shown."""
    if "command" in body and "user_id" in body:
        return False
    if event := _event_of(body):
        return bool((event.get("user_team") or event.get("team") or own_team) != own_team)
    user = body.get("user")
    if not isinstance(user, dict):
        return True
    if body.get("type") == "message_action":
        return bool(user.get("team_id", own_team) != own_team)
    return bool(user.get("team_id") != own_team)


def _answered(body: dict[str, Any], text: str) -> BoltResponse:
    """200 with the text for a command. A form stays open and shows the text below its first
    input; other inputs take no text in their answer."""
    if "command" in body:
        return BoltResponse(status=200, body=text)
    if body.get("type") != "view_submission":
        return BoltResponse(status=200, body="")
    blocks = (body.get("view") or {}).get("blocks") or []
    names = [block.get("block_id") for block in blocks if block.get("type") == "input"]
    if not names:
        return BoltResponse(status=200, body="")
    return BoltResponse(
        status=200, body={"response_action": "errors", "errors": {str(names[0]): text}}
    )
