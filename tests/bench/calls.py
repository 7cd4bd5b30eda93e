"""One signed order call, parsed and validated, beside the official SDKs of the two clouds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import huaweicloudsdkbss.v2 as huawei_sdk  # type: ignore[import-untyped]
from alibabacloud_bssopenapi20171214 import models  # type: ignore[import-untyped]
from alibabacloud_bssopenapi20171214.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]
from huaweicloudsdkcore.auth.credentials import GlobalCredentials  # type: ignore[import-untyped]
from huaweicloudsdkcore.http.http_config import HttpConfig  # type: ignore[import-untyped]

from bot.app import SystemClock
from bot.domain.accounts import Account, Provider
from bot.ports import ProviderAdapter
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudAccount
from tests.bench.cloud import ALIBABA, HUAWEI, an_order
from tests.bench.figures import Row, Series, at_most
from tests.bench.serving import cloud

TITLE = "One signed order call, parsed and validated"
AT_ONCE = 20
CALLS = {1: 200, AT_ONCE: 600}  # at once -> calls of a round
NO_LIMIT = 1_000_000.0  # calls a second

Call = Callable[[], Awaitable[object]]
Name = tuple[str, str]  # provider, client
OURS = "countersign"
BESIDE: tuple[Name, ...] = (
    (ALIBABA, "official SDK, sync"),
    (ALIBABA, "official SDK, async"),
    (HUAWEI, "official SDK"),
)


async def measure(rounds: int, *, share: float = 1.0) -> list[Row]:
    taken: dict[tuple[Name, int], list[float]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url = await stack.enter_async_context(cloud(folder))
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        calls = _clients(stack, url, threads)
        for call in calls.values():
            await _spent(call, AT_ONCE, AT_ONCE)
        for _round in range(rounds):
            for at_once, whole in CALLS.items():
                for name, call in calls.items():
                    number = max(at_once, int(whole * share))
                    spent = await _spent(call, number, at_once)
                    taken.setdefault((name, at_once), []).append(spent / number)
    rows = []
    for at_once in CALLS:
        for provider, client in BESIDE:
            ours, theirs = (
                Series(tuple(taken[(provider, each), at_once])) for each in (OURS, client)
            )
            what = f"{provider.partition('-')[0].title()}, {at_once} at once, per call"
            rows.append(at_most(what, ours, theirs, client, 1))
    return rows


async def _spent(call: Call, number: int, at_once: int) -> float:
    left = iter(range(number))

    async def work() -> None:
        for _call in left:
            await call()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _worker in range(at_once)))
    return time.perf_counter() - began


def _clients(stack: AsyncExitStack, url: str, threads: ThreadPoolExecutor) -> dict[Name, Call]:
    """Each once, as a program holds it; sync clients in threads, as many as calls at once."""
    book = world.build(1, SystemClock().now)
    found: dict[Name, Call] = {}
    for name in (ALIBABA, HUAWEI):
        adapter = an_adapter(book.accounts[name], url)
        stack.push_async_callback(adapter.aclose)
        found[name, OURS] = partial(adapter.get_order, an_order(book, name), language="en")
    in_thread = partial(asyncio.get_running_loop().run_in_executor, threads)
    alibaba = alibaba_sdk(book.accounts[ALIBABA], url)
    asked = models.GetOrderDetailRequest(order_id=an_order(book, ALIBABA))
    found[ALIBABA, "official SDK, sync"] = partial(in_thread, alibaba.get_order_detail, asked)
    found[ALIBABA, "official SDK, async"] = partial(alibaba.get_order_detail_async, asked)
    huawei = _huawei_sdk(book.accounts[HUAWEI], url)
    request = huawei_sdk.ShowCustomerOrderDetailsRequest(
        order_id=an_order(book, HUAWEI), limit=100, x_language="en_US"
    )
    show = huawei.show_customer_order_details
    found[HUAWEI, "official SDK"] = partial(in_thread, show, request)
    return found


def an_adapter(
    row: CloudAccount, url: str, *, requests_per_second: float = NO_LIMIT
) -> ProviderAdapter:
    clock = SystemClock()
    secret = {"alibaba": "access_key_secret", "huawei": "secret_access_key"}[row.provider]
    return build_adapter(
        Account(row.name, Provider(row.provider), row.site, row.owner_id),
        Credentials(row.access_key_id, {secret: row.access_key_secret}),
        Transport(row.name, requests_per_second=requests_per_second, timeout_s=60, clock=clock),
        clock,
        {"endpoint": url, "domain_id": row.domain_id or ""},
    )


def alibaba_sdk(row: CloudAccount, url: str) -> Any:
    config = Config(
        access_key_id=row.access_key_id,
        access_key_secret=row.access_key_secret,
        endpoint=url.removeprefix("http://"),
        protocol="http",
    )
    return Client(config)


def _huawei_sdk(row: CloudAccount, url: str) -> Any:
    return (
        huawei_sdk.BssClient.new_builder()
        .with_http_config(HttpConfig(timeout=(5, 10)))
        .with_credentials(
            GlobalCredentials(row.access_key_id, row.access_key_secret, row.domain_id)
        )
        .with_endpoint(url)
        .build()
    )
