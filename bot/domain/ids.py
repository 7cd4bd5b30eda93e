"""Order ids as people paste them, and which providers an id could belong to.

Forms seen in the providers' documents: Alibaba 15 digits; Huawei `CS18122203217MRPB` (older ones
a bare `S`), digits right after the first letters; Unicloud 18 or 19 digits, or an order number
`P` + 14 digits.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.domain.accounts import Provider

_SLACK_LINK = re.compile(r"<(?:tel:|mailto:)?([^|<>]*)(?:\|([^<>]*))?>")
_MENTIONS = ("<@", "<#", "<!")  # Slack's own ids stand in them
_QUOTES = "\"'`“”‘’«»「」『』()[]{}<>,;:!?。，；、#.*_~-"
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_FORMS = (
    (re.compile(r"P[0-9]{10,20}"), (Provider.UNICLOUD,)),
    (re.compile(r"[A-Z]{1,3}[0-9][A-Z0-9_-]{7,59}"), (Provider.HUAWEI,)),
    (re.compile(r"[0-9]{18,20}"), (Provider.UNICLOUD,)),
    (re.compile(r"[0-9]{8,17}"), (Provider.ALIBABA,)),
)
# A scheme is short: looked for without an end, it makes a long text take minutes.
_IN_TEXT = re.compile(r"<[^<>]*>|[A-Za-z][A-Za-z0-9+.-]{0,15}://[^\s<>]+|[A-Za-z0-9][A-Za-z0-9_-]*")
# Shorter numbers in a text are dates, telephones, amounts; digits among letters are other codes.
_SURE = re.compile(r"[0-9]{15,}|[A-Z]{1,3}[0-9]{9,}.*")


def clean_order_id(text: str) -> str:
    """The id inside *text*: without spaces, quotes, Slack's link wrapping or a console link
    around it, full-width characters as ASCII, letters in upper case. "" when there is none."""
    text = _SLACK_LINK.sub(_unwrapped, _folded(text))
    links = [word for word in text.split() if "://" in word]
    if not links:
        return _plain_id(text)
    found = (_id_in_link(link) for link in links)
    beside = _plain_id(" ".join(word for word in text.split() if "://" not in word))
    return next((order_id for order_id in (*found, beside) if providers_of(order_id)), "")


def order_id_in(text: str) -> str:
    """As `clean_order_id`; where that knows no form, the only id among other words, such as the
    label that consoles copy with it."""
    order_id = clean_order_id(text)
    found = () if providers_of(order_id) else order_ids_in(text)
    return found[0] if len(found) == 1 else order_id


def order_ids_in(text: str) -> tuple[str, ...]:
    """The ids in something that people wrote, in its order, each once: words, also those of links,
    of an id's form that are hardly anything else, and what a link itself calls an order."""
    found = (_ids_in_word(word) for word in _IN_TEXT.findall(_folded(text)))
    return tuple(dict.fromkeys(order_id for ids in found for order_id in ids))


def providers_of(order_id: str) -> tuple[Provider, ...]:
    """Providers whose ids look like this cleaned one; () when it does not look like an id."""
    return next((providers for form, providers in _FORMS if form.fullmatch(order_id)), ())


def _folded(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _ids_in_word(word: str) -> tuple[str, ...]:
    if word.startswith(_MENTIONS):
        return ()
    if word.startswith("<"):
        inside = _SLACK_LINK.sub(_unwrapped, word)
        return order_ids_in(inside) or _sure(_plain_id(inside))
    if "://" not in word:
        return _sure(_plain_id(word))
    order_id = _id_in_link(word.rstrip(_QUOTES), sure=True)
    return (order_id,) if order_id else ()


def _sure(order_id: str) -> tuple[str, ...]:
    return (order_id,) if _SURE.fullmatch(order_id) and providers_of(order_id) else ()


def _plain_id(text: str) -> str:
    return "".join(text.split()).strip(_QUOTES).upper()


def _unwrapped(link: re.Match[str]) -> str:
    """The label of a link, behind its address where that is a web address."""
    target, label = link.group(1), link.group(2)
    return f" {target} {label or ''} " if "://" in target else (label or target)


def _id_in_link(text: str, *, sure: bool = False) -> str:
    """A link's query is looked at first (names that speak of an order before the others), then
    its path, both also inside the fragment, where consoles keep their own routes. Only a name that
    speaks of an order makes a *sure* id of a number that may be a time or an issue."""
    try:
        link = urlsplit(text)
        inner = urlsplit(link.fragment)
        host = link.hostname or ""
    except ValueError:  # brackets or characters that no host has
        return ""
    if f".{host}".endswith(".slack.com"):  # `p` and 16 digits is a message
        return ""
    pairs = parse_qsl(link.query) + parse_qsl(inner.query)
    named = [_plain_id(value) for name, value in pairs if "order" in name.lower()]
    others = [_plain_id(value) for name, value in pairs if "order" not in name.lower()]
    others += [_plain_id(unquote(part)) for part in f"{link.path}/{inner.path}".split("/")]
    candidates = (*named, *filter(_SURE.fullmatch, others), *(() if sure else others))
    return next((order_id for order_id in candidates if providers_of(order_id)), "")
