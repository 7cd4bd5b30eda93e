"""Bolt's Socket Mode handler, with what it is watched by."""

from __future__ import annotations

import json
import time

import structlog
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.metrics import Metrics
from handlers.tasks import Acks

logger = structlog.get_logger(__name__)


class SocketMode(AsyncSocketModeHandler):
    """The time to each ack is measured, and other connections on the same app token are noticed:
    Slack would give each of them a part of the inputs."""

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        proxy: str | None,
        metrics: Metrics,
        *,
        acks: Acks,
    ) -> None:
        super().__init__(app, app_token, web_client=client, proxy=proxy)
        self._metrics = metrics
        self._acks = acks
        self._greeted = False
        self.client.on_message_listeners.append(self._heard)

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        arrived = time.perf_counter()
        with self._acks.acking():
            await super().handle(client, req)
        self._metrics.ack(time.perf_counter() - arrived)

    async def _heard(self, message: WSMessage) -> None:
        """Slack's first word on a connection says how many there are. While one takes over from
        another there are two; the first of this process should be alone."""
        if '"hello"' not in message.data:
            return
        told = json.loads(message.data)
        count = told.get("num_connections")
        if told.get("type") != "hello" or not isinstance(count, int):
            return
        self._metrics.sockets(count)
        if count > 1 and not self._greeted:
            logger.warning("other_connections", connections=count)
        self._greeted = True
