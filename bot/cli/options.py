"""Options that several commands take, and what they end with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.i18n import _

FAILED = 1
REFUSED = 2

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
