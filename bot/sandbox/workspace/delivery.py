"""What the workspace sends to the app: one delivery, its attempts, retries, faults on the way.

Sources: "The Events API" (retries), "Using Socket Mode", "Implementing slash commands" (3 seconds).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from bot.sandbox.workspace.faults import Faults
from bot.sandbox.workspace.state import State

Kind = Literal["slash_commands", "interactive", "events_api"]
Transport = Literal["http", "socket"]
TIMEOUT = "operation_timeout"
RETRY_DELAYS = (0.0, 60.0, 300.0)  # seconds before the retries of an event


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try. *status* is HTTP's, None on a socket; *answer* the body or ack payload.

    *error* is what went wrong in Slack's words, None if the app took it in time.
    """

    transport: Transport | None = None
    status: int | None = None
    answer: dict[str, Any] | str | None = None
    elapsed_ms: float = 0.0
    error: str | None = None
    retry_reason: str | None = None  # why the next try is made
    may_retry: bool = True


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One payload on its way to the app. *error* is what the person who acted gets to see."""

    delivery_id: str
    kind: Kind
    user_id: str | None
    payload: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    error: str | None = None

    @property
    def first(self) -> Attempt:
        """The first attempt, an empty one if nothing was sent."""
        return self.attempts[0] if self.attempts else Attempt()

    @property
    def status(self) -> int | None:
        return self.first.status

    @property
    def answer(self) -> dict[str, Any] | str | None:
        return self.first.answer

    @property
    def elapsed_ms(self) -> float:
        return self.first.elapsed_ms

    @property
    def ok(self) -> bool:
        return self.error is None

    def accepts_answer(self) -> bool:
        """Whether the ack may carry a payload: commands and modal submissions."""
        return self.kind == "slash_commands" or self.payload.get("type") == "view_submission"


class Way(Protocol):
    """A way to the app: HTTP or the sockets."""

    def is_open(self) -> bool: ...

    async def send(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt: ...


class Courier:
    """Sends deliveries by the way that is open: connected sockets first, else HTTP."""

    def __init__(
        self, state: State, faults: Faults, ways: Sequence[Way], retry_delays: Sequence[float]
    ) -> None:
        self._state = state
        self._faults = faults
        self._ways = ways
        self._retry_delays = retry_delays
        self._retries: set[asyncio.Task[None]] = set()
        self.deliveries: list[Delivery] = []

    async def deliver(
        self, kind: Kind, payload: dict[str, Any], user_id: str | None = None
    ) -> Delivery:
        """Send once and wait for the answer; an event that failed is retried in the background."""
        delivery = self.refuse(kind, payload, user_id, None)
        attempt = await self._try(delivery)
        delivery.error = attempt.error
        if kind == "events_api" and attempt.error and attempt.may_retry:
            task = asyncio.create_task(self._retry(delivery))
            self._retries.add(task)
            task.add_done_callback(self._retries.discard)
        return delivery

    def refuse(
        self, kind: Kind, payload: dict[str, Any], user_id: str | None, error: str | None
    ) -> Delivery:
        """A delivery on the list that Slack itself stops with *error*, without an attempt."""
        delivery = Delivery(
            delivery_id=self._state.next_id("delivery-"),
            kind=kind,
            user_id=user_id,
            payload=payload,
            error=error,
        )
        self.deliveries.append(delivery)
        return delivery

    async def redeliver(self, delivery: Delivery) -> Attempt:
        """Send the same body or envelope once more, signed anew. Its answer changes nothing."""
        return await self._try(delivery)

    def find(self, delivery_id: str) -> Delivery:
        for delivery in self.deliveries:
            if delivery.delivery_id == delivery_id:
                return delivery
        raise LookupError(f"no such delivery: {delivery_id}")

    async def close(self) -> None:
        for task in self._retries:
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)

    async def _retry(self, delivery: Delivery) -> None:
        for delay in self._retry_delays:
            await asyncio.sleep(delay)
            attempt = await self._try(delivery)
            if attempt.error is None or not attempt.may_retry:
                return

    async def _try(self, delivery: Delivery) -> Attempt:
        retry = len(delivery.attempts) if delivery.kind == "events_api" else 0
        reason = delivery.attempts[-1].retry_reason if delivery.attempts else None
        attempt = await self._send(delivery, retry=retry, reason=reason)
        delivery.attempts.append(attempt)
        self._state.changed()
        return attempt

    async def _send(self, delivery: Delivery, *, retry: int, reason: str | None) -> Attempt:
        way = next((way for way in self._ways if way.is_open()), None)
        if way is None:
            return Attempt(error="dispatch_failed", retry_reason="connection_failed")
        fault = self._faults.for_delivery(delivery.kind)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop_before":
            return Attempt(error=TIMEOUT, retry_reason="http_timeout")
        attempt = await way.send(delivery, retry=retry, reason=reason)
        if fault is not None and fault.kind == "drop_after":
            return replace(attempt, answer=None, error=TIMEOUT, retry_reason="http_timeout")
        return attempt
