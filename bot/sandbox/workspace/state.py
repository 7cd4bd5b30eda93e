"""The state of the embedded workspace: messages, open views, triggers, response URLs, calls."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.sandbox.workspace.files import Files
from bot.sandbox.workspace.inputs import Block, Typed, state_values
from bot.sandbox.workspace.people import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    TEAM_ID,
    Channel,
    Person,
    seed_channels,
    seed_groups,
    seed_people,
)

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)
RESPONSE_URL_USES = 5
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Message:
    """A message in a channel; *ephemeral_to* is the one person who sees it, None = all members."""

    ts: str
    channel_id: str
    user_id: str
    text: str
    blocks: list[Block] = field(default_factory=list)
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    metadata: dict[str, Any] | None = None
    edited: bool = False
    files: list[dict[str, Any]] = field(default_factory=list)  # file objects

    def as_json(self) -> dict[str, Any]:
        """The message object of the Web API and of payloads."""
        message: dict[str, Any] = {
            "type": "message",
            "user": self.user_id,
            "ts": self.ts,
            "text": self.text,
            "team": TEAM_ID,
        }
        if self.user_id == BOT_USER_ID:
            message |= {"bot_id": BOT_ID, "app_id": APP_ID, "blocks": self.blocks}
        if self.thread_ts:
            message["thread_ts"] = self.thread_ts
        if self.metadata:
            message["metadata"] = self.metadata
        if self.files:
            message |= {"files": self.files, "upload": True}
        if self.edited and not self.blocks:
            message["edited"] = {"user": self.user_id, "ts": self.ts}
        return message


@dataclass(slots=True, kw_only=True)
class OpenView:
    """A modal on a person's stack, or a person's Home: what the app sent, and what was typed."""

    view_id: str
    user_id: str
    sent: dict[str, Any]  # the app's view, with ids added to its blocks
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    typed: Typed = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)  # block_id -> sentence under the input

    @property
    def blocks(self) -> list[Block]:
        blocks: list[Block] = self.sent["blocks"]
        return blocks

    def as_json(self) -> dict[str, Any]:
        """The view object of the Web API and of payloads."""
        return {
            "id": self.view_id,
            "team_id": TEAM_ID,
            "callback_id": "",
            "private_metadata": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "title": None,
            "submit": None,
            "close": None,
            **self.sent,
            "state": {"values": state_values(self.blocks, self.typed)},
            "hash": self.hash,
            "root_view_id": self.root_view_id,
            "previous_view_id": self.previous_view_id,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }


@dataclass(slots=True, kw_only=True)
class Trigger:
    user_id: str
    expires_at: datetime
    from_view: bool  # only a trigger from inside a modal can push
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """*source* is the message whose button was clicked, None for a command."""

    user_id: str
    channel_id: str
    expires_at: datetime
    source: Message | None = None
    uses: int = 0


@dataclass(slots=True, kw_only=True)
class ApiCall:
    """One call of the app. *args* never hold the token; *error* is None where *ok*."""

    at: datetime
    method: str
    args: dict[str, Any]
    ok: bool
    error: str | None


class State:
    """Everything the workspace knows. *now* is its clock (aware UTC); *url* its own address."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.url = ""
        self.people = seed_people()
        self.groups = seed_groups()
        self.channels = seed_channels(self.people)
        self.messages: list[Message] = []
        self.stacks: dict[str, list[OpenView]] = {}
        self.homes: dict[str, OpenView] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.files = Files()
        self.calls: list[ApiCall] = []
        self.tickets: set[str] = set()  # of socket URLs handed out and not yet used
        self.subscriptions: frozenset[str] | None = None  # bot_events of the manifest; None = all
        self.rate_limits = False
        self.revoked = False
        self.version = 0  # one higher with each change
        self.bot_token = f"xoxb-sandbox-{secrets.token_hex(12)}"
        self.app_token = f"xapp-1-{APP_ID}-{secrets.token_hex(12)}"
        self.config_token = f"xoxe.xoxp-1-{secrets.token_hex(24)}"  # of the person who made the app
        self.signing_secret = secrets.token_hex(16)
        self.scopes = (
            "commands,chat:write,users:read,usergroups:read,channels:read,groups:read,im:write,"
            "im:history,files:write"
        )
        self.app_scopes = "connections:write"
        self.team_id = TEAM_ID  # where the bot token is installed
        self.app_token_app_id = APP_ID
        self.manifest: dict[str, Any] | None = None  # the app's settings, where anyone gave them
        self._number = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def next_id(self, prefix: str = "") -> str:
        return f"{prefix}{self.next_number():08d}"

    def next_ts(self) -> str:
        """A message's timestamp: epoch seconds of the workspace's clock, made unique."""
        return f"{int(self.now().timestamp())}.{self.next_number():06d}"

    def person(self, user_id: str) -> Person:
        if user_id not in self.people:
            raise LookupError(f"no such person: {user_id}")
        return self.people[user_id]

    def channel(self, channel_id: str) -> Channel:
        if channel_id not in self.channels:
            raise LookupError(f"no such channel: {channel_id}")
        return self.channels[channel_id]

    def shares_a_channel(self, user_id: str) -> bool:
        """Whether the bot meets *user_id* anywhere."""
        return any({user_id, BOT_USER_ID} <= set(one.members) for one in self.channels.values())

    def stack(self, user_id: str) -> list[OpenView]:
        """The person's open modals, the topmost last."""
        return self.stacks.setdefault(user_id, [])

    def new_trigger(self, user_id: str, *, from_view: bool = False) -> str:
        trigger_id = f"{self.next_number()}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(
            user_id=user_id, expires_at=self.now() + TRIGGER_LIFE, from_view=from_view
        )
        return trigger_id

    def new_response_url(self, user_id: str, channel_id: str, source: Message | None = None) -> str:
        key = secrets.token_urlsafe(18)
        self.response_urls[key] = ResponseUrl(
            user_id=user_id,
            channel_id=channel_id,
            expires_at=self.now() + RESPONSE_URL_LIFE,
            source=source,
        )
        return f"{self.url}/response/{TEAM_ID}/{key}"

    def post(self, message: Message) -> Message:
        self.messages.append(message)
        self.changed()
        return message

    def remove(self, message: Message) -> None:
        if message in self.messages:
            self.messages.remove(message)
        self.changed()

    def visible(self, channel_id: str, user_id: str) -> list[Message]:
        """What *user_id* sees in a channel, threads included, oldest first."""
        if user_id not in self.channel(channel_id).members:
            return []
        return [
            message
            for message in self.messages
            if message.channel_id == channel_id and message.ephemeral_to in (None, user_id)
        ]

    def record(self, method: str, args: dict[str, Any], error: str | None) -> None:
        call = ApiCall(at=self.now(), method=method, args=args, ok=error is None, error=error)
        self.calls.append(call)
        self.changed()

    def changed(self) -> None:
        """Wake everyone who waits in `until`."""
        self.version += 1
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def until(self, predicate: Callable[[], T], *, timeout: float) -> T:  # noqa: ASYNC109
        """The first true value of *predicate*, asked again after each change; else TimeoutError."""
        async with asyncio.timeout(timeout):
            while not (value := predicate()):
                waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.add(waiting)
                try:
                    await waiting
                finally:
                    self._waiting.discard(waiting)
        return value
