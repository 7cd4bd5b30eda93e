"""Order ids as people paste them, and which providers an id could belong to.

Forms seen in the providers' documents: Alibaba 15 digits; Huawei `CS18122203217MRPB` (older ones
a bare `S`); Unicloud 18 or 19 digits, or an order number `P` + 14 digits.
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
    (re.compile(r"P\d{10,20}"), (Provider.UNICLOUD,)),
    (re.compile(r"[A-Z]{1,3}[A-Z0-9_-]{8,60}"), (Provider.HUAWEI,)),
    (re.compile(r"\d{18,20}"), (Provider.UNICLOUD,)),
    (re.compile(r"\d{8,17}"), (Provider.ALIBABA,)),
)


def clean_order_id(text: str) -> str:
    """The id inside *text*: without spaces, quotes, Slack's link wrapping or a console link
    around it, full-width characters as ASCII, letters in upper case. "" when there is none."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _SLACK_LINK.sub(_unwrapped, text).strip()
    if "://" in text:
        return _id_in_link(text)
    return "".join(text.split()).strip(_QUOTES).upper()


def providers_of(order_id: str) -> tuple[Provider, ...]:
    """Providers whose ids look like this cleaned one; () when it does not look like an id."""
    for form, providers in _FORMS:
        if form.fullmatch(order_id) and any(character.isdigit() for character in order_id):
            return providers
    return ()


def _unwrapped(link: re.Match[str]) -> str:
    target, label = link.group(1), link.group(2)
    return target if "://" in target else (label or target)


def _id_in_link(text: str) -> str:
    """A link's query is looked at first (names that speak of an order before the others), then
    its path, both also inside the fragment, where consoles keep their own routes."""
    link = urlsplit(text.split(maxsplit=1)[0])
    inner = urlsplit(link.fragment)
    pairs = parse_qsl(link.query) + parse_qsl(inner.query)
    pairs.sort(key=lambda pair: "order" not in pair[0].lower())
    candidates = [value for _name, value in pairs]
    candidates += [unquote(part) for part in (link.path + "/" + inner.path).split("/")]
    for candidate in candidates:
        order_id = "".join(candidate.split()).strip(_QUOTES).upper()
        if providers_of(order_id):
            return order_id
    return ""
