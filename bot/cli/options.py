"""Options that several commands take, what they end with, and output that cannot be written."""

from __future__ import annotations

import os
import sys
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


def discard_output() -> None:
    """What is still buffered goes nowhere, or Python would complain when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
