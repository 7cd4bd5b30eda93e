"""The one door through which text reaches Slack.

Text from outside becomes `literal` (plain_text: Slack reads no markup in it) or, in a message's
top-level `text`, `escaped`. `Markup` is what we wrote ourselves: fixed sentences, numbers, dates.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk.models.blocks import MarkdownTextObject, PlainTextObject

from bot.domain.money import Money
from bot.i18n import _

Markup = NewType("Markup", str)

CUT = " … (cut)"
_NOT_USER_ID = re.compile(r"[^A-Z0-9]")
_NOT_CURRENCY = re.compile(r"[^\w ()]|_")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def clean(text: str, *, lines: bool = False) -> str:
    """*text* without control, bidi and other invisible characters; newlines and runs of spaces
    folded to one space unless *lines*."""
    if text.isprintable():
        return text if lines else " ".join(text.split())
    kept = "".join(map(_shown, text))
    return kept if lines else " ".join(kept.split())


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    """A newline stays; what else ends a line or a column is a space, what is not seen nothing."""
    if character == "\n" or unicodedata.category(character) not in _INVISIBLE:
        return character
    return " " if character in "\t\r\v\f\x85\u2028\u2029" else ""


def cut(text: str, limit: int) -> str:
    """*text* in at most *limit* characters, with a visible mark where it was cut."""
    return text if len(text) <= limit else text[: limit - len(CUT)] + CUT


def short(text: str, limit: int) -> str:
    """Outside text as one part of a line of ours: cleaned, on one line, cut."""
    return cut(clean(text), limit)


def beginning(text: str, limit: int) -> str:
    """As `short`, of a text that goes on, although *limit* may hold all of this."""
    return cut(clean(text) + CUT, limit)


def literal(text: str, limit: int = 3000, *, lines: bool = False) -> PlainTextObject:
    """Outside text for a block; never empty, for Slack refuses that."""
    shown = cut(clean(text, lines=lines), limit)
    return PlainTextObject(text=shown if shown.strip() else "-", emoji=False)


def escaped(text: str, limit: int = 3000) -> str:
    """Outside text for a message's top-level `text`, which is sent with `mrkdwn: false`: Slack's
    three entities for it, in at most *limit* characters, none of them split."""
    pieces = [_ENTITIES.get(character, character) for character in clean(text)[: limit + 1] or "-"]
    ends = list(accumulate(map(len, pieces)))
    if ends[-1] <= limit:
        return "".join(pieces)
    return "".join(pieces[: bisect_right(ends, limit - len(CUT))]) + CUT


def ours(template: str) -> Markup:
    """Vouches for a sentence of ours: it holds nothing from outside."""
    return Markup(template)


def markup(text: Markup) -> MarkdownTextObject:
    return MarkdownTextObject(text=text, verbatim=True)


def bold(text: Markup) -> Markup:
    return Markup(f"*{text}*")


def joined(*parts: Markup | None) -> Markup:
    return Markup(" · ".join(part for part in parts if part))


def mention(user_id: str) -> Markup:
    """A person by the user id that Slack gave us; of anything else only letters and digits stay."""
    return Markup(f"<@{_NOT_USER_ID.sub('', user_id)[:20]}>")


def money(amount: Money | None) -> Markup:
    """An amount, also for plain text; of the currency, a provider's word, only letters, digits,
    blanks and brackets: nothing that could be markup."""
    if amount is None:
        return Markup(_("no amount given"))
    return Markup(str(Money(amount.amount, _NOT_CURRENCY.sub("", amount.currency)[:20])))


def moment(at: datetime, zone: str) -> Markup:
    """A date that Slack shows in the reader's own zone, *zone* in its fallback."""
    return Markup(f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{when(at, zone)}>")


def when(at: datetime, zone: str) -> str:
    """`Mon 23 Nov 2026 09:00 CST`, for plain text."""
    try:
        local = at.astimezone(zone_of(zone))
    except OverflowError:  # the last day of year 9999, some clouds' word for "never"
        local = at
    return f"{local:%a %d %b %Y %H:%M %Z}"


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def span(length: timedelta) -> str:
    """`3 d`, `5 h`, `12 min`: a length a tired person takes in at once."""
    length = max(length, timedelta(0))
    if length >= timedelta(days=2):
        return _("{count} d", count=length // timedelta(days=1))
    if length >= timedelta(hours=1):
        return _("{count} h", count=length // timedelta(hours=1))
    return _("{count} min", count=length // timedelta(minutes=1))
