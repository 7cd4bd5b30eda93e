"""What the tests of the workspace share: a clock to set, small blocks, a served Bolt app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace

Block = dict[str, Any]


class SetClock:
    """The real time plus what a test adds."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead  # noqa: TID251 (Bolt checks signatures by real time)

    def pass_(self, **span: float) -> None:
        self.ahead += timedelta(**span)


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "hello", **more: Any) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str = "go", **more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), "action_id": action_id, **more}


def actions(*elements: Block, **more: Any) -> Block:
    return {"type": "actions", "elements": list(elements), **more}


def text_input(block_id: str = "reason", **element: Any) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain("Reason"),
        "element": {"type": "plain_text_input", "action_id": "text", **element},
    }


def modal(*blocks: Block, **more: Any) -> Block:
    shown = list(blocks) or [section()]
    return {"type": "modal", "title": plain("A form"), "blocks": shown, **more}


def form(*blocks: Block, **more: Any) -> Block:
    return modal(*(blocks or (text_input(),)), submit=plain("Send"), **more)


def client_of(workspace: Workspace, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=token or workspace.bot_token, base_url=workspace.api_url)


def bolt_app(workspace: Workspace) -> AsyncApp:
    return AsyncApp(
        name="an app",  # else Bolt reads the source of every caller to find one
        client=client_of(workspace),
        signing_secret=workspace.signing_secret,
        process_before_response=True,
    )


@asynccontextmanager
async def served(app: AsyncApp, workspace: Workspace) -> AsyncIterator[None]:
    """The app as an HTTP server, and the workspace sending to it."""
    runner = web.AppRunner(app.web_app(path="/slack/events"), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    workspace.use_http(f"http://127.0.0.1:{port}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()
