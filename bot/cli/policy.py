"""`countersign policy`: the rules of the configuration, looked at without Slack and clouds."""

from __future__ import annotations

import os

import typer

from bot.cli.options import FAILED, ConfigOption
from bot.i18n import _

CANNOT_CANCEL = frozenset({"unicloud"})  # as their adapters say
_ENVIRONMENT = ("COUNTERSIGN_CONFIG",)  # what is set there for Slack cannot stop it

policy = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=_(
        "Look at the rules of the configuration. Needs no Slack, no secrets and no running bot."
    ),
)


@policy.command(
    help=_(
        "Look for rules that do not do what they seem to; exit 1 if there are any.\n\n"
        "Finds rules that never decide, repeat what applies anyway or stand in front of a stricter"
        " one, quorums that nobody can reach, approvers who could not have their own requests"
        " approved, accounts about whose orders nobody can ask, and amounts and times that"
        " contradict each other. Slack is not asked: who is in a user group is not known here.\n\n"
        "\b\nExamples:\n"
        "  countersign policy lint\n"
        "  countersign policy lint --config /etc/countersign/countersign.toml"
    )
)
def lint(config: ConfigOption = None) -> int:
    from bot.configfile import read_config
    from bot.domain.policy import Humans
    from bot.domain.policy_lint import lint as remarks_on
    from bot.settings import load_settings

    environ = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    settings = load_settings(
        config, database=None, environ=environ, need_slack=False, need_secrets=False
    )
    remarks = remarks_on(
        settings.policy,
        [each.account() for each in settings.accounts],
        Humans(tuple(frozenset(each.slack) for each in settings.people)),
        unable=[each.name for each in settings.accounts if each.provider in CANNOT_CANCEL],
    )
    file = read_config(settings.config)
    for remark in sorted(remarks, key=lambda each: file.line(each.place)):
        word = _("note: ") if remark.note else ""
        typer.echo(f"{file.path}:{file.line(remark.place)}: {word}{remark.sentence}")
    found = sum(not remark.note for remark in remarks)
    if not found:
        typer.echo(_("ok {count} rules, nothing found", count=len(settings.policy.rules)))
    return FAILED if found else 0
