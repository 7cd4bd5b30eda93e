"""The texts of a message in which order numbers are looked for."""

from __future__ import annotations

from bot.domain.ids import order_ids_in
from handlers.shortcut import MOST, texts_of


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


def test_the_links_of_an_alert_leave_room_for_its_order() -> None:
    graph = "<https://grafana.example/d/x?from=17000000000{0}&to=17000000600{0}|panel>"
    panels = " ".join(graph.format(n) for n in range(10, 10 + MOST))
    thread = "<https://ws.slack.com/archives/C04AB12CD/p1700000000123456|this thread>"
    message = {"text": f"{panels}\n{thread}\n_CS18122203217MRPB_ is unpaid"}
    assert order_ids_in(" ".join(texts_of(message))) == ("CS18122203217MRPB",)
