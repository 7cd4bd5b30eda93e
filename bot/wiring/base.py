"""What every part is built on: the database, the clouds, Slack, and who may do what."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.metrics import Metrics
from bot.ports import (
    AuditLog,
    Clock,
    ConversationStore,
    Messenger,
    OutboxStore,
    ProviderAdapter,
    RequestStore,
    SnapshotStore,
)
from bot.services.access import Access
from bot.services.refresh import Refresher
from bot.settings import Settings, SlackSettings
from bot.wiring.alone import hold_app
from bot.wiring.clouds import adapters
from handlers.directory import SlackDirectory
from handlers.messenger import SlackMessenger
from handlers.slack import Slack, SlackSetup, connect
from storage.audit import SqliteAuditLog
from storage.conversations import SqliteConversationStore
from storage.database import Storage
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from storage.snapshots import SqliteSnapshotStore
from storage.tags import refuse_other_key


@dataclass(frozen=True, slots=True)
class Base:
    """*wake* is set when the jobs have something to do. *wall* is the real time of signatures and
    of what Slack and the clouds allow, where *clock* can be moved."""

    settings: Settings
    clock: Clock
    wall: Clock
    metrics: Metrics
    wake: asyncio.Event
    storage: Storage
    audit: AuditLog
    conversations: ConversationStore
    outbox: OutboxStore
    requests: RequestStore
    snapshots: SnapshotStore
    adapters: Mapping[str, ProviderAdapter]  # by account
    slack: Slack
    directory: SlackDirectory
    access: Access
    messenger: Messenger
    refresher: Refresher


async def open_base(stack: AsyncExitStack, settings: Settings, clock: Clock, wall: Clock) -> Base:
    """Everything that is open closes with *stack*. Raises ConfigurationError, SlackUnreachable,
    StorageError."""
    metrics = Metrics()
    setup = _slack_setup(settings.slack)
    stack.enter_context(hold_app(setup.bot_token))
    key = settings.audit.key
    storage = await Storage.open(
        settings.database, now=clock.now(), audit_key=key.value().encode() if key else None
    )
    stack.push_async_callback(storage.aclose)
    await storage.run(lambda db: refuse_other_key(db, storage.audit_key))
    clouds = await adapters(stack, settings.accounts, clock, wall, metrics)
    slack = await stack.enter_async_context(connect(setup))
    directory = SlackDirectory(slack.client, slack.identity.team_id, clock)
    snapshots = SqliteSnapshotStore(storage)
    return Base(
        settings=settings,
        clock=clock,
        wall=wall,
        metrics=metrics,
        wake=asyncio.Event(),
        storage=storage,
        audit=SqliteAuditLog(storage),
        conversations=SqliteConversationStore(storage),
        outbox=SqliteOutboxStore(storage),
        requests=SqliteRequestStore(storage),
        snapshots=snapshots,
        adapters=clouds,
        slack=slack,
        directory=directory,
        access=Access([each.account() for each in settings.accounts], settings.policy, directory),
        messenger=SlackMessenger(slack.client),
        refresher=Refresher(clouds, snapshots, clock),
    )


def _slack_setup(settings: SlackSettings) -> SlackSetup:
    return SlackSetup(
        mode=settings.mode,
        api_url=settings.api_url,
        proxy=settings.proxy,
        bot_token=settings.bot_token.value() if settings.bot_token else "",
        app_token=settings.app_token.value() if settings.app_token else "",
        signing_secrets=tuple(secret.value() for secret in settings.signing_secrets),
    )
