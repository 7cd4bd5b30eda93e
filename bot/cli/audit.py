"""`countersign audit`: the record, checked or exported."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import FAILED, ConfigOption, DatabaseOption, discard_output
from bot.errors import ConfigurationError, UsageError
from bot.i18n import _
from bot.redact import mask, visible

_ANCHOR = re.compile(r"([0-9]{1,18})(?::| +)(\S+)", re.ASCII)  # `audit head` parts them by a blank

audit = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=_("Check or export the record. Needs no token, no cloud secret and no running bot."),
)


@audit.command(
    help=_(
        "Recompute the whole chain; exit 1 at the first record that does not fit. Where the "
        "configuration names [audit] key, the records' tags are checked as well.\n\n"
        "\b\nExamples:\n"
        "  countersign audit verify\n"
        "  countersign audit verify --database copy.db --anchor 1042:9f86d0..."
    )
)
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="SEQ:HASH", help=_("A head noted earlier, from audit head.")),
    ] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> int:
    from storage.verify import verify_file

    noted = parse_anchor(anchor)
    path = existing_database(database, config)
    result = verify_file(path, anchor=noted, key=_audit_key(config))
    if not result.ok:
        typer.echo(f"bad record {result.bad_seq}: {result.reason}")
        return FAILED
    for sentence in filter(None, (loss.sentence() for loss in result.losses)):
        typer.echo(sentence)
    if result.anchor_lost:
        typer.echo(
            _(
                "the anchor's record is one of them: it shows nothing here; use a head noted after"
                " the restore"
            )
        )
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

    seq, digest = head_of(existing_database(database, config))
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

    _print_lines(exported_lines(existing_database(database, config)))


def _audit_key(config: Path | None) -> bytes | None:
    """None where no configuration names one. The chain can be checked without it, so a key that
    cannot be read here is told and no end."""
    from bot.settings import audit_settings

    try:
        key = audit_settings(config, environ=os.environ).key
        return key.value().encode() if key else None
    except ConfigurationError as error:
        typer.echo(_("the tags were not checked: {reason}", reason=visible(mask(str(error)))))
        return None


def _print_lines(lines: Iterable[str]) -> None:
    """A reader who has seen enough, such as `head`, closes the pipe: that is an end, no failure."""
    try:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def existing_database(database: Path | None, config: Path | None) -> Path:
    """Where the database is. Raises ConfigurationError where none is."""
    from bot.settings import database_path

    path = database_path(database, config=config, environ=os.environ)
    if not os.path.isfile(path):  # noqa: PTH113 - False where the folder may not be read, too
        raise ConfigurationError(
            _("there is no database {path}; name the file with --database", path=path)
        )
    return path


def parse_anchor(given: list[str] | None) -> tuple[int, str] | None:
    """The number and the hash; the hash is judged where it is compared."""
    if not given:
        return None
    if len(given) > 1:
        raise UsageError(_("--anchor was given more than once; check one head at a time"))
    found = _ANCHOR.fullmatch(given[0].strip())
    if found is None:
        raise UsageError(_("--anchor must read SEQ:HASH, the two words that audit head prints"))
    return int(found[1]), found[2]
