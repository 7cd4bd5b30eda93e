"""The configuration file of a stage, as an operator would write it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bot.sandbox.clouds.book import CloudAccount


def config_text(
    accounts: Sequence[str],
    *,
    mode: str,
    ops_listen: str,
    policy: str,
    approvers: Sequence[str],
    quorum: int,
) -> str:
    """*policy* is lines of its table; *accounts* are tables made by `account_table`."""
    head = [
        'database = "countersign.db"',
        "[slack]",
        f'mode = "{mode}"',
        'approvals_channel = "C0APPROVALS"',
        *(['listen = "127.0.0.1:0"'] if mode == "http" else []),
        "[ops]",
        f'listen = "{ops_listen}"',
        "[policy]",
        policy,
        f"approvers = {json.dumps(approvers)}",
        f"quorum = {quorum}",
    ]
    return "\n".join([*head, *accounts])


def account_table(folder: Path, account: CloudAccount, endpoint: str) -> str:
    """The account's table; its secret is written into a file in *folder*."""
    names = {"huawei": "secret_access_key"}
    secret = names.get(account.provider, "access_key_secret")
    (folder / f"{account.name}.secret").write_text(account.access_key_secret)
    lines = [
        "[[accounts]]",
        f'name = "{account.name}"',
        f'provider = "{account.provider}"',
        f'endpoint = "{endpoint}"',
        "requests_per_second = 100",
        f'access_key_id = "{account.access_key_id}"',
        f'{secret} = "file:{account.name}.secret"',
    ]
    if account.provider != "unicloud":
        lines.append(f'site = "{account.site}"')
    return "\n".join(lines)
