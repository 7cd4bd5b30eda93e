"""An answer tried at once: what was found is shown, and the person decides."""

from __future__ import annotations

from bot.cli.init.asker import Asker
from bot.doctor.findings import Notes
from bot.i18n import _


def is_kept(asker: Asker, notes: Notes) -> bool:
    """Whether to go on with the answer: nothing was found, or the person keeps it."""
    for finding in notes.findings:
        asker.say(_("  {problem} {fix}", problem=finding.problem, fix=finding.fix))
    for entry in notes.not_checked:
        asker.say(_("  Not checked: {entry}.", entry=entry))
    if not notes.findings:
        asker.say(_("  Good."))
        return True
    return asker.confirm(_("Keep this answer all the same?"), default=False)
