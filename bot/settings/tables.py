"""countersign.toml as a whole: the tables beside policy and accounts, and what ties them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from bot.i18n import _
from bot.settings.accounts import AlibabaAccount, HuaweiAccount, UnicloudAccount
from bot.settings.policy import PolicyTable
from bot.settings.values import (
    ChannelId,
    FilePath,
    Listen,
    ListenAddress,
    PersonId,
    SecretRef,
    Several,
    SlackProxy,
    Table,
)


def _head_target(value: Any, info: ValidationInfo) -> Path | Literal["slack"]:
    """`slack`, or `file:PATH` relative to the configuration."""
    if value == "slack":
        return "slack"
    kind, _colon, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    if kind != "file" or not name:
        raise ValueError(_('must hold "slack" or "file:PATH" only'))
    assert info.context is not None  # noqa: S101 - the loader always gives one
    folder: Path = info.context["folder"]
    return folder / name


HeadTarget = Annotated[Path | Literal["slack"], BeforeValidator(_head_target)]


class SlackTable(Table):
    mode: Literal["socket", "http"] = "socket"
    listen: ListenAddress = Listen("127.0.0.1", 3000)
    approvals_channel: ChannelId | None = None
    proxy: SlackProxy | None = None


class OpsTable(Table):
    listen: ListenAddress = Listen("127.0.0.1", 9464)


class PersonTable(Table):
    """One human behind several ids; grants no right. *cloud_users* are `ACCOUNT:USER`."""

    slack: Several[PersonId] = Field(min_length=1)
    cloud_users: Several[str] = ()


class AuditTable(Table):
    key: SecretRef | None = None
    heads: Several[HeadTarget] = ()


class AuditOnly(Table):
    audit: AuditTable = AuditTable()


class ConfigurationTables(Table):
    database: FilePath | None = None
    language: Literal["en", "zh"] = "en"
    slack: SlackTable = SlackTable()
    ops: OpsTable = OpsTable()
    policy: PolicyTable
    people: Several[PersonTable] = ()
    audit: AuditTable = AuditTable()
    accounts: Several[
        Annotated[AlibabaAccount | HuaweiAccount | UnicloudAccount, Field(discriminator="provider")]
    ] = Field(min_length=1)
