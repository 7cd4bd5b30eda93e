"""The connection to Slack: checked at boot, listening by HTTP or by Socket Mode."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from aiohttp import ClientSession, ClientTimeout, web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import ConfigurationError, CountersignError, SlackUnreachable
from bot.i18n import _
from bot.ports import Clock
from handlers.desk import Desk
from handlers.directory import SlackDirectory
from handlers.failures import FAILURES, NOT_ABOUT_THE_TOKEN, slack_word
from handlers.front import Front
from handlers.gate import Gate, Identity
from handlers.home import HomeTab
from handlers.lifecycle import Lifecycle
from handlers.register import register
from handlers.socket_mode import SocketMode

logger = structlog.get_logger(__name__)

TIMEOUT = ClientTimeout(total=10)
CHECKED_EVERY = timedelta(seconds=30)
CONNECT = 10.0  # seconds that the start waits for the socket; it is tried on after them


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSetup:
    """How Slack is reached: *app_token* in Socket Mode, *signing_secrets* in HTTP mode."""

    mode: Literal["socket", "http"]
    api_url: str  # ends in /api/
    proxy: str | None
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secrets: tuple[str, ...] = field(repr=False)


class Slack:
    """*client* calls the Web API as the bot; *identity* is what `auth.test` said at boot."""

    def __init__(self, setup: SlackSetup, client: AsyncWebClient, identity: Identity) -> None:
        self.client = client
        self.identity = identity
        self._setup = setup
        self._lifecycle = Lifecycle()
        self._socket: SocketMode | None = None
        self._checked_at: datetime | None = None
        self._problem = ""

    def application(
        self, desk: Desk, gate: Gate, directory: SlackDirectory, home: HomeTab, *, wall: Clock
    ) -> web.Application | None:
        """Register the listeners; the HTTP application, or None in Socket Mode. *wall* is the time
        by which Slack's signatures are checked."""
        app = self._bolt()
        register(app, desk, gate, directory, self._lifecycle, home=home)
        if self._setup.mode == "http":
            front = Front(app, self._setup.signing_secrets, desk.metrics, wall, desk.tasks.acks)
            return front.application()
        self._socket = SocketMode(
            app,
            self.client,
            self._setup.app_token,
            self._setup.proxy,
            desk.metrics,
            acks=desk.tasks.acks,
        )
        return None

    async def open_socket(self, stack: AsyncExitStack) -> None:
        """Connect, and go on without a connection where Slack does not take one in time:
        readiness says so, and slack_sdk tries on."""
        if self._socket is None:
            return
        connecting = asyncio.create_task(self._socket.client.connect())  # type: ignore[no-untyped-call]
        stack.push_async_callback(_given_up, connecting)
        await asyncio.wait([connecting], timeout=CONNECT)

    async def close_socket(self) -> None:
        """Tasks of slack_sdk's run from when it was made, opened or not."""
        if self._socket is not None:
            await self._socket.client.close()  # type: ignore[no-untyped-call]

    async def socket_problem(self) -> str:
        """Why no input can arrive; "" while all is well. HTTP mode has no socket to lose."""
        if self._setup.mode == "http":
            return ""
        if self._socket is None or not await self._socket.client.is_connected():
            return "the socket to Slack is not connected"
        return ""

    async def identity_problem(self, now: datetime) -> str:
        """Why Slack does not accept the bot's token; asked at most every 30 seconds. What Slack
        reported by an event stands until it accepts the token again."""
        if self._lifecycle.revoked:
            self._problem = f"Slack reported {self._lifecycle.revoked}"
            self._lifecycle.revoked = ""
            self._checked_at = now
        elif self._checked_at is None or now - self._checked_at >= CHECKED_EVERY:
            self._problem = await self._ask()
            self._checked_at = now
        return self._problem

    async def _ask(self) -> str:
        try:
            answer = await self.client.auth_test()
        except FAILURES as error:
            word = slack_word(error)
            if word in NOT_ABOUT_THE_TOKEN:
                return f"Slack cannot answer: {word}"
            if word:
                return f"Slack refuses the bot token: {word}"
            return f"Slack cannot be reached: {type(error).__name__}"
        if answer.get("team_id") != self.identity.team_id:
            return "the bot token now belongs to another workspace"
        return ""

    def _bolt(self) -> AsyncApp:
        """Bolt without its own checks: signatures are verified on raw bytes in front of it, and
        who we are is known, so that no request waits for `auth.test`."""
        identity, token = self.identity, self._setup.bot_token

        async def authorize(**_context: Any) -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=identity.team_id,
                bot_token=token,
                bot_user_id=identity.bot_user_id,
            )

        unauthorised = _client(self._setup, None, self.client.session)
        with _token_unseen():
            return AsyncApp(
                name="countersign",  # else Bolt searches the stack for one: 6 ms and more
                client=unauthorised,
                authorize=authorize,
                process_before_response=True,
                request_verification_enabled=False,
                ssl_check_enabled=False,
            )


@asynccontextmanager
async def connect(setup: SlackSetup) -> AsyncIterator[Slack]:
    """Check the tokens. Raises ConfigurationError with the fix, SlackUnreachable."""
    async with ClientSession(timeout=TIMEOUT) as session:
        client = _client(setup, setup.bot_token, session)
        identity = await _identity(client, setup.api_url)
        if setup.mode == "socket":
            await _check_app_token(client, setup)
        yield Slack(setup, client, identity)


def _client(setup: SlackSetup, token: str | None, session: ClientSession | None) -> AsyncWebClient:
    """Rate limits are waited out; nothing is sent twice after a dropped line."""
    return AsyncWebClient(
        token=token,
        base_url=setup.api_url,
        session=session,
        proxy=setup.proxy,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
    )


@contextmanager
def _token_unseen() -> Iterator[None]:
    """Bolt reads the variable by itself, only to warn in every log that it has a client already."""
    token = os.environ.pop("SLACK_BOT_TOKEN", None)
    try:
        yield
    finally:
        if token is not None:
            os.environ["SLACK_BOT_TOKEN"] = token


async def _given_up(connecting: asyncio.Task[None]) -> None:
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)


async def _identity(client: AsyncWebClient, api_url: str) -> Identity:
    try:
        answer = await client.auth_test()
        team_id = _told(answer, "team_id")
    except (*FAILURES, KeyError) as error:
        raise _refused(
            error,
            api_url,
            _(
                "Slack refuses SLACK_BOT_TOKEN ({code}): copy the Bot User OAuth Token of the"
                " installed app.",
                code=slack_word(error),
            ),
        ) from error
    app_id = await _app_id(client, str(answer.get("bot_id") or ""))
    return Identity(team_id, app_id, str(answer.get("user_id") or ""))


def _told(answer: AsyncSlackResponse, name: str) -> str:
    """slack_sdk reads a missing field as None; raises KeyError."""
    value = answer.get(name)
    if not value:
        raise KeyError(name)
    return str(value)


async def _app_id(client: AsyncWebClient, bot_id: str) -> str:
    """ "" where Slack does not say: then only the workspace of an input is checked."""
    try:
        answer = await client.bots_info(bot=bot_id)
        return str(answer["bot"].get("app_id") or "")
    except (*FAILURES, KeyError, TypeError):
        logger.warning("app_id_unknown")
        return ""


async def _check_app_token(client: AsyncWebClient, setup: SlackSetup) -> None:
    """Bolt would retry a wrong token for ever without a word."""
    try:
        _told(await client.apps_connections_open(app_token=setup.app_token), "url")
    except (*FAILURES, KeyError) as error:
        raise _refused(
            error,
            setup.api_url,
            _(
                "Slack refuses SLACK_APP_TOKEN ({code}): create an app-level token with the scope"
                " connections:write.",
                code=slack_word(error),
            ),
        ) from error


def _refused(error: Exception, api_url: str, sentence: str) -> CountersignError:
    """*sentence* where Slack itself refused; otherwise Slack was not there."""
    word = slack_word(error)
    if word and word not in NOT_ABOUT_THE_TOKEN:
        return ConfigurationError(sentence)
    if word:
        return SlackUnreachable(
            _(
                "Slack cannot answer for now ({word}). Where that stays so, ask whoever administers"
                " the workspace.",
                word=word,
            )
        )
    return SlackUnreachable(
        _(
            "Slack cannot be reached at {url} ({error}): check the network, slack.proxy and"
            " SLACK_API_URL.",
            url=api_url,
            error=type(error).__name__,
        )
    )
