"""One unpaid order in a digest: two lines, *Request cancel*, and the menu beside it."""

from __future__ import annotations

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    Option,
    OverflowMenuElement,
    PlainTextObject,
    SectionBlock,
)

from bot.domain.digest_contents import DigestContents, DigestLine, Section
from bot.i18n import _
from handlers.ids import ActionId
from handlers.views import digest_words as say
from handlers.views.surface import button
from handlers.views.text import (
    Markup,
    bold,
    joined,
    literal,
    markup,
    mention,
    moment,
    money,
    ours,
)

SECOND = 220  # characters of the second line
MENU = 60  # characters of the words on its buttons, at most
MINE, SNOOZE = "mine", "snooze"  # what the menu's options stand for: `mine:RUN_ID.INDEX`


def line_blocks(line: DigestLine, ref: str, contents: DigestContents) -> list[Block]:
    """*ref* is `RUN_ID.INDEX`, which the buttons carry."""
    return [
        SectionBlock(
            text=markup(_first(line, contents)), fields=[literal(_second(line, contents), SECOND)]
        ),
        _buttons(line, ref),
    ]


def line_size(line: DigestLine, contents: DigestContents) -> int:
    """Characters that a line takes of a message."""
    return len(_first(line, contents)) + min(len(_second(line, contents)), SECOND) + MENU


def read_choice(value: str) -> tuple[str, str]:
    """(MINE or SNOOZE, RUN_ID.INDEX) behind an option of the menu."""
    choice, _colon, ref = value.partition(":")
    return choice, ref


def _first(line: DigestLine, contents: DigestContents) -> Markup:
    """What we say of it. People are mentioned only where it is about to lapse."""
    urgent = say.is_urgent(line, contents)
    shown = moment(line.deadline, contents.zone) if line.deadline else ""
    lapse = ours(say.lapse_text(line.deadline, shown, contents.as_of))
    return joined(
        bold(money(line.amount)),
        ours(say.type_text(line)),
        ours(_("new")) if line.new and line.section is not Section.NEW else None,
        bold(lapse) if urgent else lapse,
        ours(say.age_text(line, contents)),
        ours(_("placed by {person}", person=mention(line.person)))
        if urgent and line.person
        else None,
        ours(_("taken by {person}", person=mention(line.claimed_by)))
        if urgent and line.claimed_by
        else None,
    )


def _second(line: DigestLine, contents: DigestContents) -> str:
    """What it is for and the cloud's words, as plain text."""
    urgent = say.is_urgent(line, contents)
    parts = (
        say.what(line),
        say.part(line.account, say.ACCOUNT),
        say.number(line),
        say.change_text(line),
        say.placed_text(line, mentioned=urgent and bool(line.person)),
        "" if urgent else say.taken_text(line),
        say.doubt_text(line),
        say.snoozed_text(line, contents),
    )
    return " · ".join(part for part in parts if part)


def _buttons(line: DigestLine, ref: str) -> ActionsBlock:
    about = say.number(line)
    cancel = button(ActionId.REQUEST_CANCEL, _("Request cancel"), ref, about=about)
    menu = OverflowMenuElement(
        action_id=ActionId.DIGEST_LINE,
        options=[
            _option(f"{MINE}:{ref}", _("This is mine")),
            _option(f"{SNOOZE}:{ref}", _("Snooze until…")),
        ],
    )
    return ActionsBlock(elements=[cancel, menu] if line.can_cancel else [menu])


def _option(value: str, label: str) -> Option:
    return Option(value=value, text=PlainTextObject(text=label, emoji=False))
