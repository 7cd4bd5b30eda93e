"""A clock that can be moved ahead of the real time: the demo's days pass in seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.ports import Clock


class MovableClock:
    """*real* plus all that it was moved by."""

    def __init__(self, real: Clock) -> None:
        self._real = real
        self._ahead = timedelta()

    @property
    def ahead(self) -> timedelta:
        return self._ahead

    def now(self) -> datetime:
        return self._real.now() + self._ahead

    def move(self, by: timedelta) -> None:
        """Raises ValueError for a step back."""
        if by < timedelta():
            raise ValueError("time only moves forward")
        self._ahead += by
