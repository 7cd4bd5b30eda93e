"""What the record says of look-ups: who asked for which order or account, and what failed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.domain.accounts import Account
from bot.domain.audit import AuditEntry, AuditKind, about_order
from bot.domain.filters import OrderFilter, Snapshot
from bot.errors import ProviderError
from bot.ports import AuditLog, Clock
from bot.services.access import Viewer


class LookupRecords:
    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock

    async def add(
        self,
        kind: AuditKind,
        viewer: Viewer,
        account: Account | None = None,
        order_id: str = "",
        *,
        texts: Mapping[str, str] | None = None,
        **facts: str | bool | int | None,
    ) -> None:
        subject = ""
        if account is not None:
            subject = about_order(account.name, order_id) if order_id else f"account:{account.name}"
        entry = AuditEntry(
            kind=kind,
            actor=viewer.person.user_id,
            subject=subject,
            facts=facts,
            texts=texts or {},
        )
        await self._audit.append(entry, at=self._clock.now())

    async def products(
        self, viewer: Viewer, *, asked: Sequence[Account], failed: Collection[Account], text: str
    ) -> None:
        """Failed only where no account answered."""
        await self.add(
            AuditKind.PRODUCTS_LISTED if len(failed) < len(asked) else AuditKind.LOOKUP_FAILED,
            viewer,
            asked[0] if len(asked) == 1 else None,
            texts={"text": text} if text else {},
            accounts=",".join(each.name for each in asked),
            failed=",".join(each.name for each in failed),
        )

    async def not_shown(
        self,
        viewer: Viewer,
        account: Account,
        stored: Snapshot | None,
        typed: str,
        error: Exception,
    ) -> None:
        """What was typed is free text until an order is known by it."""
        told: dict[str, str] = {"error": type(error).__name__}
        if isinstance(error, ProviderError):
            told |= {
                "operation": error.operation,
                "code": error.code,
                "request_id": error.request_id,
            }
        await self.add(
            AuditKind.LOOKUP_FAILED,
            viewer,
            account,
            stored.order.order_id if stored else "",
            texts={} if stored else {"order_id": typed},
            **told,
        )


def filter_facts(wanted: OrderFilter) -> dict[str, str | None]:
    """Which orders were asked for, but for the words of `filter_texts`."""
    return {
        "accounts": ",".join(sorted(wanted.accounts)),
        "since": wanted.since.isoformat(timespec="seconds"),
        "until": wanted.until.isoformat(timespec="seconds"),
        "payment_status": wanted.payment_status,
        "order_type": wanted.order_type,
        "over": None if wanted.over is None else str(wanted.over),
    }


def filter_texts(wanted: OrderFilter) -> dict[str, str]:
    return {"product": wanted.product} if wanted.product else {}
