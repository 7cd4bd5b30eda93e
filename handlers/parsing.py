"""What was typed after `/order`, as a value; or a UsageError with the fix. No calls.

/order show ID [account] | ID | list [filters] | unpaid [filters]
       products [account] [text] | accounts | help
       cancel [ID [account]] | inbox | history ID [account] | why REQUEST
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from bot.domain.accounts import Provider
from bot.domain.ids import clean_order_id, providers_of
from bot.domain.orders import OrderType, PaymentStatus
from bot.errors import UsageError
from bot.i18n import _


class Verb(StrEnum):
    HELP = "help"
    SHOW = "show"
    LIST = "list"
    UNPAID = "unpaid"
    PRODUCTS = "products"
    ACCOUNTS = "accounts"
    CANCEL = "cancel"
    INBOX = "inbox"
    HISTORY = "history"
    WHY = "why"


EXAMPLES: Mapping[Verb, str] = {
    Verb.HELP: "/order help",
    Verb.SHOW: "/order show 500491030350914",
    Verb.LIST: "/order list provider:huawei since:7d",
    Verb.UNPAID: "/order unpaid over:5000",
    Verb.PRODUCTS: "/order products ecs",
    Verb.ACCOUNTS: "/order accounts",
    Verb.CANCEL: "/order cancel 500491030350914",
    Verb.INBOX: "/order inbox",
    Verb.HISTORY: "/order history 500491030350914",
    Verb.WHY: "/order why R-ABCD2345",
}

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
_TOKEN = re.compile(r'(?:[^\s"<]|"[^"]*"|<[^<>]*>|<)+')  # quotes and links hold spaces
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟「」『』", '"'))
_LABELLED = re.compile(r"<[^|<>]*\|([^|<>]*)>")  # Slack makes `redis.io` a link, too
_AMOUNT = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.[0-9]{1,6})?")
_PART_OF_ID = re.compile(r"[A-Z0-9]+|[0-9][A-Za-z0-9]*")
_LONGEST_ID = 64  # characters
_ECHOED = 40  # characters of what was typed that an answer repeats


@dataclass(frozen=True, slots=True)
class Panel:
    pass


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Accounts:
    pass


@dataclass(frozen=True, slots=True)
class Show:
    order_id: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Products:
    """*words* may start with an account's name; only the service knows the names."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class List:
    """Filters as typed, by name; `window` and the readers below turn them into values."""

    unpaid: bool
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancel:
    """*order_id* "" is the order that the person looked at last in the channel."""

    order_id: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Inbox:
    pass


@dataclass(frozen=True, slots=True)
class History:
    order_id: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Who may decide a request, and what stops each other person."""

    request_id: str


Answered = Panel | Help | Accounts | Show | Products | List | Inbox | History | WhyNot
Command = Answered | Cancel  # the latter opens a form


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


def parse_command(text: str) -> Command:
    """Read what was typed after `/order`; raises UsageError."""
    words = _words(text)
    if not words:
        return Panel()
    verb, rest = words[0].lower(), words[1:]
    if verb in _READERS:
        return _READERS[verb](rest)
    return _bare_id(words)


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


def _words(text: str) -> list[str]:
    """Slack sends `&`, `<` and `>` as entities; phones send full-width and curly characters."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    return [word for typed in _TOKEN.findall(text) if (word := typed.replace('"', ""))]


def _which(words: list[str], verb: Verb) -> tuple[str, str]:
    """The order's id and the account; raises UsageError with the example of *verb*."""
    order_id, account = _id_and_account(words)
    if not order_id:
        raise UsageError(_("Which order? For example: {example}", example=EXAMPLES[verb]))
    if len(order_id) > _LONGEST_ID:
        raise UsageError(
            _(
                "An order number has at most {count} characters, for example: {example}",
                count=_LONGEST_ID,
                example=EXAMPLES[verb],
            )
        )
    return order_id, account


def _why(words: list[str]) -> WhyNot:
    """Request ids are the bot's own; however it is quoted, an id is an id."""
    request_id = clean_order_id("".join(words[:1]))
    if not request_id:
        raise UsageError(
            _("Which request? Its card says it, for example: {example}", example=EXAMPLES[Verb.WHY])
        )
    return WhyNot(request_id[:_LONGEST_ID])


def _bare_id(words: list[str]) -> Show:
    order_id, account = _id_and_account(words)
    if providers_of(order_id):
        return Show(order_id, account)
    near = difflib.get_close_matches(words[0][:_ECHOED].lower(), list(Verb), n=1, cutoff=0.5)
    verb = Verb(near[0]) if near else Verb.HELP
    raise UsageError(
        _(
            "I do not know “{word}”. Try: {example}",
            word=words[0][:_ECHOED],
            example=EXAMPLES[verb],
        )
    )


def _id_and_account(words: list[str]) -> tuple[str, str]:
    """An id may be pasted with spaces, and an account's name may stand behind or before it; the
    names are not known here, so the form of the id decides."""
    whole = clean_order_id(" ".join(words))
    if len(words) < 2:  # noqa: PLR2004 - an id and a name
        return whole, ""
    before, behind = clean_order_id(" ".join(words[:-1])), clean_order_id(" ".join(words[1:]))
    if providers_of(before) and not _goes_on(before, words[-1], whole):
        return before, words[-1]
    if providers_of(whole):
        return whole, ""
    if providers_of(behind):
        return behind, words[0]
    if any(character.isdigit() for character in words[-1][:3]):
        return whole, ""
    return before, words[-1]


def _goes_on(before: str, word: str, whole: str) -> bool:
    """Whether *word* is the rest of an id whose first part looks like an id by itself: every id
    has digits in the middle, letters only at its ends."""
    if whole == before or not _PART_OF_ID.fullmatch(word):
        return False
    same = providers_of(whole) == providers_of(before)
    return word.isdecimal() or (before[-1:].isdecimal() and same)


def _filters(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, colon, value = _LABELLED.sub(r"\1", word).partition(":")
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


def _unknown_filter(word: str, name: str, *, has_value: bool) -> str:
    if name in FILTERS and not has_value:
        return _("“{name}” needs a value, for example {example}", name=name, example=FILTERS[name])
    near = difflib.get_close_matches(name[:_ECHOED], FILTERS, n=1, cutoff=0.5)
    if near:
        return _(
            "I do not know “{word}”. Did you mean {example} ?",
            word=word[:_ECHOED],
            example=FILTERS[near[0]],
        )
    return _(
        "I do not know “{word}”. Filters: {filters}",
        word=word[:_ECHOED],
        filters=" ".join(FILTERS.values()),
    )


def _choice(name: str, typed: Mapping[str, str], words: type[Word]) -> Word | None:
    value = typed.get(name, "").lower().replace("canceled", "cancelled")
    if not value:
        return None
    if value in list(words):
        return words(value)
    near = difflib.get_close_matches(value[:_ECHOED], list(words), n=1, cutoff=0.5)
    raise UsageError(
        _(
            "{name}:{value} is not known, try {name}:{near}; there are: {words}",
            name=name,
            value=value[:_ECHOED],
            near=near[0] if near else next(iter(words)),
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
                value=value[:_ECHOED],
            )
        ) from None


def _over(value: str | None) -> Decimal | None:
    if value is None:
        return None
    if not _AMOUNT.fullmatch(value):
        raise UsageError(
            _(
                "over:{value} is no amount; write the number alone, for example over:5000",
                value=value[:_ECHOED],
            )
        )
    return Decimal(value.replace(",", ""))


_READERS: Mapping[str, Callable[[list[str]], Command]] = {
    "?": lambda _rest: Help(),
    Verb.HELP: lambda _rest: Help(),
    Verb.ACCOUNTS: lambda _rest: Accounts(),
    Verb.SHOW: lambda rest: Show(*_which(rest, Verb.SHOW)),
    Verb.CANCEL: lambda rest: Cancel(*_which(rest, Verb.CANCEL)) if rest else Cancel(),
    Verb.INBOX: lambda _rest: Inbox(),
    Verb.HISTORY: lambda rest: History(*_which(rest, Verb.HISTORY)),
    Verb.WHY: _why,
    Verb.LIST: lambda rest: List(unpaid=False, filters=_filters(rest)),
    Verb.UNPAID: lambda rest: List(unpaid=True, filters=_filters(rest)),
    Verb.PRODUCTS: lambda rest: Products(
        tuple(_LABELLED.sub(r"\1", word).removeprefix("account:") for word in rest)
    ),
}
