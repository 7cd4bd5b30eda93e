"""`countersign init`: questions, each answer tried at once, and a configuration at the end."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import typer

from bot.cli.options import ConfigOption
from bot.errors import ConfigurationError, UsageError
from bot.i18n import _

HELP = _(
    "Ask for what the bot needs, try each answer, and write the configuration.\n\n"
    "Asks for Slack's tokens, the channel and the approvers, and the cloud accounts, and tries each"
    " with Slack and the clouds. Secrets go into files of their own, never into the configuration."
    " Nothing is written before the last answer, and nothing that exists is changed.\n\n"
    "\b\nExamples:\n"
    "  countersign init\n"
    "  countersign init --config /etc/countersign/countersign.toml"
)


def init(config: ConfigOption = None) -> None:
    from bot.settings import drop_unused_slack_variables
    from bot.settings.load import DEFAULT_CONFIG

    path = config or Path(os.environ.get("COUNTERSIGN_CONFIG") or DEFAULT_CONFIG)
    if path.exists():
        raise ConfigurationError(
            _(
                "exists already and is left as it is; look at it with countersign doctor, or name"
                " another file with --config",
            ),
            file=str(path),
        )
    if not path.parent.is_dir():
        raise ConfigurationError(
            _("the folder {folder} does not exist; make it first", folder=path.parent)
        )
    if not sys.stdin.isatty():
        raise UsageError(
            _(
                "init asks questions and needs a terminal; without one, copy"
                " countersign.example.toml to {path} and edit it",
                path=path,
            )
        )
    logging.getLogger().setLevel(logging.ERROR)  # what goes wrong is told as an answer's finding
    drop_unused_slack_variables(os.environ)
    from bot.app import SystemClock
    from bot.cli.init.asker import Terminal
    from bot.cli.init.conversation import Conversation

    try:
        Conversation(Terminal(), path, dict(os.environ), SystemClock()).hold()
    except typer.Abort as error:
        raise UsageError(
            _("the answers ended before the last question; nothing was written")
        ) from error
