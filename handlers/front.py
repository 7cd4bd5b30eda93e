"""Slack's HTTP listener: a signature is checked on the raw bytes before anything is parsed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

import structlog
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier
from yarl import query_to_pairs

from bot.metrics import Metrics
from bot.ports import Clock
from handlers.front_payload import Unreadable, check
from handlers.tasks import Acks

logger = structlog.get_logger(__name__)

PATH = "/slack/events"
LARGEST = 1024 * 1024  # bytes of one request
SLOWEST = 10.0  # seconds for a sender to deliver its body
LINGER = 2.0  # seconds in which more of a refused body is taken, so that its sender hears why
# Seconds for a request's head, and for a connection without one: longer than the proxies in front
# keep theirs (600 is the longest known), so that none sends into one that is being closed.
IDLE = 620.0


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
        acks: Acks,
        *,
        slowest_s: float = SLOWEST,
        idle_s: float = IDLE,
    ) -> None:
        self._app = app
        self._verifiers = [SignatureVerifier(secret, _Seconds(clock)) for secret in secrets]
        self._metrics = metrics
        self._acks = acks
        self._slowest_s = slowest_s
        self._idle_s = idle_s

    def application(self) -> web.Application:
        """Nothing is decompressed: Slack compresses nothing, and signs what it sends."""
        limits = {
            "auto_decompress": False,
            "keepalive_timeout": self._idle_s,
            "lingering_time": LINGER,
        }
        application = web.Application(client_max_size=LARGEST, handler_args=limits)
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
        except (web.RequestPayloadError, ConnectionError):  # broken off, or no chunks
            return web.Response(status=400)
        if not self._is_signed(raw, request):
            return web.Response(status=401)
        try:
            bolt_request = _bolt_request(raw.decode("utf-8"), request.content_type)
            check(bolt_request.body)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return web.Response(status=400)
        except Unreadable as error:
            logger.warning("input_unreadable", where=error.where)
            return web.Response(status=400)
        with self._acks.acking():
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


def _bolt_request(body: str, content_type: str) -> AsyncBoltRequest:
    """A form becomes JSON here: Bolt would lose each command with `payload` in any of its fields,
    and its decoding takes a tenth (a command) to a third (a click) of the way to the ack."""
    if content_type != "application/json":
        fields = dict(query_to_pairs(body))
        body = fields["payload"] if "payload" in fields else json.dumps(fields)
    if not body:
        raise ValueError("nothing was sent")
    return AsyncBoltRequest(body=body, headers={"Content-Type": "application/json"})
