"""The small values of countersign.toml: each parses one text, or says in a sentence what is wrong.

Every parser raises ValueError; the loader puts file, line and key in front of it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.domain.money import Money
from bot.domain.policy import Principals, QuietHours
from bot.i18n import _
from bot.settings.secret import Secret, is_reference, read_secret

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_THRESHOLD = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) ([A-Z]{3})")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HIGHEST_PORT = 65535
_TOO_MANY_SECONDS = 10**6


T = TypeVar("T")
Several = Annotated[tuple[T, ...], Field(strict=False)]  # a TOML array


class Table(BaseModel):
    """One table of the file: exact types, frozen, no key that is not declared."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    raise PydanticCustomError("unknown_key", "{key}", {"key": key, "known": known})
        return values


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a listener binds; port 0 lets the system choose."""

    host: str
    port: int


def parse_duration(value: Any) -> timedelta:
    """`30s`, `90m`, `24h`, `7d`."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(_('must be a duration such as "30s", "90m", "24h" or "7d"'))
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def parse_timeout(value: Any) -> timedelta:
    """A duration, or a number of seconds; from 1 s to 5 min."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= value < _TOO_MANY_SECONDS and value == int(value):
        value = f"{value:.0f}s"
    duration = parse_duration(value)
    if not timedelta(seconds=1) <= duration <= timedelta(minutes=5):
        raise ValueError(_("must be between 1s and 5m"))
    return duration


def parse_quiet(value: Any) -> QuietHours:
    """`22:00-08:00`, may pass midnight."""
    ends = value.split("-") if isinstance(value, str) else []
    found = [_TIME_OF_DAY.fullmatch(end.strip()) for end in ends]
    times = [time(int(each[1]), int(each[2])) for each in found if each]
    if len(ends) != 2 or len(times) != 2 or times[0] == times[1]:  # noqa: PLR2004 - start and end
        raise ValueError(_('must be two different times of day such as "22:00-08:00"'))
    return QuietHours(*times)


def parse_threshold(value: Any) -> Money:
    """`10000 CNY`: an amount and an ISO 4217 currency."""
    found = _THRESHOLD.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(_('must be an amount and a currency such as "10000 CNY"'))
    return Money(Decimal(found[1]), found[2])


def parse_principals(value: Any) -> Principals:
    """A list of "members", people (U…) and user groups (S…)."""
    if not isinstance(value, list):
        raise ValueError(_('must be a list such as ["members"] or ["U0BOB", "S0FINANCE"]'))  # noqa: TRY004 - pydantic reads ValueError
    names = [name if isinstance(name, str) else repr(name) for name in value]
    for name in names:
        if name != "members" and not _PERSON.fullmatch(name) and not _GROUP.fullmatch(name):
            raise ValueError(
                _(
                    'holds "{name}", which is neither "members" nor the id of a person (U…) '
                    "or of a user group (S…); ids stand in Slack under Copy member ID",
                    name=name,
                )
            )
    return Principals(
        members="members" in names,
        people=frozenset(name for name in names if _PERSON.fullmatch(name)),
        groups=frozenset(name for name in names if _GROUP.fullmatch(name)),
    )


def parse_listen(value: Any) -> Listen:
    """`127.0.0.1:3000`, `[::1]:3000`."""
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= _HIGHEST_PORT):
        raise ValueError(_('must be an address and a port such as "127.0.0.1:3000"'))
    return Listen(host, int(port))


def check_base_url(url: str) -> str:
    """An address that credentials are sent to: https, or this very machine. No `/` at its end."""
    parts = _split(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError(
            _("must begin with https:// (http:// only for this machine, such as 127.0.0.1)")
        )
    return url.rstrip("/")


def check_slack_proxy(url: str) -> str:
    """A proxy in front of Slack sees only CONNECT, so plain http is enough."""
    if _split(url).scheme not in {"http", "https"}:
        raise ValueError(_('must be an address such as "http://proxy:3128"'))
    return url.rstrip("/")


def check_console_url(url: str) -> str:
    """A page for people, https; `{order_id}` is the only placeholder."""
    if _split(url.replace("{order_id}", "ID")).scheme != "https":
        raise ValueError(_("must begin with https://"))
    if "{" in url.replace("{order_id}", "") or "}" in url.replace("{order_id}", ""):
        raise ValueError(_("may hold {placeholder} and no other braces", placeholder="{order_id}"))
    return url


def check_channel(value: str) -> str:
    if not _CHANNEL.fullmatch(value):
        raise ValueError(
            _('"{name}" is no channel id; copy the C… id from the channel\'s details', name=value)
        )
    return value


def check_person_id(value: str) -> str:
    if not _PERSON.fullmatch(value):
        raise ValueError(_('"{name}" is no id of a person (U…)', name=value))
    return value


def check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(_('must be a short name of letters, digits, "-", "_" and "."'))
    return value


def check_time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError(
            _('"{name}" is no time zone; write one such as "Asia/Shanghai"', name=value)
        ) from None
    return value


def check_filled(value: str) -> str:
    if not value.strip():
        raise ValueError(_("must not be empty"))
    return value


def parse_path(value: Any) -> Path:
    """The path of a file; `~` and `~name` at its start are a home folder."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(_("must be the path of a file in quotes"))
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError(
            _(
                'no home folder is known for "{name}"; write the whole path, from / on',
                name=Path(value).parts[0],
            )
        ) from None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = SplitResult("", "", "", "", ""), False
    if not usable or any(character.isspace() for character in url):
        raise ValueError(_("is no address; write one such as https://host"))
    if "@" in parts.netloc:
        raise ValueError(_("must not hold a user name or password"))
    return parts


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _secret(value: Any, info: ValidationInfo) -> Secret:
    if not isinstance(value, str):
        raise ValueError(_("must be env:NAME or file:PATH in quotes"))  # noqa: TRY004 - as above
    assert info.context is not None  # noqa: S101 - the loader always gives one
    return read_secret(value, folder=info.context["folder"], environ=info.context["environ"])


def _key_id(value: Any, info: ValidationInfo) -> str | Secret:
    if isinstance(value, str) and is_reference(value):
        return _secret(value, info)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(_("must be the key id, env:NAME or file:PATH in quotes"))
    return value


def _file(value: Any, info: ValidationInfo) -> Path:
    assert info.context is not None  # noqa: S101 - the loader always gives one
    folder: Path = info.context["folder"]
    return folder / parse_path(value)


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Timeout = Annotated[timedelta, BeforeValidator(parse_timeout)]
Quiet = Annotated[QuietHours, BeforeValidator(parse_quiet)]
Threshold = Annotated[Money, BeforeValidator(parse_threshold)]
PrincipalList = Annotated[Principals, BeforeValidator(parse_principals)]
ListenAddress = Annotated[Listen, BeforeValidator(parse_listen)]
BaseUrl = Annotated[str, AfterValidator(check_base_url)]
SlackProxy = Annotated[str, AfterValidator(check_slack_proxy)]
ConsoleUrl = Annotated[str, AfterValidator(check_console_url)]
ChannelId = Annotated[str, AfterValidator(check_channel)]
PersonId = Annotated[str, AfterValidator(check_person_id)]
Name = Annotated[str, AfterValidator(check_name)]
TimeZone = Annotated[str, AfterValidator(check_time_zone)]
Filled = Annotated[str, AfterValidator(check_filled)]
SecretRef = Annotated[Secret, BeforeValidator(_secret)]
KeyId = Annotated[str | Secret, BeforeValidator(_key_id)]
FilePath = Annotated[Path, BeforeValidator(_file)]
