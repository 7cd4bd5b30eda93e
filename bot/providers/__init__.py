"""The only HTTP to providers. No rules, no storage. One dictionary says which adapter speaks to
which provider."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final, Protocol

from bot.domain.accounts import Account, Provider
from bot.ports import Clock, ProviderAdapter
from bot.providers.alibaba.adapter import AlibabaAdapter
from bot.providers.credentials import Credentials
from bot.providers.huawei.adapter import HuaweiAdapter
from bot.providers.transport import Transport
from bot.providers.unicloud.adapter import ENDPOINT, UnicloudAdapter

Options = Mapping[str, str]


class AdapterFactory(Protocol):
    """See `build_adapter`."""

    def __call__(
        self,
        account: Account,
        credentials: Credentials,
        transport: Transport,
        clock: Clock,
        options: Options,
        *,
        cancel_credentials: Credentials | None,
        wall: Clock,
    ) -> ProviderAdapter: ...


def build_adapter(
    account: Account,
    credentials: Credentials,
    transport: Transport,
    clock: Clock,
    options: Options,
    *,
    cancel_credentials: Credentials | None = None,
    wall: Clock | None = None,
) -> ProviderAdapter:
    """The adapter of *account*; closing it closes *transport*.

    *cancel_credentials* are those of a separate key that cancels and does nothing else: where it is
    refused, reads go on.

    Requests are signed at the time of *wall*, which is *clock* unless it is given; orders are
    judged by *clock*.

    *options* are the account's own settings under their names in the configuration: `endpoint`
    (all), `domain_id` and `iam_endpoint` (Huawei), `version`, `region_id`, `time_zone` and
    `currency` (Unicloud). One that is absent or "" leaves the adapter's default.
    """
    return ADAPTERS[account.provider](
        account,
        credentials,
        transport,
        clock,
        options,
        cancel_credentials=cancel_credentials,
        wall=wall or clock,
    )


def _alibaba(
    account: Account,
    credentials: Credentials,
    transport: Transport,
    clock: Clock,  # noqa: ARG001 - no order is judged by it
    options: Options,
    *,
    cancel_credentials: Credentials | None,
    wall: Clock,
) -> ProviderAdapter:
    return AlibabaAdapter(
        account,
        credentials,
        transport,
        endpoint=options.get("endpoint") or None,
        clock=wall,
        nonce=_nonce,
        cancel_credentials=cancel_credentials,
    )


def _huawei(
    account: Account,
    credentials: Credentials,
    transport: Transport,
    clock: Clock,  # noqa: ARG001 - no order is judged by it
    options: Options,
    *,
    cancel_credentials: Credentials | None,
    wall: Clock,
) -> ProviderAdapter:
    return HuaweiAdapter(
        account,
        credentials,
        transport,
        endpoint=options.get("endpoint") or None,
        iam_endpoint=options.get("iam_endpoint") or None,
        domain_id=options.get("domain_id") or None,
        clock=wall,
        cancel_credentials=cancel_credentials,
    )


def _unicloud(
    account: Account,
    credentials: Credentials,
    transport: Transport,
    clock: Clock,
    options: Options,
    *,
    cancel_credentials: Credentials | None,  # noqa: ARG001 - nothing can be cancelled
    wall: Clock,
) -> ProviderAdapter:
    own = ("version", "region_id", "time_zone", "currency")
    return UnicloudAdapter(
        account,
        credentials,
        transport,
        endpoint=options.get("endpoint") or ENDPOINT,
        clock=clock,
        wall=wall,
        nonce=_nonce,
        **{name: options[name] for name in own if options.get(name)},
    )


def _nonce() -> str:
    return uuid.uuid4().hex


ADAPTERS: Final[Mapping[Provider, AdapterFactory]] = {
    Provider.ALIBABA: _alibaba,
    Provider.HUAWEI: _huawei,
    Provider.UNICLOUD: _unicloud,
}
