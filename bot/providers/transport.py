"""HTTP to a cloud: `read()` is retried, `send_once()` never; foreign errors become ours here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import stamina
import structlog
from aiolimiter import AsyncLimiter

from bot.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderThrottled,
    ProviderUnavailable,
)
from bot.i18n import _
from bot.ports import Clock
from bot.providers.clients import (
    FOREIGN,
    NEVER_SENT,
    Client,
    ReadingClient,
    Request,
    SendingClient,
    TooLong,
    Whole,
)
from bot.providers.retries import Health, Trip, asked_wait
from bot.providers.wire import parse_json

T = TypeVar("T")
Observe = Callable[[str, float, str], None]  # operation, seconds, outcome ("ok", "refused", ...)

ATTEMPTS = 3
BURST = 5  # calls that may leave at once; after them one each 1 / requests_per_second
FEWEST, MOST = 4, 20  # calls of one list on their way together
WAIT = 0.2  # seconds at most that those keep others waiting for the rate limit, above the fewest
MAX_BODY_BYTES = 8 * 1024 * 1024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """*json* is the parsed object with every non-integer number a Decimal, or None where the body
    is no JSON object; *text* is then its first 1,000 characters."""

    status: int
    headers: dict[str, str]  # names in lower case
    json: dict[str, Any] | None
    text: str


class Transport:
    """The two clients of one account. Usable from one event loop; close it with `aclose()`.

    *timeout_s* is the whole of one `read()` or `send_once()`: waiting for the rate limit, every
    attempt and the pauses between them. *observe* is called after each attempt that was sent.
    `at_once` is how many calls one list may have on their way together.
    """

    def __init__(
        self,
        account: str,
        *,
        requests_per_second: float,
        timeout_s: float,
        clock: Clock,
        proxy: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        observe: Observe = lambda _operation, _seconds, _outcome: None,
    ) -> None:
        for name in ("httpx", "httpcore"):  # httpx logs each URL at INFO
            logging.getLogger(name).setLevel(logging.WARNING)
        self._account = account
        self._timeout_s = timeout_s
        self._clock = clock
        self._observe = observe
        self._monotonic = monotonic
        self.at_once = min(MOST, max(FEWEST, int(requests_per_second * WAIT)))
        burst = max(1.0, min(float(BURST), requests_per_second))
        self._limiter = AsyncLimiter(burst, burst / requests_per_second)
        self._health = Health(account, monotonic)
        self._reads = ReadingClient(proxy)
        self._once = SendingClient(proxy)

    async def read(
        self, build: Callable[[], Request], check: Callable[[Answer], T], *, operation: str
    ) -> T:
        """Ask until there is a usable answer, at most three times within the deadline.

        *build* makes a freshly signed Request for each attempt; *check* turns an Answer into a
        result or raises a ProviderError, of which ProviderUnavailable and ProviderThrottled are
        repeated, after the provider's own delay where it names one. After a refused signature
        (remedy CHECK_KEY) every call raises ProviderRefused(remedy=REST) for five minutes, after
        five reads in a row without a usable answer reads raise ProviderUnavailable for 30 s;
        neither is sent.
        """
        self._health.ask(operation)
        trip = self._trip()
        try:
            async for attempt in stamina.retry_context(
                on=trip.pause, attempts=ATTEMPTS, timeout=None
            ):
                with attempt:
                    result = await self._call(self._reads, build, check, operation, trip)
                    self._health.answered()
                    return result
        except ProviderError as error:
            if trip.sent:
                self._health.failed(error)
            raise
        raise AssertionError("the last attempt returns or raises")

    async def send_once(
        self, request: Request, check: Callable[[Answer], T], *, operation: str
    ) -> T:
        """Send *request* a single time; after ProviderUnavailable its effect is open, unless the
        error's `sent` is False.

        Rests after a refused signature as `read` does; a cloud that is down is asked all the same.
        """
        trip = self._trip()
        return await self._call(self._once, lambda: request, check, operation, trip)

    def for_another_key(self) -> Self:
        """The same clients and the same rate limit; a refused key makes only its own calls rest.
        Closed with the original."""
        other = copy(self)
        other._health = Health(self._account, self._monotonic)  # noqa: SLF001 - a copy of our own
        return other

    async def aclose(self) -> None:
        await self._reads.aclose()
        await self._once.aclose()

    async def _call(
        self,
        client: Client,
        build: Callable[[], Request],
        check: Callable[[Answer], T],
        operation: str,
        trip: Trip,
    ) -> T:
        """One attempt. Until a first good answer calls go one by one: a wrong key that is tried
        by several calls at once would be locked before the account rests."""
        try:
            async with asyncio.timeout_at(trip.deadline):
                if not self._health.key_proven:
                    async with self._health.first_answer:
                        if not self._health.key_proven:
                            return await self._send(client, build, check, operation, trip)
                return await self._send(client, build, check, operation, trip)
        except TimeoutError:
            seconds = f"{self._timeout_s:g}"
            if not trip.sent:
                text = _("not asked: {seconds} s of calls are waiting already", seconds=seconds)
            else:
                text = _("no answer within {seconds} s", seconds=seconds)
            raise self._unavailable(text, operation, sent=trip.sent) from None

    async def _send(
        self,
        client: Client,
        build: Callable[[], Request],
        check: Callable[[Answer], T],
        operation: str,
        trip: Trip,
    ) -> T:
        async with self._limiter:
            self._health.ask_key(operation)
        trip.sent = True
        started, outcome = time.perf_counter(), "unavailable"
        told: dict[str, object] = {}
        try:
            answer = await self._exchange(client, build(), operation)
            trip.asked_s = asked_wait(answer.headers, self._clock.now())
            result = check(answer)
            outcome = "ok"
        except ProviderError as error:
            outcome, told = _outcome(error), _told(error)
            if isinstance(error, ProviderThrottled) and error.retry_after_s is None:
                error.retry_after_s = trip.asked_s
            self._health.judge(error, known=trip.refusals)
            raise
        finally:
            seconds = time.perf_counter() - started
            self._observe(operation, seconds, outcome)
            told |= {"account": self._account, "operation": operation}
            if outcome != "ok":
                _log.warning("provider_call_failed", outcome=outcome, **told)
            else:
                say = _log.info if client is self._once else _log.debug
                say("provider_call", ms=round(1000 * seconds), **told)
        self._health.key_proven = True
        return result

    async def _exchange(self, client: Client, request: Request, operation: str) -> Answer:
        """Send and read to the end. The cause is dropped on purpose: httpx and aiohttp put the URL
        into their texts, and a signed URL must not reach a traceback."""
        try:
            whole = await client.exchange(request, longest=MAX_BODY_BYTES)
        except FOREIGN as error:
            text = _("the line failed ({kind})", kind=type(error).__name__)
            sent = client is self._reads or not isinstance(error, NEVER_SENT)
            raise self._unavailable(text, operation, sent=sent) from None
        except TooLong as error:
            raise ProviderMalformed(
                _("the answer is longer than {size} MiB", size=MAX_BODY_BYTES // 1024**2),
                account=self._account,
                operation=operation,
                http_status=error.status,
            ) from None
        return _answer(whole)

    def _trip(self) -> Trip:
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        return Trip(deadline, self._health.refusals)

    def _unavailable(self, text: str, operation: str, *, sent: bool) -> ProviderUnavailable:
        return ProviderUnavailable(text, account=self._account, operation=operation, sent=sent)


def _answer(whole: Whole) -> Answer:
    try:
        parsed = parse_json(whole.body)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return Answer(whole.status, whole.headers, parsed, "")
    text = whole.body[:4000].decode("utf-8", "replace")[:1000]
    return Answer(whole.status, whole.headers, None, text)


def _outcome(error: ProviderError) -> str:
    """`ProviderNotFound` -> "notfound": the word that metrics and logs carry."""
    return type(error).__name__.removeprefix("Provider").lower()


def _told(error: ProviderError) -> dict[str, object]:
    """What a provider's support asks for, and nothing that could hold a secret."""
    return {"code": error.code, "request_id": error.request_id, "http_status": error.http_status}
