"""Slack's HTTP listener: a signature is checked on the raw bytes before anything is parsed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from bot.metrics import Metrics
from bot.ports import Clock

logger = structlog.get_logger(__name__)

PATH = "/slack/events"
LARGEST = 1024 * 1024  # bytes of one request
SLOWEST = 10.0  # seconds for a sender to deliver its body


class _Seconds(SignatureClock):
    """Our clock as slack_sdk asks for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Front:
    """POST /slack/events. *secrets* are the signing secrets, two while one is rotated out."""

    def __init__(
        self,
        app: AsyncApp,
        secrets: Sequence[str],
        metrics: Metrics,
        clock: Clock,
        *,
        slowest_s: float = SLOWEST,
    ) -> None:
        self._app = app
        self._verifiers = [SignatureVerifier(secret, _Seconds(clock)) for secret in secrets]
        self._metrics = metrics
        self._slowest_s = slowest_s

    def application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST)
        application.router.add_post(PATH, self.receive)
        return application

    async def receive(self, request: web.Request) -> web.Response:
        """401 unsigned, 400 unreadable, 408 too slow, 413 too large; else what Bolt answers."""
        arrived = time.perf_counter()
        try:
            async with asyncio.timeout(self._slowest_s):
                raw = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        if not self._is_signed(raw, request):
            return web.Response(status=401)
        try:
            headers: dict[str, str | Sequence[str]] = {**request.headers}
            bolt_request = AsyncBoltRequest(body=raw.decode("utf-8"), headers=headers)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return web.Response(status=400)
        answer = await self._app.async_dispatch(bolt_request)
        self._metrics.ack(time.perf_counter() - arrived)
        return web.Response(
            status=answer.status,
            text=answer.body or "",
            content_type=(answer.first_headers().get("content-type") or "text/plain").split(";")[0],
        )

    def _is_signed(self, raw: bytes, request: web.Request) -> bool:
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not (stamp.isascii() and stamp.isdigit() and signature.isascii()):
            return False
        try:
            return any(each.is_valid(raw, stamp, signature) for each in self._verifiers)
        except (ValueError, TypeError, OverflowError):
            return False
