"""Rate limits: calls a minute by method, and posts a second by channel.

Source: "Rate limits" of the Slack documentation and the tier on each method's page.
"""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timedelta
from typing import Any

_MINUTE = timedelta(minutes=1)
_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
PER_MINUTE = {
    "usergroups.list": _TIER_2,
    "usergroups.users.list": _TIER_2,
    "apps.connections.open": _TIER_3,
    "apps.manifest.export": _TIER_3,
    "bots.info": _TIER_3,
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.open": _TIER_3,
    "conversations.members": _TIER_4,
    "chat.postEphemeral": _TIER_4,
    "users.info": _TIER_4,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
    "files.getUploadURLExternal": _TIER_4,
    "files.completeUploadExternal": _TIER_4,
}
_POST_BURST = 4  # "short bursts are allowed": posts at once before one a second counts


class RateLimits:
    """Counts accepted calls against the limits, by the clock it is given."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[datetime]] = {}

    def retry_after(self, method: str, args: dict[str, Any], now: datetime) -> int | None:
        """Seconds to wait where a call is over its limit; None = counted and allowed."""
        if method == "chat.postMessage":
            window = timedelta(seconds=_POST_BURST)
            return self._count(f"{method} {args.get('channel')}", _POST_BURST, window, now)
        if method in PER_MINUTE:
            return self._count(method, PER_MINUTE[method], _MINUTE, now)
        return None

    def _count(self, key: str, most: int, window: timedelta, now: datetime) -> int | None:
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - window:
            calls.popleft()
        if len(calls) >= most:
            return max(1, math.ceil((calls[0] + window - now).total_seconds()))
        calls.append(now)
        return None
