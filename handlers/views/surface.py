"""What a view gives back, and the small blocks that all views share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    PlainTextObject,
    SectionBlock,
)

from handlers.ids import ActionId
from handlers.views.text import Markup, cut, escaped, literal, markup, short

TITLE = 24  # characters of a modal's title


@dataclass(frozen=True, slots=True)
class Rendered:
    """*text* says by itself what the blocks say: phones and screen readers use it alone."""

    text: str
    blocks: tuple[Block, ...]

    def as_dicts(self) -> list[dict[str, object]]:
        return [block.to_dict() for block in self.blocks]


def message(text: str, blocks: Sequence[Block]) -> Rendered:
    """*text* is plain: it is escaped here."""
    return Rendered(escaped(text), tuple(blocks))


def header(text: str) -> HeaderBlock:
    return HeaderBlock(text=literal(text, 150))


def line(text: Markup) -> SectionBlock:
    return SectionBlock(text=markup(text))


def plain(text: str, *, lines: bool = False) -> SectionBlock:
    return SectionBlock(text=literal(text, lines=lines))


def note(*parts: Markup | PlainTextObject) -> ContextBlock:
    return ContextBlock(
        elements=[part if isinstance(part, PlainTextObject) else markup(part) for part in parts]
    )


def button(
    action: ActionId, label: str, value: str, *, style: str | None = None, about: str = ""
) -> ButtonElement:
    """*value* is one opaque id; *about* tells repeated buttons apart for a screen reader."""
    return ButtonElement(
        action_id=action,
        text=PlainTextObject(text=cut(label, 75), emoji=False),
        value=value,
        style=style,
        accessibility_label=short(f"{label} {about}", 75) if about else None,
    )


def link_button(label: str, url: str) -> ButtonElement:
    return ButtonElement(
        action_id=ActionId.OPEN_CONSOLE, text=PlainTextObject(text=label, emoji=False), url=url
    )


def actions(*buttons: ButtonElement | None) -> ActionsBlock:
    return ActionsBlock(elements=[each for each in buttons if each is not None])


def modal(
    title: str, rendered: Rendered, *, callback_id: str, private: str = ""
) -> dict[str, object]:
    """A modal that shows an answer, as Slack takes it."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": {"type": "plain_text", "text": cut(title, TITLE), "emoji": False},
        "blocks": rendered.as_dicts(),
        "private_metadata": private,
    }
