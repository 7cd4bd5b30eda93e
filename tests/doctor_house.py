"""A set-up in which nothing is wrong, between the embedded workspace and the embedded clouds, for
tests that each spoil one thing of it."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bot.doctor.findings import Code, Report
from bot.doctor.report import as_json, as_text
from bot.doctor.run import PATIENCE, examine
from bot.manifest import manifest
from bot.sandbox.clouds.server import Clouds
from bot.sandbox.workspace import Workspace, start_workspace
from bot.settings import Settings, load_settings
from tests.clouds import fresh_clouds
from tests.stage_config import account_table

T = TypeVar("T")
FEW = 2  # orders of each account: enough to read one
# What of the workspace a test may change; put back after it.
_CHANGED = (
    "people",
    "groups",
    "channels",
    "scopes",
    "app_scopes",
    "team_id",
    "app_token_app_id",
    "manifest",
)


class MovedClock:
    """The real time plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead  # noqa: TID251 - the wiring of the tests


@dataclass
class Town:
    """The servers that the tests of a file share."""

    slack: Workspace
    clouds: Clouds

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Slack and the clouds as they were before."""
        state, book = self.slack.state, self.clouds.book
        before = {name: copy.deepcopy(getattr(state, name)) for name in _CHANGED}
        yield
        for name, value in before.items():
            setattr(state, name, value)
        self.slack.faults.ordered.clear()
        book.faults.clear()


@asynccontextmanager
async def town() -> AsyncIterator[Town]:
    async with start_workspace() as slack, fresh_clouds() as clouds:
        slack.state.manifest = manifest()
        orders = clouds.book.orders
        for name, rows in orders.items():
            orders[name] = dict(islice(rows.items(), FEW))
        yield Town(slack, clouds)


@dataclass
class House:
    """One set-up. *tables* are parts of the file by their names; `finds` examines it."""

    folder: Path
    town: Town
    stack: AsyncExitStack
    environ: dict[str, str]
    accounts: list[str]
    clock: MovedClock = field(default_factory=MovedClock)
    top: list[str] = field(default_factory=lambda: ['database = "countersign.db"'])
    slack: dict[str, Any] = field(
        default_factory=lambda: {"mode": "socket", "approvals_channel": "C0APPROVALS"}
    )
    ops: dict[str, Any] = field(default_factory=lambda: {"listen": "127.0.0.1:0"})
    policy: dict[str, Any] = field(
        default_factory=lambda: {"approvers": ["U0BOB", "U0CHEN"], "quorum": 1}
    )
    more: list[str] = field(default_factory=list)  # whole tables

    @property
    def config(self) -> Path:
        return self.folder / "countersign.toml"

    @property
    def database(self) -> Path:
        return self.folder / "countersign.db"

    def text(self) -> str:
        tables = {"slack": self.slack, "ops": self.ops, "policy": self.policy}
        parts = list(self.top)
        for name, values in tables.items():
            parts += [f"[{name}]", *(f"{key} = {json.dumps(v)}" for key, v in values.items())]
        return "\n".join([*parts, *self.more, *self.accounts, ""])

    def settings(self) -> Settings:
        if not self.config.exists():
            self.config.touch(0o600)
        self.config.write_text(self.text(), encoding="utf-8")
        return load_settings(self.config, database=None, environ=self.environ, need_slack=False)

    def account(self, name: str = "alibaba-main", endpoint: str = "", **changes: str) -> None:
        """Have this account alone; *changes* replace lines of its table or add some."""
        known = self.town.clouds.book.accounts[name]
        table = account_table(self.folder, known, endpoint or self.town.clouds.url)
        (self.folder / f"{name}.secret").chmod(0o600)
        lines = dict(line.split(" = ", 1) for line in table.splitlines()[1:])
        lines |= {key: json.dumps(value) for key, value in changes.items()}
        self.accounts = ["[[accounts]]", *(f"{key} = {value}" for key, value in lines.items())]

    async def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Open until the test is over."""
        return await self.stack.enter_async_context(context)

    async def examined(self, patience_s: float = PATIENCE) -> Report:
        return await examine(self.settings(), self.environ, self.clock, patience_s=patience_s)

    async def finds(self, *expected: tuple[Code, str]) -> Report:
        """Examine, and find exactly this: code and subject, in whatever order."""
        report = await self.examined()
        found = [(finding.code, finding.subject) for finding in report.findings]
        assert sorted(found) == sorted(expected), as_text(report)
        self.check_words(report)
        return report

    def check_words(self, report: Report) -> None:
        """Each fix is one sentence, and nothing printed holds a secret."""
        for finding in report.findings:
            assert finding.fix.endswith("."), finding
            assert finding.problem.endswith("."), finding
            assert "\n" not in finding.fix + finding.problem, finding
        shown = as_text(report) + as_json(report)
        for secret in self.secrets():
            assert secret not in shown

    def secrets(self) -> list[str]:
        state = self.town.slack.state
        accounts = self.town.clouds.book.accounts.values()
        return [
            state.bot_token,
            state.app_token,
            state.config_token,
            state.signing_secret,
            *(account.access_key_secret for account in accounts),
        ]


@asynccontextmanager
async def healthy_house(folder: Path, town: Town) -> AsyncIterator[House]:
    state = town.slack.state
    environ = {
        "SLACK_BOT_TOKEN": state.bot_token,
        "SLACK_APP_TOKEN": state.app_token,
        "SLACK_CONFIG_TOKEN": state.config_token,
        "SLACK_API_URL": town.slack.api_url,
    }
    async with AsyncExitStack() as stack:
        house = House(folder, town, stack, environ, [])
        house.account()
        with town.restored():
            yield house
