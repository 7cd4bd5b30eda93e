"""Exports: the orders of a list as one file, for the person who asked alone.

The clouds are asked first, as for a list. The file has no name on disk, so that nothing of it is
left however the bot ends.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.filters import OrderFilter, SnapshotPage
from bot.errors import StorageError, UserError
from bot.i18n import _
from bot.ports import AuditLog, Clock, SnapshotStore
from bot.services.access import Viewer
from bot.services.asking import Asker
from bot.services.export_files import ExportFormat, OrderFile, utc
from bot.services.lists import AccountState, as_asked, last_known, within
from bot.services.lookup_records import filter_facts, filter_texts
from bot.services.refresh import Refresher

Facts = Mapping[str, str | int | None]

PATIENCE = 60.0  # seconds; an account that needs longer is named
MOST = 100_000  # orders of one file
AT_ONCE = 3  # files on disk, and uploads


@dataclass(frozen=True, slots=True)
class OrderExport:
    """A file of the *count* first of *total* orders; *file* stands at its beginning and is open
    as long as the export is entered. *size* in bytes, *sha256* in hex digits. *status_unknown*
    counts as in `SnapshotPage`."""

    file: BinaryIO
    name: str
    form: ExportFormat
    wanted: OrderFilter
    states: tuple[AccountState, ...]
    count: int
    total: int
    status_unknown: int
    size: int
    sha256: str


class Exports:
    """*patience* in seconds; *most* orders make a file."""

    def __init__(
        self,
        *,
        refresher: Refresher,
        snapshots: SnapshotStore,
        audit: AuditLog,
        clock: Clock,
        patience: float = PATIENCE,
        most: int = MOST,
    ) -> None:
        self._asker = Asker(refresher, snapshots, clock)
        self._snapshots = snapshots
        self._audit = audit
        self._clock = clock
        self._patience = patience
        self._most = most
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def export(
        self, viewer: Viewer, wanted: OrderFilter, form: ExportFormat
    ) -> AsyncIterator[OrderExport]:
        """Collect the orders of *wanted* that the viewer may see; they are on the record before
        anybody gets them. Raises NotAllowed, UserError (no room for the file), StorageError."""
        wanted = within(viewer, wanted)
        async with AsyncExitStack() as stack:
            async with self._failure_recorded(viewer, wanted, form):
                states = await self._ask(viewer, wanted)
                await stack.enter_async_context(self._places)
                file = stack.enter_context(_unnamed_file())
                export = await self._collect(file, wanted, form, states)
                await self._record(viewer, export)
            yield export

    async def not_sent(self, viewer: Viewer, export: OrderExport, *, reason: str) -> None:
        """Put on the record that the file did not surely reach the person; *reason* is a word."""
        facts = {"input": "export", "error": reason, "sha256": export.sha256}
        await self._append(AuditKind.LOOKUP_FAILED, viewer, export.wanted, facts)

    async def aclose(self) -> None:
        """End all reading; what is being waited for is exported as last seen."""
        await self._asker.aclose()

    async def _ask(self, viewer: Viewer, wanted: OrderFilter) -> tuple[AccountState, ...]:
        asked = self._asker.ask(wanted)
        await asked.wait(self._patience)
        answers = await self._snapshots.answers()
        coverages = await self._snapshots.coverages()
        states = []
        for account in viewer.accounts:
            if account.name in wanted.accounts:
                answer, asking = answers.get(account.name), asked.get(account.name)
                state = last_known(account, coverages.get(account.name), answer, wanted)
                if asking is not None:
                    state = as_asked(state, asking, naming=True, more=False)
                states.append(state)
        return tuple(states)

    async def _collect(
        self,
        file: BinaryIO,
        wanted: OrderFilter,
        form: ExportFormat,
        states: tuple[AccountState, ...],
    ) -> OrderExport:
        """Page by page, so that memory holds few orders and the loop waits for none."""
        name = f"orders-{self._clock.now():%Y%m%d-%H%M}.{form}"
        made = OrderFile(file, form, {state.account.name: state.good_at for state in states})
        async with aclosing(self._snapshots.pages(wanted, limit=self._most)) as pages:
            first = await anext(pages)
            orders = min(first.total, self._most)
            await asyncio.to_thread(made.begin, _meta(wanted, states, first, orders))
            await asyncio.to_thread(made.add, first.snapshots)
            async for page in pages:
                await asyncio.to_thread(made.add, page.snapshots)
        await asyncio.to_thread(file.seek, 0)
        return OrderExport(
            file=file,
            name=name,
            form=form,
            wanted=wanted,
            states=states,
            count=made.count,
            total=first.total,
            status_unknown=first.status_unknown,
            size=made.size,
            sha256=made.sha256,
        )

    async def _record(self, viewer: Viewer, export: OrderExport) -> None:
        facts: dict[str, str | int | None] = {
            "format": export.form.value,
            "count": export.count,
            "sha256": export.sha256,
            "failed": ",".join(each.account.name for each in export.states if each.problem),
        }
        await self._append(AuditKind.ORDERS_EXPORTED, viewer, export.wanted, facts)

    @asynccontextmanager
    async def _failure_recorded(
        self, viewer: Viewer, wanted: OrderFilter, form: ExportFormat
    ) -> AsyncIterator[None]:
        """A file that was asked for and not made is on the record too."""
        try:
            yield
        except BaseException as error:
            facts = {"input": "export", "format": form.value, "error": type(error).__name__}
            with suppress(StorageError):
                await self._append(AuditKind.LOOKUP_FAILED, viewer, wanted, facts)
            if not isinstance(error, OSError):
                raise
            raise UserError(
                _(
                    "The bot's machine has no room for the file ({reason}). Ask for fewer orders,"
                    " for example since:7d, or tell whoever runs the bot.",
                    reason=error.strerror or type(error).__name__,
                )
            ) from error

    async def _append(
        self, kind: AuditKind, viewer: Viewer, wanted: OrderFilter, facts: Facts
    ) -> None:
        entry = AuditEntry(
            kind=kind,
            actor=viewer.person.user_id,
            facts={**filter_facts(wanted), **facts},
            texts=filter_texts(wanted),
        )
        await self._audit.append(entry, at=self._clock.now())


@contextmanager
def _unnamed_file() -> Iterator[BinaryIO]:
    """Read and written by this process alone (0600), gone with it."""
    file = tempfile.TemporaryFile(prefix="countersign-")  # noqa: SIM115 - closed below
    try:
        yield file
    finally:
        with suppress(OSError):  # what found no room before finds none now
            file.close()


def _meta(
    wanted: OrderFilter, states: tuple[AccountState, ...], page: SnapshotPage, orders: int
) -> dict[str, object]:
    """What a list says above and below its rows."""
    filters = {
        "provider": wanted.provider,
        "payment_status": wanted.payment_status,
        "order_type": wanted.order_type,
        "product": wanted.product,
        "over": None if wanted.over is None else str(wanted.over),
    }
    return {
        "since": utc(wanted.since),
        "until": utc(wanted.until),
        "filters": {name: value for name, value in filters.items() if value is not None},
        "accounts": [state.account.name for state in states],
        "as_of": {state.account.name: utc(state.good_at) for state in states},
        "missing": [state.account.name for state in states if state.problem],
        "not_read_before": {
            state.account.name: utc(state.covered_since)
            for state in states
            if state.covered_since is not None
        },
        "orders": orders,
        "total": page.total,
        "status_unknown": page.status_unknown,
    }
