"""Slack's part: mode, tokens, the channel for approvals, the approvers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.cli.init.asker import Asker, ask_choice, ask_until
from bot.cli.init.draft import Draft
from bot.cli.init.trying import is_kept
from bot.doctor.channels import check_channel
from bot.doctor.findings import Code, Notes
from bot.doctor.people import Registry, check_people
from bot.doctor.quorum import check_quorums
from bot.doctor.slack import Installation, check_app_token, check_bot_token, slack_client
from bot.domain.policy import Humans, Policy, Principals
from bot.errors import ConfigurationError
from bot.i18n import _
from bot.ports import Clock
from bot.settings.environment import (
    read_api_url,
    read_app_token,
    read_bot_token,
    read_signing_secrets,
)
from bot.settings.policy import MEMBERS
from bot.settings.values import check_channel as check_channel_id
from bot.settings.values import check_slack_proxy, parse_listen, parse_principals

_Look = Callable[[AsyncWebClient, Notes], Awaitable[None]]

HIGHEST_QUORUM = 50
_DAY = timedelta(days=1)


class SlackQuestions:
    def __init__(
        self, asker: Asker, draft: Draft, environ: Mapping[str, str], clock: Clock
    ) -> None:
        self._asker = asker
        self._draft = draft
        self._environ = environ
        self._clock = clock
        self._api_url = read_api_url(environ)
        self._token = ""
        self._known: Installation | None = None

    def ask(self) -> None:
        draft, asker = self._draft, self._asker
        question = _("How Slack reaches the bot")
        draft.slack["mode"] = ask_choice(asker, question, ("socket", "http"), "socket")
        if draft.slack["mode"] == "http":
            draft.slack["listen"] = ask_until(
                asker, _("Address for Slack's requests"), _listen, "127.0.0.1:3000"
            )
        proxy = ask_until(asker, _("Proxy to reach Slack, if any"), _proxy, "")
        draft.slack |= {"proxy": proxy} if proxy else {}
        self._ask_bot_token()
        if draft.slack["mode"] == "socket":
            self._ask_app_token()
        else:
            self._secret("SLACK_SIGNING_SECRET", read_signing_secrets, lambda _text: Notes())
        self._ask_channel()
        self._ask_approvers()

    def _ask_bot_token(self) -> None:
        async def look(client: AsyncWebClient, notes: Notes) -> None:
            self._known = await check_bot_token(client, self._clock, notes, [])

        def try_it(text: str) -> Notes:
            self._token = text
            return self._look(look)

        self._secret("SLACK_BOT_TOKEN", read_bot_token, try_it)

    def _ask_app_token(self) -> None:
        known = self._known

        def try_it(text: str) -> Notes:
            async def look(client: AsyncWebClient, notes: Notes) -> None:
                await check_app_token(client, text, known.app_id if known else "", notes)

            return self._in_slack(look)

        self._secret("SLACK_APP_TOKEN", read_app_token, try_it)

    def _ask_channel(self) -> None:
        question = _("Id of the channel for approvals (C…)")
        while True:
            channel_id = ask_until(self._asker, question, check_channel_id)

            async def look(client: AsyncWebClient, notes: Notes, named: str = channel_id) -> None:
                await check_channel(client, named, "approvals_channel", notes)

            if is_kept(self._asker, self._in_slack(look)):
                self._draft.slack["approvals_channel"] = channel_id
                return

    def _ask_approvers(self) -> None:
        question = _("Who may approve: ids of people (U…) and user groups (S…)")
        while True:
            names = ask_until(self._asker, question, _approvers)
            quorum = ask_until(self._asker, _("How many of them must agree"), _quorum, "1")
            policy = _policy(parse_principals(names), quorum)

            async def look(client: AsyncWebClient, notes: Notes, policy: Policy = policy) -> None:
                team_id = self._known.team_id if self._known else ""
                registry, humans = Registry(client, team_id, notes), Humans()
                await check_people(registry, policy, humans, notes)
                if Code.WRONG_WORKSPACE not in notes.codes():
                    await check_quorums(registry, policy, humans, notes)

            if is_kept(self._asker, self._in_slack(look)):
                self._draft.policy |= {"approvers": names, "quorum": quorum}
                return

    def _secret(
        self,
        name: str,
        read: Callable[[Mapping[str, str]], object],
        try_it: Callable[[str], Notes],
    ) -> None:
        """From the environment where it is set and good; else typed, and kept for a file."""
        given = self._environ.get(name, "").strip()
        if given:
            self._asker.say(_("{name} is set.", name=name))
        while True:
            text = given or self._asker.ask_secret(name)
            try:
                read({name: text})
            except ConfigurationError as error:
                self._asker.say(f"  {error}.")
            else:
                if is_kept(self._asker, try_it(text)):
                    self._draft.tokens |= {} if given else {name: text}
                    return
            given = ""

    def _in_slack(self, look: _Look) -> Notes:
        if self._known is not None:
            return self._look(look)
        notes = Notes()
        notes.skip(_("this answer"), _("Slack does not take the bot token"))
        return notes

    def _look(self, look: _Look) -> Notes:
        notes = Notes()

        async def work() -> None:
            proxy = self._draft.slack.get("proxy")
            async with slack_client(self._api_url, proxy, self._token) as client:
                await look(client, notes)

        asyncio.run(work())
        return notes


def _policy(approvers: Principals, quorum: int) -> Policy:
    return Policy(
        viewers=MEMBERS,
        requesters=MEMBERS,
        approvers=approvers,
        quorum=quorum,
        hold=timedelta(),
        expires=_DAY,
    )


def _listen(answer: str) -> str:
    parse_listen(answer)
    return answer


def _proxy(answer: str) -> str:
    return check_slack_proxy(answer) if answer else ""


def _approvers(answer: str) -> list[str]:
    names = [name for name in re.split(r"[\s,]+", answer) if name]
    if parse_principals(names) == Principals():
        raise ValueError(_("must name at least one approver"))
    return names


def _quorum(answer: str) -> int:
    if not (answer.isascii() and answer.isdigit() and 1 <= int(answer) <= HIGHEST_QUORUM):
        raise ValueError(_("must be a number from 1 to {most}", most=HIGHEST_QUORUM))
    return int(answer)
