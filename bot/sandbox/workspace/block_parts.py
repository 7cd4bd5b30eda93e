"""Composition objects of Block Kit, checked: texts, options, confirmation dialogs.

Sources: Block Kit reference, "Text object", "Option object", "Option group", "Confirmation dialog".
Lengths are counted in code points.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")
_TEXT_KEYS = {
    "plain_text": {"type", "text", "emoji"},
    "mrkdwn": {"type", "text", "verbatim"},
}


class Findings:
    """Collects sentences `where: what is wrong`, and what has to be unique or counted."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.block_ids: set[str] = set()
        self.focused = 0
        self.markdown_characters = 0
        self.table_characters = 0
        self.charts = 0

    def add(self, where: str, what: str) -> None:
        self.sentences.append(f"{where}: {what}")

    def thing(self, where: str, value: object, keys: Collection[str]) -> dict[str, Any] | None:
        """*value* as an object without unknown properties; None (and a sentence) if it is none."""
        if not isinstance(value, dict):
            self.add(where, "must be an object")
            return None
        for key in sorted(set(value) - set(keys)):
            self.add(where, f"has an unknown property {key!r}")
        return value

    def string(
        self, where: str, value: object, *, most: int, least: int = 1, required: bool = False
    ) -> None:
        """A string of *least* to *most* characters; None passes unless *required*."""
        if value is None:
            if required:
                self.add(where, "is missing")
        elif not isinstance(value, str):
            self.add(where, "must be a string")
        elif not least <= len(value) <= most:
            self.add(where, f"has {len(value)} characters, allowed are {least} to {most}")

    def several(self, where: str, value: object, *, most: int, least: int = 1) -> list[Any]:
        """A list of *least* to *most* items; what is there is returned for further checks."""
        if not isinstance(value, list):
            self.add(where, "must be a list")
            return []
        if not least <= len(value) <= most:
            self.add(where, f"has {len(value)} items, allowed are {least} to {most}")
        return value

    def word(self, where: str, value: object, allowed: Collection[str]) -> None:
        if value is not None and not (isinstance(value, str) and value in allowed):
            self.add(where, f"must be one of {', '.join(sorted(allowed))}, not {value!r}")

    def flag(self, where: str, value: object) -> None:
        if value is not None and not isinstance(value, bool):
            self.add(where, "must be true or false")

    def number(self, where: str, value: object, *, least: int, most: int) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.add(where, f"must be a whole number from {least} to {most}")

    def url(self, where: str, value: object, *, required: bool = False) -> None:
        self.string(where, value, most=3000, required=required)
        if isinstance(value, str) and not value.startswith(("http://", "https://", "mailto:")):
            self.add(where, "must be a web address")


def type_of(value: object) -> str:
    """The type that a block, element or text claims to have; empty where it claims none."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def check_text(
    found: Findings,
    where: str,
    value: object,
    *,
    most: int = 3000,
    kinds: Collection[str] = ANY_TEXT,
    required: bool = True,
) -> None:
    """A text object; never empty, never longer than *most* characters."""
    if value is None:
        if required:
            found.add(where, "is missing")
        return
    kind = type_of(value)
    if kind not in kinds:
        found.add(where, f"must be a text object of type {' or '.join(kinds)}")
        return
    text = found.thing(where, value, _TEXT_KEYS[kind])
    if text is None:
        return
    found.string(f"{where}.text", text.get("text"), most=most, required=True)
    found.flag(f"{where}.emoji", text.get("emoji"))
    found.flag(f"{where}.verbatim", text.get("verbatim"))


def check_option(
    found: Findings, where: str, value: object, *, kinds: Collection[str], link: bool = False
) -> None:
    keys = {"text", "value", "description"} | ({"url"} if link else set())
    option = found.thing(where, value, keys)
    if option is None:
        return
    check_text(found, f"{where}.text", option.get("text"), most=75, kinds=kinds)
    found.string(f"{where}.value", option.get("value"), most=150, required=True)
    check_text(
        found,
        f"{where}.description",
        option.get("description"),
        most=75,
        kinds=kinds,
        required=False,
    )
    found.url(f"{where}.url", option.get("url"))


def check_option_lists(found: Findings, where: str, element: dict[str, Any]) -> None:
    """The options of a static select: a list, or groups of lists, never both."""
    options, groups = element.get("options"), element.get("option_groups")
    if (options is None) == (groups is None):
        found.add(where, "needs either options or option_groups")
    if options is not None:
        for n, option in enumerate(found.several(f"{where}.options", options, most=100)):
            check_option(found, f"{where}.options[{n}]", option, kinds=PLAIN)
    if groups is None:
        return
    for n, value in enumerate(found.several(f"{where}.option_groups", groups, most=100)):
        at = f"{where}.option_groups[{n}]"
        group = found.thing(at, value, {"label", "options"})
        if group is None:
            continue
        check_text(found, f"{at}.label", group.get("label"), most=75, kinds=PLAIN)
        for m, option in enumerate(found.several(f"{at}.options", group.get("options"), most=100)):
            check_option(found, f"{at}.options[{m}]", option, kinds=PLAIN)


def offered_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """All options of an element, those in groups included."""
    options = [option for option in element.get("options") or [] if isinstance(option, dict)]
    for group in element.get("option_groups") or []:
        if isinstance(group, dict):
            options += [option for option in group.get("options") or [] if isinstance(option, dict)]
    return options


def check_initial(found: Findings, where: str, element: dict[str, Any]) -> None:
    """What is selected at first must be one of the options, property by property."""
    offered = offered_options(element)
    chosen = element.get("initial_option")
    if chosen is not None and chosen not in offered:
        found.add(f"{where}.initial_option", "is none of the options")
    several = element.get("initial_options")
    if several is None:
        return
    for n, option in enumerate(found.several(f"{where}.initial_options", several, most=100)):
        if option not in offered:
            found.add(f"{where}.initial_options[{n}]", "is none of the options")


def check_confirm(found: Findings, where: str, value: object) -> None:
    if value is None:
        return
    confirm = found.thing(where, value, {"title", "text", "confirm", "deny", "style"})
    if confirm is None:
        return
    check_text(found, f"{where}.title", confirm.get("title"), most=100, kinds=PLAIN)
    check_text(found, f"{where}.text", confirm.get("text"), most=300)
    check_text(found, f"{where}.confirm", confirm.get("confirm"), most=30, kinds=PLAIN)
    check_text(found, f"{where}.deny", confirm.get("deny"), most=30, kinds=PLAIN)
    found.word(f"{where}.style", confirm.get("style"), {"primary", "danger"})
