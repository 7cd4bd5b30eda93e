"""The wiring room: builds clients, adapters, stores, services and listeners. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from aiohttp import web

from bot.domain.policy import Humans
from bot.errors import ConfigurationError
from bot.i18n import _
from bot.jobs import Jobs
from bot.metrics import Metrics
from bot.ops import Check, Readiness
from bot.ops import application as ops_application
from bot.ports import Clock, ProviderAdapter, RequestStore, SnapshotStore
from bot.providers import build_adapter
from bot.providers.transport import Transport
from bot.services.access import Access
from bot.services.decisions import Decisions
from bot.services.executor import Executor
from bot.services.inputs import Inputs
from bot.services.lists import OrderLists
from bot.services.orders import OrderLookups
from bot.services.outbox import Outbox
from bot.services.people import People
from bot.services.reading import OrderReader
from bot.services.refresh import Refresher
from bot.services.requests import Requests
from bot.settings import AccountSettings, Listen, Settings, SlackSettings
from handlers.cards import Cards
from handlers.desk import Desk
from handlers.directory import SlackDirectory
from handlers.gate import Gate
from handlers.messenger import SlackMessenger
from handlers.slack import Slack, SlackSetup, connect
from handlers.tasks import Tasks
from storage.audit import SqliteAuditLog
from storage.conversations import SqliteConversationStore
from storage.database import Storage
from storage.outbox import SqliteOutboxStore
from storage.requests import SqliteRequestStore
from storage.snapshots import SqliteSnapshotStore

logger = structlog.get_logger(__name__)

DRAIN = 4.0  # seconds for running work at shutdown; the whole ends within 10
STEPS = 2.0  # for steps of the executor and the outbox: a call cut off is settled by reads
LATE = 1.0  # for what came in while the listeners closed
_OPTIONS = {
    "endpoint",
    "domain_id",
    "iam_endpoint",
    "version",
    "region_id",
    "time_zone",
    "currency",
}


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one real clock


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that serves: where it listens (host, port), None in Socket Mode."""

    events: tuple[str, int] | None
    ops: tuple[str, int]
    readiness: Readiness


async def serve(settings: Settings) -> None:
    """Serve until cancelled, then drain. Raises ConfigurationError or StorageError at the start."""
    async with running(settings, SystemClock()) as bot:
        logger.info("serving", mode=settings.slack.mode, ops="{}:{}".format(*bot.ops))
        await asyncio.Event().wait()


@asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Running]:
    """The whole bot for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        key = settings.audit.key
        storage = await Storage.open(
            settings.database, now=clock.now(), audit_key=key.value().encode() if key else None
        )
        stack.push_async_callback(storage.aclose)
        adapters = await _adapters(stack, settings.accounts, clock, metrics)
        slack = await stack.enter_async_context(connect(_slack_setup(settings.slack)))
        directory = SlackDirectory(slack.client, slack.identity.team_id, clock)
        snapshots = SqliteSnapshotStore(storage)
        access = Access([each.account() for each in settings.accounts], settings.policy, directory)
        signing = _countersigning(
            settings,
            storage=storage,
            adapters=adapters,
            slack=slack,
            access=access,
            clock=clock,
        )
        desk = _desk(
            signing,
            storage=storage,
            snapshots=snapshots,
            adapters=adapters,
            access=access,
            clock=clock,
            metrics=metrics,
        )
        gate = Gate(slack.identity, desk.inputs, desk.tasks)
        stack.push_async_callback(desk.lists.aclose)
        stack.push_async_callback(desk.tasks.drain, LATE)
        events = slack.application(desk, gate, directory)
        address = None
        if events is not None:
            address = await _listen(stack, events, settings.slack.listen, "slack.listen")
        await slack.open_socket(stack)
        readiness = _readiness(slack, storage, snapshots, desk, gate, accounts=adapters)
        ops = await _listen(
            stack, ops_application(readiness, metrics), settings.ops_listen, "ops.listen"
        )
        await signing.jobs.start()
        stack.push_async_callback(signing.jobs.stop, STEPS)
        stack.push_async_callback(_drain, gate, desk)
        yield Running(address, ops, readiness)


def _slack_setup(settings: SlackSettings) -> SlackSetup:
    return SlackSetup(
        mode=settings.mode,
        api_url=settings.api_url,
        proxy=settings.proxy,
        bot_token=settings.bot_token.value() if settings.bot_token else "",
        app_token=settings.app_token.value() if settings.app_token else "",
        signing_secrets=tuple(secret.value() for secret in settings.signing_secrets),
    )


@dataclass(frozen=True, slots=True)
class _Countersigning:
    """What makes, decides and carries out approval requests."""

    store: RequestStore
    requests: Requests
    decisions: Decisions
    jobs: Jobs


def _countersigning(
    settings: Settings,
    *,
    storage: Storage,
    adapters: dict[str, ProviderAdapter],
    slack: Slack,
    access: Access,
    clock: Clock,
) -> _Countersigning:
    store, copies = SqliteRequestStore(storage), SqliteOutboxStore(storage)
    now = SlackDirectory(slack.client, slack.identity.team_id, clock, kept=timedelta(0))
    humans = Humans(tuple(frozenset(person.slack) for person in settings.people))
    people = People(settings.policy, humans, now)
    wake = asyncio.Event()
    reader = OrderReader(adapters, SqliteSnapshotStore(storage), clock)
    requests = Requests(
        store=store,
        adapters=adapters,
        reader=reader,
        access=access,
        people=people,
        clock=clock,
        wake=wake,
    )
    decisions = Decisions(
        store=store, copies=copies, people=people, requests=requests, clock=clock, wake=wake
    )
    executor = Executor(
        store=store, adapters=adapters, reader=reader, people=people, clock=clock, wake=wake
    )
    outbox = Outbox(
        store=copies,
        requests=store,
        messenger=SlackMessenger(slack.client),
        people=people,
        audit=SqliteAuditLog(storage),
        clock=clock,
        approvals_channel=settings.slack.approvals_channel or "",
    )
    return _Countersigning(store, requests, decisions, Jobs(executor, outbox, decisions, wake))


def _desk(
    signing: _Countersigning,
    *,
    storage: Storage,
    snapshots: SnapshotStore,
    adapters: dict[str, ProviderAdapter],
    access: Access,
    clock: Clock,
    metrics: Metrics,
) -> Desk:
    audit = SqliteAuditLog(storage)
    conversations = SqliteConversationStore(storage)
    refresher = Refresher(adapters, snapshots, clock)
    return Desk(
        access=access,
        lookups=OrderLookups(adapters, snapshots, conversations, audit, clock),
        lists=OrderLists(refresher, snapshots, audit, clock),
        inputs=Inputs(conversations, audit, clock),
        drafts=conversations,
        request_store=signing.store,
        requests=signing.requests,
        decisions=signing.decisions,
        cards=Cards(conversations, signing.store, clock),
        tasks=Tasks(),
        clock=clock,
        metrics=metrics,
    )


async def _adapters(
    stack: AsyncExitStack,
    accounts: tuple[AccountSettings, ...],
    clock: Clock,
    metrics: Metrics,
) -> dict[str, ProviderAdapter]:
    adapters: dict[str, ProviderAdapter] = {}
    for settings in accounts:
        transport = Transport(
            settings.name,
            requests_per_second=settings.requests_per_second,
            timeout_s=settings.timeout.total_seconds(),
            clock=clock,
            proxy=settings.proxy,
            observe=partial(metrics.cloud_call, settings.name),
        )
        options = settings.model_dump(include=_OPTIONS, exclude_none=True)
        adapter = build_adapter(
            settings.account(),
            settings.credentials(),
            transport,
            clock,
            options,
            cancel_credentials=settings.cancel_credentials(),
        )
        stack.push_async_callback(adapter.aclose)
        adapters[settings.name] = adapter
    return adapters


def _readiness(
    slack: Slack,
    storage: Storage,
    snapshots: SnapshotStore,
    desk: Desk,
    gate: Gate,
    *,
    accounts: Collection[str],
) -> Readiness:
    async def database() -> Check:
        ok = await storage.healthy()
        return Check(ok, "" if ok else "the database cannot be written")

    async def clouds() -> dict[str, Check]:
        answers = await snapshots.answers()
        return {
            f"cloud:{name}": Check(answer.failed_at is None, answer.error)
            for name, answer in answers.items()
            if name in accounts
        }

    async def socket() -> Check:
        reason = "shutting down" if gate.closing else await slack.socket_problem()
        return Check(not reason, reason)

    async def identity() -> Check:
        reason = await slack.identity_problem(desk.clock.now())
        return Check(not reason, reason)

    vital = {"socket": socket, "identity": identity, "database": database}
    return Readiness(vital, clouds, desk.metrics)


async def _drain(gate: Gate, desk: Desk) -> None:
    """New inputs are told to try again while running work is awaited; only then the listeners
    close."""
    gate.closing = True
    cancelled = await desk.tasks.drain(DRAIN)
    logger.info("drained", cancelled=cancelled)


async def _listen(
    stack: AsyncExitStack, app: web.Application, where: Listen, key: str
) -> tuple[str, int]:
    """Raises ConfigurationError where the address cannot be taken; *key* names the setting."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, where.host, where.port).start()
    except OSError as error:
        raise ConfigurationError(
            _(
                "{key} {host}:{port} cannot be taken ({reason}): free it or choose another.",
                key=key,
                host=where.host,
                port=where.port,
                reason=error.strerror or type(error).__name__,
            )
        ) from error
    host, port = runner.addresses[0][:2]
    return str(host), int(port)
