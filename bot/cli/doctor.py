"""`countersign doctor`: what is wrong with the set-up, each with its fix."""

from __future__ import annotations

import logging
import os
from typing import Annotated

import typer

from bot.cli.options import FAILED, ConfigOption, DatabaseOption
from bot.errors import ConfigurationError
from bot.i18n import _

HELP = _(
    "Look for what is wrong with the set-up, and say how to mend it.\n\n"
    "Checks configuration, tokens, scopes, channels, approvers, clouds, clock and database. Reads"
    " only: nothing is posted or cancelled, and the bot may be running. Ends with 1 if anything"
    " was found.\n\n"
    "With SLACK_CONFIG_TOKEN, an app configuration token from api.slack.com/apps, the app's"
    " settings are checked too.\n\n"
    "\b\nExamples:\n"
    "  countersign doctor\n"
    "  countersign doctor --config /etc/countersign/countersign.toml --json"
)


def doctor(
    context: typer.Context,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=_("Print one JSON object, for programs."))
    ] = False,
) -> int:
    from bot.doctor.findings import refused_report
    from bot.doctor.report import as_json as json_of
    from bot.doctor.report import as_text
    from bot.settings import drop_unused_slack_variables, load_settings

    if not context.find_root().params.get("debug"):
        logging.getLogger().setLevel(logging.ERROR)  # each failed call is a finding already
    try:
        settings = load_settings(config, database=database, environ=os.environ, need_slack=False)
    except ConfigurationError as error:
        if as_json:
            typer.echo(json_of(refused_report(str(error))))
        raise
    drop_unused_slack_variables(os.environ)
    from bot.app import SystemClock
    from bot.doctor.run import examine

    report = context.obj.run(examine(settings, dict(os.environ), SystemClock()))
    if report is None:
        return 0
    typer.echo(json_of(report) if as_json else as_text(report))
    return 0 if report.ok else FAILED
