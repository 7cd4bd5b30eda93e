"""What an operator sets: countersign.toml, a few environment variables, options over both.

`load_settings` reads all of it once, refuses what is wrong with `FILE:LINE: sentence with the fix`
and hands out frozen values; nothing is read at import.
"""

from __future__ import annotations

from bot.settings.accounts import (
    AccountSettings,
    AlibabaAccount,
    HuaweiAccount,
    UnicloudAccount,
)
from bot.settings.environment import drop_unused_slack_variables
from bot.settings.load import (
    Settings,
    SlackSettings,
    audit_settings,
    database_path,
    load_settings,
)
from bot.settings.secret import Secret
from bot.settings.tables import AuditTable
from bot.settings.values import Listen

__all__ = [
    "AccountSettings",
    "AlibabaAccount",
    "AuditTable",
    "HuaweiAccount",
    "Listen",
    "Secret",
    "Settings",
    "SlackSettings",
    "UnicloudAccount",
    "audit_settings",
    "database_path",
    "drop_unused_slack_variables",
    "load_settings",
]
