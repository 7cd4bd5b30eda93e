"""The stage: embedded clouds, an embedded workspace, and the bot configured for both."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.app import Running, SystemClock, running
from bot.crash import VARIABLE
from bot.demo.clock import MovableClock
from bot.manifest import BOT_EVENTS
from bot.sandbox.clouds.book import CloudAccount
from bot.sandbox.clouds.server import Clouds, start_clouds
from bot.sandbox.workspace import Workspace, start_workspace
from bot.settings import Settings, load_settings

_POLICY = """
database = "countersign.db"
[slack]
mode = "socket"
approvals_channel = "C0APPROVALS"
[ops]
listen = "127.0.0.1:0"
[policy]
viewers = ["members"]
requesters = ["members"]
approvers = ["U0BOB", "S0FINANCE"]
quorum = 1
hold = "{hold}"
quiet = "22:00-08:00"
[[policy.rules]]
over = ["10000 CNY", "1500 USD"]
quorum = 2
"""
_NAMES = {"huawei": ("access_key_id", "secret_access_key")}
_SPEED = 100  # requests per second: the embedded clouds set no limit


class Stage:
    """`start` and `stop` the bot; clouds, workspace and database stay. *clock* is the bot's."""

    def __init__(self, folder: Path, clouds: Clouds, workspace: Workspace, *, hold: str) -> None:
        self.clouds = clouds
        self.workspace = workspace
        self.clock = MovableClock(SystemClock())
        self.database = folder / "countersign.db"
        self._settings = _settings(folder, clouds, workspace, hold=hold)
        self._bot: AsyncExitStack | None = None
        self._running: Running | None = None
        self._process: Process | None = None

    async def start(self) -> Running:
        self._bot = AsyncExitStack()
        bot = running(self._settings, self.clock, wall=SystemClock())
        self._running = await self._bot.enter_async_context(bot)
        return self._running

    async def stop(self) -> None:
        if self._bot is not None:
            await self._bot.aclose()
            self._bot = self._running = None
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def move(self, by: timedelta) -> None:
        """Let time pass for the bot and the clouds' orders. Slack, and what is signed, stay on the
        real time."""
        self.clock.move(by)
        self.clouds.book.move(by)
        if self._running is not None:
            self._running.clock_moved()

    async def start_process(self, *, crash_at: str) -> Process:
        """The same bot as a process of its own that kills itself at a named point; returns when
        it is connected. Its clock is the real one: only for a stage that was not moved."""
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **_environ(self.workspace),
            "TMPDIR": tempfile.gettempdir(),
            VARIABLE: crash_at,
        }
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "serve", "--config", str(self._settings.config)),
            cwd=Path(__file__).parents[2],
            env=environ,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self.workspace.until(lambda: self.workspace.sockets.connections, timeout=20)
        return self._process


@asynccontextmanager
async def staged(folder: Path, *, seed: int, hold: str) -> AsyncIterator[Stage]:
    """The stage with the bot running, for as long as the context lasts. *hold* is how long an
    approved request can still be stopped, as in the configuration: "2s"."""
    async with (
        start_clouds(seed=seed) as clouds,
        start_workspace(events=BOT_EVENTS) as workspace,
    ):
        stage = Stage(folder, clouds, workspace, hold=hold)
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()


def _settings(folder: Path, clouds: Clouds, workspace: Workspace, *, hold: str) -> Settings:
    """Through a configuration file, as in life."""
    accounts = [
        _account_table(account, clouds.url, folder) for account in clouds.book.accounts.values()
    ]
    config = folder / "countersign.toml"
    config.write_text("\n".join([_POLICY.format(hold=hold), *accounts]), encoding="utf-8")
    return load_settings(config, database=None, environ=_environ(workspace), need_slack=True)


def _environ(workspace: Workspace) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
    }


def _account_table(account: CloudAccount, url: str, folder: Path) -> str:
    key, secret = _NAMES.get(account.provider, ("access_key_id", "access_key_secret"))
    lines = [
        "[[accounts]]",
        f'name = "{account.name}"',
        f'provider = "{account.provider}"',
        f'endpoint = "{url}"',
        f"requests_per_second = {_SPEED}",
        f'{key} = "{account.access_key_id}"',
        _secret(secret, account.access_key_secret, account.name, folder),
    ]
    if account.provider != "unicloud":
        lines.append(f'site = "{account.site}"')
    if account.security_token:
        lines.append(_secret("security_token", account.security_token, account.name, folder))
    if account.owner_id:
        lines.append(f'owner_id = "{account.owner_id}"')
    if account.domain_id:
        lines.append(f'domain_id = "{account.domain_id}"')
    return "\n".join(lines)


def _secret(key: str, value: str, account: str, folder: Path) -> str:
    file = folder / f"{account}.{key}"
    file.write_text(value, encoding="utf-8")
    return f'{key} = "file:{file.name}"'
