"""A secret named in the configuration as `env:NAME` or `file:PATH`, never written there itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import structlog

from bot import redact
from bot.i18n import _

_log = structlog.get_logger(__name__)
_Stamp = tuple[int, int, int]  # modification time in ns, size in bytes, inode


class Secret:
    """Text behind a reference. Its repr and str show the reference, never the text.

    A file is read again when it changes and after `refresh`; while it cannot be read, the text
    read last stays in use. Every text ever read is masked in logs and messages.
    """

    __slots__ = ("_path", "_stamp", "_text", "source")

    def __init__(self, source: str, text: str, path: Path | None = None) -> None:
        """*source* is the reference for people; *path* only for what is read again."""
        self.source = source
        self._text = text
        self._path = path
        self._stamp = _stamp(path)
        redact.register(text)

    def __repr__(self) -> str:
        return f"Secret({self.source})"

    __str__ = __repr__

    def value(self) -> str:
        """The text as it is now, without its line end."""
        if self._path is not None:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._stamp = stamp
                self._read_again(self._path)
        return self._text

    def refresh(self) -> None:
        """Read the file at the next `value()`, changed or not. The environment never changes."""
        self._stamp = (-1, -1, -1)

    def _read_again(self, path: Path) -> None:
        try:
            self._text = _read(path)
        except ValueError as error:
            _log.warning("secret_not_read", source=self.source, reason=str(error))
        else:
            redact.register(self._text)


def is_reference(text: str) -> bool:
    return text.startswith(("env:", "file:"))


def read_secret(reference: str, *, folder: Path, environ: Mapping[str, str] | None) -> Secret:
    """The secret behind `env:NAME` or `file:PATH`, a path relative to *folder*. Without *environ*
    nothing is read, and the secret is empty.

    Raises ValueError with a sentence that never quotes *reference* unless it is a reference.
    """
    kind, _colon, name = reference.partition(":")
    if not is_reference(reference):
        raise ValueError(
            _(
                "must not hold the secret itself; "
                "put it in the environment or in a file and write env:NAME or file:PATH here"
            )
        )
    if not name:
        raise ValueError(_("lacks the name behind {kind}:", kind=kind))
    if environ is None:
        return Secret(reference, "")
    if kind == "env":
        text = environ.get(name, "").strip()
        if not text:
            raise ValueError(
                _("environment variable {name} is not set; set it before the start", name=name)
            )
        return Secret(reference, text)
    path = folder / name
    return Secret(reference, _read(path), path)


def _read(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8").rstrip("\r\n")  # line ends within it stay
    except OSError as error:
        raise ValueError(
            _("{path} cannot be read: {reason}", path=path, reason=error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(_("{path} is not UTF-8 text", path=path)) from error
    if not text:
        raise ValueError(_("{path} is empty; write the secret into it", path=path))
    return text


def _stamp(path: Path | None) -> _Stamp | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
