"""`countersign backup` and `countersign restore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.audit import existing_database, parse_anchor
from bot.cli.options import ConfigOption, DatabaseOption
from bot.i18n import _

if TYPE_CHECKING:
    from storage.restore import Restored

BACKUP_HELP = _(
    "Copy the database to FILE while the bot runs.\n\n"
    "The copy is checked, belongs to you alone, and appears whole or not at all; a FILE that exists"
    " is left as it is.\n\n"
    "\b\nExample:\n"
    "  countersign backup /mnt/backups/countersign-$(date +%F).db"
)
RESTORE_HELP = _(
    "Put a backup in the place of the database; stop the bot first.\n\n"
    "Open requests end as expired; one that was claimed becomes unknown and is settled by reads."
    " Digests up to now count as sent. The record says which of its numbers were lost, as far as"
    " the database that was there or a head from outside tells. That database is kept under"
    " another name.\n\n"
    "\b\nExamples:\n"
    "  countersign restore /mnt/backups/countersign-2026-11-20.db\n"
    "  countersign restore yesterday.db --anchor 1042:9f86d0..."
)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("What to write; must not exist."))],
    config: ConfigOption = None,
    database: DatabaseOption = None,
) -> None:
    from storage.backup import back_up

    head = back_up(existing_database(database, config), file)
    typer.echo(f"{file}: {head.seq} records, head {head.seq} {head.hash}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("What backup wrote."))],
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEQ:HASH",
            help=_("The newest head known outside the database, from Slack or audit head."),
        ),
    ] = None,
    config: ConfigOption = None,
    database: DatabaseOption = None,
) -> None:
    from bot.domain.audit import AuditHead
    from bot.settings import audit_settings, database_path
    from bot.wiring.restoring import restore as restore_from
    from storage.verify import checked_anchor

    given = parse_anchor(anchor)
    noted = AuditHead(*checked_anchor(given)) if given else None
    path = database_path(database, config=config, environ=os.environ)
    table = audit_settings(config, environ=os.environ)
    restored, unwritten = restore_from(file, path, table, noted)
    _tell(restored, file, path)
    for heads in unwritten:
        typer.echo(
            _(
                "{file} was not written; add this line to it: {head}",
                file=heads,
                head=f"{restored.head.seq}:{restored.head.hash}",
            ),
            err=True,
        )


def _tell(restored: Restored, file: Path, path: Path) -> None:
    from bot.domain.approvals import RequestStatus

    typer.echo(
        _(
            "{database} is restored from {file}: {count} records, head {seq} {hash}",
            database=path,
            file=file,
            count=restored.head.seq,
            seq=restored.head.seq,
            hash=restored.head.hash,
        )
    )
    lost = restored.loss.sentence()
    typer.echo(lost or _("no record was lost"))
    typer.echo(
        _(
            "open requests: {ended} ended as expired, {unknown} with an outcome that the bot will"
            " read at the cloud",
            ended=restored.requests[RequestStatus.EXPIRED],
            unknown=restored.requests[RequestStatus.UNKNOWN],
        )
    )
    if restored.kept is not None:
        typer.echo(_("the database before is kept as {path}", path=restored.kept))
