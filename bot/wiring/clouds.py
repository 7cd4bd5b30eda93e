"""The adapters: one for each account, each with a transport of its own."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from bot.metrics import Metrics
from bot.ports import Clock, ProviderAdapter
from bot.providers import build_adapter
from bot.providers.transport import Transport
from bot.settings import AccountSettings

_OPTIONS = {
    "endpoint",
    "domain_id",
    "iam_endpoint",
    "version",
    "region_id",
    "time_zone",
    "currency",
}


async def adapters(
    stack: AsyncExitStack,
    accounts: tuple[AccountSettings, ...],
    clock: Clock,
    wall: Clock,
    metrics: Metrics,
) -> dict[str, ProviderAdapter]:
    """By account, in the order configured; each closes with *stack*."""
    built: dict[str, ProviderAdapter] = {}
    for settings in accounts:
        transport = Transport(
            settings.name,
            requests_per_second=settings.requests_per_second,
            timeout_s=settings.timeout.total_seconds(),
            clock=wall,
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
            wall=wall,
        )
        stack.push_async_callback(adapter.aclose)
        built[settings.name] = adapter
    return built
