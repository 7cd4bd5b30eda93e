"""Where answers go that have no place of their own: a new window, or the direct messages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.demo.transcript import card_lines
from bot.sandbox.workspace import Workspace, start_workspace
from handlers.answers import DirectMessage, NewWindow
from handlers.views.panel import sentence
from tests.unit.sandbox.workspace_kit import SetClock, client_of

ALICE, DM = "U0ALICE", "D0ALICE"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def slack(clock: SetClock) -> AsyncIterator[Workspace]:
    async with start_workspace(now=clock) as started:
        yield started


def windows(slack: Workspace) -> list[list[str]]:
    return [card_lines(view.blocks) for view in slack.views(ALICE)]


def messages(slack: Workspace) -> list[list[str]]:
    return [card_lines(message.blocks) for message in slack.messages(DM, ALICE)]


async def test_the_first_answer_opens_the_window_and_the_next_stands_in_it(
    slack: Workspace,
) -> None:
    answer = NewWindow(client_of(slack), slack.state.new_trigger(ALICE), ALICE)
    await answer.show(sentence("one"))
    assert windows(slack) == [["one"]]
    await answer.show(sentence("two"))
    assert windows(slack) == [["two"]]
    assert messages(slack) == []


async def test_after_three_seconds_answers_go_to_the_direct_messages(
    slack: Workspace, clock: SetClock
) -> None:
    answer = NewWindow(client_of(slack), slack.state.new_trigger(ALICE), ALICE)
    clock.pass_(seconds=4)
    await answer.show(sentence("one"))
    await answer.show(sentence("two"))
    assert windows(slack) == []
    assert messages(slack) == [["one"], ["two"]]


async def test_a_direct_message_is_drawn_anew_in_its_place(slack: Workspace) -> None:
    answer = DirectMessage(client_of(slack), DM)
    await answer.show(sentence("one"))
    await answer.show(sentence("two"))
    assert messages(slack) == [["two"]]


async def test_where_slack_lets_no_message_be_changed_the_answer_is_a_new_one(
    slack: Workspace,
) -> None:
    slack.fault("error", "chat.update", error="edit_window_closed")
    answer = DirectMessage(client_of(slack), DM)
    await answer.show(sentence("one"))
    await answer.show(sentence("two"))
    await answer.show(sentence("three"))
    assert messages(slack) == [["one"], ["three"]]
