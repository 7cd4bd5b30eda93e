"""What a person typed, as words, and how an answer repeats it. Slack and phones change it on the
way."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_TOKEN = re.compile(r'(?:[^\s"<]|"[^"]*"|<[^<>]*>|<)+')  # quotes and links hold spaces
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟「」『』", '"'))
_DASH = re.compile(r"(?<=\w)[\u2010-\u2015\u2212](?=\w)")  # what phones make of a hyphen
_LABELLED = re.compile(r"<[^|<>]*\|([^|<>]*)>")
_ECHOED = 40  # characters


def is_typed(event: Mapping[str, Any]) -> bool:
    """Whether an event is text that a person wrote to the bot: nothing that it posted itself, no
    edit, no file, nothing in the thread of a card, and only in the two's own conversation."""
    told = ("subtype", "bot_id", "thread_ts", "files", "hidden")
    return (
        event.get("type") == "message"
        and event.get("channel_type") == "im"
        and not any(event.get(name) for name in told)
        and all(isinstance(event.get(name), str) for name in ("user", "channel", "text"))
        and bool(event["text"].strip())
    )


def typed_words(text: str) -> list[str]:
    """Slack sends `&`, `<` and `>` as entities; phones send full-width and curly characters."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = unicodedata.normalize("NFKC", text).translate(_STRAIGHT)
    text = _DASH.sub("-", text)
    return [word for typed in _TOKEN.findall(text) if (word := typed.replace('"', ""))]


def unlinked(word: str) -> str:
    """*word* as typed: Slack makes `redis.io` a link, too."""
    return _LABELLED.sub(r"\1", word)


def echo(word: str) -> str:
    """As much of *word* as an answer repeats."""
    return word[:_ECHOED]


def nearest(word: str, known: Iterable[str]) -> str:
    """The one of *known* that *word* was probably meant to be, or ""."""
    found = difflib.get_close_matches(echo(word), list(known), n=1, cutoff=0.5)
    return found[0] if found else ""
