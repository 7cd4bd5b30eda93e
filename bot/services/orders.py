"""Show one order, list products and accounts. Each look-up leaves a record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.accounts import Account
from bot.domain.audit import AuditKind
from bot.domain.filters import AccountAnswer, Snapshot
from bot.domain.ids import providers_of
from bot.domain.orders import Order, Product, Resource
from bot.errors import (
    OrderNotFound,
    ProviderError,
    ProviderNotFound,
    ProviderRefused,
    ProviderUnavailable,
)
from bot.i18n import _
from bot.ports import (
    AuditLog,
    Clock,
    ConversationStore,
    ProviderAdapter,
    SnapshotStore,
)
from bot.services.access import Viewer
from bot.services.lookup_records import LookupRecords
from bot.services.together import together

DEADLINE = 8.0  # seconds until a cloud that has not told its products is named
SHARED = "en"  # the language of the names that lists and filters use for everybody
_ID_SHOWN = 64  # characters of what was typed


@dataclass(frozen=True, slots=True)
class Shown:
    """One order, read now, or as last seen with the *problem* that kept it from being read."""

    order: Order
    account: Account
    seen_at: datetime
    can_cancel: bool
    cancel_reason: str
    problem: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Several accounts could hold the order: the person says which."""

    order_id: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class ProductList:
    """What one account offers; *total* counts before the text narrowed it. With a *problem* the
    cloud did not answer and there is nothing to show."""

    account: Account
    products: tuple[Product, ...]
    total: int
    text: str
    problem: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class AccountLine:
    account: Account
    answer: AccountAnswer | None


class OrderLookups:
    def __init__(
        self,
        adapters: Mapping[str, ProviderAdapter],
        snapshots: SnapshotStore,
        conversations: ConversationStore,
        audit: AuditLog,
        clock: Clock,
        *,
        deadline: float = DEADLINE,
    ) -> None:
        self._adapters = adapters
        self._snapshots = snapshots
        self._conversations = conversations
        self._records = LookupRecords(audit, clock)
        self._clock = clock
        self._deadline = deadline

    async def show(
        self, viewer: Viewer, order_id: str, account: str, *, channel: str
    ) -> Shown | Choice:
        """Read one order from its cloud. *account* may be "": then the order as last seen and the
        form of the id tell, and where several fit the answer is a Choice."""
        if account:
            candidates: tuple[Account, ...] = (viewer.account(account),)
        else:
            candidates = await self._candidates(viewer, order_id)
        if len(candidates) > 1:
            await self._records.add(AuditKind.INPUT_ANSWERED, viewer, input="choice")
            return Choice(order_id, candidates)
        return await self._read(viewer, order_id, candidates[0], channel)

    async def last_seen(self, viewer: Viewer, account: str, order_id: str) -> Shown:
        """The order as stored, for a card's buttons; raises OrderNotFound."""
        owner = viewer.account(account)
        snapshot = await self._snapshots.get(owner.name, order_id)
        if snapshot is None:
            await self._records.add(AuditKind.LOOKUP_FAILED, viewer, owner, order_id)
            raise OrderNotFound(
                _("Order {order_id} is no longer stored; show it again.", order_id=order_id)
            )
        return self._shown(snapshot.order, owner, snapshot.seen_at)

    async def ids(self, viewer: Viewer, number: str) -> Mapping[str, str]:
        """By account, the id of the order that is known there under *number*: its id, or the number
        that people know it by."""
        known = await self._snapshots.find_by_id(number, viewer.names)
        return {each.order.account: each.order.order_id for each in known}

    async def recent(self, viewer: Viewer, channel: str) -> tuple[Snapshot, ...]:
        """The orders that this person looked at last in this channel, three at most."""
        pairs = await self._conversations.recent(
            viewer.person.user_id, channel, at=self._clock.now(), limit=3
        )
        found = [
            await self._snapshots.get(account, order_id)
            for account, order_id in pairs
            if account in viewer.names
        ]
        return tuple(snapshot for snapshot in found if snapshot is not None)

    async def products(self, viewer: Viewer, words: tuple[str, ...]) -> tuple[ProductList, ...]:
        """The products of one account, or of the first account of each provider; *words* may
        begin with an account's name, the rest narrows code and name."""
        named = words[0].casefold() if words else ""
        accounts = tuple(each for each in viewer.accounts if each.name.casefold() == named)
        text = " ".join(words[1:] if accounts else words).casefold()
        if not accounts:
            first = {each.provider: each for each in reversed(viewer.accounts)}
            accounts = tuple(reversed(first.values()))
        lists = await together(self._products(viewer, each, text) for each in accounts)
        await self._records.products(
            viewer,
            asked=[each.account for each in lists],
            failed=[each.account for each in lists if each.problem is not None],
            text=text,
        )
        return tuple(lists)

    async def accounts(self, viewer: Viewer) -> tuple[AccountLine, ...]:
        answers = await self._snapshots.answers()
        await self._records.add(AuditKind.ACCOUNTS_LISTED, viewer)
        return tuple(AccountLine(each, answers.get(each.name)) for each in viewer.accounts)

    async def record_share(self, viewer: Viewer, shown: Shown, channel: str) -> None:
        await self._records.add(
            AuditKind.ORDER_SHARED, viewer, shown.account, shown.order.order_id, channel=channel
        )

    async def _candidates(self, viewer: Viewer, order_id: str) -> tuple[Account, ...]:
        holders = await self.ids(viewer, order_id)
        forms = providers_of(order_id)
        holding = tuple(each for each in viewer.accounts if each.name in holders)
        fitting = tuple(each for each in viewer.accounts if each.provider in forms)
        return holding or fitting or viewer.accounts

    async def _read(self, viewer: Viewer, order_id: str, account: Account, channel: str) -> Shown:
        known = await self._snapshots.find_by_id(order_id, frozenset((account.name,)))
        stored = known[0] if known else None
        try:
            order = await self._read_whole(
                self._adapters[account.name],
                stored.order.order_id if stored else order_id,
                viewer.person.language,
            )
        except Exception as error:
            if isinstance(error, ProviderError):
                await self._note_failure(account, error)
            await self._records.not_shown(viewer, account, stored, order_id, error)
            if isinstance(error, ProviderNotFound):
                raise _not_found(account, order_id) from error
            if stored is None or not isinstance(error, ProviderError):
                raise
            await self._remember(viewer, channel, stored.order)
            return self._shown(stored.order, account, stored.seen_at, problem=error)
        now = self._clock.now()
        shared = order if viewer.person.language == SHARED else _for_all(order, stored)
        await self._snapshots.save([shared], seen_at=now)
        await self._snapshots.answered(account.name, at=now)
        await self._remember(viewer, channel, order)
        await self._records.add(AuditKind.ORDER_SHOWN, viewer, account, order.order_id)
        return self._shown(order, account, now)

    async def _read_whole(self, adapter: ProviderAdapter, order_id: str, language: str) -> Order:
        """The details and, where the provider has them, the order's resources. Those that cannot
        be read (a right of its own) leave the order without them."""
        if not adapter.capabilities.has_resources:
            return await adapter.get_order(order_id, language=language)
        resources = asyncio.create_task(_resources(adapter, order_id))
        try:
            order = await adapter.get_order(order_id, language=language)
            return replace(order, resources=await resources)
        finally:
            resources.cancel()
            await asyncio.gather(resources, return_exceptions=True)

    def _shown(
        self,
        order: Order,
        account: Account,
        seen_at: datetime,
        problem: ProviderError | None = None,
    ) -> Shown:
        can = self._adapters[account.name].capabilities
        return Shown(order, account, seen_at, can.can_cancel, can.cancel_reason, problem)

    async def _products(self, viewer: Viewer, account: Account, text: str) -> ProductList:
        adapter = self._adapters[account.name]
        try:
            async with asyncio.timeout(self._deadline):
                products = await adapter.list_products(language=viewer.person.language)
        except TimeoutError:
            error = ProviderUnavailable(
                "no answer yet", account=account.name, operation="list_products"
            )
            return ProductList(account, (), 0, text, error)
        except ProviderError as error:
            await self._note_failure(account, error)
            return ProductList(account, (), 0, text, error)
        await self._snapshots.answered(account.name, at=self._clock.now())
        fitting = tuple(each for each in products if text in f"{each.code} {each.name}".casefold())
        return ProductList(account, fitting, len(products), text)

    async def _note_failure(self, account: Account, error: ProviderError) -> None:
        """An answer about one order only, a bad one too, is no failure of the account."""
        if isinstance(error, ProviderUnavailable | ProviderRefused):
            await self._snapshots.failed(
                account.name, at=self._clock.now(), error=error.code or type(error).__name__
            )

    async def _remember(self, viewer: Viewer, channel: str, order: Order) -> None:
        await self._conversations.remember(
            viewer.person.user_id, channel, order.account, order.order_id, at=self._clock.now()
        )


def _not_found(account: Account, order_id: str) -> OrderNotFound:
    return OrderNotFound(
        _(
            "{account} knows no order {order_id}. Check the number, or name another"
            " account: /order show {order_id} ACCOUNT",
            account=account.name,
            order_id=order_id[:_ID_SHOWN],
        )
    )


async def _resources(adapter: ProviderAdapter, order_id: str) -> tuple[Resource, ...]:
    try:
        return await adapter.list_resources(order_id)
    except ProviderError:
        return ()


def _for_all(order: Order, stored: Snapshot | None) -> Order:
    """*order*, read in the language of one person, with the names that lists and filters use for
    everybody. Where none are known yet, its details are due in that language."""
    if stored is None or not stored.order.detailed:
        return replace(order, detailed=False)
    known = {line.line_id: line for line in stored.order.line_items}
    lines = [
        replace(line, product_name=same.product_name, description=same.description)
        if (same := known.get(line.line_id))
        else line
        for line in order.line_items
    ]
    return replace(order, product_name=stored.order.product_name, line_items=tuple(lines))
