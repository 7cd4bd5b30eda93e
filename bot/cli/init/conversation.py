"""The questions in their order, and what to do when all are answered."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from bot.cli.init.accounts import AccountQuestions
from bot.cli.init.asker import Asker, ask_until
from bot.cli.init.draft import Draft
from bot.cli.init.slack import SlackQuestions
from bot.cli.init.trying import is_kept
from bot.doctor.database import check_database
from bot.doctor.findings import Notes
from bot.i18n import _
from bot.ports import Clock
from bot.settings.load import DEFAULT_CONFIG
from bot.settings.values import check_filled, parse_path


class Conversation:
    """*environ* may hold Slack's tokens already, and SLACK_API_URL."""

    def __init__(
        self, asker: Asker, config: Path, environ: Mapping[str, str], clock: Clock
    ) -> None:
        self._asker = asker
        self._draft = Draft(config)
        self._environ = environ
        self._clock = clock

    def hold(self) -> None:
        """Nothing is written before the last answer. Raises ConfigurationError."""
        asker, draft = self._asker, self._draft
        asker.say(
            _(
                "For the Slack app, paste the output of countersign manifest at api.slack.com/apps"
                " (Create New App, From a manifest), and install it in your workspace."
            )
        )
        SlackQuestions(asker, draft, self._environ, self._clock).ask()
        AccountQuestions(asker, draft, self._environ, self._clock).ask()
        self._ask_database()
        self._ask_for_tokens_file()
        if not asker.confirm(_("Write {file}?", file=draft.config), default=True):
            asker.say(_("Nothing was written."))
            return
        written = draft.write(self._environ)
        asker.say(_("Written: {files}.", files=", ".join(path.name for path in written)))
        self._say_what_is_next()

    def _ask_database(self) -> None:
        draft = self._draft
        while True:
            name = ask_until(self._asker, _("Database file"), _checked_path, draft.database)
            notes = Notes()
            check_database(draft.folder / parse_path(name), notes)
            if is_kept(self._asker, notes):
                draft.database = name
                return

    def _ask_for_tokens_file(self) -> None:
        draft = self._draft
        if not draft.tokens:
            return
        file = draft.free_name("slack", ".env")
        names = ", ".join(draft.tokens)
        question = _("Write {names} to {file}, for you alone to read?", names=names, file=file)
        if self._asker.confirm(question, default=True):
            draft.tokens_file = file

    def _say_what_is_next(self) -> None:
        draft = self._draft
        found = draft.config == DEFAULT_CONFIG and not self._environ.get("COUNTERSIGN_CONFIG")
        option = "" if found else f" --config {shlex.quote(str(draft.config))}"
        steps = []
        if draft.tokens_file:
            steps.append(f"set -a; . {_sourced(draft.folder / draft.tokens_file)}; set +a")
        unset = [*draft.variables, *([] if draft.tokens_file else draft.tokens)]
        steps += [_("put {name} into the environment", name=name) for name in unset]
        steps += [f"countersign doctor{option}", f"countersign serve{option}"]
        self._asker.say(_("Next:"))
        for step in steps:
            self._asker.say(f"  {step}")
        self._asker.say(_("Then type /order in Slack."))


def _sourced(file: Path) -> str:
    """*file* as `.` takes it: a name without a slash would be looked for in PATH."""
    return shlex.quote(str(file) if file.is_absolute() else f"./{file}")


def _checked_path(answer: str) -> str:
    """As typed: a home folder stays `~` in the configuration."""
    parse_path(check_filled(answer))
    return answer
