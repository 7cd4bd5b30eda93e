"""How values become columns: whole milliseconds for moments, text that any engine accepts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded down; integer arithmetic, so that no digit is lost."""
    if at.tzinfo is None:
        raise ValueError("a stored moment needs a time zone")
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND


def clean_text(text: str) -> str:
    """*text* with NUL and lone surrogates, which no engine stores as text, shown as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def clean_json(text: str) -> str:
    """The same for a JSON document, where NUL is written as an escape and may stay."""
    return _SURROGATE.sub("\ufffd", text)


def clamp(number: int) -> int:
    """The nearest number that fits 64 bits: enough for comparing, never for showing."""
    return max(-_LARGEST, min(number, _LARGEST))
