"""The command line. Each command imports what it needs, so that --help is instant.

Exit codes: 0 done, 1 finding or failure, 2 wrong usage or a refused configuration.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.errors import ConfigurationError, CountersignError, UsageError
from bot.i18n import _
from bot.redact import mask
from bot.signals import Stop

FAILED = 1
REFUSED = 2

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
        "  cp countersign.example.toml countersign.toml\n"
        "  export SLACK_BOT_TOKEN=xoxb-... SLACK_APP_TOKEN=xapp-...\n"
        "  countersign serve\n\n"
        "Exit codes: 0 done, 1 finding or failure, 2 wrong usage or a refused configuration."
    ),
)
audit = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=_("Check or export the record. Needs no token, no cloud secret and no running bot."),
)
app.add_typer(audit, name="audit")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help=_("Configuration; else COUNTERSIGN_CONFIG, else countersign.toml."),
    ),
]
DatabaseOption = Annotated[
    Path | None,
    typer.Option(
        "--database",
        metavar="FILE",
        help=_("Database; else COUNTERSIGN_DATABASE, else the configuration's."),
    ),
]
SeedOption = Annotated[
    int, typer.Option(min=0, help=_("The same number makes the same orders again."))
]


def main() -> NoReturn:
    """Run one command and leave with its exit code; errors are one sentence on stderr."""
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
        sys.stderr.write(mask("".join(traceback.format_exception(error))))
    match error:
        case typer.TyperException():
            sentence, code = _usage(error), REFUSED
        case ConfigurationError() | UsageError():
            sentence, code = mask(str(error)), REFUSED
        case CountersignError():
            sentence, code = mask(str(error)), FAILED
        case _:
            hint = _("run it again with --debug for the whole story")
            sentence, code = mask(f"{type(error).__name__}: {error}; {hint}"), FAILED
    sys.stderr.write(f"{sentence}\n")
    return code


def _usage(error: typer.TyperException) -> str:
    sentence = error.format_message().rstrip(".\n")
    if sentence.startswith("Usage:"):  # the whole help, for a command that lacks its subcommand
        return sentence
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "countersign"
    end = "" if sentence.endswith("?") else "."
    return _("{sentence} Try: {command} --help", sentence=sentence + end, command=command)


def _print_version(wanted: bool) -> None:
    if wanted:
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
        "Needs no account and no configuration, and writes only to a temporary folder.\n\n"
        "\b\nExamples:\n"
        "  countersign demo\n"
        "  countersign demo --story             play the scripted day, then end\n"
        "  countersign demo --seed 7 --port 9000"
    )
)
def demo(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help=_("A busy port takes the next free one."))
    ] = 8080,
    story: Annotated[bool, typer.Option("--story", help=_("Play the scripted day only."))] = False,
    open_browser: Annotated[bool, typer.Option("--open", help=_("Open the page."))] = False,
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


@audit.command(
    help=_(
        "Recompute the whole chain; exit 1 at the first record that does not fit.\n\n"
        "\b\nExamples:\n"
        "  countersign audit verify\n"
        "  countersign audit verify --database copy.db --anchor 1042:9f86d0..."
    )
)
def verify(
    anchor: Annotated[
        str | None,
        typer.Option(metavar="SEQ:HASH", help=_("A head noted earlier, from audit head.")),
    ] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> int:
    from storage.verify import verify_file

    noted = _parse_anchor(anchor) if anchor else None
    result = verify_file(_existing_database(database, config), anchor=noted)
    if not result.ok:
        typer.echo(f"bad record {result.bad_seq}: {result.reason}")
        return FAILED
    typer.echo(f"ok {result.records} records, head {result.head_seq} {result.head_hash}")
    return 0


@audit.command(
    help=_(
        "Print the newest record's number and hash; keep it outside the database.\n\n"
        "\b\nExample:\n"
        "  countersign audit head >> heads.log"
    )
)
def head(database: DatabaseOption = None, config: ConfigOption = None) -> None:
    from storage.verify import head_of

    seq, digest = head_of(_existing_database(database, config))
    typer.echo(f"{seq} {digest}")


@audit.command(
    help=_(
        "Print the record as JSON lines, oldest first; the bot may be running.\n\n"
        "Each line has the body as it was hashed, prev and hash: the hash is the SHA-256 of prev's "
        "bytes and the body. Reasons and other free texts are not exported, only their salted "
        "commitments.\n\n"
        "\b\nExamples:\n"
        "  countersign audit export > record.jsonl\n"
        "  countersign audit export --database copy.db | tail -n 20"
    )
)
def export(database: DatabaseOption = None, config: ConfigOption = None) -> None:
    from storage.export import exported_lines

    _print_lines(exported_lines(_existing_database(database, config)))


def _print_lines(lines: Iterable[str]) -> None:
    """A reader who has seen enough, such as `head`, closes the pipe: that is an end, no failure."""
    try:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere, or Python would complain when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(context: typer.Context) -> Stop:
    stop: Stop = context.obj
    return stop


def _existing_database(database: Path | None, config: Path | None) -> Path:
    from bot.settings import database_path

    path = database_path(database, config=config, environ=os.environ)
    if not path.is_file():
        raise ConfigurationError(
            _("there is no database {path}; name the file with --database", path=path)
        )
    return path


def _parse_anchor(text: str) -> tuple[int, str]:
    """The number and the hash; the hash is judged where it is compared."""
    seq, _colon, digest = text.strip().partition(":")
    if not (seq.isascii() and seq.isdigit() and digest):
        raise UsageError(_("--anchor must read SEQ:HASH, the two words that audit head prints"))
    return int(seq), digest
