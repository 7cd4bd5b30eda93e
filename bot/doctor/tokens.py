"""Slack's tokens as the environment holds them: each by itself, so that all that is wrong is
told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from bot.doctor.findings import Code, Notes
from bot.errors import ConfigurationError
from bot.i18n import _
from bot.redact import register
from bot.settings import Secret
from bot.settings.environment import read_app_token, read_bot_token, read_signing_secrets

# Of the person who owns the app, read by the doctor alone and kept nowhere: it lives 12 hours.
CONFIG_TOKEN = "SLACK_CONFIG_TOKEN"  # noqa: S105 - the variable's name

T = TypeVar("T")
Mode = Literal["socket", "http"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """None for what is missing, of a wrong kind, or not needed in this mode."""

    bot: Secret | None
    app: Secret | None
    config: str = field(repr=False)


def check_tokens(environ: Mapping[str, str], mode: Mode, notes: Notes) -> Tokens:
    bot = _read(read_bot_token, environ, "SLACK_BOT_TOKEN", notes)
    app = None
    if mode == "socket":
        app = _read(read_app_token, environ, "SLACK_APP_TOKEN", notes)
    else:
        check_signing_secret(environ, notes)
    notes.check(_("tokens in the environment"))
    config = environ.get(CONFIG_TOKEN, "").strip()
    register(config)
    return Tokens(bot, app, config)


def check_signing_secret(environ: Mapping[str, str], notes: Notes) -> None:
    name = "SLACK_SIGNING_SECRET"
    try:
        read_signing_secrets(environ)
    except ConfigurationError as error:
        problem, _semicolon, fix = str(error).partition("; ")
        usual = _("Write the secret, or the new and the old one with a comma between them.")
        notes.find(Code.SIGNING_SECRET, name, f"{problem}.", _sentence(fix) if fix else usual)
    notes.skip(_("the signing secret"), _("only a request from Slack shows whether it is right"))


def _read(
    read: Callable[[Mapping[str, str]], T], environ: Mapping[str, str], name: str, notes: Notes
) -> T | None:
    try:
        return read(environ)
    except ConfigurationError as error:
        code = Code.TOKEN_KIND if environ.get(name, "").strip() else Code.TOKEN_MISSING
        problem, _semicolon, fix = str(error).partition("; ")
        notes.find(code, name, f"{problem}.", _sentence(fix))
        return None


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
