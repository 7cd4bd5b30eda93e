"""When a cloud is asked again: pauses between attempts, the rest after a refused key, and no
questions to a cloud that is down."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.errors import (
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.i18n import _

REST_S = 300.0  # Huawei locks a key after five refused signatures
DOWN_AFTER = 5  # reads in a row without a usable answer
DOWN_S = 30.0
_MENDABLE = (Remedy.RENEW_TOKEN, Remedy.CHECK_CLOCK)
_MAX_WAIT_S = 2.0  # longest pause of our own choice between two attempts


@dataclass(slots=True)
class Trip:
    """What the attempts of one call share: when it must be over, on the loop's clock, the account's
    refusals at its begin, whether any attempt was sent, and the wait in seconds that the last
    answer asked for."""

    deadline: float
    refusals: int
    sent: bool = False
    asked_s: float | None = None
    failures: int = 0

    def pause(self, error: Exception) -> bool | float:
        """Seconds until the next attempt, or False where there is none to come."""
        if not isinstance(error, ProviderUnavailable):
            return False
        self.failures += 1
        asked, self.asked_s = self.asked_s, None
        most = min(_MAX_WAIT_S, 0.25 * 2**self.failures)
        wait = random.uniform(0.05, most) if asked is None else asked  # noqa: S311 - jitter
        return wait if asyncio.get_running_loop().time() + wait < self.deadline else False


class Health:
    """Whether an account may be asked at all. In memory, on a monotonic clock in seconds.

    Until `key_proven` calls hold `first_answer`, one by one.
    """

    def __init__(self, account: str, monotonic: Callable[[], float]) -> None:
        self._account = account
        self._monotonic = monotonic
        self._rests_until = 0.0
        self._down_until = 0.0
        self._failures = 0
        self.refusals = 0  # of a token or a clock, since the last good answer
        self.key_proven = False
        self.first_answer = asyncio.Lock()

    def ask_key(self, operation: str) -> None:
        """Raise ProviderRefused while the account rests after a refused signature."""
        left = self._rests_until - self._monotonic()
        if self._rests_until and left > 0:
            raise ProviderRefused(
                _("the key was refused; the account rests for {left} s more", left=int(left) + 1),
                account=self._account,
                operation=operation,
                remedy=Remedy.REST,
                sent=False,
            )

    def ask(self, operation: str) -> None:
        """Raise where a read is not worth sending. Of a cloud that is down, one call is let
        through each 30 s to see whether it is back."""
        self.ask_key(operation)
        if self._failures < DOWN_AFTER:
            return
        now = self._monotonic()
        if now < self._down_until:
            raise ProviderUnavailable(
                _("no answer {count} times in a row", count=self._failures),
                account=self._account,
                operation=operation,
                sent=False,
            )
        self._down_until = now + DOWN_S

    def judge(self, error: ProviderError, *, known: int) -> None:
        """Rest after a refused signature. A token that ran out or a clock that is off may be
        mended by one more call; when that is refused as well, the account rests too. *known* is
        `refusals` when the call began: calls that are refused together are one refusal."""
        if not isinstance(error, ProviderRefused):
            return
        if error.remedy in _MENDABLE and known == self.refusals:
            self.refusals += 1
        if error.remedy is Remedy.CHECK_KEY or self.refusals > 1:
            self._rests_until = self._monotonic() + REST_S
            self.refusals = 0
            self.key_proven = False

    def failed(self, error: ProviderError) -> None:
        """Count a read that ended in *error*; whatever the cloud did answer shows it alive."""
        if not isinstance(error, ProviderUnavailable) or isinstance(error, ProviderThrottled):
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= DOWN_AFTER:
            self._down_until = self._monotonic() + DOWN_S

    def answered(self) -> None:
        self._failures = 0
        self.refusals = 0


def asked_wait(headers: dict[str, str], now: datetime) -> float | None:
    """Seconds that an answer asks to wait: `Retry-After` (seconds or an HTTP date), or Alibaba's
    `x-acs-retry-after` (milliseconds). None where it asks for nothing readable."""
    millis = headers.get("x-acs-retry-after", "")
    if millis.isascii() and millis.isdigit():
        return int(millis) / 1000
    wanted = headers.get("retry-after", "").strip()
    if wanted.isascii() and wanted.isdigit():
        return float(wanted)
    try:
        moment = parsedate_to_datetime(wanted)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
