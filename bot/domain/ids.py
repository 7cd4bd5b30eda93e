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
_QUOTES = "\"'`“”‘’«»「」『』()[]{}<>,;:!?。，；、#"
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
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _SLACK_LINK.sub(_unwrapped, text)
    links = [word for word in text.split() if "://" in word]
    if not links:
        return _plain_id(text)
    found = (_id_in_link(link) for link in links)
    beside = _plain_id(" ".join(word for word in text.split() if "://" not in word))
    return next((order_id for order_id in (*found, beside) if providers_of(order_id)), "")


def order_ids_in(text: str) -> tuple[str, ...]:
    """The ids in something that people wrote, in its order, each once: words of an id's form that
    are hardly anything else, and what stands inside links."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    found = (_id_in_word(word) for word in _IN_TEXT.findall(text))
    return tuple(dict.fromkeys(order_id for order_id in found if order_id))


def providers_of(order_id: str) -> tuple[Provider, ...]:
    """Providers whose ids look like this cleaned one; () when it does not look like an id."""
    return next((providers for form, providers in _FORMS if form.fullmatch(order_id)), ())


def _id_in_word(word: str) -> str:
    if "://" in word:
        return clean_order_id(word.rstrip(_QUOTES + "."))
    order_id = clean_order_id(word) if word.startswith("<") else word.upper()
    return order_id if _SURE.fullmatch(order_id) and providers_of(order_id) else ""


def _plain_id(text: str) -> str:
    return "".join(text.split()).strip(_QUOTES).upper()


def _unwrapped(link: re.Match[str]) -> str:
    """The label of a link, behind its address where that is a web address."""
    target, label = link.group(1), link.group(2)
    return f" {target} {label or ''} " if "://" in target else (label or target)


def _id_in_link(text: str) -> str:
    """A link's query is looked at first (names that speak of an order before the others), then
    its path, both also inside the fragment, where consoles keep their own routes."""
    try:
        link = urlsplit(text)
        inner = urlsplit(link.fragment)
    except ValueError:  # brackets or characters that no host has
        return ""
    pairs = parse_qsl(link.query) + parse_qsl(inner.query)
    pairs.sort(key=lambda pair: "order" not in pair[0].lower())
    candidates = [value for _name, value in pairs]
    candidates += [unquote(part) for part in (link.path + "/" + inner.path).split("/")]
    ids = (_plain_id(candidate) for candidate in candidates)
    return next((order_id for order_id in ids if providers_of(order_id)), "")
