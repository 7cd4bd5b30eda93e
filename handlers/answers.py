"""Where an answer to the person who typed or clicked goes: a private reply, a modal, a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Protocol

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import ProviderError, StorageError, UserError
from bot.i18n import _
from handlers.failures import FAILURES, slack_word
from handlers.views.forms import answer_modal
from handlers.views.panel import sentence
from handlers.views.surface import Rendered
from handlers.views.words import problem

logger = structlog.get_logger(__name__)

LAST_WORD = 1.0  # seconds for the sentence of work that the shutdown cuts short


class Answer(Protocol):
    async def show(self, rendered: Rendered) -> None:
        """Show this, in place of what the same answer showed before."""
        ...


class Drawn(Answer, Protocol):
    """An answer that buttons may turn, from elsewhere, while it is still being drawn."""

    @property
    def spot(self) -> str:
        """The window or message that it draws over; "" where it makes a new message."""
        ...


class PrivateReply:
    """A reply only the person sees, through the response_url of their input.

    Slack takes five answers within 30 minutes there; after that, and where it refuses, the
    answer goes to the person's direct messages with the bot.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        response_url: str,
        user_id: str,
        *,
        replace: bool,
        spot: str = "",
    ) -> None:
        self.spot = spot
        self._client = client
        self._webhook = webhook(client, response_url) if response_url else None
        self._user_id = user_id
        self._replace = replace

    async def show(self, rendered: Rendered) -> None:
        if self._webhook is None or not await self._responded(self._webhook, rendered):
            await _post(self._client, self._user_id, rendered)
        self._replace = True

    async def _responded(self, webhook: AsyncWebhookClient, rendered: Rendered) -> bool:
        try:
            response = await webhook.send_dict(
                {
                    "response_type": "ephemeral",
                    "replace_original": self._replace,
                    "text": rendered.text,
                    "blocks": rendered.as_dicts(),
                    "mrkdwn": False,
                }
            )
        except FAILURES as error:
            logger.warning("reply_failed", error=type(error).__name__)
            return False
        if response.status_code != HTTPStatus.OK:
            logger.warning("reply_refused", status=response.status_code)
            return False
        return True


class ModalAnswer:
    """A modal that is open already; its content is replaced."""

    def __init__(self, client: AsyncWebClient, view_id: str, title: str = "") -> None:
        self.spot = view_id
        self._client = client
        self._title = title

    async def show(self, rendered: Rendered) -> None:
        await self._client.views_update(view_id=self.spot, view=answer_modal(rendered, self._title))


class NewWindow:
    """A modal that the first answer opens by the click's *trigger_id*. Slack allows 3 seconds for
    it; after them, and where it refuses, the answer goes to the person's direct messages."""

    def __init__(self, client: AsyncWebClient, trigger_id: str, user_id: str) -> None:
        self._client = client
        self._trigger_id = trigger_id
        self._answer: Drawn | None = None
        self._direct = PrivateReply(client, "", user_id, replace=False)

    @property
    def spot(self) -> str:
        return self._answer.spot if self._answer else ""

    async def show(self, rendered: Rendered) -> None:
        if self._answer is None:
            self._answer = await self._opened(rendered)
        else:
            await self._answer.show(rendered)

    async def _opened(self, rendered: Rendered) -> Drawn:
        try:
            opened = await self._client.views_open(
                trigger_id=self._trigger_id, view=answer_modal(rendered)
            )
            return ModalAnswer(self._client, opened["view"]["id"])
        except FAILURES as error:
            logger.warning("window_not_opened", error=slack_word(error) or type(error).__name__)
        await self._direct.show(rendered)
        return self._direct


class DirectMessage:
    """A message in a person's conversation with the bot; what comes later takes its place, or
    follows it where Slack lets no message be changed."""

    def __init__(self, client: AsyncWebClient, channel: str) -> None:
        self._client = client
        self._channel = channel
        self._ts = ""

    @property
    def spot(self) -> str:
        return message_spot(self._channel, self._ts)

    async def show(self, rendered: Rendered) -> None:
        if not self._ts or not await self._changed(rendered):
            self._ts = await _post(self._client, self._channel, rendered)

    async def _changed(self, rendered: Rendered) -> bool:
        try:
            await self._client.chat_update(
                channel=self._channel, ts=self._ts, text=rendered.text, blocks=rendered.as_dicts()
            )
        except SlackApiError as error:
            logger.warning("answer_not_changed", error=slack_word(error))
            return False
        return True


class Place:
    """Where the person looks: set anew when a window opens, so that errors are told there."""

    def __init__(self, answer: Drawn) -> None:
        self.answer = answer

    @property
    def spot(self) -> str:
        return self.answer.spot

    async def show(self, rendered: Rendered) -> None:
        await self.answer.show(rendered)


def message_spot(channel: str, ts: str) -> str:
    """What a message is called where it is drawn and where it is clicked in."""
    return f"{channel}/{ts}" if ts else ""


async def _post(client: AsyncWebClient, to: str, rendered: Rendered) -> str:
    """The message's `ts`; *to* is a channel or a person."""
    posted = await client.chat_postMessage(
        channel=to,
        text=rendered.text,
        blocks=rendered.as_dicts(),
        mrkdwn=False,
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(posted.get("ts") or "")


def webhook(client: AsyncWebClient, response_url: str) -> AsyncWebhookClient:
    """Answers through a response_url, by the same session and proxy as the Web API's calls. Sent
    once: a repeat after a dropped line would use up another of Slack's five answers."""
    return AsyncWebhookClient(
        response_url,
        timeout=client.timeout,
        proxy=client.proxy,
        session=client.session,
        retry_handlers=[],
    )


@asynccontextmanager
async def errors_shown(
    answer: Answer,
    refused: Callable[[UserError], Awaitable[None]],
    *,
    stored: Callable[[], str] | None = None,
) -> AsyncIterator[None]:
    """Whatever goes wrong inside is told to the person in one sentence, and logged if it is ours;
    a refusal of what they asked is recorded first. Only a shutdown cancels. What *stored*
    says, if anything, is told instead about what counts all the same, now or after the next
    start."""
    try:
        yield
    except asyncio.CancelledError:
        text = _("I am restarting, before all of the answer was here. Ask again in a minute.")
        text = (stored and stored()) or text
        try:
            async with asyncio.timeout(LAST_WORD):
                await _tell(answer, text)
        except TimeoutError:
            logger.warning("error_not_shown", error="restarting")
        raise
    except UserError as error:
        text = await _recorded(error, refused)
    except Exception as error:  # noqa: BLE001 - the last net before the person
        text = _sentence(error)
        text = (stored and stored()) or text
    else:
        return
    await _tell(answer, text)


async def _tell(answer: Answer, text: str) -> None:
    try:
        await answer.show(sentence(text))
    except FAILURES as error:
        logger.warning("error_not_shown", error=slack_word(error) or type(error).__name__)


async def _recorded(error: UserError, refused: Callable[[UserError], Awaitable[None]]) -> str:
    try:
        await refused(error)
    except StorageError as lost:
        return _sentence(lost)
    return str(error)


def _sentence(error: Exception) -> str:
    match error:
        case ProviderError():
            logger.warning(
                "provider_failed",
                account=error.account,
                operation=error.operation,
                code=error.code,
                request_id=error.request_id,
            )
            return problem(error)
        case StorageError():
            logger.error("not_recorded", exc_info=error)
            return _("This could not be recorded, so nothing is shown. Tell whoever runs this bot.")
        case SlackApiError() if slack_word(error):
            logger.warning("slack_refused", error=slack_word(error))
            return _slack_sentence(slack_word(error))
        case SlackClientError() | ClientError() | TimeoutError():
            logger.warning("slack_unreachable", error=type(error).__name__)
            return _(
                "Slack did not answer, so I do not know whether it was done."
                " Look before you try again."
            )
        case _:
            logger.error("listener_failed", exc_info=error)
            return _("Something broke on our side; it has been logged.")


def _slack_sentence(code: str) -> str:
    if code in ("expired_trigger_id", "trigger_expired", "trigger_exchanged"):
        return _("Slack lost patience before the window opened. Press the button once more.")
    return _("Slack refused the answer ({code}).", code=code)
