"""The command line. Each command imports what it needs, so that --help is instant.

Exit codes: 0 done, 1 finding or failure, 2 wrong usage or a refused configuration.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.audit import audit
from bot.cli.backup import BACKUP_HELP, RESTORE_HELP, backup, restore
from bot.cli.doctor import HELP as DOCTOR_HELP
from bot.cli.doctor import doctor
from bot.cli.init import HELP as INIT_HELP
from bot.cli.init import init
from bot.cli.options import FAILED, REFUSED, ConfigOption, DatabaseOption, discard_output
from bot.cli.policy import policy
from bot.errors import ConfigurationError, CountersignError, UsageError
from bot.i18n import _
from bot.redact import mask, visible

if TYPE_CHECKING:
    from bot.signals import Stop

app = typer.Typer(
    name="countersign",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=_(
        "Cloud orders in Slack: look them up, and cancel an unpaid one only together.\n\n"
        "\b\nTo try it without any account:\n"
        "  countersign demo\n\n"
        "\b\nTo run it:\n"
        "  countersign manifest                 paste this at api.slack.com, Create New App\n"
        "  countersign init                     asks, tries each answer, writes the file\n"
        "  countersign doctor                   says what is wrong, and the fix\n"
        "  countersign serve\n\n"
        "Exit codes: 0 done, 1 finding or failure, 2 wrong usage or a refused configuration."
    ),
)
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")

_HELP = "Usage:"

SeedOption = Annotated[
    int, typer.Option(min=0, help=_("The same number makes the same orders again."))
]


def main() -> NoReturn:
    """Run one command and leave with its exit code; errors are one sentence on stderr."""
    from bot.signals import Stop

    stop = Stop()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments  # wherever it stands
    arguments = [argument for argument in arguments if argument != "--debug"]
    if debug:
        arguments.insert(0, "--debug")
    try:
        code = app(arguments, prog_name="countersign", standalone_mode=False, obj=stop)
    except Exception as error:  # noqa: BLE001 - the last net: a sentence instead of a traceback
        code = _report(error, debug=debug)
    sys.exit(code if isinstance(code, int) else 0)


def _report(error: Exception, *, debug: bool) -> int:
    """Say what happened on stderr and return the exit code."""
    if debug:
        sys.stderr.write(visible(mask("".join(traceback.format_exception(error))), lines=True))
    match error:
        case typer.TyperException():
            sentence, code = mask(_usage(error)), REFUSED
        case ConfigurationError() | UsageError():
            sentence, code = mask(str(error)), REFUSED
        case CountersignError():
            sentence, code = mask(str(error)), FAILED
        case OSError() if error.filename:
            told = _("{path} cannot be used: {reason}", path=error.filename, reason=error.strerror)
            sentence, code = mask(told), FAILED
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO):
            sentence, code = _unwritable(error), FAILED
        case _:
            hint = _("run it again with --debug for the whole story")
            sentence, code = mask(f"{type(error).__name__}: {error}; {hint}"), FAILED
    is_help = isinstance(error, typer.TyperException) and sentence.startswith(_HELP)
    sys.stderr.write(f"{visible(sentence, lines=is_help)}\n")
    return code


def _unwritable(error: OSError) -> str:
    """The sentence; the rest of the output is given up."""
    discard_output()
    return _(
        "the output cannot be written ({reason}); free some space or write elsewhere",
        reason=error.strerror,
    )


def _usage(error: typer.TyperException) -> str:
    sentence = error.format_message().rstrip(".\n")
    if sentence.startswith(_HELP):  # the whole help, for a command that lacks its subcommand
        return sentence
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "countersign"
    end = "" if sentence.endswith("?") else "."
    return _("{sentence} Try: {command} --help", sentence=sentence + end, command=command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"countersign {version('countersign-orders')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help=_("Show more in the log, and tracebacks."))
    ] = False,
    version_wanted: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help=_("Show the version and end.")
        ),
    ] = False,
) -> None:
    """Options of every command."""
    from bot.logs import configure_logging

    del context, version_wanted
    configure_logging(debug=debug)


@app.command(
    help=_(
        "The whole bot against embedded clouds and an embedded workspace.\n\n"
        "Plays two scripted days; then, on a terminal, serves a page on this machine to try it"
        " on, until Ctrl-C. Needs no account and no configuration, and writes only to a temporary"
        " folder.\n\n"
        "\b\nExamples:\n"
        "  countersign demo --open              the story, then the page in a browser\n"
        "  countersign demo --story             play the scripted days, then end\n"
        "  countersign demo --seed 7 --port 9000"
    )
)
def demo(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help=_("A busy port takes the next free one."))
    ] = 8080,
    story: Annotated[bool, typer.Option("--story", help=_("Play the scripted days only."))] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help=_("Open the page in a browser."))
    ] = False,
    seed: SeedOption = 1,
) -> int:
    from bot.demo import run

    work = run(port=port, story=story, open_browser=open_browser, seed=seed)
    return _stop(context).run(work) or 0


@app.command(
    help=_(
        "The bot against Slack: Socket Mode, or HTTP.\n\n"
        'HTTP takes mode = "http" under [slack].\n\n'
        "Reads SLACK_BOT_TOKEN and, by mode, SLACK_APP_TOKEN or SLACK_SIGNING_SECRET.\n\n"
        "\b\nExamples:\n"
        "  countersign serve\n"
        "  countersign serve --config /etc/countersign/countersign.toml"
    )
)
def serve(
    context: typer.Context, config: ConfigOption = None, database: DatabaseOption = None
) -> None:
    with _importing():
        from bot.settings import drop_unused_slack_variables, load_settings

        settings = load_settings(config, database=database, environ=os.environ, need_slack=True)
        drop_unused_slack_variables(os.environ)
        from bot.app import serve as serve_app

    _stop(context).run(serve_app(settings))


@app.command(
    help=_(
        "Only the embedded clouds, for trying an adapter or an SDK.\n\n"
        "\b\nExamples:\n"
        "  countersign clouds\n"
        "  curl http://127.0.0.1:9100/_sandbox/accounts"
    )
)
def clouds(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 9100,
    seed: SeedOption = 1,
) -> None:
    from bot.sandbox.clouds.server import PortInUse
    from bot.sandbox.clouds.server import serve as serve_clouds

    try:
        _stop(context).run(serve_clouds(port=port, seed=seed))
    except PortInUse as error:
        raise ConfigurationError(str(error)) from error


@app.command(
    help=_(
        "Print the Slack app manifest as YAML.\n\n"
        "\b\nExamples:\n"
        "  countersign manifest                 Socket Mode, no public address needed\n"
        "  countersign manifest --http https://bot.example.com"
    )
)
def manifest(
    http: Annotated[
        str | None,
        typer.Option(metavar="URL", help=_("The bot's public address, for HTTP mode.")),
    ] = None,
) -> None:
    from bot.manifest import manifest_yaml

    typer.echo(manifest_yaml(http), nl=False)


app.command(help=INIT_HELP)(init)
app.command(help=DOCTOR_HELP)(doctor)
app.command(help=BACKUP_HELP)(backup)
app.command(help=RESTORE_HELP)(restore)


@contextmanager
def _importing() -> Iterator[None]:
    """What is imported stays: garbage is not looked for in it now, nor later while people wait."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _stop(context: typer.Context) -> Stop:
    stop: Stop = context.obj
    return stop
