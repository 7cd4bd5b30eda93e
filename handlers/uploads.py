"""A file in a person's direct messages with the bot.

Source: Slack's page "Working with files": an address is asked for, takes the bytes once, and the
file is shared when that is said to be complete. Only the last of these shows anything to anybody.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import MessageDelayed, MessageRefused, MessageUnsure, MessengerError
from bot.i18n import _
from bot.services.exports import OrderExport
from handlers.failures import FAILURES, asked_to_wait, slack_word
from handlers.views.surface import Rendered

UPLOAD = ClientTimeout(total=300, sock_connect=10)  # seconds; a file may be 50 MB
_OPEN, _ADDRESS = "conversations.open", "files.getUploadURLExternal"
_COMPLETE = "files.completeUploadExternal"
_SCOPES = {_OPEN: "im:write", _ADDRESS: "files:write", _COMPLETE: "files:write"}
_TROUBLE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_NONSENSE = (KeyError, TypeError, ValueError)  # what comes of an answer that is none of Slack's


class SlackFiles:
    """Files by *client*: its token, session, proxy, and its patience where Slack asks to wait."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def send(self, export: OrderExport, card: Rendered, *, to: str) -> None:
        """Share the file in the direct messages with *to*, with *card* as the message around it.
        Raises MessageRefused or MessageDelayed where nothing was shared, MessageUnsure where that
        is not known; their text is one sentence with the fix."""
        try:
            opened = await self._call(_OPEN, users=to)
            channel = str(opened["channel"]["id"])
            given = await self._call(_ADDRESS, filename=export.name, length=export.size)
            address, file = _web_address(given["upload_url"]), {"id": given["file_id"]}
        except _NONSENSE:
            raise _refused("unreadable_answer") from None
        await self._upload(address, export)
        await self._call(
            _COMPLETE,
            files=json.dumps([file | {"title": export.name}]),
            channel_id=channel,
            blocks=json.dumps(card.as_dicts()),
        )

    async def _call(self, method: str, **arguments: str | int) -> AsyncSlackResponse:
        try:
            return await self._client.api_call(method, data=arguments)
        except FAILURES as error:
            raise _problem(method, error) from error

    async def _upload(self, address: str, export: OrderExport) -> None:
        """The address is as good as a key until it was used: no error or log line holds it."""
        options: dict[str, Any] = {"proxy": self._client.proxy, "timeout": UPLOAD}
        async with AsyncExitStack() as stack:
            session = self._client.session
            if session is None:
                session = await stack.enter_async_context(ClientSession())
            try:
                async with session.post(
                    address, data=export.file, allow_redirects=False, **options
                ) as answer:
                    status = answer.status
            except (*FAILURES, ValueError):
                raise _unreachable() from None
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _unreachable(f"http_{status}")
        if status != HTTPStatus.OK:
            raise _refused(f"http_{status}")


def _web_address(told: object) -> str:
    """Raises ValueError."""
    if (
        isinstance(told, str)
        and told.startswith(("https://", "http://"))
        and urlsplit(told).hostname
    ):
        return told
    raise ValueError("no address")


def _problem(method: str, error: Exception) -> MessengerError:
    word, wait = slack_word(error), asked_to_wait(error)
    if wait is not None:
        text = _("Slack asks to wait {wait:.0f} s. Nothing was sent; ask again then.", wait=wait)
        return MessageDelayed(text, code="ratelimited", retry_after_s=wait)
    if word == "missing_scope":
        text = _(
            "The Slack app lacks the scope {scope}, so nothing was sent. Whoever runs this bot adds"
            " it: paste what countersign manifest prints into the app's settings, then install the"
            " app again.",
            scope=_SCOPES[method],
        )
        return MessageRefused(text, code=word)
    if word and word not in _TROUBLE:
        return _refused(word)
    if method == _COMPLETE:
        text = _(
            "Slack did not say whether it took the file."
            " Look in your direct messages with me before you ask again."
        )
        return MessageUnsure(text, code=word)
    return _unreachable(word)


def _refused(code: str) -> MessageRefused:
    text = _(
        "Slack does not take the file ({code}). Nothing was sent; tell whoever runs this bot.",
        code=code,
    )
    return MessageRefused(text, code=code)


def _unreachable(code: str = "") -> MessageDelayed:
    text = _("Slack does not answer as it should. Nothing was sent; ask again in a minute.")
    return MessageDelayed(text, code=code, retry_after_s=60)
