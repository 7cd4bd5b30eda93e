"""What was answered so far, and the files it becomes."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError
from bot.i18n import _
from bot.settings import load_settings

_HEAD = """\
# Made by countersign init. Every key that there is stands in countersign.example.toml.
# Secrets never stand here: env:NAME or file:PATH, a path relative to this file.

"""


@dataclass(slots=True)
class Draft:
    """*files* are secrets by the names of their files, *variables* what must be set before the
    start and is written nowhere; both hold secrets. *tokens* go into one file, if wanted."""

    config: Path
    database: str = "countersign.db"
    slack: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict, repr=False)
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    variables: dict[str, str] = field(default_factory=dict, repr=False)
    tokens_file: str = ""

    @property
    def folder(self) -> Path:
        return self.config.parent

    def free_name(self, stem: str, suffix: str) -> str:
        """A file's name that is not taken, neither on the disk nor here."""
        number = 1
        while True:
            name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
            if name not in self.files and not (self.folder / name).exists():
                return name
            number += 1

    def text(self) -> str:
        tables = [("[slack]", self.slack), ("[policy]", self.policy)]
        tables += [("[[accounts]]", account) for account in self.accounts]
        parts = [f"{_HEAD}database = {_toml(self.database)}"]
        parts += ["\n".join([head, *_lines(values)]) for head, values in tables]
        return "\n\n".join(parts) + "\n"

    def write(self, environ: Mapping[str, str]) -> list[Path]:
        """Secrets first, the configuration last and all at once; what a failure or a signal leaves
        half done is taken away again. Nothing that exists is changed.

        Raises ConfigurationError.
        """
        secrets = {self.folder / name: f"{text}\n" for name, text in self.files.items()}
        if self.tokens_file:
            lines = [f"{name}={shlex.quote(text)}\n" for name, text in self.tokens.items()]
            secrets[self.folder / self.tokens_file] = "".join(lines)
        whole = self.config.with_name(f".{self.config.name}.{os.getpid()}")
        made: list[Path] = []
        try:
            with _undisturbed():
                for path, text in (secrets | {whole: self.text()}).items():
                    _create(path, text)
                    made.append(path)
                known = {**environ, **self.variables}
                load_settings(whole, database=None, environ=known, need_slack=False)
                os.link(whole, self.config)  # unlike a rename it never replaces a file
                whole.unlink()
        except BaseException as error:
            for path in made:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _unwritable(error, self.config) from error
            raise
        return [*secrets, self.config]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Stop signals wait until the files stand."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _create(path: Path, text: str) -> None:
    """For its owner alone; raises FileExistsError where something stands there."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def _unwritable(error: OSError, config: Path) -> ConfigurationError:
    return ConfigurationError(
        _(
            "{path} cannot be written ({reason}); nothing was kept",
            path=error.filename or config,
            reason=error.strerror,
        )
    )


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: object) -> str:
    """JSON's texts, numbers and lists of texts are TOML's."""
    return json.dumps(value, ensure_ascii=False)
