"""The texts of a message in which order numbers are looked for."""

from __future__ import annotations

from handlers.shortcut import texts_of


def test_texts_of_blocks_rich_text_and_attachments_are_read_in_their_order() -> None:
    link = {"type": "link", "url": "https://x.example/1", "text": "five"}
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": "four"}, link]}
    message = {
        "text": "one",
        "blocks": [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "two"},
                "fields": [{"type": "plain_text", "text": "three"}],
            },
            {"type": "rich_text", "elements": [rich]},
        ],
        "attachments": [
            {"fallback": "six", "title": "seven", "fields": [{"title": "eight", "value": "nine"}]}
        ],
    }
    texts = list(texts_of(message))
    assert [text for text in texts if "example" not in text] == (
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
    assert "https://x.example/1" in texts


def test_what_is_no_text_is_not_read() -> None:
    assert list(texts_of({"ts": "1795003200.000001", "user": "U0ALICE", "text": None})) == []
    assert list(texts_of(None)) == []
