"""A notice: one sentence of ours for one person, and the channel that it is about."""

from __future__ import annotations

import re

from slack_sdk.models.blocks import SectionBlock

from bot.i18n import _
from handlers.views.panel import sentence
from handlers.views.surface import Rendered
from handlers.views.text import Markup, bold, escaped, literal, markup, ours

TEXT = 1900  # characters: a field holds 2,000
# Only in front, where no notice has text from outside: all begin with words of ours.
_ABOUT = re.compile(r"<#([CDG][A-Z0-9]{1,20})> (.+)", re.DOTALL)


def notice_card(text: str) -> Rendered:
    """Plain text. A channel's id in front, as `<#C0FINANCE> …`, is shown as Slack shows a channel
    to its reader: by its name, or as one that the reader may not see."""
    about = _ABOUT.fullmatch(text)
    if about is None:
        return sentence(text)
    channel, said = about.groups()
    shown, spoken = Markup(f"<#{channel}>"), f"<#{channel}> {escaped(said, TEXT)}"
    if channel.startswith("D"):
        shown = ours(_("Our direct messages"))
        spoken = f"{shown}: {escaped(said, TEXT)}"
    block = SectionBlock(text=markup(bold(shown)), fields=[literal(said, TEXT)])
    return Rendered(spoken, (block,))
