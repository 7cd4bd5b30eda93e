"""How values become columns: whole milliseconds for moments, text that any engine accepts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

T = TypeVar("T")

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


def json_text(adapter: TypeAdapter[T], value: T) -> str:
    """*value* as a JSON document, exact: amounts as text with the digits they came with, moments
    to the microsecond. Lone surrogates are shown as U+FFFD; NUL is an escape there and stays."""
    try:
        return adapter.dump_json(value).decode()
    except PydanticSerializationError:  # a lone surrogate, which no JSON document may hold
        text = json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False)
        return _SURROGATE.sub("\ufffd", text)


def clamp(number: int) -> int:
    """The nearest number that fits 64 bits: enough for comparing, never for showing."""
    return max(-_LARGEST, min(number, _LARGEST))
