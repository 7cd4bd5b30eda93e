"""A TOML file whose keys know their lines, so that a refusal can name `FILE:LINE`.

`tomllib` decides what the file says and what is wrong with its syntax; the scanner here runs after
it, on text known to be valid, and only notes on which line each key and each table begins. A key
inside an inline table or an array stands on the line of the key that holds it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError
from bot.i18n import _

KeyPath = tuple[str | int, ...]  # ("accounts", 0, "name")

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_STRINGS = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)+")
_PLAIN = re.compile(r"[^\s\"'\[\]{},#]+")  # a number, a date, a boolean, or the = of a pair


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The parsed values and, by key path, the lines they stand on (from 1)."""

    path: Path
    values: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of *path*, or of the nearest key or table that holds it; 1 for the file."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


def read_config(path: Path) -> ConfigFile:
    """Read and parse *path*. Raises ConfigurationError when it is missing or no valid TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            _("is not UTF-8 text; save it as UTF-8"), file=str(path), line=line
        ) from error
    except OSError as error:
        raise ConfigurationError(
            _(
                "cannot be read ({reason}); copy countersign.example.toml there, "
                "or name another file with --config",
                reason=error.strerror,
            ),
            file=str(path),
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, text, error) from error
    file = ConfigFile(path, values, dict(_Scanner(text).lines()))
    for key, value in _texts(values, ()):
        if "\0" in value:
            sentence = _("holds a NUL character, which no name can; take out the \\u0000")
            raise ConfigurationError(sentence, file=str(path), line=file.line(key))
    return file


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every string of the file, with where it stands."""
    if isinstance(value, str):
        yield path, value
    inner = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else inner:
        yield from _texts(each, (*path, key))


def _syntax_error(path: Path, text: str, message: str) -> ConfigurationError:
    found = _AT_LINE.search(message)
    line = int(found[1]) if found and found[1] else text.count("\n") + (not text.endswith("\n"))
    reason = _AT_LINE.sub("", message)
    sentence = _("is not valid TOML here: {reason}; mend this line", reason=reason)
    return ConfigurationError(sentence, file=str(path), line=line)


def _unreadable(path: Path, text: str, error: Exception) -> ConfigurationError:
    """Python converts no integer of thousands of digits and calls no function so deep."""
    if isinstance(error, RecursionError):
        sentence = _("opens more brackets within each other than can be read; write it flatter")
    else:
        sentence = _("holds a number of too many digits; write a shorter one")
    return ConfigurationError(sentence, file=str(path), line=_line_of_failure(text))


def _line_of_failure(text: str) -> int:
    """tomllib names none here, but it reads from the top: the first line that makes it stop."""
    lines = text.split("\n")

    def stops(count: int) -> bool:
        try:
            tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            return False
        except (ValueError, RecursionError):
            return True
        return False

    return bisect_left(range(1, len(lines)), x=True, key=stops) + 1


class _Scanner:
    """Walks valid TOML once, from the top."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counts: dict[KeyPath, int] = {}  # how often each [[array table]] was opened

    def lines(self) -> Iterator[tuple[KeyPath, int]]:
        seen: set[KeyPath] = set()
        table: KeyPath = ()
        while self._skip_blank():
            line = self._line
            if self._text[self._at] == "[":
                table = path = self._header()
            else:
                path = table + tuple(self._key())
                self._value()
            for length in range(1, len(path) + 1):
                if path[:length] not in seen:
                    seen.add(path[:length])
                    yield path[:length], line

    def _header(self) -> KeyPath:
        """`[a.b]` or `[[a.b]]`; a part that is an array of tables gains the number of its last."""
        repeated = self._text.startswith("[[", self._at)
        self._move(2 if repeated else 1)
        path: KeyPath = ()
        parts = self._key()
        for number, part in enumerate(parts, 1):
            path += (part,)
            if repeated and number == len(parts):
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path += (self._counts[path] - 1,)
        self._move(2 if repeated else 1)
        return path

    def _key(self) -> list[str]:
        """A bare, quoted or dotted key, up to the `=` or `]` behind it."""
        parts: list[str] = []
        while self._text[self._at] not in "=]":
            quoted = _STRINGS.match(self._text, self._at)
            bare = _BARE_KEY.match(self._text, self._at)
            if quoted:
                parts.extend(tomllib.loads(f"{quoted[0]} = 0"))
            elif bare:
                parts.append(bare[0])
            found = quoted or bare
            self._move(len(found[0]) if found else 1)  # else a dot or a space
        return parts

    def _value(self) -> None:
        """Past `= value`: to the end of its line, or of the array or inline table it opens."""
        self._move(1)
        depth = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "\n" and depth == 0:
                return
            token = _STRINGS.match(self._text, self._at) or _PLAIN.match(self._text, self._at)
            if token:
                self._move(len(token[0]))
            elif character == "#":
                self._move(self._text.find("\n", self._at) - self._at)
            else:
                depth += (character in "[{") - (character in "]}")
                self._move(1)

    def _skip_blank(self) -> bool:
        """Past white space and comments; False at the end of the text."""
        blank = _BLANK.match(self._text, self._at)
        self._move(len(blank[0]) if blank else 0)
        return self._at < len(self._text)

    def _move(self, length: int) -> None:
        """Forward by *length*; a negative one means that no line end was left."""
        end = self._at + length if length >= 0 else len(self._text)
        self._line += self._text.count("\n", self._at, end)
        self._at = end
