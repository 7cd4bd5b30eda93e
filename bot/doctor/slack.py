"""Slack's side: whether it answers, who the tokens are, what they may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import (
    ClientError,
    ClientHttpProxyError,
    ClientProxyConnectionError,
    ClientSession,
    ClientTimeout,
)
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.doctor.findings import Code, Notes
from bot.doctor.reach import Sighting, connect_problem, sighting
from bot.i18n import _
from bot.manifest import SCOPES
from bot.ports import Clock
from handlers.failures import FAILURES, NOT_ABOUT_THE_TOKEN, slack_word

TIMEOUT = ClientTimeout(total=8, sock_connect=4)
UNREADABLE = (*FAILURES, KeyError, TypeError, ValueError)  # the last three: not Slack's shapes
_PROXY = (ClientProxyConnectionError, ClientHttpProxyError)
_SCOPES_PAGE = _("OAuth & Permissions")


@dataclass(frozen=True, slots=True)
class Installation:
    """Who the bot token is: *app_id* "" where Slack does not tell it, *scopes* None likewise."""

    team_id: str
    app_id: str
    scopes: frozenset[str] | None


@asynccontextmanager
async def slack_client(
    api_url: str, proxy: str | None, token: str
) -> AsyncIterator[AsyncWebClient]:
    """Rate limits are waited out once, for as long as the check has time."""
    async with ClientSession(timeout=TIMEOUT) as session:
        yield AsyncWebClient(
            token=token,
            base_url=api_url,
            session=session,
            proxy=proxy,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
        )


async def check_bot_token(
    client: AsyncWebClient, clock: Clock, notes: Notes, sightings: list[Sighting]
) -> Installation | None:
    """None where nothing else can be asked of Slack."""
    try:
        answer = await client.auth_test()
        team_id = str(answer["team_id"] or "")
        if not team_id:
            raise KeyError("team_id")
    except UNREADABLE as error:
        _see(getattr(error, "response", None), clock, sightings)
        await _refused(client, error, notes)
        return None
    _see(answer, clock, sightings)
    if answer.get("is_enterprise_install"):
        notes.find(
            Code.ORG_INSTALL,
            "SLACK_BOT_TOKEN",
            _("The app is installed for a whole organisation; countersign serves one workspace."),
            _("Install the app in one workspace and use that installation's bot token."),
        )
    scopes = _scopes(answer)
    check_scopes(scopes, notes)
    notes.check(_("bot token, installed in {team}", team=answer.get("team") or team_id))
    app_id = await _app_id(client, str(answer.get("bot_id") or ""))
    return Installation(team_id, app_id, scopes)


def check_scopes(scopes: frozenset[str] | None, notes: Notes) -> None:
    if scopes is None:
        notes.skip(_("scopes of the bot token"), _("Slack's answer does not list them"))
        return
    for scope in SCOPES:
        if scope not in scopes:
            notes.find(
                Code.SCOPE_MISSING,
                scope,
                _("The bot token lacks the scope {scope}.", scope=scope),
                _(
                    "Add {scope} under {page}, Bot Token Scopes, and install the app again.",
                    scope=scope,
                    page=_SCOPES_PAGE,
                ),
            )
    notes.check(_("{count} scopes of the bot token", count=len(SCOPES)))


async def check_app_token(
    client: AsyncWebClient, app_token: str, bot_app_id: str, notes: Notes
) -> None:
    """A socket is never opened: while the bot runs, Slack would send it a share of the clicks."""
    try:
        answer = await client.apps_connections_open(app_token=app_token)
        if not answer.get("url"):
            raise KeyError("url")
    except UNREADABLE as error:
        word = slack_word(error)
        if word == "missing_scope":
            notes.find(
                Code.APP_TOKEN_SCOPE,
                "SLACK_APP_TOKEN",
                _("The app-level token lacks the scope connections:write."),
                _(
                    "Under Basic Information, App-Level Tokens, make a token with the scope"
                    " connections:write and put it into SLACK_APP_TOKEN."
                ),
            )
        elif word and word not in NOT_ABOUT_THE_TOKEN:
            notes.find(
                Code.APP_TOKEN_REFUSED,
                "SLACK_APP_TOKEN",
                _("Slack refuses the app-level token ({code}).", code=word),
                _("Copy it anew from Basic Information, App-Level Tokens."),
            )
        else:
            notes.skip(_("app-level token"), word or type(error).__name__)
        return
    notes.check(_("app-level token, connections:write"))
    await _check_same_app(client, app_token, bot_app_id, notes)


async def _check_same_app(
    client: AsyncWebClient, app_token: str, bot_app_id: str, notes: Notes
) -> None:
    what = _("that both tokens are of one app")
    try:
        answer = await client.auth_test(token=app_token)
        app_id = str(answer.get("app_id") or "")
    except UNREADABLE:
        app_id = ""
    if not app_id or not bot_app_id:
        notes.skip(what, _("Slack does not tell the app of each"))
        return
    if app_id != bot_app_id:
        notes.find(
            Code.APPS_DIFFER,
            "SLACK_APP_TOKEN",
            _(
                "The app-level token is of app {app}, the bot token of {bot}: no click would"
                " arrive.",
                app=app_id,
                bot=bot_app_id,
            ),
            _("Copy both tokens from the pages of the same app."),
        )
    notes.check(what)


async def _refused(client: AsyncWebClient, error: Exception, notes: Notes) -> None:
    word = slack_word(error)
    if word and word not in NOT_ABOUT_THE_TOKEN:
        notes.find(
            Code.BOT_TOKEN_REFUSED,
            "SLACK_BOT_TOKEN",
            _("Slack refuses the bot token ({code}).", code=word),
            _("Copy the Bot User OAuth Token of the installed app from {page}.", page=_SCOPES_PAGE),
        )
        return
    notes.skip(_("everything in Slack"), _("Slack does not answer"))
    proxy = client.proxy
    if isinstance(error, _PROXY) or (proxy and await connect_problem(proxy)):
        notes.find(
            Code.SLACK_PROXY_UNREACHABLE,
            "slack.proxy",
            _(
                "The proxy {proxy} lets nothing through to Slack ({reason}).",
                proxy=proxy,
                reason=type(error).__name__,
            ),
            _("Correct slack.proxy, or remove it where Slack is reached without one."),
        )
    elif word or isinstance(error, (ClientError, TimeoutError, OSError)):
        notes.find(
            Code.SLACK_UNREACHABLE,
            client.base_url,
            _("Slack does not answer ({reason}).", reason=word or type(error).__name__),
            _("Check the network, the firewall and, where there is one, slack.proxy."),
        )
    else:
        notes.find(
            Code.SLACK_ANSWER_FOREIGN,
            client.base_url,
            _("Something else answers in Slack's place."),
            _("Check SLACK_API_URL (unset for Slack itself) and slack.proxy."),
        )


def _scopes(answer: AsyncSlackResponse) -> frozenset[str] | None:
    """`X-OAuth-Scopes`, which stands beside every answer to a token."""
    given = answer.headers.get("x-oauth-scopes") or answer.headers.get("X-OAuth-Scopes")
    return frozenset(each.strip() for each in given.split(",")) if given else None


async def _app_id(client: AsyncWebClient, bot_id: str) -> str:
    try:
        answer = await client.bots_info(bot=bot_id)
        return str(answer["bot"].get("app_id") or "")
    except UNREADABLE:
        return ""


def _see(answer: object, clock: Clock, sightings: list[Sighting]) -> None:
    if isinstance(answer, AsyncSlackResponse):
        seen = sighting("Slack", answer.headers, clock.now())
        sightings.extend([seen] if seen else [])
