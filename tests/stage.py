"""The whole bot, unchanged, between the embedded clouds and the embedded workspace."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import aiohttp

from bot.app import Running, running
from bot.demo.transcript import card_lines
from bot.manifest import BOT_EVENTS
from bot.ports import Clock
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.clouds.server import Clouds
from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.state import ApiCall, Message, OpenView
from bot.settings import Settings, drop_unused_slack_variables, load_settings
from tests.clouds import fresh_clouds
from tests.stage_config import account_table, config_text

T = TypeVar("T")
Mode = Literal["socket", "http"]
ALICE, BOB, CHEN, GUEST, STRANGER = "U0ALICE", "U0BOB", "U0CHEN", "U0GUEST", "U0STRANGER"
GENERAL, FINANCE, SECRET, SHARED = "C0GENERAL", "C0FINANCE", "C0SECRET", "C0SHARED"
ACCOUNTS = ("alibaba-main", "alibaba-intl", "huawei-main", "unicloud-main")
WAIT = 15.0  # seconds for anything to appear; all of it is on this machine


class ShiftedClock:
    """The real time plus what a test adds; the bot's, the workspace's and the clouds' at once."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead  # noqa: TID251 - the wiring of the tests


@dataclass
class Stage:
    """`start` and `stop` the bot; clouds, workspace and database stay."""

    folder: Path
    mode: Mode
    clock: ShiftedClock
    clouds: Clouds
    slack: Workspace
    accounts: tuple[str, ...] = ACCOUNTS
    endpoints: dict[str, str] = field(default_factory=dict)  # by account; else the clouds
    listen: str = "127.0.0.1:0"  # of the ops listener
    policy: str = 'viewers = ["members"]'
    approvers: tuple[str, ...] = (BOB,)
    quorum: int = 1
    wall: Clock | None = None  # of signatures, where the bot's clock alone is moved
    real_time: bool = False  # processes take part, whose clock no test can move
    bot: Running | None = None
    expected: set[tuple[str, str]] = field(default_factory=set)  # (method, error) calls refused
    _stack: AsyncExitStack | None = None

    @property
    def database(self) -> Path:
        return self.folder / "countersign.db"

    @property
    def config(self) -> Path:
        return self.folder / "countersign.toml"

    def environ(self) -> dict[str, str]:
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
        }

    def settings(self, **environ: str) -> Settings:
        """Through a configuration file, as in life."""
        self.write_config()
        given = self.environ() | environ
        return load_settings(self.config, database=None, environ=given, need_slack=True)

    def write_config(self) -> None:
        accounts = [self.clouds.book.accounts[name] for name in self.accounts]
        text = config_text(
            [
                account_table(self.folder, each, self.endpoints.get(each.name, self.clouds.url))
                for each in accounts
            ],
            mode=self.mode,
            ops_listen=self.listen,
            policy=self.policy,
            approvers=self.approvers,
            quorum=self.quorum,
        )
        self.config.write_text(text, encoding="utf-8")

    async def start(self, **environ: str) -> Running:
        drop_unused_slack_variables(os.environ)
        stack = AsyncExitStack()
        self.bot = await stack.enter_async_context(
            running(self.settings(**environ), self.clock, wall=self.wall)
        )
        self._stack = stack
        if self.bot.events is not None:
            host, port = self.bot.events
            self.slack.use_http(f"http://{host}:{port}/slack/events")
        return self.bot

    async def stop(self) -> None:
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await stack.aclose()
            self.slack.use_http(None)

    async def idle(self) -> None:
        """Everything that was delivered has been worked off: the end waits for it."""
        await self.stop()
        await self.start()

    def later(self, **span: float) -> None:
        """Time passes for everybody; after six seconds the clouds are asked for a list anew."""
        self.clock.ahead += timedelta(**span)
        if self._stack is not None and self.bot is not None:
            self.bot.clock_moved()

    async def type(self, who: str, text: str, *, until: str = "", where: str = GENERAL) -> Message:
        """Type `/order text` and wait for the private answer that says *until*."""
        before = self.seen(who, where)
        acked(await self.slack.command(who, where, text))
        return await self.private(who, until, besides=before, where=where)

    async def press(self, who: str, action: str, *, where: str = GENERAL, **which: Any) -> Delivery:
        return acked(await self.slack.click_message(who, where, action, **which))

    async def press_in_window(self, who: str, action: str, **which: Any) -> Delivery:
        return acked(await self.slack.click_modal(who, action, **which))

    def seen(self, who: str, where: str = GENERAL) -> set[str]:
        return {message.ts for message in self.slack.messages(where, who)}

    async def private(
        self, who: str, text: str, *, besides: Collection[str] = (), where: str = GENERAL
    ) -> Message:
        """The newest message that only *who* sees and that says *text*."""

        def find() -> Message | None:
            for message in reversed(self.slack.messages(where, who)):
                fits = message.ts not in besides and message.ephemeral_to == who
                if fits and text in said(message):
                    return message
            return None

        return await self.appears(find, text)

    async def redrawn(self, card: Message, text: str) -> Message:
        """The same message once it says *text*."""
        await self.appears(lambda: text in said(card), f"{text} in {said(card)}")
        return card

    async def posted(self, who: str, text: str, *, where: str = GENERAL) -> Message:
        """The newest message that everybody in the channel sees and that says *text*."""

        def find() -> Message | None:
            for message in reversed(self.slack.messages(where, who)):
                if message.ephemeral_to is None and text in said(message):
                    return message
            return None

        return await self.appears(find, text)

    async def direct(self, who: str, text: str) -> Message:
        """A direct message from the bot."""
        return await self.posted(who, text, where=f"D{who[1:]}")

    async def window(self, who: str, text: str = "") -> OpenView:
        """The topmost modal once it says *text*."""

        def find() -> OpenView | None:
            views = self.slack.views(who)
            return views[-1] if views and text in said(views[-1]) else None

        return await self.appears(find, text)

    async def listed(self, who: str, text: str) -> OpenView:
        """The topmost modal once it shows a list for which no cloud is asked any more."""
        await self.appears(
            lambda: (
                self.slack.views(who)
                and text in said(self.slack.views(who)[-1])
                and "asking" not in said(self.slack.views(who)[-1])
            ),
            text,
        )
        return self.slack.views(who)[-1]

    async def appears(self, find: Callable[[], T | None], what: str) -> T:
        try:
            found = await self.slack.until(find, timeout=WAIT)
        except TimeoutError:
            raise AssertionError(f"never appeared: {what!r}") from None
        assert found is not None
        return found

    def an_order(self, account: str, status: str = "unpaid", index: int = 0) -> CloudOrder:
        rows = self.clouds.book.orders[account].values()
        return [order for order in rows if order.payment_status == status][index]

    def cloud_calls(self, operation: str = "get_order") -> int:
        return sum(call.operation == operation for call in self.clouds.book.calls)

    def records(self, kind: str = "") -> list[dict[str, Any]]:
        """The audit records, as an auditor reads them from the file."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "select body from audit where :kind in ('', kind) order by seq", {"kind": kind}
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def draft(self, who: str) -> dict[str, str]:
        """What is kept of the person's half-filled form."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            row = db.execute("select entries from draft where user_id = ?", (who,)).fetchone()
        kept: dict[str, str] = json.loads(row[0]) if row else {}
        return kept

    def recorded(self, kind: str, **facts: str) -> list[dict[str, Any]]:
        """The records of a kind with these facts; actor and subject count as facts here."""
        return [
            record
            for record in self.records(kind)
            if facts.items() <= (record["facts"] | record | {"facts": ""}).items()
        ]

    async def record(self, kind: str, **facts: str) -> dict[str, Any]:
        """The newest such record, once there is one."""
        found = await eventually(lambda: self.recorded(kind, **facts), f"{kind} {facts}")
        newest: dict[str, Any] = found[-1]
        return newest

    async def ops(self, path: str) -> tuple[int, str]:
        assert self.bot is not None
        host, port = self.bot.ops
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{host}:{port}{path}") as response,
        ):
            return response.status, await response.text()

    async def ready(self) -> tuple[int, dict[str, Any]]:
        status, text = await self.ops("/readyz")
        return status, json.loads(text)

    def refused_calls(self) -> list[ApiCall]:
        """Calls of the bot that Slack refused and that no test asked for."""
        return [
            call
            for call in self.slack.calls
            if not call.ok and (call.method, call.error) not in self.expected
        ]


@asynccontextmanager
async def staged(
    folder: Path,
    mode: Mode,
    *,
    policy: str | None = None,
    approvers: tuple[str, ...] = (BOB,),
    quorum: int = 1,
    **workspace: Any,
) -> AsyncIterator[Stage]:
    """A stage with the bot running, for as long as the context lasts."""
    clock = ShiftedClock()
    async with (
        fresh_clouds(clock.now) as clouds,
        start_workspace(now=clock.now, events=BOT_EVENTS, **workspace) as slack,
    ):
        stage = Stage(folder, mode, clock, clouds, slack, approvers=approvers, quorum=quorum)
        if policy is not None:
            stage.policy = policy
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()


def acked(delivery: Delivery) -> Delivery:
    assert delivery.ok, delivery.error
    return delivery


def said(shown: Message | OpenView) -> str:
    """What a card says, as a person reads it, buttons in brackets."""
    return "\n".join(card_lines(shown.blocks)) or getattr(shown, "text", "")


def labels(shown: Message | OpenView) -> list[str]:
    """The words on the buttons, in reading order."""
    places = [
        each
        for block in shown.blocks
        for each in (*block.get("elements", []), block.get("accessory") or {})
    ]
    return [each["text"]["text"] for each in places if each.get("type") == "button"]


async def eventually(find: Callable[[], Any], what: str) -> Any:
    """What *find* finds; for what no event announces, such as rows of a file."""
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + WAIT, 0.01
    while not (found := find()):
        assert loop.time() < end, f"never so: {what}"
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, 0.1)
    return found
