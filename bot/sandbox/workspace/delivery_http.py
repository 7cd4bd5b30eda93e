"""Delivery by HTTP: signed POST requests to the app's request URL.

Sources: "Verifying requests from Slack" (signature v0), "The Events API" (retry headers),
"Handling user interaction" (form with one field `payload`), "Implementing slash commands" (form).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.workspace.delivery import TIMEOUT, Attempt, Delivery
from bot.sandbox.workspace.state import State

_FORM = "application/x-www-form-urlencoded"


class HttpWay:
    """Posts to *request_url*, one for commands, interactivity and events; None = switched off."""

    def __init__(self, state: State, *, ack_seconds: float) -> None:
        self._state = state
        self._ack_seconds = ack_seconds
        self._session: aiohttp.ClientSession | None = None
        self.request_url: str | None = None

    def is_open(self) -> bool:
        return self.request_url is not None

    async def send(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt:
        assert self.request_url is not None  # noqa: S101 (is_open was asked before)
        content_type, body = _body(delivery)
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (sandbox)"}
        headers |= signature(self._state.signing_secret, int(self._state.now().timestamp()), body)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": str(reason)}
        loop = asyncio.get_running_loop()
        started = loop.time()
        attempt = await self._post(self.request_url, headers, body)
        attempt.elapsed_ms = (loop.time() - started) * 1000
        return attempt

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Attempt:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=self._ack_seconds)
        request = self._session.post(
            url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        )
        try:
            async with request as response:
                return await _attempt(response)
        except TimeoutError:
            return Attempt(transport="http", error=TIMEOUT, retry_reason="http_timeout")
        except aiohttp.ClientError:
            return Attempt(
                transport="http", error="dispatch_failed", retry_reason="connection_failed"
            )


def signature(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The two headers of signature version 0."""
    base = b"v0:%d:" % timestamp + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _body(delivery: Delivery) -> tuple[str, bytes]:
    if delivery.kind == "slash_commands":
        return _FORM, urlencode(delivery.payload).encode()
    text = json.dumps(delivery.payload, ensure_ascii=False)
    if delivery.kind == "interactive":
        return _FORM, urlencode({"payload": text}).encode()
    return "application/json", text.encode()


async def _attempt(response: aiohttp.ClientResponse) -> Attempt:
    text = await response.text(errors="replace")
    answer: dict[str, Any] | str | None = text or None
    if response.content_type == "application/json":
        with suppress(ValueError):
            answer = json.loads(text)
    error = None
    if response.status != 200:  # noqa: PLR2004
        error = "http_client_error" if response.status < 500 else "http_service_error"  # noqa: PLR2004
    return Attempt(
        transport="http",
        status=response.status,
        answer=answer,
        error=error,
        retry_reason="http_error" if error else None,
        may_retry=response.headers.get("X-Slack-No-Retry") != "1",
    )
