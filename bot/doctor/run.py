"""The whole examination: areas side by side, each check with a deadline of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.channels import channels_named, check_channel
from bot.doctor.clock import check_clock
from bot.doctor.clouds import check_account
from bot.doctor.configuration import check_configuration
from bot.doctor.database import check_database
from bot.doctor.findings import Code, Notes, Report, report_of
from bot.doctor.people import Registry, check_people, humans_of
from bot.doctor.quorum import check_quorums
from bot.doctor.reach import Sighting
from bot.doctor.settings_page import check_settings_page
from bot.doctor.slack import Installation, check_app_token, check_bot_token, slack_client
from bot.doctor.surroundings import check_addresses, check_alone, check_heads
from bot.doctor.tokens import Tokens, check_tokens
from bot.i18n import _
from bot.ports import Clock
from bot.settings import AccountSettings, Settings
from storage.inspection import is_in_use

logger = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE = 20.0  # seconds for one check; areas run side by side, Slack's in two steps


@dataclass(frozen=True, slots=True)
class Areas:
    """In the order of the report."""

    configuration: Notes = field(default_factory=Notes)
    slack: Notes = field(default_factory=Notes)
    people: Notes = field(default_factory=Notes)
    clouds: Notes = field(default_factory=Notes)
    database: Notes = field(default_factory=Notes)
    clock: Notes = field(default_factory=Notes)

    def all(self) -> list[Notes]:
        return [
            self.configuration,
            self.slack,
            self.people,
            self.clouds,
            self.database,
            self.clock,
        ]


async def examine(
    settings: Settings,
    environ: Mapping[str, str],
    clock: Clock,
    *,
    patience_s: float = PATIENCE,
) -> Report:
    """Look at everything that *settings*, read without tokens, and *environ* say. No check takes
    longer than *patience_s*; what was cut off is told as not checked."""
    examination = _Examination(settings, clock, patience_s)
    areas = examination.areas
    tokens = check_tokens(environ, settings.slack.mode, areas.configuration)
    accounts = [Notes() for _account in settings.accounts]
    await asyncio.gather(
        examination.this_machine(tokens),
        examination.slack(tokens),
        *map(examination.account, settings.accounts, accounts),
    )
    for notes in accounts:
        areas.clouds.add(notes)
    check_clock(examination.sightings, areas.clock)
    return report_of(areas.all())


class _Examination:
    def __init__(self, settings: Settings, clock: Clock, patience_s: float) -> None:
        self.areas = Areas()
        self.sightings: list[Sighting] = []
        self._settings = settings
        self._clock = clock
        self._patience_s = patience_s

    async def this_machine(self, tokens: Tokens) -> None:
        settings, notes = self._settings, self.areas.configuration
        running = is_in_use(settings.database)
        checks: dict[str, Callable[[], None]] = {
            _("configuration"): partial(check_configuration, settings, notes),
            _("addresses"): partial(check_addresses, settings, notes, running=running),
            _("files for heads"): partial(check_heads, settings, notes),
        }
        if tokens.bot is not None:
            alone = partial(check_alone, tokens.bot.value(), notes, running=running)
            checks[_("other copies on this machine")] = alone
        database = asyncio.to_thread(check_database, settings.database, self.areas.database)
        await asyncio.gather(
            self._within(database, self.areas.database, _("database")),
            *(
                self._within(asyncio.to_thread(check), notes, what)
                for what, check in checks.items()
            ),
        )

    async def account(self, account: AccountSettings, notes: Notes) -> None:
        asking = check_account(account, self._clock, notes, self.sightings)
        await self._within(asking, notes, account.name)

    async def slack(self, tokens: Tokens) -> None:
        notes = self.areas.slack
        if tokens.bot is None:
            notes.skip(_("everything in Slack"), _("there is no bot token to ask with"))
            return
        slack = self._settings.slack
        async with slack_client(slack.api_url, slack.proxy, tokens.bot.value()) as client:
            asking = check_bot_token(client, self._clock, notes, self.sightings)
            known = await self._within(asking, notes, _("everything in Slack"))
            if known is not None:
                await asyncio.gather(*self._in_slack(client, tokens, known))

    def _in_slack(
        self, client: AsyncWebClient, tokens: Tokens, known: Installation
    ) -> Iterator[Awaitable[None]]:
        settings, notes, people = self._settings, self.areas.slack, self.areas.people
        registry = Registry(client, known.team_id, people)
        yield self._within(_people(registry, settings, people), people, _("people"))
        page = check_settings_page(client, tokens.config, known.app_id, settings.slack.mode, notes)
        yield self._within(page, notes, _("the app's settings"))
        if tokens.app is not None:
            app = check_app_token(client, tokens.app.value(), known.app_id, notes)
            yield self._within(app, notes, _("app-level token"))
        for channel_id, where in channels_named(settings).items():
            asking = check_channel(client, channel_id, where, notes)
            yield self._within(asking, notes, channel_id)

    async def _within(self, check: Awaitable[T], notes: Notes, what: str) -> T | None:
        """What *check* gives; None where it took too long or broke, which is then said."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await check
        except TimeoutError:
            notes.skip(what, _("no end within {seconds} s", seconds=f"{self._patience_s:g}"))
        except Exception as error:
            logger.exception("check_failed", check=what)
            notes.skip(what, _("the check failed ({kind})", kind=type(error).__name__))
        return None


async def _people(registry: Registry, settings: Settings, notes: Notes) -> None:
    policy, humans = settings.policy, humans_of(settings)
    await check_people(registry, policy, humans, notes)
    if Code.WRONG_WORKSPACE not in notes.codes():
        await check_quorums(registry, policy, humans, notes)
