"""Each account at its cloud: whether it answers, takes the key, and lets it read orders.

Only reads are sent. Whether the key may cancel shows in a cancellation alone, so that is said to
be unchecked. After a key that was refused nothing more is sent with it: Huawei locks a key after
five refusals.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta
from functools import partial
from typing import Any

from bot.doctor.cloud_errors import find_refusal
from bot.doctor.findings import Code, Notes
from bot.doctor.reach import Sighting, reach
from bot.domain.orders import OrderQuery
from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotFound,
    Remedy,
)
from bot.i18n import _
from bot.metrics import Metrics
from bot.ports import Clock, ProviderAdapter
from bot.providers.alibaba.adapter import ENDPOINTS
from bot.providers.huawei.adapter import HOSTS
from bot.providers.unicloud.adapter import ENDPOINT
from bot.settings import AccountSettings
from bot.wiring.clouds import adapters

PATIENCE = timedelta(seconds=6)  # for one question with its repeats
WINDOW = timedelta(days=1)
_NO_SUCH_ORDER = "1"
_RIGHTS = {
    "list": _("to list orders"),
    "read": _("to read an order"),
    "products": _("to list products"),
}

Question = Callable[[], Awaitable[object]]


async def check_account(
    account: AccountSettings, clock: Clock, notes: Notes, sightings: list[Sighting]
) -> None:
    reached = await reach(account.name, _address(account), account.proxy, clock)
    if reached.by_proxy:
        notes.find(
            Code.CLOUD_PROXY_UNREACHABLE,
            account.name,
            _("The account's proxy lets nothing through ({reason}).", reason=reached.problem),
            _("Correct proxy of this account, or remove it."),
        )
        return
    if reached.problem:
        notes.find(
            Code.CLOUD_UNREACHABLE,
            account.name,
            _("{url} does not answer ({reason}).", url=_address(account), reason=reached.problem),
            _("Check the network, the firewall, and endpoint and proxy of this account."),
        )
        return
    sightings.extend([reached.sighting] if reached.sighting else [])
    if not await _check_key(account, account.name, clock, notes, sightings):
        return
    if account.cancel_credentials() is not None:
        await _check_cancel_key(account, clock, notes, sightings)
    if account.provider != "unicloud":
        what = _("{account}: the right to cancel", account=account.name)
        notes.skip(what, _("only a cancellation shows it"))


async def _check_key(
    account: AccountSettings, subject: str, clock: Clock, notes: Notes, sightings: list[Sighting]
) -> bool:
    """Whether the key itself was taken. Each right is asked for by itself."""
    async with AsyncExitStack() as stack:
        adapter = await _adapter(stack, account, clock)
        order_ids: list[str] = []
        questions: dict[str, Question] = {
            "list": partial(_list, adapter, clock, order_ids),
            "read": partial(_read, adapter, order_ids),
            "products": partial(adapter.list_products, language="en"),
        }
        for name, question in questions.items():
            error = await _answer(question)
            if error is None:
                continue
            find_refusal(error, subject, _RIGHTS[name], notes, sightings)
            if error.remedy is not Remedy.GRANT_PERMISSION:
                return False
    notes.check(_("{account}: key, orders and products", account=subject))
    return True


async def _check_cancel_key(
    account: AccountSettings, clock: Clock, notes: Notes, sightings: list[Sighting]
) -> None:
    """With the separate key one order is read: that it may not read is as it should be, for the
    refusal comes after its signature was found right."""
    subject = _("{account}, cancel key", account=account.name)
    async with AsyncExitStack() as stack:
        adapter = await _adapter(stack, _as_reader(account), clock)
        error = await _answer(partial(_read, adapter, []))
    if error is not None and error.remedy is not Remedy.GRANT_PERMISSION:
        find_refusal(error, subject, _RIGHTS["read"], notes, sightings)
        return
    notes.check(subject)


async def _answer(question: Question) -> ProviderError | None:
    """What stood in the way. An order that is not there was looked for: the right is there."""
    try:
        await question()
    except ProviderNotFound:
        return None
    except ProviderInvalid as error:
        return None if error.remedy is Remedy.CHECK_ID else error
    except ProviderError as error:
        return error
    return None


async def _list(adapter: ProviderAdapter, clock: Clock, order_ids: list[str]) -> None:
    now = clock.now()
    query = OrderQuery(created_from=now - WINDOW, created_until=now)
    async with aclosing(adapter.list_orders(query)) as pages:  # type: ignore[type-var]
        async for page in pages:
            order_ids.extend(order.order_id for order in page)
            return


async def _read(adapter: ProviderAdapter, order_ids: list[str]) -> None:
    await adapter.get_order(next(iter(order_ids), _NO_SUCH_ORDER), language="en")


async def _adapter(
    stack: AsyncExitStack, account: AccountSettings, clock: Clock
) -> ProviderAdapter:
    quick = account.model_copy(update={"timeout": min(account.timeout, PATIENCE)})
    built = await adapters(stack, (quick,), clock, clock, Metrics())
    return built[account.name]


def _as_reader(account: AccountSettings) -> AccountSettings:
    """The account with its separate key in place of the usual one."""
    changes: dict[str, Any] = {}
    for name in type(account).model_fields:
        if name.startswith("cancel_"):
            changes |= {name: None, name.removeprefix("cancel_"): getattr(account, name)}
    return account.model_copy(update=changes)


def _address(account: AccountSettings) -> str:
    if account.endpoint:
        return account.endpoint
    match account.provider:
        case "alibaba":
            return ENDPOINTS[account.site]
        case "huawei":
            return HOSTS[account.site]
        case _unicloud:
            return ENDPOINT
