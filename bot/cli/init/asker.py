"""How questions are put: on a terminal, or by a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import typer

from bot.i18n import _
from bot.redact import mask

T = TypeVar("T")


class Asker(Protocol):
    def say(self, text: str) -> None: ...

    def ask(self, question: str, default: str | None) -> str:
        """*default* None asks until something is typed; "" lets the answer be empty."""
        ...

    def ask_secret(self, question: str) -> str:
        """Typed unseen."""
        ...

    def confirm(self, question: str, *, default: bool) -> bool: ...


class Terminal:
    """Raises typer.Abort where the input ends."""

    def say(self, text: str) -> None:
        typer.echo(mask(text))

    def ask(self, question: str, default: str | None) -> str:
        answer: str = typer.prompt(question, default=default, show_default=bool(default))
        return answer.strip()

    def ask_secret(self, question: str) -> str:
        answer: str = typer.prompt(question, hide_input=True)
        return answer.strip()

    def confirm(self, question: str, *, default: bool) -> bool:
        return typer.confirm(question, default=default)


def ask_until(
    asker: Asker, question: str, check: Callable[[str], T], default: str | None = None
) -> T:
    """Ask until *check* takes the answer; it raises ValueError with what is wrong."""
    while True:
        answer = asker.ask(question, default)
        try:
            return check(answer)
        except ValueError as error:
            asker.say(_("  {reason}", reason=error))


def ask_choice(asker: Asker, question: str, choices: Sequence[str], default: str) -> str:
    def known(answer: str) -> str:
        if answer.lower() not in choices:
            raise ValueError(_("must be one of {known}", known=", ".join(choices)))
        return answer.lower()

    return ask_until(asker, f"{question} ({' / '.join(choices)})", known, default)
