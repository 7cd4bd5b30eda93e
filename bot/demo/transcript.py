"""The story as a person reads it: who does what, what they see, and what was checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

_DATE = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_MENTION = re.compile(r"<@U0(\w+)>")
LINES = 14  # of one card


class StoryFailed(Exception):
    """A step did not do what it should; the text says which."""


class Transcript:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._checks = 0

    def scene(self, title: str) -> None:
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def says(self, line: str) -> None:
        self._console.print(Text(line))

    def does(self, who: str, what: str) -> None:
        self._console.print(Text.assemble("  ", (who, "cyan"), " ", what))

    def sees(self, card: Sequence[str], *, most: int = LINES) -> None:
        for line in card[:most]:
            named = _MENTION.sub(lambda found: f"@{found[1].title()}", line)
            self._console.print(Text(f"    │ {named}", style="dim"))
        if len(card) > most:
            self._console.print(Text(f"    │ … {len(card) - most} more lines", style="dim"))

    def check(self, what: str, *, holds: bool) -> None:
        """Say that *what* holds, or end the story."""
        if not holds:
            raise StoryFailed(what)
        self._checks += 1
        self._console.print(Text.assemble(("    ✓ ", "green"), what))

    def failed(self, what: str) -> None:
        self._console.print(Text.assemble(("    ✗ does not hold: ", "bold red"), what))

    def ended(self) -> None:
        self._console.print()
        self._console.print(Text(f"The story holds: {self._checks} checks.", style="bold green"))


def card_lines(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a card says, line by line, buttons in brackets."""
    return [line for block in blocks for line in _lines(block) if line.strip()]


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    texts = [block.get("text"), *block.get("fields", [])]
    texts += [each for each in block.get("elements", []) if "text" in each]
    for row in block.get("rows", []):
        yield " | ".join(cell["text"] for cell in row)
    elements = block.get("elements", [])
    buttons = [each for each in elements if each.get("type") == "button"]
    if block.get("accessory", {}).get("type") == "button":
        buttons.append(block["accessory"])
    for text in texts:
        if isinstance(text, Mapping) and isinstance(text.get("text"), str):
            yield from _plain(text["text"]).splitlines()
    if buttons:
        menus = ["[⋮]" for each in elements if each.get("type") == "overflow"]
        yield " ".join([*(f"[{each['text']['text']}]" for each in buttons), *menus])


def _plain(text: str) -> str:
    text = _DATE.sub(r"\1", text).replace("*", "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
