"""Which events are something that a person typed to the bot."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.typed import is_typed

TYPED = {
    "type": "message",
    "user": "U0ALICE",
    "channel": "D0ALICE",
    "channel_type": "im",
    "text": "unpaid",
    "ts": "1795003200.000001",
}


def test_a_plain_message_in_the_direct_messages_is_typed() -> None:
    assert is_typed(TYPED)


@pytest.mark.parametrize(
    "parts",
    [
        {"type": "app_home_opened"},
        {"channel_type": "channel"},
        {"channel_type": "mpim"},
        {"channel_type": None},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"bot_id": "B0"},
        {"thread_ts": "1795003200.000001"},
        {"files": [{"id": "F0"}]},
        {"hidden": True},
        {"text": " \n"},
        {"text": None},
        {"user": None},
        {"user": {"id": "U0ALICE"}},
        {"channel": None},
    ],
    ids=str,
)
def test_everything_else_is_not(parts: dict[str, Any]) -> None:
    assert not is_typed(TYPED | parts)


@pytest.mark.parametrize("missing", ["user", "channel", "text", "type", "channel_type"])
def test_an_event_without_its_parts_is_not(missing: str) -> None:
    assert not is_typed({name: value for name, value in TYPED.items() if name != missing})
