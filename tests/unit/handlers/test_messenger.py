"""The Messenger on the Web API: what arrives, and what each failure becomes."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.outbox import CardCopy, CopyRole
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure, MessengerError
from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.state import Message
from handlers.messenger import OPERATOR, SOON, SlackMessenger
from tests.request_builders import a_request, moved
from tests.surfaces import an_order_saying

APPROVALS = "C0APPROVALS"
REQUEST = a_request(request_id="R-ABCD2345")


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


def posted(slack: Workspace, channel: str, who: str = "U0ALICE") -> list[Message]:
    return slack.messages(channel, who)


def calls(slack: Workspace, method: str) -> list[dict[str, Any]]:
    return [call.args for call in slack.calls if call.method == method]


async def post(
    messenger: SlackMessenger, request: ApprovalRequest = REQUEST, *, again: bool = False
) -> CardCopy:
    return await messenger.post_card(request, CopyRole.APPROVALS, APPROVALS, again=again)


async def test_a_card_is_posted_and_its_place_is_told(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    copy = await post(messenger)
    [message] = posted(slack, APPROVALS)
    assert copy == CardCopy("R-ABCD2345", CopyRole.APPROVALS, APPROVALS, message.ts)
    assert message.text.startswith("Cancel 12,480.00 CNY")
    assert message.metadata is not None
    assert message.metadata["event_payload"] == {"dedup": "card:R-ABCD2345:approvals:C0APPROVALS"}
    [sent] = calls(slack, "chat.postMessage")
    falses = {name: str(sent[name]).lower() for name in ("mrkdwn", "unfurl_links", "unfurl_media")}
    assert set(falses.values()) <= {"false", "0"}
    assert re.fullmatch(r"[0-9a-f-]{36}", sent["client_msg_id"])


async def test_a_persons_card_goes_to_their_direct_messages_and_can_be_updated_there(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    copy = await messenger.post_card(REQUEST, CopyRole.REQUESTER, "U0ALICE", again=False)
    assert copy.channel == "D0ALICE"
    await messenger.update_card(moved(REQUEST, RequestStatus.WITHDRAWN), copy)
    [message] = posted(slack, "D0ALICE")
    assert message.text.startswith("Withdrawn: 12,480.00 CNY")
    assert "Ask again" in json.dumps(message.blocks)


async def test_a_second_attempt_says_so_and_is_known_as_the_same_card(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    first, again = await post(messenger), await post(messenger, again=True)
    assert (first.unsure, again.unsure) == (False, True)
    one, other = posted(slack, APPROVALS)
    assert "both are one request" not in json.dumps(one.blocks)
    assert "both are one request" in json.dumps(other.blocks)
    assert one.metadata == other.metadata
    sent = calls(slack, "chat.postMessage")
    assert sent[0]["client_msg_id"] == sent[1]["client_msg_id"]
    await messenger.update_card(REQUEST, again)
    assert "both are one request" in json.dumps(posted(slack, APPROVALS)[1].blocks)


async def test_a_result_stands_in_the_thread_of_its_card(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    copy = await post(messenger)
    await messenger.reply_result(moved(REQUEST, RequestStatus.DENIED), copy)
    [reply] = slack.replies(APPROVALS, copy.ts, "U0BOB")
    assert "Denied; the order stays as it is." in json.dumps(reply.blocks)


async def test_a_notice_is_literal(slack: Workspace, messenger: SlackMessenger) -> None:
    await messenger.notify("U0ALICE", "<!channel> *paid* & <@U0BOB>")
    [message] = posted(slack, "D0ALICE")
    assert message.text == "&lt;!channel&gt; *paid* &amp; &lt;@U0BOB&gt;"
    assert message.blocks[0]["text"]["type"] == "plain_text"


async def test_slack_takes_the_card_of_the_longest_order(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    text = "<!channel> " * 500
    await post(messenger, replace(REQUEST, order=an_order_saying(text), reason=text))
    assert len(posted(slack, APPROVALS)) == 1


Attempt = Callable[[SlackMessenger, CardCopy], Any]
ATTEMPTS: dict[str, Attempt] = {
    "post": lambda messenger, _copy: post(messenger),
    "update": lambda messenger, copy: messenger.update_card(REQUEST, copy),
    "reply": lambda messenger, copy: messenger.reply_result(REQUEST, copy),
    "notice": lambda messenger, _copy: messenger.notify("U0ALICE", "Hello"),
}
METHODS = {"update": "chat.update"}


async def failed(
    slack: Workspace, messenger: SlackMessenger, attempt: str, kind: Any, **fault: Any
) -> MessengerError:
    """What becomes of *attempt* while Slack has this fault once."""
    copy = await post(messenger)
    slack.fault(kind, METHODS.get(attempt, "chat.postMessage"), **fault)
    with pytest.raises(MessengerError) as caught:
        await ATTEMPTS[attempt](messenger, copy)
    return caught.value


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_a_rate_limit_is_a_delay_as_long_as_slack_asks(
    slack: Workspace, messenger: SlackMessenger, attempt: str
) -> None:
    error = await failed(slack, messenger, attempt, "rate_limited", seconds=30)
    assert isinstance(error, MessageDelayed)
    assert (error.retry_after_s, error.code) == (30, "ratelimited")


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize(
    "code",
    [
        *("channel_not_found", "not_in_channel", "is_archived", "message_not_found"),
        *("cant_update_message", "edit_window_closed", "restricted_action", "user_disabled"),
        *("invalid_blocks", "msg_blocks_too_long", "a_word_of_next_year"),
    ],
)
async def test_what_slack_will_never_take_there_is_refused_with_its_word(
    slack: Workspace, messenger: SlackMessenger, attempt: str, code: str
) -> None:
    error = await failed(slack, messenger, attempt, "error", error=code)
    assert isinstance(error, MessageRefused)
    assert error.code == code


@pytest.mark.parametrize("code", ["token_revoked", "invalid_auth", "missing_scope"])
async def test_what_an_operator_can_mend_waits_for_the_operator(
    slack: Workspace, messenger: SlackMessenger, code: str
) -> None:
    error = await failed(slack, messenger, "post", "error", error=code)
    assert isinstance(error, MessageDelayed)
    assert (error.code, error.retry_after_s) == (code, OPERATOR)


@pytest.mark.parametrize("attempt", ["post", "reply", "notice"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "slow"])
async def test_a_post_whose_line_dropped_may_have_arrived_and_is_sent_once(
    slack: Workspace, messenger: SlackMessenger, attempt: str, kind: str
) -> None:
    error = await failed(slack, messenger, attempt, kind, seconds=1.3)
    assert isinstance(error, MessageUnsure)
    assert len(calls(slack, "chat.postMessage")) <= 2  # the first is the card before it


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
async def test_an_update_whose_line_dropped_is_simply_repeated_soon(
    slack: Workspace, messenger: SlackMessenger, kind: str
) -> None:
    error = await failed(slack, messenger, "update", kind)
    assert isinstance(error, MessageDelayed)
    assert error.retry_after_s == SOON


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
async def test_trouble_inside_slack_is_unclear(
    slack: Workspace, messenger: SlackMessenger, attempt: str, code: str
) -> None:
    error = await failed(slack, messenger, attempt, "error", error=code)
    assert isinstance(error, MessageUnsure)
    assert error.code == code


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_what_never_left_this_machine_is_repeated_soon(attempt: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/api/"
        async with aiohttp.ClientSession() as session:
            messenger = SlackMessenger(AsyncWebClient(token="x", base_url=url, session=session))
            copy = CardCopy("R-ABCD2345", CopyRole.APPROVALS, APPROVALS, "1.1")
            with pytest.raises(MessageDelayed) as caught:
                await ATTEMPTS[attempt](messenger, copy)
    assert caught.value.retry_after_s == SOON


async def test_no_error_tells_the_token_or_what_was_said(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    for kind in ("drop_after", "error"):
        error = await failed(slack, messenger, "post", kind, error="not_in_channel")
        assert slack.bot_token not in f"{error!r} {error}"
        assert "bought twice" not in str(error)
