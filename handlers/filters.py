"""The filters of a list, as typed and as values; or a UsageError with the fix. No calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from bot.domain.accounts import Provider
from bot.domain.orders import OrderType, PaymentStatus
from bot.errors import UsageError
from bot.i18n import _
from handlers.typed import echo, nearest, unlinked

FILTERS: Mapping[str, str] = {
    "account": "account:alibaba-main",
    "provider": "provider:huawei",
    "status": "status:unpaid",
    "since": "since:7d",
    "until": "until:2026-11-01",
    "older": "older:3d",
    "over": "over:5000",
    "product": "product:ecs",
    "type": "type:new",
}

Word = TypeVar("Word", bound=StrEnum)

_LISTED = timedelta(days=30)
_UNPAID = timedelta(days=365)
_LONGEST = timedelta(days=5 * 365)
_SPAN = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_AMOUNT = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class List:
    """Filters as typed, by name; `read_filters` turns them into values."""

    unpaid: bool
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a list as values; `since <= created_at < until`, aware UTC."""

    since: datetime
    until: datetime
    account: str = ""
    provider: Provider | None = None
    payment_status: PaymentStatus | None = None
    order_type: OrderType | None = None
    product: str | None = None
    over: Decimal | None = None


def typed_filters(words: list[str]) -> dict[str, str]:
    """The filters in *words* by name, each once and with a value; raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        name, colon, value = unlinked(word).partition(":")
        name = name.lower()
        if name not in FILTERS or not value:
            raise UsageError(_unknown_filter(word, name, has_value=bool(colon and value)))
        if name in found:
            raise UsageError(
                _(
                    "“{name}” is there twice; write it once, for example {example}",
                    name=name,
                    example=FILTERS[name],
                )
            )
        found[name] = value
    return found


def read_filters(command: List, *, now: datetime, zone: tzinfo) -> Wanted:
    """The filters of *command* as values; days begin at midnight in *zone*; raises UsageError."""
    typed = command.filters
    since, until = _window(command, now=now, zone=zone)
    status = _choice("status", typed, PaymentStatus)
    if command.unpaid and status not in (None, PaymentStatus.UNPAID):
        raise UsageError(
            _(
                "/order unpaid shows unpaid orders only. For others: /order list status:{status}",
                status=status,
            )
        )
    return Wanted(
        since=since,
        until=until,
        account=typed.get("account", ""),
        provider=_choice("provider", typed, Provider),
        payment_status=PaymentStatus.UNPAID if command.unpaid else status,
        order_type=_choice("type", typed, OrderType),
        product=typed.get("product"),
        over=_over(typed.get("over")),
    )


def _unknown_filter(word: str, name: str, *, has_value: bool) -> str:
    if name in FILTERS and not has_value:
        return _("“{name}” needs a value, for example {example}", name=name, example=FILTERS[name])
    near = nearest(name, FILTERS)
    if near:
        return _(
            "I do not know “{word}”. Did you mean {example} ?",
            word=echo(word),
            example=FILTERS[near],
        )
    return _(
        "I do not know “{word}”. Filters: {filters}",
        word=echo(word),
        filters=" ".join(FILTERS.values()),
    )


def _choice(name: str, typed: Mapping[str, str], words: type[Word]) -> Word | None:
    value = typed.get(name, "").lower().replace("canceled", "cancelled")
    if not value:
        return None
    if value in list(words):
        return words(value)
    raise UsageError(
        _(
            "{name}:{value} is not known, try {name}:{near}; there are: {words}",
            name=name,
            value=echo(value),
            near=nearest(value, words) or next(iter(words)),
            words=", ".join(words),
        )
    )


def _window(command: List, *, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    typed, earliest = command.filters, now - _LONGEST
    until = (
        _moment("until", typed["until"], now=now, zone=zone, end=True) if "until" in typed else now
    )
    if "older" in typed:
        until = min(until, _moment("older", typed["older"], now=now, zone=zone, end=False))
    if "since" in typed:
        since = _moment("since", typed["since"], now=now, zone=zone, end=False)
    else:
        usual = _UNPAID if command.unpaid else _LISTED
        since = max(min(until, now), earliest + usual) - usual
    if since < earliest or until <= earliest:
        raise UsageError(_("I look back five years at most; try since:1825d"))
    if since >= until:
        raise UsageError(
            _(
                "No order lies between {since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M}; put the"
                " earlier moment first, for example since:30d until:7d",
                since=since.astimezone(zone),
                until=until.astimezone(zone),
            )
        )
    return since, until


def _moment(name: str, value: str, *, now: datetime, zone: tzinfo, end: bool) -> datetime:
    """`7d` is that long ago; a date is that day's midnight, or the end of it for `until`."""
    span = _SPAN.fullmatch(value.lower())
    if span:
        return now - int(span.group(1)) * _UNITS[span.group(2)]
    try:
        day = date.fromisoformat(value)
        moment = datetime.combine(day + timedelta(days=1 if end else 0), time(), tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            _(
                "{name}:{value} is no time; write for example {name}:7d (or 12h, 2w) or a date,"
                " {name}:2026-11-01",
                name=name,
                value=echo(value),
            )
        ) from None


def _over(value: str | None) -> Decimal | None:
    if value is None:
        return None
    if not _AMOUNT.fullmatch(value):
        raise UsageError(
            _(
                "over:{value} is no amount; write the number alone, for example over:5000",
                value=echo(value),
            )
        )
    return Decimal(value.replace(",", ""))
