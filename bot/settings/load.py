"""Reading it all: option before environment before file, then the checks across tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from bot.configfile import ConfigFile, read_config
from bot.domain.policy import Policy
from bot.i18n import _
from bot.settings import environment
from bot.settings.accounts import AccountSettings
from bot.settings.refusals import first_refusal, nearest, refuse
from bot.settings.secret import Secret
from bot.settings.tables import (
    AuditOnly,
    AuditTable,
    ConfigurationTables,
    PersonTable,
    SlackTable,
)
from bot.settings.values import Listen, Table, parse_path

M = TypeVar("M", bound=Table)

DEFAULT_CONFIG = Path("countersign.toml")
DEFAULT_DATABASE = "countersign.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """*bot_token* is None only where no Slack is needed; *app_token* belongs to Socket Mode,
    *signing_secrets* (one, or two while rotating) to HTTP mode."""

    mode: Literal["socket", "http"]
    listen: Listen
    approvals_channel: str | None
    proxy: str | None
    api_url: str  # ends in /api/
    bot_token: Secret | None = field(repr=False)
    app_token: Secret | None = field(repr=False)
    signing_secrets: tuple[Secret, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the wiring room needs. Paths are relative to the configuration's folder."""

    config: Path
    database: Path
    language: str
    slack: SlackSettings
    ops_listen: Listen
    policy: Policy
    people: tuple[PersonTable, ...]
    audit: AuditTable
    accounts: tuple[AccountSettings, ...]


def load_settings(
    config: Path | None,
    *,
    database: Path | None,
    environ: Mapping[str, str],
    need_slack: bool,
    need_secrets: bool = True,
) -> Settings:
    """Read and check everything; *need_slack* asks for the tokens too. Without *need_secrets* what
    the configuration's references stand for is not read, and each of its secrets is empty.

    Raises ConfigurationError, `FILE:LINE: sentence with the fix`, for whatever stands first.
    """
    file = read_config(_config_path(config, environ))
    tables = _validate(ConfigurationTables, file, environ if need_secrets else None)
    _check_accounts(file, tables)
    _check_people(file, tables)
    return Settings(
        config=file.path,
        database=_database(database, environ, tables.database, file.path.parent),
        language=tables.language,
        slack=_slack(tables.slack, environ, need_slack=need_slack),
        ops_listen=tables.ops.listen,
        policy=tables.policy.policy(),
        people=tables.people,
        audit=tables.audit,
        accounts=tables.accounts,
    )


def database_path(
    database: Path | None, *, config: Path | None, environ: Mapping[str, str]
) -> Path:
    """Where the database is, for commands that need no token and no cloud secret.

    Only the configuration's `database` key is read, and only if neither the option nor the
    environment names a file; a default configuration that is not there is no error.
    """
    path = _config_path(config, environ)
    named = config is not None or bool(environ.get("COUNTERSIGN_CONFIG"))
    if database or environ.get("COUNTERSIGN_DATABASE") or not (named or path.exists()):
        return _database(database, environ, None, path.parent)
    file = read_config(path)
    try:
        configured = parse_path(file.values.get("database", DEFAULT_DATABASE))
    except ValueError as error:
        raise refuse(file, ("database",), str(error)) from error
    return _database(None, environ, path.parent / configured, path.parent)


def audit_settings(config: Path | None, *, environ: Mapping[str, str]) -> AuditTable:
    """`[audit]` alone, for commands that need no token and no cloud secret; a default configuration
    that is not there is no error. Raises ConfigurationError."""
    path = _config_path(config, environ)
    if not (config or environ.get("COUNTERSIGN_CONFIG") or path.exists()):
        return AuditTable()
    file = read_config(path)
    values = {name: table for name, table in file.values.items() if name == "audit"}
    return _validate(AuditOnly, ConfigFile(file.path, values, file.lines), environ).audit


def _config_path(option: Path | None, environ: Mapping[str, str]) -> Path:
    return option or Path(environ.get("COUNTERSIGN_CONFIG") or DEFAULT_CONFIG)


def _database(
    option: Path | None, environ: Mapping[str, str], configured: Path | None, folder: Path
) -> Path:
    from_environment = environ.get("COUNTERSIGN_DATABASE")
    if option:
        return option
    return Path(from_environment) if from_environment else configured or folder / DEFAULT_DATABASE


def _validate(model: type[M], file: ConfigFile, environ: Mapping[str, str] | None) -> M:
    context = {"folder": file.path.parent, "environ": environ}
    try:
        return model.model_validate(file.values, context=context)
    except ValidationError as error:
        refusal = first_refusal(file, error)
    raise refusal  # outside the except block: pydantic's error holds what was typed


def _slack(table: SlackTable, environ: Mapping[str, str], *, need_slack: bool) -> SlackSettings:
    socket = table.mode == "socket"
    return SlackSettings(
        mode=table.mode,
        listen=table.listen,
        approvals_channel=table.approvals_channel,
        proxy=table.proxy,
        api_url=environment.read_api_url(environ),
        bot_token=environment.read_bot_token(environ) if need_slack else None,
        app_token=environment.read_app_token(environ) if need_slack and socket else None,
        signing_secrets=(
            environment.read_signing_secrets(environ) if need_slack and not socket else ()
        ),
    )


def _check_accounts(file: ConfigFile, tables: ConfigurationTables) -> None:
    """Names are unique, whatever their case, and rules speak only of accounts that exist."""
    seen: set[str] = set()
    for index, account in enumerate(tables.accounts):
        if account.name.casefold() in seen:
            sentence = _('"{name}" is taken by an account above; choose another', name=account.name)
            raise refuse(file, ("accounts", index, "name"), sentence)
        seen.add(account.name.casefold())
    for index, rule in enumerate(tables.policy.rules):
        for name in rule.accounts:
            _require_account(file, tables, name, ("policy", "rules", index, "accounts"))


def _check_people(file: ConfigFile, tables: ConfigurationTables) -> None:
    """An id belongs to one human; cloud users name an account that exists."""
    seen: set[str] = set()
    for index, person in enumerate(tables.people):
        for slack_id in person.slack:
            if slack_id in seen:
                sentence = _('"{name}" stands twice; an id belongs to one human', name=slack_id)
                raise refuse(file, ("people", index, "slack"), sentence)
            seen.add(slack_id)
        for cloud_user in person.cloud_users:
            path = ("people", index, "cloud_users")
            name, colon, user = cloud_user.partition(":")
            if not colon or not user:
                raise refuse(file, path, _('must read "ACCOUNT:USER", such as "alibaba-main:2034"'))
            _require_account(file, tables, name, path)


def _require_account(
    file: ConfigFile, tables: ConfigurationTables, name: str, path: tuple[str | int, ...]
) -> None:
    known = [account.name for account in tables.accounts]
    if name not in known:
        hint = nearest(name, known)
        raise refuse(file, path, _('no account is called "{name}"; {hint}', name=name, hint=hint))
