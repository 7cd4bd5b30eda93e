"""A digest on the Web API: with the newest blocks that Slack takes, and its thread below it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.digest_contents import TrendPoint, Week
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure
from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.state import Message
from handlers.messenger import SlackMessenger
from tests.digest_builders import CHANNEL, a_digest, a_digest_line, a_run

LINES = tuple(a_digest_line(order_id=f"R{n}") for n in range(20))
TREND = tuple(
    TrendPoint(date(2026, 11, 23) - timedelta(days=n), (("CNY", Decimal(n)),)) for n in (2, 1, 0)
)
WEEK = Week(created=1, paid=1, cancelled=1, lapsed=1, median_age_hours=1, alone=0, trend=TREND)
RUN = a_run(a_digest(*LINES, previous_at=None))
MONDAY = a_run(a_digest(*LINES, previous_at=None, week=WEEK))


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with start_workspace() as workspace:
        yield workspace


@pytest.fixture
async def messenger(slack: Workspace) -> AsyncIterator[SlackMessenger]:
    timeout = aiohttp.ClientTimeout(total=1)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield SlackMessenger(
            AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        )


def posted(slack: Workspace) -> list[Message]:
    return slack.messages(CHANNEL, "U0ALICE")


def attempts(slack: Workspace) -> list[dict[str, Any]]:
    return [call.args for call in slack.calls if call.method == "chat.postMessage"]


def kinds(message: Message) -> set[str]:
    return {block["type"] for block in message.blocks}


async def test_a_digest_is_posted_and_its_thread_below_it(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    ts = await messenger.post_digest(RUN, again=False)
    run = replace(RUN, ts=ts)
    assert await messenger.post_digest_part(run, 0, again=False)
    assert not await messenger.post_digest_part(run, 1, again=False)
    assert [message.ts for message in posted(slack)] == [ts]
    [reply] = slack.replies(CHANNEL, ts, "U0BOB")
    assert "table" in kinds(reply)
    assert len(attempts(slack)) == 2


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
async def test_where_slack_refuses_the_chart_the_same_digest_comes_with_a_table(
    slack: Workspace, messenger: SlackMessenger, code: str
) -> None:
    slack.fault("error", "chat.postMessage", error=code)
    ts = await messenger.post_digest(MONDAY, again=False)
    [message] = posted(slack)
    assert message.ts == ts
    assert "table" in kinds(message)
    assert "data_visualization" not in kinds(message)


async def test_where_slack_takes_no_table_either_it_comes_with_plain_sections(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    slack.fault("error", "chat.postMessage", error="invalid_blocks", times=2)
    ts = await messenger.post_digest(MONDAY, again=False)
    slack.fault("error", "chat.postMessage", error="invalid_blocks")
    assert await messenger.post_digest_part(replace(MONDAY, ts=ts), 0, again=False)
    [message] = posted(slack)
    assert kinds(message) <= {"header", "section", "context", "actions"}
    [reply] = slack.replies(CHANNEL, ts, "U0BOB")
    assert kinds(reply) <= {"section", "context"}


async def test_a_refusal_that_no_other_look_mends_is_told(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    slack.fault("error", "chat.postMessage", error="invalid_blocks")
    with pytest.raises(MessageRefused) as caught:
        await messenger.post_digest(RUN, again=False)
    assert caught.value.code == "invalid_blocks"
    assert len(attempts(slack)) == 1, "all looks of this one are the same"


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "channel_not_found"])
async def test_a_channel_that_takes_nothing_is_asked_once(
    slack: Workspace, messenger: SlackMessenger, code: str
) -> None:
    slack.fault("error", "chat.postMessage", error=code)
    with pytest.raises(MessageRefused) as caught:
        await messenger.post_digest(MONDAY, again=False)
    assert (caught.value.code, len(attempts(slack))) == (code, 1)


async def test_what_is_unclear_or_late_is_not_tried_in_another_look(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    slack.fault("drop_after", "chat.postMessage")
    with pytest.raises(MessageUnsure):
        await messenger.post_digest(MONDAY, again=False)
    assert len(posted(slack)) == 1
    slack.fault("rate_limited", "chat.postMessage", seconds=30)
    with pytest.raises(MessageDelayed) as caught:
        await messenger.post_digest(MONDAY, again=False)
    assert caught.value.retry_after_s == 30
    assert len(posted(slack)) == 1


async def test_attempts_at_one_message_are_known_as_such(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    ts = await messenger.post_digest(RUN, again=False)
    await messenger.post_digest(RUN, again=True)
    await messenger.post_digest_part(replace(RUN, ts=ts), 0, again=False)
    first, second, part = [args["client_msg_id"] for args in attempts(slack)]
    assert first == second != part
    one, other = posted(slack)
    assert "both say the same" not in str(one.blocks)
    assert "both say the same" in str(other.blocks)
