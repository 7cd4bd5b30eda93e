"""Payloads before anybody reads them: Slack's own pass, and what cannot be one is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from handlers.front_payload import DEEPEST, Unreadable, check

USER = {"id": "U0ALICE", "team_id": "T0HOME"}
CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": USER,
    "team": {"id": "T0HOME", "domain": "home"},
    "trigger_id": "1.2.3",
    "container": {"type": "message", "channel_id": "C0", "message_ts": "1.1", "is_ephemeral": True},
    "actions": [{"type": "button", "action_id": "approve", "block_id": "b", "value": "R-1.1"}],
}
VIEW = {"id": "V1", "type": "modal", "callback_id": "find_form", "private_metadata": "f0"}
SENT: dict[str, Any] = {
    "type": "view_submission",
    "user": USER,
    "team": None,
    "trigger_id": "1.2.3",
    "view": VIEW | {"state": {"values": {"reason": {"typed": {"type": "x", "value": None}}}}},
}
HAPPENED: dict[str, Any] = {
    "type": "event_callback",
    "team_id": "T0HOME",
    "event_id": "Ev1",
    "event": {"type": "user_change", "user": {"id": "U0ALICE"}},
    "authorizations": [{"enterprise_id": None, "team_id": "T0HOME"}],
}
CHOSEN: dict[str, Any] = {
    "type": "message_action",
    "user": USER,
    "callback_id": "look_up_order",
    "channel": {"id": "C0"},
    "message": {"text": "x", "blocks": [{"type": "section"}]},
}
COMMAND: dict[str, Any] = {"command": "/order", "user_id": "U0ALICE", "text": "help"}
LEAVING_FORM = {"type": "view_closed", "user": USER, "view": VIEW}
ALL = (CLICK, SENT, HAPPENED, CHOSEN, COMMAND, LEAVING_FORM)


def refused(body: dict[str, Any]) -> str:
    with pytest.raises(Unreadable) as error:
        check(copy.deepcopy(body))
    return error.value.where


@pytest.mark.parametrize("body", ALL)
def test_what_slack_sends_passes_and_keeps_what_it_says(body: dict[str, Any]) -> None:
    checked = copy.deepcopy(body)
    check(checked)
    assert (
        checked.items()
        >= {
            name: value
            for name, value in body.items()
            if value is not None and name not in ("view", "actions")
        }.items()
    )


@pytest.mark.parametrize("body", [{}, {"type": "of_tomorrow", "actions": []}, {"ssl_check": "1"}])
def test_what_is_not_known_passes_to_whoever_knows_it(body: dict[str, Any]) -> None:
    check(body)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (CLICK | {"user": "U0ALICE"}, "user"),
        (CLICK | {"user": {"id": 5}}, "user.id"),
        (CLICK | {"actions": []}, "actions"),
        (CLICK | {"actions": [{"type": "button"}]}, "actions.0.action_id"),
        (CLICK | {"trigger_id": None}, "trigger_id"),
        (CLICK | {"container": "view"}, "container"),
        (CLICK | {"container": {"type": "view"}}, ""),
        (CLICK | {"actions": [{"type": "plain_text_input", "action_id": "draft"}]}, ""),
        (SENT | {"view": VIEW | {"state": {"values": []}}}, "view.state.values"),
        (SENT | {"view": {"callback_id": "find_form"}}, "view.id"),
        (HAPPENED | {"event": {"type": ["message"]}}, "event.type"),
        (HAPPENED | {"event": {"type": "user_change", "user": "U0ALICE"}}, "event"),
        (HAPPENED | {"event_id": 5}, "event_id"),
        (COMMAND | {"user_id": ""}, "user_id"),
        (COMMAND | {"response_url": ["x"]}, "response_url"),
        ({"type": ["block_actions"]}, "type"),
    ],
)
def test_what_cannot_be_slacks_is_refused_and_says_where(body: dict[str, Any], where: str) -> None:
    assert refused(body) == where


def test_a_message_nested_deeper_than_any_of_slacks_is_refused() -> None:
    tree: dict[str, Any] = {}
    for _ in range(DEEPEST - 3):
        tree = {"a": tree}
    check(CHOSEN | {"message": tree})
    assert refused(CHOSEN | {"message": {"a": [{"b": tree}]}}) == "message"


def test_what_is_missing_or_null_is_empty_to_whoever_reads_it() -> None:
    body = copy.deepcopy(COMMAND) | {"response_url": None}
    check(body)
    assert body == COMMAND | {"trigger_id": ""}
    click = CLICK | {"actions": [{"type": "button", "action_id": "find", "value": None}]}
    check(click)
    assert click["actions"][0]["value"] == ""
    sent = SENT | {"view": {"id": "V1", "type": "modal", "callback_id": "x", "state": None}}
    check(sent)
    assert (sent["view"]["private_metadata"], sent["view"]["state"]) == ("", {})
