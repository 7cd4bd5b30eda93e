"""What an output may hold, judged without the views: Slack's limits by the sandbox workspace's own
reading of them, everything else by what stands here.

Markup is what Slack or a reader would act on. In what is markup, only the signs may stand that
stand there too when every text from outside is an `x`; texts from outside belong where Slack reads
no markup, and have to read there as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.workspace.blocks import message_problems, view_problems
from tests.proofs.hostile_strings import ACTING, CORE, FORGED, MARK, UNSEEN, Strings

PEOPLE = "U0ALICE|U0CAROL|U0LIN"  # whom the bot may mention; no string names one of them
CONSOLE = "console.example.com"
WIRE = 250_000  # bytes of a view, escaped as it is sent

_DATE = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|&*_~`]+>")
_PERSON = re.compile(rf"<@(?:{PEOPLE})>")
_CHANNEL = re.compile(r"<#C0FINANCE>")
_EMOJI = re.compile(r":[a-z_+][a-z0-9_+-]*:")
_SIGNS = re.compile(r"[^*_~`<>&|\n\x01-\x04]+")
_BARE_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_LINE = re.compile(rf"\n\s*{FORGED}")
_CUT = "…"
_TEXTS = frozenset({"plain_text", "mrkdwn", "raw_text"})
_OPAQUE = frozenset(
    {"value", "action_id", "block_id", "private_metadata", "callback_id", "type", "style"}
)
_OF_LINES = frozenset({"initial_value"})  # a form's field shows a text as it was typed

Payload = Mapping[str, Any] | list[Any]
Skeletons = Mapping[str, frozenset[str]]


class Effect(AssertionError):
    """A text from outside did something, was not shown as it is, or could not be shown."""


class Judge:
    """Of the outputs of one round. *ours* holds, by surface, the skeletons of its markup."""

    def __init__(self, strings: Strings, ours: Skeletons) -> None:
        self.seen: set[int] = set()  # strings that some output shows, by number
        self.outputs = 0
        self._strings = strings
        self._ours = ours

    def number(self, mark: str) -> int:
        """Of the string that holds it; 0 for none."""
        return self._strings.behind.get(mark, (0, ""))[0]

    def message(self, name: str, text: str, blocks: list[dict[str, Any]]) -> None:
        self.outputs += 1
        for problem in message_problems({"text": text, "blocks": blocks}):
            raise Effect(f"{name}: invalid_blocks: {problem[:300]}")
        self.pushed(name, text)
        self.payload(name, blocks)

    def view(self, name: str, view: dict[str, Any]) -> None:
        self.outputs += 1
        for problem in view_problems(view):
            raise Effect(f"{name}: invalid_blocks: {problem[:300]}")
        if (size := len(json.dumps(view))) > WIRE:
            raise Effect(f"{name}: view_too_large: {size} bytes on the wire")
        self.payload(name, view)

    def pushed(self, name: str, text: str) -> None:
        """A message's top-level `text`, in which Slack reads entities and what is in brackets."""
        bare = _CHANNEL.sub("", _PERSON.sub("", text))
        if "<" in bare or ">" in bare:
            raise Effect(f"{name}: a bracket in the text: {_around(bare, '[<>]')}")
        if _BARE_ENTITY.search(bare):
            raise Effect(f"{name}: half an entity: {_around(bare, _BARE_ENTITY.pattern)}")
        plain = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        self.read(f"{name}, its text", plain)

    def payload(self, name: str, payload: Payload) -> None:
        """Every string in it."""
        for kind, text, holder in _strings_in(payload, ""):
            where = f"{name}, {kind}"
            if kind == "mrkdwn":
                self._markup(name, text, holder)
            elif kind in _OPAQUE:
                if MARK.search(text) or CORE in text:
                    raise Effect(f"{where}: outside text in {text[:200]!a}")
            elif kind == "url":
                self._address(where, text)
            else:
                if kind == "plain_text" and holder.get("emoji") is not False:
                    raise Effect(f"{where}: emoji are drawn in {text[:200]!a}")
                whole = name.startswith("details") or kind in _OF_LINES
                self.read(where, text, lines=whole, open_end=whole)

    def read(self, where: str, text: str, *, lines: bool = False, open_end: bool = False) -> None:
        """Plain text: nothing in it acts, no secret, and behind each mark stands what stood there.
        With *lines* it may have lines of its own, with *open_end* go on elsewhere."""
        self.harmless(where, text, lines=lines)
        behind = self._strings.behind
        for found in MARK.finditer(text):
            number, expected = behind.get(found[0], (0, ""))
            self.seen.add(number)
            if text.startswith(expected, found.end()):
                continue
            got = UNSEEN.sub("", text[found.end() : found.end() + 60])
            rest = got[_alike(got, expected) :]
            whole = got.startswith(expected) or rest.startswith(_CUT)
            if not (whole or (open_end and not rest)):
                raise Effect(f"{where}: {expected!a} reads {got[:30]!a}")

    def harmless(self, where: str, text: str, *, lines: bool = False) -> None:
        printed = text.replace("\n", "").isprintable()  # the usual case, and quick to tell
        if not printed and (acting := ACTING.search(text)):
            raise Effect(f"{where}: {acting[0]!a} in {_around(text, re.escape(acting[0]))}")
        if CORE in text:
            raise Effect(f"{where}: a secret in {_around(text, CORE)}")
        if not lines and _LINE.search(text):
            raise Effect(f"{where}: a line of its own in {_around(text, _LINE.pattern)}")

    def _markup(self, name: str, text: str, holder: Mapping[str, Any]) -> None:
        self.harmless(name, text)
        if holder.get("verbatim") is not True:
            raise Effect(f"{name}: names and addresses become links in {text[:200]!a}")
        if (found := skeleton(text)) not in self._ours.get(name, frozenset()):
            raise Effect(f"{name}: markup that is not ours, {found!a}, in {text[:400]!a}")
        for mark in MARK.findall(text):  # of a currency, which is letters and digits
            self.seen.add(self.number(mark))

    def _address(self, where: str, text: str) -> None:
        """The console's and nobody else's, whatever an order's number is."""
        url = urlsplit(text)
        is_ours = (url.scheme, url.netloc, url.query, url.fragment) == ("https", CONSOLE, "", "")
        if not is_ours or url.path.count("/") != 2 or not text.isascii() or CORE in text:
            raise Effect(f"{where}: leads to {text[:200]!a}")
        for mark in MARK.findall(text):
            self.seen.add(self.number(mark))


def skeleton(text: str) -> str:
    """The signs of *text* that Slack acts on, whole dates and mentions as one sign each."""
    text = _CHANNEL.sub("\x03", _PERSON.sub("\x02", _DATE.sub("\x01", text)))
    return _SIGNS.sub("", _EMOJI.sub("\x04", text))


def skeletons(payload: Payload) -> frozenset[str]:
    """Of every markup in *payload*."""
    return frozenset(
        skeleton(text) for kind, text, _holder in _strings_in(payload, "") if kind == "mrkdwn"
    )


def _strings_in(value: object, key: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(kind, string, the object that holds it): the kind is a text object's type, else the key."""
    if isinstance(value, str):
        yield key, value, {}
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings_in(each, key)
    elif isinstance(value, dict):
        kind = value.get("type")
        if kind in _TEXTS:
            yield kind, value["text"], value
        else:
            for name, each in value.items():
                yield from _strings_in(each, name)


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def _around(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    at = found.start() if found else 0
    return ascii(text[max(0, at - 80) : at + 120])
