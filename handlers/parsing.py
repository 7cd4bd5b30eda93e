"""What was typed after `/order`, as a value; or a UsageError with the fix. No calls.

/order show ID [account] | ID | list [filters] | unpaid [filters]
       products [account] [text] | accounts | help
       cancel [ID [account]] | inbox | history ID [account] | why REQUEST
       digest …: see digest_typed.py, export …: see export_typed.py
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile

from bot.domain.ids import clean_order_id, order_id_in, providers_of
from bot.errors import UsageError
from bot.i18n import _
from handlers.digest_typed import EXAMPLES as DIGEST_EXAMPLES
from handlers.digest_typed import Digest, read_digest
from handlers.export_typed import EXAMPLE as EXPORT_EXAMPLE
from handlers.export_typed import Export, read_export
from handlers.filters import List, typed_filters
from handlers.typed import echo, nearest, typed_words, unlinked


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
    DIGEST = "digest"
    EXPORT = "export"


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
    Verb.DIGEST: DIGEST_EXAMPLES["on"],
    Verb.EXPORT: EXPORT_EXAMPLE,
}

# Every known id is digits, behind the first letters and before the last ones.
_KNOWN_ID = re.compile(r"(?:CS|S|P)?[0-9]+[A-Z]*")
_LABEL = re.compile(r"^(?:order|id|no|number|订单)[^\d<:/]*:(?!//)", re.IGNORECASE)
_LABEL_WORD = re.compile(r"(?:order|id|no|number|订单[^\W\d]*)\W*", re.IGNORECASE)
_ACCOUNT = "account:"
_PART_OF_ID = re.compile(r"[A-Z0-9]+|[0-9][A-Za-z0-9]*")
_LONGEST_ID = 64  # characters
_LONGEST_TEXT = 4_000  # characters of a command; longer ones keep everybody waiting


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


Asked = Panel | Help | Accounts | Show | Products | List | Export
Answered = Asked | Inbox | History | WhyNot | Digest
Command = Answered | Cancel  # the latter opens a form


def parse_command(text: str) -> Command:
    """Read what was typed after `/order`; raises UsageError."""
    if len(text) > _LONGEST_TEXT:
        raise UsageError(
            _(
                "A command has at most {count} characters. Try: {example}",
                count=_LONGEST_TEXT,
                example=EXAMPLES[Verb.HELP],
            )
        )
    words = typed_words(text)
    if not words:
        return Panel()
    verb, rest = words[0].lower(), words[1:]
    if verb in _READERS:
        return _READERS[verb](rest)
    return _bare_id(words)


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
    near = nearest(words[0].lower(), Verb)
    raise UsageError(
        _(
            "I do not know “{word}”. Try: {example}",
            word=echo(words[0]),
            example=EXAMPLES[Verb(near) if near else Verb.HELP],
        )
    )


def _id_and_account(words: list[str]) -> tuple[str, str]:
    """An id may be pasted with spaces, and an account's name may stand behind or before it; the
    names are not known here, so the form of the id decides."""
    named = [word for word in words if word.startswith(_ACCOUNT) and word != _ACCOUNT]
    words = _unlabelled(word for word in words if word not in named)
    if named:
        return order_id_in(" ".join(words)), _account(named[-1])
    if len(words) < 2:  # noqa: PLR2004 - an id and a name
        return order_id_in(" ".join(words)), ""
    parts = (words[:1], words[:-1], words, words[1:])
    first, before, whole, behind = (clean_order_id(" ".join(part)) for part in parts)
    joined = whole != behind and _is_known(whole)
    if providers_of(behind) and not joined and not _is_known(first):
        return behind, _account(words[0])
    if providers_of(before) and not _goes_on(before, words[-1], whole):
        return before, _account(words[-1])
    if providers_of(whole) or any(character.isdigit() for character in words[-1][:3]):
        return order_id_in(" ".join(words)), ""
    return order_id_in(" ".join(words[:-1])), _account(words[-1])


def _unlabelled(words: Iterable[str]) -> list[str]:
    """Consoles copy an id with its label, `Order ID: 5004…`, and some with marks around it. What
    else stands before a colon is a name of its own: `alibaba-main:5004…`."""
    bare = (part for word in words for part in _at_colon(_LABEL.sub("", word)))
    spoken = (word for word in bare if any(map(str.isalnum, word)))
    return list(dropwhile(_LABEL_WORD.fullmatch, spoken))


def _at_colon(word: str) -> list[str]:
    is_link = "://" in word or word.startswith("<")
    return [word] if is_link else word.split(":", 1)


def _account(word: str) -> str:
    return unlinked(word).removeprefix(_ACCOUNT).rstrip(":,")


def _is_known(order_id: str) -> bool:
    return bool(providers_of(order_id) and _KNOWN_ID.fullmatch(order_id))


def _goes_on(before: str, word: str, whole: str) -> bool:
    """Whether *word* is the rest of an id whose first part looks like an id by itself: every id
    has digits in the middle, letters only at its ends."""
    if whole == before or not _PART_OF_ID.fullmatch(word):
        return False
    same = providers_of(whole) == providers_of(before)
    return word.isdecimal() or (before[-1:].isdecimal() and same)


_READERS: Mapping[str, Callable[[list[str]], Command]] = {
    "?": lambda _rest: Help(),
    Verb.HELP: lambda _rest: Help(),
    Verb.ACCOUNTS: lambda _rest: Accounts(),
    Verb.SHOW: lambda rest: Show(*_which(rest, Verb.SHOW)),
    Verb.CANCEL: lambda rest: Cancel(*_which(rest, Verb.CANCEL)) if rest else Cancel(),
    Verb.INBOX: lambda _rest: Inbox(),
    Verb.HISTORY: lambda rest: History(*_which(rest, Verb.HISTORY)),
    Verb.WHY: _why,
    Verb.DIGEST: read_digest,
    Verb.EXPORT: read_export,
    Verb.LIST: lambda rest: List(unpaid=False, filters=typed_filters(rest)),
    Verb.UNPAID: lambda rest: List(unpaid=True, filters=typed_filters(rest)),
    Verb.PRODUCTS: lambda rest: Products(tuple(_account(word) for word in rest)),
}
